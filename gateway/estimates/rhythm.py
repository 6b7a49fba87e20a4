"""How often something reports by itself, and when it has been quiet for too long. Pure functions over rows.

The typical gap is an M-estimate of location of ln(gap) with Huber's psi (P. J. Huber, Robust Estimation of a Location
Parameter, 1964), found by stochastic approximation (H. Robbins, S. Monro, 1951): each gap moves it by a share of its deviation,
which is clipped, so that a lost report or an outage hardly counts.
"""

from __future__ import annotations

import math
from typing import Final

from gateway.estimates.rows import (
    COUNT,
    EVERY,
    FORGET_S,
    LAST,
    LIVED,
    LONGEST,
    NEAR,
    REGULAR,
    SINCE,
    SPREAD,
    Row,
)

BURST_S: Final = 0.5
"""Reports so near together are one message."""

FIRST_GAPS: Final = 16
FIRST_CLIP: Final = 3.0
CLIP: Final = 1.0
"""Deviations of ln(gap) count up to here: a factor of e. The first gaps may be far off (a device that has just started)."""

SLOWEST: Final = 0.03
"""The share by which each gap moves the estimate once many were seen: it follows a change within some 30 reports."""

TWICE: Final = math.log(2.0)

ENOUGH_GAPS: Final = 20
ENOUGH_S: Final = 6 * 3600.0
"""Before so many gaps, and so long, nothing is said about silence."""

MOSTLY_REGULAR: Final = 0.7
"""Of reports that come at random times (exponential gaps) 46 % are within a factor of two of their median; of a sensor that
reports periodically and loses a fifth of its messages, 80 %."""

QUIET_TIMES: Final = 6.0
"""So many typical gaps without a report are a silence. With a fifth of the messages lost, 1 in 15,000 gaps is so long."""

LONGEST_TIMES: Final = 2.0
AS_LONG: Final = 0.8
MOST_LONGER: Final = 1.25
CHECK_INS: Final = 12
CHECK_INS_A_DAY: Final = 3.0
"""A device that reports on change and, where nothing changes, after a longest time has many gaps as long as its longest. One
that reports on change alone has hardly more than its nights.
"""
CHECK_IN_TIMES: Final = 3.0

DAY_S: Final = 86_400.0

SHORTEST_QUIET_S: Final = 120.0
"""Nothing is called quiet before: brokers and bridges start again within it."""

STALE_TIMES: Final = 2.0
"""After so many times the time after which it is uncertain, what was told is stale."""

NEVER: Final = math.inf


def beat(row: Row, now: float) -> float:
    """A report at `now` (monotonic seconds): returns the gap before it, or nan where that says nothing."""
    gap = now - row[LAST]
    row[LAST] = now
    if not gap >= BURST_S:  # also nan: the first of a run
        return math.nan
    row[LIVED] += gap
    row[COUNT] = count = row[COUNT] + 1.0
    if count == 1.0:
        row[EVERY] = gap
        return gap
    share = max(1.0 / count, SLOWEST)
    off = math.log(gap / row[EVERY])
    row[REGULAR] += share * ((-TWICE < off < TWICE) - row[REGULAR])
    clip = CLIP if count > FIRST_GAPS else FIRST_CLIP
    off = max(-clip, min(off, clip))
    row[EVERY] *= 1.0 + share * off if -0.1 < share * off < 0.1 else math.exp(share * off)
    row[SPREAD] += share * (abs(off) - row[SPREAD])
    return gap


def note_longest(row: Row, gap: float) -> None:
    """Of a Thing's row. What was called quiet counts no more than that: an outage does not spoil it."""
    gap = min(gap, quiet_after(row))
    faded = row[LONGEST] * (1.0 - gap / FORGET_S)
    if gap > MOST_LONGER * faded:
        row[NEAR], row[SINCE] = 0.0, row[LIVED]
    elif gap > AS_LONG * faded:
        row[NEAR] += 1.0
    row[LONGEST] = max(gap, faded)


def is_regular(row: Row) -> bool:
    """It reports periodically, and has been looked at for long enough to say so."""
    return row[COUNT] >= ENOUGH_GAPS and row[LIVED] >= ENOUGH_S and row[REGULAR] >= MOSTLY_REGULAR


def checks_in(row: Row) -> bool:
    """It reports at random times, but never later than `LONGEST` after the last."""
    days = (row[LIVED] - row[SINCE]) / DAY_S
    return row[NEAR] >= CHECK_INS and row[NEAR] >= CHECK_INS_A_DAY * days


def quiet_after(row: Row) -> float:
    """Seconds of silence after which a Thing is quiet; infinite where its rhythm does not tell."""
    if not is_regular(row):
        return max(CHECK_IN_TIMES * row[LONGEST], SHORTEST_QUIET_S) if checks_in(row) else NEVER
    return max(QUIET_TIMES * row[EVERY], LONGEST_TIMES * row[LONGEST], SHORTEST_QUIET_S)


def reports_every(row: Row) -> tuple[float, float] | None:
    """The typical gap and its spread in seconds; None before it is known."""
    return (row[EVERY], row[EVERY] * row[SPREAD]) if row[COUNT] >= ENOUGH_GAPS else None
