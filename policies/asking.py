"""What people have to be asked before a use: the open asks of a decision, as data for whoever puts the question."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from policies.decision import Decision, RuleRef, Verdict
from policies.rules import Ask


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
            found[ref] = OpenAsk(ref, ask.why, ask.approver_words, ask.valid.seconds)
    return tuple(found.values())
