"""The chapters, in their order."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

from gateway.story.chapters import account, arrival, compensated, evening, power, switch, wishes
from gateway.story.stage import Stage

CHAPTERS: Final[tuple[Callable[[Stage], Awaitable[None]], ...]] = (
    arrival.tell,
    compensated.tell,
    evening.tell,
    wishes.tell,
    switch.tell,
    power.tell,
    account.tell,
)
"""Each raises `NotAsTold` where something happens otherwise."""
