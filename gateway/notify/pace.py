"""When a channel may try: a pace that no phone minds, and ever longer pauses after failures."""

from __future__ import annotations

import random
from typing import Final

BURST: Final = 10
"""Notices that go out at once, as when a plan ends and three people are asked."""

EVERY_S: Final = 3.0
"""After a burst one in so long: a house that says more says nothing. ntfy.sh itself refills one in 5 s after 60."""

FIRST_PAUSE_S: Final = 2.0
LONGEST_PAUSE_S: Final = 300.0
"""After failures in a row."""

INSTANT_S: Final = 0.001
"""No timer is set for less: that is now."""


class Pace:
    """Of one channel. Times are monotonic seconds. What is urgent has a burst of its own, so that nothing else uses it up."""

    __slots__ = ("_failures", "_filled_at", "_left", "_rested_at")

    def __init__(self) -> None:
        self._left = {False: float(BURST), True: float(BURST)}
        self._filled_at = 0.0
        self._failures = 0
        self._rested_at = float("-inf")

    def wait(self, now: float, *, urgent: bool) -> float:
        """Seconds until one may go; 0: now."""
        self._fill(now)
        paced = max(0.0, (1.0 - self._left[urgent]) * EVERY_S)
        wait = max(paced, self._rested_at - now)
        return wait if wait > INSTANT_S else 0.0

    def took(self, now: float, *, urgent: bool) -> None:
        """One goes."""
        self._fill(now)
        self._left[urgent] -= 1.0

    def failed(self, now: float, after: float = 0.0) -> float:
        """Seconds of the pause that begins: twice the last one, with jitter, or as long as the other side wants."""
        pause = min(FIRST_PAUSE_S * 2.0**self._failures, LONGEST_PAUSE_S)
        self._failures = min(self._failures + 1, 16)
        pause = max(pause * random.uniform(0.8, 1.2), after)  # noqa: S311  jitter, not a secret
        self._rested_at = now + pause
        return pause

    def succeeded(self) -> None:
        self._failures, self._rested_at = 0, float("-inf")

    def _fill(self, now: float) -> None:
        more = (now - self._filled_at) / EVERY_S
        self._filled_at = now
        for urgent, left in self._left.items():
            self._left[urgent] = min(float(BURST), left + more)
