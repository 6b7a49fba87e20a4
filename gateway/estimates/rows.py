"""Estimates are kept as rows of floats: 8 bytes a number, no object for each. These are their columns.

Both kinds of rows begin with the columns of `rhythm.beat`. Times are monotonic seconds; nan stands for what is not known.
"""

from __future__ import annotations

import math
from array import array
from typing import Final, TypeAlias

Row: TypeAlias = "array[float]"

LAST: Final = 0
"""When the last report came (monotonic seconds)."""
COUNT: Final = 1
"""Gaps that were looked at."""
EVERY: Final = 2
"""The typical gap, seconds."""
SPREAD: Final = 3
"""By how much gaps differ from it: the mean of |ln(gap / typical gap)|, clipped."""
REGULAR: Final = 4
"""The share of gaps within a factor of two of the typical one."""
LIVED: Final = 5
"""For how long it was looked at, seconds."""

LONGEST: Final = 6
"""Of a Thing: the longest gap of the last weeks, seconds."""
NEAR: Final = 7
"""Of a Thing: gaps about as long as the longest, since there was one so long; `SINCE` is the `LIVED` of then."""
SINCE: Final = 8

X1: Final = 6
"""Of a number: the last value; `X2` and `T2` are the value and time before."""
X2: Final = 7
T2: Final = 8
NOISE: Final = 9
"""The median absolute residual, in the property's unit; see `noise`."""
STEP: Final = 10
"""The smallest difference of two values that was seen or is declared; 0: none yet."""
RUN: Final = 11
"""Reports in a row that said exactly the same."""
RUN_SINCE: Final = 12
LONGEST_RUN: Final = 13
JUMP: Final = 14
"""The largest difference of two values in a row in the last weeks."""
USUAL: Final = 15
"""The value before a jump that was marked; nan: none was."""
NUMBER_COLUMNS: Final = 16

FORGET_S: Final = 30 * 86_400.0
"""What was largest fades away within so long: houses change with the season."""

_TRANSIENT: Final = (LAST, X1, X2, T2, RUN, RUN_SINCE, USUAL)


def beat_row() -> Row:
    return array("d", [math.nan, *[0.0] * 5])


def thing_row() -> Row:
    return array("d", [math.nan, *[0.0] * 8])


def number_row(step: float = 0.0) -> Row:
    """`step`: the declared one, if any."""
    row = array("d", bytes(8 * NUMBER_COLUMNS))
    row[LAST] = row[X1] = row[X2] = row[T2] = row[RUN_SINCE] = row[USUAL] = math.nan
    row[STEP] = step
    return row


def begin_again(row: Row) -> None:
    """After a restart: what was learnt stays, but the last values and times are another run's."""
    numbers = len(row) == NUMBER_COLUMNS
    for column in _TRANSIENT if numbers else (LAST,):
        row[column] = math.nan
    if numbers:
        row[RUN] = 0.0
