"""How long to wait before trying again, and how often somebody's announcement may cut that short."""

from __future__ import annotations

import asyncio
import random
from typing import Final

FIRST_PAUSE_S: Final = 1.0
LONGEST_PAUSE_S: Final = 60.0
"""A device that is away announces itself when it is back: this is for those that nobody hears."""

LONGEST_REFUSED_S: Final = 600.0
"""For one that needs another key: a person has to do something, and tells us."""

HASTY_TRIES: Final = 5
HASTE_BACK_S: Final = 5.0
"""So many tries at once on an announcement, and one more each 5 s: a hostile one announces without end."""


class Pauses:
    """Doubling, with jitter."""

    def __init__(self, first_s: float = FIRST_PAUSE_S, longest_s: float = LONGEST_PAUSE_S) -> None:
        self._first, self._longest = first_s, longest_s
        self._next = first_s

    def reset(self) -> None:
        self._next = self._first

    def next(self, longest_s: float | None = None) -> float:
        """Seconds."""
        pause, self._next = self._next, min(self._next * 2, longest_s or self._longest)
        return pause * random.uniform(0.5, 1.0)  # noqa: S311  # so that a house does not come back all at once


class Haste:
    """A bucket of tries that need not wait."""

    def __init__(self, now: float, tries: int = HASTY_TRIES, back_s: float = HASTE_BACK_S) -> None:
        self._tries, self._back_s = tries, back_s
        self._left, self._at = float(tries), now

    def take(self, now: float) -> bool:
        self._left = min(self._tries, self._left + (now - self._at) / self._back_s)
        self._at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True


async def waited(event: asyncio.Event, seconds: float) -> bool:
    """Whether `event` came within `seconds`."""
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return False
    return True
