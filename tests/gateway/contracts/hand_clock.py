"""A clock that is moved by hand, and rings the timers that were set on it. It begins at a whole day."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from itertools import count


class HandClock:
    def __init__(self) -> None:
        self.now = 86_400.0 * 20_000
        self._timers: list[tuple[float, int, Callable[[], None]]] = []
        self._number = count()

    def wall(self) -> float:
        return self.now

    def monotonic(self) -> float:
        return self.now

    def call_later(self, seconds: float, ring: Callable[[], None]) -> None:
        heapq.heappush(self._timers, (self.now + seconds, next(self._number), ring))

    def move(self, seconds: float) -> None:
        """What is due rings on the way."""
        end = self.now + seconds
        while self._timers and self._timers[0][0] <= end:
            at, _, ring = heapq.heappop(self._timers)
            self.now = max(self.now, at)
            ring()
        self.now = end
