"""Points become rows, and rows coarser rows. Pure; exact: whatever the way through the levels, extremes, counts and times
are those of the reports.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np

from gateway.history.levels import GOOD, STALE
from gateway.history.rows import NOTHING, Codes, Floats, Held, Points, Rows, joined, no_rows

Grid: TypeAlias = "Callable[[Floats], tuple[Floats, Floats]]"
"""Of moments, where the window of each begins and ends."""

FOREVER: Final = float("inf")


def fixed(width: float, origin: float = 0.0) -> Grid:
    """Windows of one width, of which one begins at `origin`."""

    def grid(t: Floats) -> tuple[Floats, Floats]:
        begin = np.floor((t - origin) / width) * width + origin
        return begin, begin + width

    return grid


def between(edges: Floats) -> Grid:
    """Windows from each edge to the next. What is asked must lie within."""

    def grid(t: Floats) -> tuple[Floats, Floats]:
        at = np.searchsorted(edges, t, "right") - 1
        return edges[at], edges[at + 1]

    return grid


@dataclass(slots=True)
class _Segments:
    """Stretches of time, none of them over the edge of a window."""

    begin: Floats
    end: Floats
    low: Floats
    mean: Floats
    high: Floats
    last: Floats
    count: Floats
    known: Floats
    good: Floats
    code: Codes
    window: Floats  # where its window begins


def rolled(points: Points, held: Held, grid: Grid, until: float = FOREVER) -> Rows:
    """Rows of the windows in which there are points. `held` is what held before them; the last window is known up to
    `until`.
    """
    if not len(points):
        return no_rows()
    window, ends = grid(points.t)
    first = np.flatnonzero(np.diff(window, prepend=-np.inf))
    begin = np.concatenate([window[first], points.t])
    before_value = np.concatenate([[held.value], points.value])[first]
    before_code = np.concatenate([np.array([held.code], np.uint8), points.code])[first]
    value = np.concatenate([before_value, points.value])
    code = np.concatenate([before_code, points.code])
    real = np.concatenate([np.zeros(len(first), bool), np.ones(len(points), bool)])
    windows = np.concatenate([window[first], window])
    end = np.minimum(np.concatenate([ends[first], ends]), until)
    order = np.lexsort((real, begin, windows))
    begin, value, code, real, windows, end = (
        column[order] for column in (begin, value, code, real, windows, end)
    )
    following = np.append(begin[1:], np.inf)
    same = np.append(windows[1:] == windows[:-1], False)
    end = np.maximum(np.where(same, np.minimum(following, end), end), begin)
    return _gathered(_steps(begin, end, (value, code), real, windows))


def coarser(rows: Rows, width: Grid, held: Held, grid: Grid, until: float = FOREVER) -> Rows:
    """Rows of wider windows, each a whole number of `width`'s. What lies between two rows was held."""
    if not len(rows):
        return no_rows()
    own_end = np.minimum(width(rows.t)[1], until)
    window, ends = grid(rows.t)
    ends = np.minimum(ends, until)
    new = np.diff(window, prepend=-np.inf) > 0
    before_end = np.where(new, window, np.concatenate([[0.0], own_end[:-1]]))
    before_value = np.concatenate([[held.value], rows.last[:-1]])
    before_code = np.concatenate([np.array([held.code], np.uint8), rows.code[:-1]])
    before = _steps(before_end, rows.t, (before_value, before_code), np.zeros(len(rows), bool), window)
    final = np.append(new[1:], True)
    after = _steps(
        own_end[final],
        np.maximum(ends[final], own_end[final]),
        (rows.last[final], rows.code[final]),
        np.zeros(int(final.sum()), bool),
        window[final],
    )
    own = _Segments(
        *(rows.t, own_end, rows.low, rows.mean, rows.high, rows.last),
        *(rows.count, rows.known, rows.good, rows.code, window),
    )
    return _gathered(_ordered(before, own, after))


def filled(rows: Rows, held: Held, starts: Floats, ends: Floats) -> Rows:
    """A row for each window from `starts` to `ends`: what held, where nothing was reported. `rows` are of some of them."""
    at = np.searchsorted(rows.t, starts, "right")
    has = np.zeros(len(starts), bool)
    has[np.searchsorted(starts, rows.t, "left")] = True
    value = np.concatenate([[held.value], rows.last])[at]
    code = np.concatenate([np.array([held.code], np.uint8), rows.code])[at]
    flat = _steps(starts, ends, (value, code), np.zeros(len(starts), bool), starts)
    dense = Rows(
        *(starts, flat.low, flat.mean, flat.high, flat.last, flat.count, flat.known, flat.good, flat.code)
    )
    for name in ("low", "mean", "high", "last", "count", "known", "good", "code"):
        getattr(dense, name)[has] = getattr(rows, name)
    return dense


def anchored(rows: Rows, cutoff: float, width: Grid) -> Rows:
    """`rows` from the window on that begins at `cutoff`; what held then stands in a row of that window."""
    kept = rows.between(cutoff, FOREVER)
    if len(kept) == len(rows) or (len(kept) and kept.t[0] == cutoff):
        return kept
    start = np.array([cutoff])
    return joined([filled(no_rows(), rows.held(cutoff, NOTHING), start, width(start)[1]), kept])


def _steps(begin: Floats, end: Floats, held: tuple[Floats, Codes], real: object, window: Floats) -> _Segments:
    """Segments in which one value holds. One without any length counts only if it was reported (`real`)."""
    (value, code), span = held, end - begin
    told = np.asarray(real, bool)
    has_value = (code <= STALE) & np.isfinite(value)
    shows = has_value & ((span > 0) | told)
    shown = np.where(shows, value, np.nan)
    known = np.where(has_value, span, 0.0)
    good = np.where(has_value & (code == GOOD), span, 0.0)
    count = (told & has_value).astype(np.float64)
    return _Segments(
        *(begin, end, shown, shown.copy(), shown.copy(), value.astype(np.float64)),
        *(count, known, good, code.astype(np.uint8), window),
    )


def _ordered(*parts: _Segments) -> _Segments:
    columns = [np.concatenate([getattr(one, name) for one in parts]) for name in _Segments.__slots__]
    rank = np.concatenate([np.full(len(one.begin), number) for number, one in enumerate(parts)])
    order = np.lexsort((rank, columns[0], columns[-1]))
    return _Segments(*(column[order] for column in columns))


def _gathered(all_: _Segments) -> Rows:
    """One row for each window; the segments come in the order of time."""
    first = np.flatnonzero(np.diff(all_.window, prepend=-np.inf))
    final = np.append(first[1:], len(all_.window)) - 1
    known, good, count = (np.add.reduceat(one, first) for one in (all_.known, all_.good, all_.count))
    low, high = np.fmin.reduceat(all_.low, first), np.fmax.reduceat(all_.high, first)
    area = np.add.reduceat(np.where(all_.known > 0, np.nan_to_num(all_.mean) * all_.known, 0.0), first)
    last, code = all_.last[final], all_.code[final]
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(known > 0, area / known, np.where(np.isfinite(low), last, np.nan))
    mean = np.where(np.isfinite(mean), np.clip(mean, low, high), low)  # rounding leads nowhere else
    return Rows(all_.window[first], low, mean, high, last, count, known, good, code)
