"""Values that their own history makes improbable. A false alarm is worse than a miss: each test asks for long acquaintance, and
compares with what was largest in the last weeks, not with a normal distribution.
"""

from __future__ import annotations

import math
from enum import StrEnum
from typing import Final, NamedTuple

from gateway.estimates import words
from gateway.estimates.hours import MARGIN, Hours, around, learn_unusual, whole, widen
from gateway.estimates.noise import SAME, TO_DEVIATION
from gateway.estimates.possible import NO_VALUES, Range
from gateway.estimates.rows import (
    COUNT,
    EVERY,
    FORGET_S,
    JUMP,
    LIVED,
    LONGEST_RUN,
    NOISE,
    RUN,
    RUN_SINCE,
    STEP,
    USUAL,
    X1,
    Row,
)

DAY_S: Final = 86_400.0

JUMP_VALUES: Final = 300
JUMP_AFTER_S: Final = 7 * DAY_S
JUMP_TIMES: Final = 3.0
"""More than so many times the largest of the last weeks is no ordinary jump."""
JUMP_DEVIATIONS: Final = 12.0
"""Standard deviations of the noise (8.5 of the difference of two values)."""
JUMP_STEPS: Final = 4.0
JUMP_GAPS: Final = 3.0
"""After a gap of more typical ones the value may have gone there slowly."""

RUN_VALUES: Final = 300
RUN_AFTER_S: Final = 3 * DAY_S
RUN_TIMES: Final = 5.0
RUN_REPORTS: Final = 30
RUN_S: Final = 3 * 3600.0

HOURS_AFTER_S: Final = 14 * DAY_S
"""Two of each day of the week: what happens once a week has happened."""
HOURS_DEVIATIONS: Final = 8.0


class What(StrEnum):
    IMPOSSIBLE = "impossible"
    JUMP = "jump"
    FROZEN = "frozen"
    HOUR = "hour"


class Unusual(NamedTuple):
    """`reason` is a sentence for people."""

    what: What
    reason: str


def impossible(x: float, within: Range, unit: str | None) -> Unusual | None:
    if unit is not None and x in NO_VALUES.get(unit, ()):
        return Unusual(What.IMPOSSIBLE, words.no_value(x))
    if within.low <= x <= within.high:
        return None
    return Unusual(What.IMPOSSIBLE, words.impossible(x, within.low, within.high))


def jump(row: Row, x: float, gap: float, *, slow: bool) -> Unusual | None:
    """Looks at the value `x`, `gap` seconds after the one before; learns how far it goes at once."""
    before, largest = row[X1], row[JUMP]
    difference = abs(x - before)
    if not difference <= largest:  # also nan: the first
        return _larger(row, x, difference, gap, slow=slow)
    if gap > 0.0:
        row[JUMP] = largest * (1.0 - min(gap / FORGET_S, 1.0))
    row[USUAL] = math.nan
    return None


def _larger(row: Row, x: float, difference: float, gap: float, *, slow: bool) -> Unusual | None:
    if math.isnan(difference):
        return None
    largest, usual = row[JUMP], row[USUAL]
    row[USUAL] = math.nan
    if not gap <= JUMP_GAPS * row[EVERY]:
        return None
    limit = max(JUMP_TIMES * largest, JUMP_DEVIATIONS * TO_DEVIATION * row[NOISE], JUMP_STEPS * row[STEP])
    if row[COUNT] < JUMP_VALUES or row[LIVED] < JUMP_AFTER_S or not slow or difference <= limit:
        row[JUMP] = difference
        return None
    if abs(x - usual) <= limit:  # back to where it was
        return None
    row[JUMP], row[USUAL] = limit, row[X1]
    return Unusual(What.JUMP, words.jumped(row[X1], x, largest))


def frozen(row: Row, x: float, t: float) -> Unusual | None:
    """Looks whether it says exactly the same for longer than it ever did, though it is never quite still. What is at rest at
    nothing is not frozen.
    """
    if abs(x - row[X1]) <= SAME * abs(x):
        row[RUN] += 1.0
    else:
        if row[RUN] > row[LONGEST_RUN]:
            row[LONGEST_RUN] = min(row[RUN], max(RUN_TIMES * row[LONGEST_RUN], RUN_REPORTS))
        row[RUN], row[RUN_SINCE] = 1.0, t
        return None
    run = row[RUN]
    if run <= RUN_REPORTS or run <= RUN_TIMES * row[LONGEST_RUN] or x == 0.0:
        return None
    if row[COUNT] < RUN_VALUES + run or row[LIVED] < RUN_AFTER_S or t - row[RUN_SINCE] < RUN_S:
        return None
    return Unusual(What.FROZEN, words.frozen(x, run, t - row[RUN_SINCE], row[LONGEST_RUN]))


def at_hour(row: Row, hours: Hours, hour: int, x: float) -> Unusual | None:
    """Looks whether it was ever so high or low at this hour of the day; learns it."""
    if hours[2 * hour] <= x <= hours[2 * hour + 1]:
        return None
    if row[LIVED] >= HOURS_AFTER_S:
        low, high = around(hours, hour)
        margin = max(MARGIN * whole(hours), HOURS_DEVIATIONS * TO_DEVIATION * row[NOISE], 4 * row[STEP])
        if not low - margin <= x <= high + margin:
            learn_unusual(hours, hour, x)
            return Unusual(What.HOUR, words.out_of_hours(x, low, high, row[LIVED] / DAY_S))
    widen(hours, hour, x)
    return None
