"""A plot of one series, as columns: the level that fits, no more points than asked for, gaps as gaps."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from gateway.history.days import midnights
from gateway.history.decimating import envelope, largest_triangles
from gateway.history.file import HistoryFile
from gateway.history.levels import BAD, GOOD, LEVELS, WIDTH_S, Level, TooMuch, Type
from gateway.history.reading import Span, Tail, grid_of, raw, rows_of
from gateway.history.rolling import between, coarser, filled, fixed
from gateway.history.rows import Floats, Held, Points, Rows

SINGLE_S: Final = 3 * 3_600.0
"""What is not longer is shown as single reports, where they are kept."""

LOOKED_THROUGH: Final = 5
"""Windows for each point that was asked for: so many at the most are drawn together into one."""

MOST_ROWS: Final = 150_000
"""Looked through for one answer: 100 days of minutes take some 40 ms and 11 MB."""

MOST_MARKS: Final = 100
"""In one answer, the newest."""

DIGITS: Final = 6
"""Significant digits of what was reckoned; what was reported stays as it is."""


@dataclass(frozen=True, slots=True)
class Wish:
    """`level` None: the one that fits. `points`: at the most. `keeps`: seconds for each level. Of windows that begin before
    `not_before` (seconds since the epoch) nothing is told.
    """

    span: Span
    points: int
    level: Level | None
    keeps: Mapping[Level, float]
    not_before: float = -math.inf


@dataclass(frozen=True, slots=True)
class Drawn:
    """Columns of one answer. `step` is the width of a window in seconds, None for single reports."""

    level: Level
    step: float | None
    t: Floats
    low: Floats
    mean: Floats
    high: Floats
    last: Floats
    count: Floats
    quality: Floats
    covered: Floats
    gaps: list[tuple[float, float]]


def drawn(file: HistoryFile, series: int, kind: Type, tail: Tail, wish: Wish) -> Drawn:
    level = wish.level or fitting(wish)
    oldest = wish.span.now - wish.keeps.get(level, 0.0)
    span = replace(wish.span, begin=min(max(wish.span.begin, oldest), wish.span.end))
    _check_size(file, series, level, span)
    if level is Level.RAW:
        return _single(*raw(file, series, tail, span), kind, span, wish)
    span = _whole(span, level, wish.not_before)
    return _windows(*rows_of(file, series, level, tail, span), level, span, wish)


def _check_size(file: HistoryFile, series: int, level: Level, span: Span) -> None:
    rows = (
        file.rows(series, level, span.begin, span.end)
        if level is Level.RAW
        else (span.end - span.begin) / WIDTH_S[level]
    )
    if rows > MOST_ROWS:
        raise TooMuch(
            f"that would be {rows:,.0f} rows to look through: ask for a shorter time, or a coarser level"
        )


def fitting(wish: Wish) -> Level:
    """The finest that is kept back to the beginning, and has not too many windows."""
    length, age = wish.span.end - wish.span.begin, wish.span.now - wish.span.begin
    kept = [level for level in LEVELS if wish.keeps.get(level, 0.0) > 0] or [Level.RAW]
    for level in kept:
        is_short = (
            length <= SINGLE_S
            if level is Level.RAW
            else length / WIDTH_S[level] <= wish.points * LOOKED_THROUGH
        )
        if is_short and age <= wish.keeps[level]:
            return level
    reaching = [level for level in kept if age <= wish.keeps[level] and level is not Level.RAW]
    return reaching[-1] if reaching else max(kept, key=lambda level: wish.keeps[level])


def _whole(span: Span, level: Level, not_before: float) -> Span:
    """From the beginning of the window in which it begins, or of the next one where that is too early."""
    if level is Level.DAY:
        first, second = midnights(span.zone, span.begin, span.begin)[:2]
    else:
        first = span.begin // WIDTH_S[level] * WIDTH_S[level]
        second = first + WIDTH_S[level]
    begin = second if first < not_before else first
    return replace(span, begin=begin, end=max(begin, span.end))


def _windows(rows: Rows, held: Held, level: Level, span: Span, wish: Wish) -> Drawn:
    if level is Level.DAY:
        edges = np.asarray(midnights(span.zone, span.begin, span.end), np.float64)
        step = max(1, math.ceil((len(edges) - 1) / wish.points))
        edges = np.append(edges[:-1:step], edges[-1])
        grid, starts, ends = between(edges), edges[:-1], edges[1:]
        width = float(step * WIDTH_S[level])
    else:
        own = WIDTH_S[level]
        width = max(1, math.ceil((span.end - span.begin) / own / wish.points)) * float(own)
        grid = fixed(width, span.begin)
        starts = np.arange(span.begin, span.end, width)
        ends = starts + width
    starts, ends = starts[starts < span.end], np.minimum(ends[starts < span.end], span.now)
    if width > WIDTH_S[level]:
        rows = coarser(rows, grid_of(level, span), held, grid, span.now)
    dense = filled(rows, held, starts, ends)
    length = np.maximum(ends - starts, 1e-9)
    return Drawn(
        *(level, width, dense.t, dense.low, rounded(dense.mean), dense.high),
        *(np.where(dense.code < BAD, dense.last, np.nan), dense.count),
        *(
            _share(dense.good, dense.known),
            np.asarray(np.round(np.minimum(dense.known / length, 1.0), 3), np.float64),
        ),
        _gaps(starts, ends, dense.known <= 0),
    )


def _single(found: Points, held: Held, kind: Type, span: Span, wish: Wish) -> Drawn:
    known_before = held.code < BAD and math.isfinite(held.value)
    prepends = known_before and not (len(found) and found.t[0] == span.begin)
    if prepends:
        found = Points(
            np.append(span.begin, found.t),
            np.append(held.value, found.value),
            np.append(np.uint8(held.code), found.code),
        )
    known = (found.code < BAD) & np.isfinite(found.value)
    ends = np.append(found.t[1:], span.end)
    gaps = _gaps(found.t, ends, ~known)
    if not known_before and span.begin < (found.t[0] if len(found) else span.end):
        gaps.insert(0, (span.begin, float(found.t[0]) if len(found) else span.end))
    is_line = kind == "number" and bool(known.all())
    begin = span.begin if prepends else math.nan  # nobody reported it then
    fewer = (
        largest_triangles(found, wish.points) if is_line and wish.points > 2 else envelope(found, wish.points)
    )
    value = np.where(fewer.code < BAD, fewer.value, np.nan)
    has = np.isfinite(value)
    return Drawn(
        *(
            Level.RAW,
            None,
            fewer.t,
            value,
            value,
            value,
            value,
            (has & (fewer.t != begin)).astype(np.float64),
        ),
        *(np.where(has, (fewer.code == GOOD).astype(np.float64), np.nan), has.astype(np.float64), gaps),
    )


def rounded(column: Floats) -> Floats:
    """To `DIGITS` of the greatest."""
    most = float(np.nanmax(np.abs(column))) if bool(np.isfinite(column).any()) else 0.0
    if not most:
        return column
    return np.round(column, max(0, DIGITS - 1 - math.floor(math.log10(most))))


def _share(part: Floats, whole: Floats) -> Floats:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(whole > 0, np.round(part / whole, 3), np.nan)


def _gaps(starts: Floats, ends: Floats, unknown: Any) -> list[tuple[float, float]]:
    """Stretches of windows of which nothing is known, joined."""
    flags = np.concatenate([[0], np.asarray(unknown, np.int8), [0]])
    turns = np.flatnonzero(np.diff(flags))
    return [
        (float(starts[begin]), float(ends[end - 1]))
        for begin, end in zip(turns[::2], turns[1::2], strict=True)
        if ends[end - 1] > starts[begin]
    ]


def columns_of(one: Drawn, kind: Type, words: Sequence[str]) -> dict[str, Any]:
    """As the API tells it: NaN is null."""
    told: dict[str, Any] = {"level": one.level.value, "step": one.step, "t": one.t}
    if kind == "state":
        told |= {"state": [int(v) if math.isfinite(v) else None for v in one.last], "states": list(words)}
    else:
        told |= {"min": one.low, "mean": one.mean, "max": one.high}
    return told | {
        "count": one.count.astype(np.int64),
        "quality": one.quality,
        "covered": one.covered,
        "gaps": [list(gap) for gap in one.gaps],
    }
