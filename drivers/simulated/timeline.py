"""Time of the simulators, as an argument: the event loop's, or one that a test moves by hand."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import time
from collections.abc import Callable
from typing import Protocol

Call = Callable[[], None]


class Timeline(Protocol):
    """A clock that calls back."""

    def wall(self) -> float:
        """Seconds since the Unix epoch, UTC."""

    def monotonic(self) -> float:
        """Seconds from an arbitrary origin, never backwards."""

    def call_later(self, delay: float, call: Call) -> None:
        """Call `call` in `delay` seconds, unless `close` comes first."""

    def close(self) -> None:
        """Forget every call that still waits."""


class LoopTimeline:
    """The running event loop's time."""

    def __init__(self) -> None:
        self._waiting: set[asyncio.TimerHandle] = set()

    def wall(self) -> float:
        return time.time()

    def monotonic(self) -> float:
        return time.monotonic()

    def call_later(self, delay: float, call: Call) -> None:
        def run() -> None:
            self._waiting.discard(handle)
            call()

        handle = asyncio.get_running_loop().call_later(delay, run)
        self._waiting.add(handle)

    def close(self) -> None:
        for handle in self._waiting:
            handle.cancel()
        self._waiting.clear()


class ManualTimeline:
    """Stands still until `advance`."""

    def __init__(self, wall: float = 1_750_000_000.0) -> None:
        self._origin = wall
        self._now = 0.0
        self._calls: list[tuple[float, int, Call]] = []
        self._order = itertools.count()

    def wall(self) -> float:
        return self._origin + self._now

    def monotonic(self) -> float:
        return self._now

    def call_later(self, delay: float, call: Call) -> None:
        heapq.heappush(self._calls, (self._now + delay, next(self._order), call))

    def advance(self, seconds: float) -> None:
        """Let `seconds` pass: every call that falls due runs at its own time, in order."""
        end = self._now + seconds
        while self._calls and self._calls[0][0] <= end:
            self._now, _, call = heapq.heappop(self._calls)
            call()
        self._now = end

    def close(self) -> None:
        self._calls.clear()
