"""What a permitted use owes besides, as far as the command itself sees to it. What lasts is kept in `gateway.obligations`."""

from __future__ import annotations

from typing import Final

from gateway.normalise import Target
from policies.decision import Decision

LASTING: Final = frozenset({"max_on", "restore", "notify"})
"""Duties that are still owed when the command has ended, if only until everybody was told: they outlast a crash."""


def last(decision: Decision) -> bool:
    """Whether something is owed after the command has ended."""
    return any(duty.kind in LASTING for duty in decision.obligations)


def bound(target: Target, decision: Decision) -> Target:
    """With `confirm`, only the device's own word counts."""
    if not decision.obligations:
        return target
    wanted = any(duty.kind == "confirm" for duty in decision.obligations)
    return target._replace(only_by_device=True) if wanted else target
