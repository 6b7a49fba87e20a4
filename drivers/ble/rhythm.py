"""How often a device speaks, and when its silence says something. Without a clock: all times are monotonic seconds."""

from __future__ import annotations

from typing import Final

UNKNOWN_S: Final = 1800.0
"""Until its rhythm is known a device may be silent for so long: the slowest common sensors speak every ten minutes."""

LEARNED: Final = 8
"""So many gaps make a rhythm."""

MISSED: Final = 8
"""So many of its longest usual gaps in a row are no accident: half of all advertisements may be lost behind a wall."""

LEAST_S: Final = 300.0
"""A sensor that speaks each second is not given up sooner: somebody may stand in the way, and a temperature keeps."""

SLEEPY_S: Final = 25 * 3600.0
"""For a device that speaks only when something happens: most of them say once a day that they are there."""

LOST_FACTOR: Final = 2.0
"""Contact is lost after that many times the silence that makes readings stale."""

FADING: Final = 0.98
"""The longest gap is forgotten slowly: after 35 advertisements half of it counts."""

MIN_GAP_S: Final = 0.2
"""What comes sooner is the same advertisement, on another channel."""


class Rhythm:
    def __init__(self) -> None:
        self.sleepy = False
        self.heard_at = 0.0
        self._longest = 0.0
        self._gaps = 0

    def heard(self, now: float) -> None:
        gap = now - self.heard_at
        if self.heard_at and gap < MIN_GAP_S:
            return
        if self.heard_at and gap < UNKNOWN_S:
            self._longest = max(gap, self._longest * FADING)
            self._gaps += 1
        self.heard_at = now

    @property
    def stale_after_s(self) -> float:
        if self.sleepy:
            return SLEEPY_S
        if self._gaps < LEARNED:
            return UNKNOWN_S
        return min(UNKNOWN_S, max(LEAST_S, self._longest * MISSED))

    @property
    def lost_after_s(self) -> float:
        return self.stale_after_s * LOST_FACTOR
