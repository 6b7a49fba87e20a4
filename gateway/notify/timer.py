"""Timers by the gateway's clock: a clock that calls back (as tests have) is believed, else the loop's timers are used."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from gateway.clock import Clock

LONGEST_S: Final = 3600.0
"""A timer rings at least once an hour: whoever set it looks at the clock again, which may have been put right."""


class Alarm:
    """Calls `ring` once at the time that was set last. `ring` must look at the clock itself: it may be early."""

    __slots__ = ("_clock", "_number", "_ring", "_timer")

    def __init__(self, clock: Clock, ring: Callable[[], None]) -> None:
        self._clock = clock
        self._ring = ring
        self._number = 0
        self._timer: asyncio.TimerHandle | None = None

    def set(self, seconds: float) -> None:
        """In `seconds` from now, instead of what was set before."""
        self.stop()
        number, wait = self._number, min(max(seconds, 0.0), LONGEST_S)
        call_later: Callable[[float, Callable[[], None]], None] | None
        call_later = getattr(self._clock, "call_later", None)
        if call_later is not None:
            call_later(wait, lambda: self._due(number))
        else:
            self._timer = asyncio.get_running_loop().call_later(wait, self._due, number)

    def stop(self) -> None:
        self._number += 1
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _due(self, number: int) -> None:
        if number == self._number:
            self._timer = None
            self._ring()
