"""How fine: closed lists of windows and hold times, and rounding. Pure.

Each window is a whole number of every shorter one, and all begin at multiples of themselves since the epoch. So whoever reads
several at once learns by subtracting nothing shorter than the shortest of them; with windows of 15 and of 16 minutes it would
be a single minute. The same holds for hold times.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final, Literal

Every = Literal["15m", "30m", "1h", "3h", "6h", "12h", "1d"]
Hold = Literal["5m", "15m", "30m", "1h"]

WINDOWS_S: Final[Mapping[str, int]] = {
    "15m": 900,
    "30m": 1_800,
    "1h": 3_600,
    "3h": 10_800,
    "6h": 21_600,
    "12h": 43_200,
    "1d": 86_400,
}
"""Of what is aggregated. Not shorter: what one person did in one minute is not to be read from it."""

HOLDS_S: Final[Mapping[str, int]] = {"5m": 300, "15m": 900, "30m": 1_800, "1h": 3_600}
"""How long a state must have held, unbroken, before it is told."""

SHARE_STEP: Final = 0.25
"""Of what is on or off, the share of a window is told in quarters: no single minute shows in it."""

COUNT_STEP: Final = 5
"""Numbers of reports are told in fives: how often a device spoke tells who moved before it."""

_DIGITS: Final = 2
"""Significant digits of what has no step of its own."""


def rounded(value: float, step: float | None) -> float:
    """`value` to the nearest multiple of `step`; without one, to two significant digits."""
    if step is None:
        step = resolution(value)
    return round(round(value / step) * step, 10) + 0.0  # never -0.0


def resolution(value: float) -> float:
    """The step that leaves two significant digits."""
    if value == 0 or not math.isfinite(value):
        return 1.0
    return float(10.0 ** (math.floor(math.log10(abs(value))) - _DIGITS + 1))


def counted(reports: int) -> int:
    return round(reports / COUNT_STEP) * COUNT_STEP


def share(part: float) -> float:
    """A part of 1, in quarters."""
    return round(part / SHARE_STEP) * SHARE_STEP
