"""Time as an argument: everything that needs it is given a `Clock`."""

from __future__ import annotations

import time
from functools import partial
from typing import Protocol


class Clock(Protocol):
    def wall(self) -> float:
        """Seconds since the Unix epoch, UTC. May jump."""

    def monotonic(self) -> float:
        """Seconds from an arbitrary origin, never backwards. Also those for which the computer slept: a heater does not."""


class SystemClock:
    wall = staticmethod(time.time)
    # clock_gettime(2): CLOCK_MONOTONIC stands still while a laptop or a virtual machine is suspended.
    monotonic = staticmethod(
        partial(time.clock_gettime, getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))
    )
