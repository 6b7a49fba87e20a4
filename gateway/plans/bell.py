"""Waiting for a time of the gateway's clock, or for whoever rings before it."""

from __future__ import annotations

import asyncio

from gateway.clock import Clock
from gateway.notify.timer import Alarm


class Bell:
    """One who waits, and those who wake it."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._rung = asyncio.Event()
        self._alarm = Alarm(clock, self.ring)

    def ring(self) -> None:
        self._rung.set()

    async def wait(self, until: float | None) -> None:
        """Until it is rung, or (perhaps a little before: look at the clock) `until`, in seconds since the epoch."""
        await self.wait_for(None if until is None else until - self._clock.wall())

    async def wait_for(self, seconds: float | None) -> None:
        """The same, with so many seconds from now."""
        if seconds is not None:
            self._alarm.set(seconds)
        try:
            await self._rung.wait()
        finally:
            self._alarm.stop()
            self._rung.clear()
