"""Between what a number was at each hour of the day. Pure functions over one row of 24 pairs (lowest, highest)."""

from __future__ import annotations

import math
from array import array
from typing import Final, TypeAlias

Hours: TypeAlias = "array[float]"

HOURS: Final = 24

MARGIN: Final = 0.5
"""Of the range of all hours: so far beyond what it was at this hour is unusual."""

LEARNT: Final = 0.125
"""Of the range: the most by which an unusual value widens what is usual. Who keeps up a new habit is marked a few times."""


ROUNDING: Final = 2e-7
"""More than half a unit in the last place of single precision (2⁻²⁴), as a share."""


def hours_row() -> Hours:
    return array("f", [math.inf, -math.inf] * HOURS)


def widen(row: Hours, hour: int, x: float) -> None:
    """The row has single precision: it is rounded outward."""
    more = ROUNDING * abs(x)
    if x < row[2 * hour]:
        row[2 * hour] = x - more
    if x > row[2 * hour + 1]:
        row[2 * hour + 1] = x + more


def around(row: Hours, hour: int) -> tuple[float, float]:
    """The lowest and highest from an hour before to an hour after; infinite where one of the three is not known."""
    low, high = math.inf, -math.inf
    for near in (hour - 1, hour, (hour + 1) % HOURS):
        if row[2 * near] > row[2 * near + 1]:
            return -math.inf, math.inf
        low, high = min(low, row[2 * near]), max(high, row[2 * near + 1])
    return low, high


def whole(row: Hours) -> float:
    """How wide the range of all hours is."""
    return max(row[1::2]) - min(row[::2])


def learn_unusual(row: Hours, hour: int, x: float) -> None:
    most = LEARNT * whole(row)
    widen(row, hour, min(max(x, row[2 * hour] - most), row[2 * hour + 1] + most))
