"""When an adapter counts as stuck, and what is tried next. Without a clock, and without touching anything."""

from __future__ import annotations

from enum import Enum
from typing import Final

SILENCE_S: Final = 90.0
"""An adapter that heard something before and hears nothing for so long is looked after. Where one device is near at all there
are some ten advertisements a second; a house in which the last one left is silent too, and a restarted scan harms nobody."""

POWER_CYCLE_REST_S: Final = 3600.0
"""The power is taken from an adapter no more often: it ends every connection, also those of other programs."""


class Step(Enum):
    NOTHING = "nothing"
    RESTART = "restart the scan"
    REOPEN = "open the adapter again"
    POWER_CYCLE = "switch the adapter off and on"


_LADDER: Final = (Step.RESTART, Step.REOPEN, Step.POWER_CYCLE)


class Watchdog:
    """Restart, then open anew, then switch off and on: a step further each time that `SILENCE_S` passed in vain. The first
    advertisement that is heard puts it back to the beginning. All times are those of one monotonic clock, in seconds.
    """

    def __init__(self) -> None:
        self.ever_heard = False
        self._rung = 0
        self._since: float | None = None
        self._cycled: float | None = None

    @property
    def suspicious(self) -> bool:
        """Something was tried, and nothing was heard since."""
        return self._rung > 0

    def started(self, now: float) -> None:
        """A scan begins: silence counts from here."""
        self._since = now

    def heard(self, now: float) -> None:
        self.ever_heard = True
        self._rung = 0
        self._since = now

    def look(self, now: float, *, may_cycle: bool = True) -> Step:
        """What to do now. `may_cycle`: nothing is connected through the adapter."""
        if not self.ever_heard or self._since is None or now - self._since < SILENCE_S:
            return Step.NOTHING
        self._since = now
        step = _LADDER[min(self._rung, len(_LADDER) - 1)]
        self._rung += 1
        if step is Step.POWER_CYCLE:
            if not may_cycle or (self._cycled is not None and now - self._cycled < POWER_CYCLE_REST_S):
                return Step.REOPEN
            self._cycled = now
        return step
