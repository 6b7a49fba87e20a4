"""What the journal holds becomes pieces of each level; whole days come from their quarters of an hour."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

import numpy as np

from gateway.history.decimating import envelope
from gateway.history.file import HistoryFile, Piece
from gateway.history.journal import columns, held_at_rolled, journal_of, put_held
from gateway.history.levels import LEVELS, WIDTH_S, Level
from gateway.history.log import Log
from gateway.history.packing import pack_points, pack_rows
from gateway.history.reading import stored_rows
from gateway.history.rolling import between, coarser, fixed, rolled
from gateway.history.rows import NOTHING, Held, Points, Rows

MOST_RAW_A_MINUTE: Final = 120
"""Single reports of one series that are kept, on average over what is rolled at once: a meter that tells ten times a second
would fill the disk. More are thinned to the least and the greatest of each stretch; what is rolled up rests on all of them.
"""

Keeps: TypeAlias = "Callable[[int, Level], float]"
"""For how many seconds a series (its id) keeps a level; 0: not at all."""

AFTER_S: Final = 1e-6
"""What is just after a report."""

STEPS: Final = ((Level.MINUTE, Level.QUARTER), (Level.QUARTER, Level.HOUR))


def compact(file: HistoryFile, upto: float, keeps: Keeps) -> None:
    """Rolls up all reports before `upto`, a whole hour. The journal keeps those after it."""
    found, held = columns(journal_of(file)), held_at_rolled(file)
    with file.transaction():
        rest = []
        known = {row[0] for row in file.db.execute("SELECT id FROM series")}
        for series, points in found.each():
            if series not in known:
                continue  # erased meanwhile
            due = points.between(-np.inf, upto)
            if len(due) < len(points):
                rest.append(_log_of(series, points.between(upto, np.inf)))
            if len(due):
                before = held.get(series, NOTHING)
                _put_all(file, series, due, before, keeps)
                held[series] = due.held(np.inf, before)
        until = file.ran_until()
        file.db.execute("DELETE FROM journal")
        block = Log()
        for one in rest:
            block = block.before(one)
        file.put_block(until if until is not None else upto, len(block), block.pack())
        put_held(file, held)
        file.put("rolled", float(upto))


def _put_all(file: HistoryFile, series: int, points: Points, held: Held, keeps: Keeps) -> None:
    if keeps(series, Level.RAW):
        put_points(file, series, thinned(points))
    rows = {Level.MINUTE: rolled(points, held, fixed(WIDTH_S[Level.MINUTE]))}
    for fine, wide in STEPS:
        rows[wide] = coarser(rows[fine], fixed(WIDTH_S[fine]), held, fixed(WIDTH_S[wide]))
    for level, one in rows.items():
        if keeps(series, level):
            put_rows(file, series, level, one)


def put_points(file: HistoryFile, series: int, points: Points) -> None:
    data = pack_points(points)
    begins, ends = float(points.t[0]), float(points.t[-1]) + AFTER_S
    file.put_piece(series, Level.RAW, Piece(begins, ends, len(points), data))


def put_rows(file: HistoryFile, series: int, level: Level, rows: Rows) -> None:
    begins, ends = float(rows.t[0]), float(rows.t[-1]) + WIDTH_S[level]
    file.put_piece(series, level, Piece(begins, ends, len(rows), pack_rows(rows)))


def thinned(points: Points) -> Points:
    minutes = max(1.0, (float(points.t[-1]) - float(points.t[0])) / 60.0)
    most = int(minutes * MOST_RAW_A_MINUTE)
    return points if len(points) <= most else envelope(points, most)


def roll_days(file: HistoryFile, edges: Sequence[float], keeps: Keeps) -> None:
    """`edges` are midnights: where the last whole day that is in pieces ended, and those after it, up to where reports are
    rolled up.
    """
    if len(edges) < 2:
        return
    begin, end = edges[0], edges[-1]
    quarter, days = fixed(WIDTH_S[Level.QUARTER]), between(np.asarray(edges, np.float64))
    with file.transaction():
        for series in _with_pieces(file, Level.QUARTER, begin, end):
            rows = stored_rows(file, series, Level.QUARTER, begin, end)
            held, rows = rows.held(begin, NOTHING), rows.between(begin, end)
            if len(rows) and keeps(series, Level.DAY):
                put_rows(file, series, Level.DAY, coarser(rows, quarter, held, days))
        file.put("days", float(end))


def _with_pieces(file: HistoryFile, level: Level, begin: float, end: float) -> list[int]:
    found = file.db.execute(
        "SELECT DISTINCT series FROM piece WHERE level=? AND begins < ? AND ends > ?",
        (LEVELS.index(level), end, begin),
    )
    return [row[0] for row in found]


def _log_of(series: int, points: Points) -> Log:
    fresh = Log()
    for t, value, code in zip(points.t.tolist(), points.value.tolist(), points.code.tolist(), strict=True):
        fresh.add(series, t, value, code)
    return fresh
