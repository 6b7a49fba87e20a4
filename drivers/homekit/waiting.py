"""When to try again."""

from __future__ import annotations

import asyncio
import random
from typing import Final

FIRST_S: Final = 1.0
LONGEST_S: Final = 60.0
"""An accessory that comes back is announced, and then tried at once: this is for one that is not."""

NUDGES_BURST: Final = 3.0
NUDGE_EVERY_S: Final = 5.0
"""Announcements make us hurry, and anybody can send them: so often, and then once in so long."""


class Allowance:
    """So many at once, and then one in so many seconds."""

    def __init__(self, burst: float, every_s: float) -> None:
        self._loop = asyncio.get_running_loop()
        self._burst = self._left = burst
        self._every_s = every_s
        self._at = self._loop.time()

    def take(self) -> float:
        """Uses one up, and gives 0; where there is none, in how many seconds there will be."""
        now = self._loop.time()
        self._left = min(self._burst, self._left + (now - self._at) / self._every_s)
        self._at = now
        if self._left >= 1:
            self._left -= 1
            return 0.0
        return (1 - self._left) * self._every_s

    async def wait(self) -> None:
        """Until there is one, which it uses up."""
        while pause := self.take():  # noqa: ASYNC110 - no condition: time
            await asyncio.sleep(pause)


class Patience:
    """Doubling waits with jitter, cut short by a nudge."""

    def __init__(self) -> None:
        self._nudged = asyncio.Event()
        self._at_once = False
        self._wait_s = FIRST_S
        self._nudges = Allowance(NUDGES_BURST, NUDGE_EVERY_S)

    def nudge(self, *, by_person: bool = False) -> None:
        """What a person asks for is not counted."""
        self._at_once = self._at_once or by_person
        self._nudged.set()

    def succeeded(self) -> None:
        self._wait_s = FIRST_S
        self._nudged.clear()

    async def wait(self) -> None:
        """Until the next attempt is due."""
        pause = self._wait_s * random.uniform(0.7, 1.3)  # noqa: S311 - jitter, no secret
        try:
            async with asyncio.timeout(pause):
                await self._nudged.wait()
                if not self._at_once:
                    await self._nudges.wait()
        except TimeoutError:
            self._wait_s = min(LONGEST_S, 2 * self._wait_s)
        self._nudged.clear()
        self._at_once = False
