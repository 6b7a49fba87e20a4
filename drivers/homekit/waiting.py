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


class Patience:
    """Doubling waits with jitter, cut short by a nudge."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._nudged = asyncio.Event()
        self._wait_s = FIRST_S
        self._allowance, self._at = NUDGES_BURST, self._loop.time()

    def nudge(self) -> None:
        self._nudged.set()

    def succeeded(self) -> None:
        self._wait_s = FIRST_S

    async def wait(self) -> None:
        """Until the next attempt is due."""
        pause = self._wait_s * random.uniform(0.7, 1.3)  # noqa: S311 - jitter, no secret
        self._wait_s = min(LONGEST_S, 2 * self._wait_s)
        try:
            async with asyncio.timeout(pause):
                await self._nudged.wait()
                await asyncio.sleep(self._debt())
        except TimeoutError:
            pass
        self._nudged.clear()

    def _debt(self) -> float:
        """Seconds until one more nudge is allowed."""
        now = self._loop.time()
        self._allowance = min(NUDGES_BURST, self._allowance + (now - self._at) / NUDGE_EVERY_S)
        self._at = now
        self._allowance -= 1
        return max(0.0, -self._allowance * NUDGE_EVERY_S)
