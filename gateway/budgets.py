"""How much of something each root may have: some at once, and more as time goes by."""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

from gateway.clock import Clock

MOST_ROOTS: Final = 256
"""Roots that are remembered; whoever did nothing for longest is forgotten, and has all of its budget again."""


class Budget:
    """`most` at once, and one more each `again_s` seconds, for each root (`gateway.roots`)."""

    def __init__(self, clock: Clock, most: int, again_s: float) -> None:
        self._clock = clock
        self._most = most
        self._again_s = again_s
        self._full_at: OrderedDict[str, float] = (
            OrderedDict()
        )  # monotonic: when nothing of it is missing any more

    def take(self, root: str) -> bool:
        """Whether there was one left for `root`; then it is gone."""
        if self.wait_s(root) > 0:
            return False
        full_at = max(self._full_at.get(root, 0.0), self._clock.monotonic()) + self._again_s
        self._full_at[root] = full_at
        self._full_at.move_to_end(root)
        if len(self._full_at) > MOST_ROOTS:
            self._full_at.popitem(last=False)
        return True

    def wait_s(self, root: str) -> float:
        """Seconds until there is one for `root`; 0 where there is one now."""
        missing_s = self._full_at.get(root, 0.0) - self._clock.monotonic()
        return max(0.0, missing_s - (self._most - 1) * self._again_s)
