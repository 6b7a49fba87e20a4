"""What messages say of single uses of Things: what is asked, what was decided, what came of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import orjson

from capabilities.vocabulary import Json
from gateway.foreign import one_line
from gateway.messages.message import LONGEST_SENTENCE, instant
from policies.decision import Accepted, Decision, Finding, Verdict

MOST_USES: Final = 100
"""Of one message; how many more there are is said."""

MOST_FINDINGS: Final = 8
"""Of one use: those that stand in its way, the strictest first."""

LONGEST_VALUE: Final = 1_000
"""Characters of a value's JSON."""


@dataclass(frozen=True, slots=True)
class Use:
    """One use of a Thing. `value` is what was asked for, not what a relative command became: that tells the state.

    `decision` is what the rules say to it, `accepts` the inputs that its author would take as well.
    """

    thing: str
    affordance: str
    value: Json = None
    action: bool = False
    step: str = ""
    decision: Decision | None = None
    accepts: Accepted | None = None

    def document(self) -> dict[str, Json]:
        shown: dict[str, Json] = {"step": self.step} if self.step else {}
        shown |= {"thing": self.thing, "affordance": self.affordance, "action": self.action}
        if self.value is not None:
            shown["value"] = short(self.value)
        if self.accepts is not None:
            shown["accepts"] = bounds(self.accepts)
        if self.decision is not None:
            shown |= _decided(self.decision)
        return shown


@dataclass(frozen=True, slots=True)
class Asked:
    """A question to people: `approvers` are roles and ids; it is over at `until` (seconds since the epoch)."""

    id: str
    approvers: tuple[str, ...]
    until: float = 0.0

    def document(self) -> dict[str, Json]:
        shown: dict[str, Json] = {"approval": self.id, "approvers": list[Json](self.approvers)}
        return shown | ({"until": instant(self.until)} if self.until else {})


@dataclass(frozen=True, slots=True)
class Done:
    """How one step ended. `result` is that of its command, or `skipped`, `undone`, `not-undone`; `detail` our own sentence."""

    step: str
    result: str
    thing: str = ""
    execution: str = ""
    reason: str = ""
    detail: str = ""

    def document(self) -> dict[str, Json]:
        texts = {"thing": self.thing, "execution": self.execution, "reason": self.reason}
        texts["detail"] = one_line(self.detail, LONGEST_SENTENCE)
        return {
            "step": self.step,
            "result": self.result,
            **{name: text for name, text in texts.items() if text},
        }


def listed(name: str, ones: Sequence[Use] | Sequence[Done] | Sequence[Asked]) -> dict[str, Json]:
    """A bounded list, and how many more there are; nothing for none."""
    if not ones:
        return {}
    shown: dict[str, Json] = {name: [one.document() for one in ones[:MOST_USES]]}
    return shown | ({f"further_{name}": len(ones) - MOST_USES} if len(ones) > MOST_USES else {})


def bounds(accepted: Accepted) -> dict[str, Json]:
    """What is accepted, with the members that bound it."""
    shown: dict[str, Json] = {}
    if accepted.minimum is not None:
        shown["minimum"] = accepted.minimum
    if accepted.maximum is not None:
        shown["maximum"] = accepted.maximum
    if accepted.one_of is not None:
        shown["one_of"] = list(accepted.one_of[:MOST_USES])
    if accepted.members:
        shown["members"] = {name: bounds(one) for name, one in accepted.members.items()}
    return shown


def short(value: Json) -> Json:
    """The value, or the beginning of its JSON where it is long."""
    if value is None or isinstance(value, bool | int | float):
        return value
    text = orjson.dumps(value).decode()
    return value if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]} …"


def verdict(one: Verdict) -> str:
    return one.name.lower().replace("_", "-")


def _decided(decision: Decision) -> dict[str, Json]:
    """The answer and what stands in the way. What would tell a state of the house is left out: others read it, too."""
    shown: dict[str, Json] = {"verdict": verdict(decision.verdict), "rules": decision.version}
    if against := _findings(decision.findings):
        shown["findings"] = against
    if decision.accepted is not None and not decision.rests_on_facts:
        shown["accepted"] = bounds(decision.accepted)
    return shown


def _findings(findings: Iterable[Finding]) -> list[Json]:
    against = sorted((f for f in findings if f.verdict is not Verdict.PERMIT), key=lambda f: f.verdict)
    return [_finding(one) for one in against[:MOST_FINDINGS]]


def _finding(one: Finding) -> Json:
    shown: dict[str, Json] = {
        "rule": one.rule,
        "set": one.set,
        "verdict": verdict(one.verdict),
        "why": one.why,
    }
    if one.remedy is not None and not one.tells_of:
        shown["remedy"] = one_line(one.remedy.text, LONGEST_SENTENCE)
    return shown
