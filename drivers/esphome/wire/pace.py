"""How much one device may send. A hostile one could keep the loop busy for everybody else."""

from __future__ import annotations

from typing import Final

MESSAGES_A_SECOND: Final = 500
"""A house's liveliest node tells some dozens; a Bluetooth proxy would send hundreds, but nobody asks it to."""

BURST_MESSAGES: Final = 3000
"""All states of the largest node at once, several times over."""


class Pace:
    """A bucket that fills with time. `take` is False where somebody sends faster than it fills."""

    def __init__(self, now: float) -> None:
        self._left = float(BURST_MESSAGES)
        self._at = now

    def take(self, count: int, now: float) -> bool:
        self._left = min(BURST_MESSAGES, self._left + (now - self._at) * MESSAGES_A_SECOND)
        self._at = now
        self._left -= count
        return self._left >= 0
