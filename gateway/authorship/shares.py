"""For how much of the time something may explain loosely: half of it, with a minute in advance."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

MOST_AHEAD_S: Final = 60.0
"""A slider that is moved for a while, a scene of many steps: more than that without a pause is no use of a Thing."""

REFILL: Final = 0.5
"""Seconds a second."""

MOST_REMEMBERED: Final = 2_000


class Shares:
    """By whatever has one. All times are monotonic seconds."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._spent: dict[
            str, tuple[float, float, float]
        ] = {}  # how much, as of when, and up to when that was

    def spend(self, what: str, since: float, until: float) -> bool:
        """It explains from `since` to `until`: what overlaps counts once. Whether there was something left."""
        spent, at, up_to = self._spent.get(what, (0.0, 0.0, 0.0))
        now = self._monotonic()
        spent = max(spent - (now - at) * REFILL, 0.0)
        is_left = spent < MOST_AHEAD_S
        spent += max(until - max(since, up_to), 0.0)
        if len(self._spent) >= MOST_REMEMBERED and what not in self._spent:
            self._spent.clear()
        self._spent[what] = (min(spent, 2 * MOST_AHEAD_S), now, max(until, up_to))
        return is_left

    def left(self, what: str) -> bool:
        spent, at, _ = self._spent.get(what, (0.0, 0.0, 0.0))
        return spent - (self._monotonic() - at) * REFILL < MOST_AHEAD_S
