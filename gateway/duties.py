"""What a permitted use owes besides: which duties this gateway can keep, and how.

A duty that cannot be kept makes the permit void (XACML 3.0, section 7.18): a heater that nothing would switch off again is not
switched on.
"""

from __future__ import annotations

from typing import Final

from capabilities.vocabulary import Json
from gateway.commands import Command, Outcome, Reason, Result
from gateway.normalise import Target
from gateway.observers import Observers
from policies.decision import Decision

KEPT: Final = frozenset({"confirm", "notify"})


def unkept(decision: Decision) -> Outcome | None:
    """The refusal, where the use owes what nobody here would see to."""
    for duty in decision.obligations:
        if duty.kind not in KEPT:
            detail = f"rule {duty.rule} wants it to be so that it {duty.say()}, and this version cannot see to that"
            return Outcome(Result.REFUSED, Reason.OBLIGATION, detail, decision=decision)
    return None


def bound(target: Target, decision: Decision) -> Target:
    """With `confirm`, only the device's own word counts."""
    wanted = any(duty.kind == "confirm" for duty in decision.obligations)
    return target._replace(only_by_device=True) if wanted else target


def notify(observers: Observers, command: Command, outcome: Outcome, at: float) -> None:
    """Tells those who are to be told how it ended."""
    for duty in outcome.decision.obligations if outcome.decision is not None else ():
        if duty.kind == "notify":
            data: dict[str, Json] = {"to": duty.value, "rule": str(duty.rule), "execution": command.id}
            data |= {"principal": command.principal.id, "outcome": outcome.result}
            observers.publish("notice", (command.thing, command.affordance), at, data)
