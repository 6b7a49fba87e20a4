"""One series at one level: from its pieces, and from what is not in pieces yet."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import numpy as np

from gateway.history.days import midnights
from gateway.history.file import HistoryFile
from gateway.history.journal import columns, held_at_rolled, journal_of
from gateway.history.levels import WIDTH_S, Level
from gateway.history.log import Log
from gateway.history.packing import Damaged, unpack_points, unpack_rows
from gateway.history.rolling import Grid, between, coarser, fixed, rolled
from gateway.history.rows import NOTHING, Held, Points, Rows, joined, joined_points, points

LOG = logging.getLogger(__name__)


def stored_rows(file: HistoryFile, series: int, level: Level, begin: float, end: float) -> Rows:
    """What pieces have of `begin <= t < end`, and something before it."""
    parts = []
    for data in file.pieces(series, level, begin, end):
        try:
            parts.append(unpack_rows(data))
        except Damaged as error:
            LOG.error("%s: %s", file.path, error)
    return joined(parts)


def stored_points(file: HistoryFile, series: int, begin: float, end: float) -> Points:
    parts = []
    for data in file.pieces(series, Level.RAW, begin, end):
        try:
            parts.append(unpack_points(data))
        except Damaged as error:
            LOG.error("%s: %s", file.path, error)
    return joined_points(parts)


@dataclass(frozen=True, slots=True)
class Tail:
    """What one series reported since `since`, where its pieces end, and what it held then."""

    points: Points
    held: Held
    since: float


def tail_of(file: HistoryFile, series: int, unwritten: Log, number: int) -> Tail:
    """`unwritten` has it under its own `number`."""
    since = file.get("rolled")
    found = [columns(journal_of(file)).of(series), columns([unwritten]).of(number)]
    held = held_at_rolled(file).get(series, NOTHING)
    return Tail(joined_points([one for one in found if len(one)]), held, -np.inf if since is None else since)


@dataclass(frozen=True, slots=True)
class Span:
    """A question: `begin <= t < end`, seconds since the epoch, `end` not after `now`."""

    begin: float
    end: float
    now: float
    zone: ZoneInfo | None


def raw(file: HistoryFile, series: int, tail: Tail, span: Span) -> tuple[Points, Held]:
    """The reports of the span, and what held before."""
    parts = [stored_points(file, series, span.begin, span.end), tail.points]
    found = joined_points([one for one in parts if len(one)]) if any(map(len, parts)) else points()
    return found.between(span.begin, span.end), found.held(span.begin, _otherwise(tail, span))


def rows_of(file: HistoryFile, series: int, level: Level, tail: Tail, span: Span) -> tuple[Rows, Held]:
    """The rows of the span, and what held before. The last window may not be over: it is told as far as it is known."""
    if level is Level.DAY:
        found = _days(file, series, tail, span)
    else:
        fresh = _fresh(tail, level, span.now)
        found = joined([stored_rows(file, series, level, span.begin, span.end), fresh])
    return found.between(span.begin, span.end), found.held(span.begin, _otherwise(tail, span))


def _otherwise(tail: Tail, span: Span) -> Held:
    """What held at the beginning, where nothing before it is kept at this level."""
    return tail.held if span.begin >= tail.since else NOTHING


def grid_of(level: Level, span: Span) -> Grid:
    if level is not Level.DAY:
        return fixed(WIDTH_S[level])
    return between(np.asarray(midnights(span.zone, span.begin - 2 * WIDTH_S[level], span.end), np.float64))


def _fresh(tail: Tail, level: Level, now: float) -> Rows:
    found, fine = rolled(tail.points, tail.held, fixed(60), now), Level.MINUTE
    for wide in _up_to(level):
        found = coarser(found, fixed(WIDTH_S[fine]), tail.held, fixed(WIDTH_S[wide]), now)
        fine = wide
    return found


def _up_to(level: Level) -> Iterable[Level]:
    order = (Level.MINUTE, Level.QUARTER, Level.HOUR)
    return order[1 : order.index(level) + 1]


def _days(file: HistoryFile, series: int, tail: Tail, span: Span) -> Rows:
    whole = stored_rows(file, series, Level.DAY, span.begin, span.end)
    until = file.get("days")
    since = span.begin if until is None else until
    rolled_up = stored_rows(file, series, Level.QUARTER, since, span.now)
    rest = joined([rolled_up, _fresh(tail, Level.QUARTER, span.now)])
    held = rest.held(since, NOTHING)
    rest = rest.between(since, np.inf)
    if not len(rest):
        return whole
    edges = np.asarray(midnights(span.zone, float(rest.t[0]), span.now), np.float64)
    return joined([whole, coarser(rest, fixed(WIDTH_S[Level.QUARTER]), held, between(edges), span.now)])
