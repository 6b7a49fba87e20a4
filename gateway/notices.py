"""Those whom a rule wants told learn how a command ended."""

from __future__ import annotations

from gateway.commands import Command, Outcome
from gateway.notify.notifier import Notifier
from gateway.notify.owed import owed_notice
from gateway.registry import Registry


def tell_of(notifier: Notifier, registry: Registry, command: Command, outcome: Outcome, at: float) -> None:
    """`at` in seconds since the epoch."""
    for duty in outcome.decision.obligations if outcome.decision is not None else ():
        if duty.kind == "notify":
            adopted = registry.get(command.thing)
            title = adopted.title if adopted is not None else ""
            notifier.tell(owed_notice(command, outcome, duty.rule, duty.value, at=at, thing=title))
