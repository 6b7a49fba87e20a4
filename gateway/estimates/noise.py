"""How much a number jitters where nothing changes. Pure functions over rows.

Each value is compared with the straight line between its neighbours in time: what is left over is noise, however the quantity
rises or falls (T. Gasser, L. Sroka, C. Jennen-Steinmetz, Residual variance and residual pattern in nonlinear regression, 1986).
The scale is the median of the absolute residuals times 1.4826, followed by stochastic approximation: half of the residuals may
be anything (a washing machine that runs), and it is still that of the rest.
"""

from __future__ import annotations

import math
from typing import Final

from gateway.estimates.rows import COUNT, LAST, NOISE, RUN, STEP, T2, X1, X2, Row

TO_DEVIATION: Final = 1.4826
"""From the median absolute deviation to the standard deviation of a normal distribution: 1 / Φ⁻¹(3/4)."""

STEP_TO_DEVIATION: Final = 1.0 / math.sqrt(12.0)
"""Of a value that is somewhere within one step of its display (JCGM 100:2008, F.2.2.1)."""

ENOUGH_VALUES: Final = 30

FIRST_VALUES: Final = 400
UP_FIRST, DOWN_FIRST = 1.1, 1 / 1.1
UP, DOWN = 1.03, 1 / 1.03

SAME: Final = 1e-9
"""Differences below this share of the value come from arithmetic, not from the sensor."""

STILL_REPORTS: Final = 8.0
"""Of a run of reports that say the same, so many count: a sensor that froze is still known for a noisy one."""

LEAST: Final = 0.01
"""In steps: the median of the residuals of what stands still goes to nothing, and must come back from there."""


def learn(row: Row, x: float, t: float) -> None:
    """Looks at the value `x` at `t`, before `rhythm.beat` and before `remember`."""
    x1 = row[X1]
    difference = abs(x - x1)
    if difference > SAME * (abs(x) + abs(x1)) and (row[STEP] == 0.0 or difference < row[STEP]):
        row[STEP] = difference
    t2 = row[T2]
    span = t - t2
    if not span > 0.0 or row[RUN] > STILL_REPORTS:
        return
    near = (row[LAST] - t2) / span  # the share of the newer neighbour
    far = 1.0 - near
    residual = abs(x1 - far * row[X2] - near * x) / math.sqrt(1.0 + near * near + far * far)
    noise = row[NOISE]
    if residual > noise:
        if noise == 0.0:
            row[NOISE] = residual
        else:
            row[NOISE] = noise * (UP if row[COUNT] > FIRST_VALUES else UP_FIRST)
    elif residual < noise:
        lower = noise * (DOWN if row[COUNT] > FIRST_VALUES else DOWN_FIRST)
        least = LEAST * row[STEP]
        row[NOISE] = lower if lower > least else least


def remember(row: Row, x: float) -> None:
    """Before `rhythm.beat` moves on the time of the last report."""
    row[X2] = row[X1]
    row[T2] = row[LAST]
    row[X1] = x


def jitter(row: Row) -> float | None:
    """The standard deviation of the noise alone, in the property's unit; None before enough was seen."""
    return TO_DEVIATION * row[NOISE] if row[COUNT] >= ENOUGH_VALUES else None


def uncertainty(row: Row) -> float | None:
    """One standard deviation: that of the noise, and never less than the resolution leaves open. None where unknown."""
    found = jitter(row)
    if found is None:
        return None
    return max(found, STEP_TO_DEVIATION * row[STEP]) or None


def is_noisy(row: Row) -> bool:
    """Most values differ from what their neighbours say: it is never quite still."""
    return row[NOISE] > 0.2 * row[STEP] > 0.0
