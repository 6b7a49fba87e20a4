"""Those whom a rule wants told learn how a command ended."""

from __future__ import annotations

from capabilities.vocabulary import Json
from gateway.commands import Command, Outcome
from gateway.observers import Observers


def tell_of(observers: Observers, command: Command, outcome: Outcome, at: float) -> None:
    for duty in outcome.decision.obligations if outcome.decision is not None else ():
        if duty.kind == "notify":
            data: dict[str, Json] = {"to": duty.value, "rule": str(duty.rule), "execution": command.id}
            data |= {"principal": command.principal.id, "outcome": outcome.result}
            observers.publish("notice", (command.thing, command.affordance), at, data)
