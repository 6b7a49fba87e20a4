"""What people have to be asked before a use: the open asks of a decision, as data for whoever puts the question."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from capabilities.vocabulary import Json
from policies.decision import Decision, Finding, Role, RuleRef, Verdict
from policies.rules import Ask

_SEVERAL: Final = {
    Role.OWNER: "owners",
    Role.ADULT: "adults",
    Role.CHILD: "children",
    Role.GUEST: "guests",
}
_NUMBERS: Final = ("no", "one", "two", "three", "four", "five")


class OpenAsk(NamedTuple):
    """One ask that stands between a request and its permit.

    `approver` are the words of the rule (roles and ids); who of them may answer for this requester says
    `Policy.may_approve`. `approvals`: so many different persons must say yes, of whom `given` (ids) have. A yes counts for
    `valid_s` seconds, a standing one until its own end; `once`: no standing one answers it.
    """

    ref: RuleRef
    why: str
    approver: tuple[str, ...]
    valid_s: int
    approvals: int = 1
    once: bool = False
    given: tuple[str, ...] = ()

    @property
    def missing(self) -> int:
        """How many more must say yes."""
        return max(0, self.approvals - len(self.given))


def open_asks(asks: Mapping[RuleRef, Ask], decision: Decision) -> tuple[OpenAsk, ...]:
    """The asks of `decision`, each once, in the order of its findings; none unless approvals alone are missing."""
    if decision.verdict is not Verdict.NEEDS_APPROVAL:
        return ()
    found: dict[RuleRef, OpenAsk] = {}
    for finding in decision.findings:
        ref = RuleRef(finding.set, finding.rule)
        ask = asks.get(ref)
        if ask is not None and ref not in found:
            words, given = ask.approver_words, approved_by(finding)
            found[ref] = OpenAsk(ref, ask.why, words, ask.valid.seconds, ask.approvals, ask.once, given)
    return tuple(found.values())


def approved_by(finding: Finding) -> tuple[str, ...]:
    """Who has said yes to an ask that wants more than one."""
    data = finding.remedy.data if finding.remedy is not None else None
    given: Json = data.get("approved_by") if isinstance(data, dict) else None
    return tuple(map(str, given)) if isinstance(given, list) else ()


def approval_in_words(approver: Sequence[str], approvals: int = 1, *, once: bool = False) -> str:
    """`approval by adult or coo`, `approval by two adults, each time`: what an ask wants. `approver`: its roles and ids."""
    if approvals == 1:
        text = f"approval by {' or '.join(approver)}"
    elif len(approver) == 1 and approver[0] in _SEVERAL:
        text = f"approval by {_NUMBERS[approvals]} {_SEVERAL[Role(approver[0])]}"
    else:
        text = f"approval by {_NUMBERS[approvals]} different people ({' or '.join(approver)})"
    return f"{text}, each time" if once else text
