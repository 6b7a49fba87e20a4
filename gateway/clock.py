"""Time as an argument: everything that needs it is given a `Clock`."""

from __future__ import annotations

import time
from typing import Protocol


class Clock(Protocol):
    def wall(self) -> float:
        """Seconds since the Unix epoch, UTC. May jump."""

    def monotonic(self) -> float:
        """Seconds from an arbitrary origin, never backwards."""


class SystemClock:
    wall = staticmethod(time.time)
    monotonic = staticmethod(time.monotonic)
