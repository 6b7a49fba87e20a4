"""What is kept no longer goes: rows older than their level's time, whole series, and small pieces into large ones."""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from gateway.history.compacting import Keeps, put_points, put_rows
from gateway.history.file import HistoryFile
from gateway.history.journal import held_at_rolled, journal_of, put_held
from gateway.history.levels import LEVELS, WIDTH_S, Level
from gateway.history.log import Log
from gateway.history.packing import Damaged, unpack_points, unpack_rows
from gateway.history.rolling import anchored, fixed
from gateway.history.rows import NOTHING, Points, joined, joined_points, points

DAY_S: Final = 86_400.0

SPAN_S: Final = {
    Level.RAW: DAY_S,
    Level.MINUTE: DAY_S,
    Level.QUARTER: 16 * DAY_S,
    Level.HOUR: 64 * DAY_S,
    Level.DAY: 64 * DAY_S,
}
"""What one piece holds in the end: some 1,500 rows (of days 64), 6 to 16 kB."""

MOST_MARKS: Final = 500
"""Of one series: of what was unusual, the older is forgotten."""


def retain(file: HistoryFile, now: float, keeps: Keeps) -> int:
    """Removes what is older than its level is kept; returns how many pieces that concerned. What held at that moment is
    still known.
    """
    changed = 0
    with file.transaction():
        for series, number in file.db.execute("SELECT DISTINCT series, level FROM piece").fetchall():
            level = LEVELS[number]
            span = keeps(series, level)
            if not span:
                file.db.execute("DELETE FROM piece WHERE series=? AND level=?", (series, number))
                changed += 1
            elif span < math.inf:
                changed += _retain_one(file, series, level, now - span)
        _forget_marks(file, now, keeps)
    return changed


def _retain_one(file: HistoryFile, series: int, level: Level, cutoff: float) -> int:
    """What begins before `cutoff` goes; of the newest such piece what lies after it stays, and what held at `cutoff`."""
    if level not in {Level.RAW, Level.DAY}:
        cutoff = math.ceil(cutoff / WIDTH_S[level]) * float(WIDTH_S[level])
    number = LEVELS.index(level)
    old = "FROM piece WHERE series=? AND level=? AND begins < ?"
    newest = file.db.execute(
        f"SELECT data {old} ORDER BY begins DESC LIMIT 1",
        (series, number, cutoff),
    ).fetchone()
    if newest is None:
        return 0
    gone = file.db.execute(f"DELETE {old}", (series, number, cutoff)).rowcount
    try:
        if level is Level.RAW:
            put_points(file, series, since(unpack_points(newest[0]), cutoff))
        elif level is Level.DAY:  # the day in which it lies, or the last one before it with anything new
            days = unpack_rows(newest[0])
            at = max(0, int(np.searchsorted(days.t, cutoff, "right")) - 1)
            put_rows(file, series, level, days.where(slice(at, None)))
        else:
            put_rows(file, series, level, anchored(unpack_rows(newest[0]), cutoff, fixed(WIDTH_S[level])))
    except Damaged:
        pass  # it was to go anyway
    return gone


def since(all_: Points, cutoff: float) -> Points:
    """What is not older than `cutoff`, and what held then, as if it had been reported at that moment."""
    kept, held = all_.between(cutoff, math.inf), all_.held(cutoff, NOTHING)
    if len(kept) == len(all_) or (len(kept) and kept.t[0] == cutoff):
        return kept
    return joined_points([points([cutoff], [held.value], [held.code]), kept])


def merge(file: HistoryFile, until: float) -> int:
    """Pieces of stretches that are over become one each; returns how many there are fewer."""
    fewer = 0
    with file.transaction():
        for level in LEVELS:
            span = SPAN_S[level]
            crowded = file.db.execute(
                "SELECT series, CAST(begins / ? AS INTEGER) AS stretch, count(*) FROM piece"
                " WHERE level=? AND (CAST(begins / ? AS INTEGER) + 1) * ? <= ? GROUP BY series, stretch HAVING count(*) > 1",
                (span, LEVELS.index(level), span, span, until),
            ).fetchall()
            for series, stretch, count in crowded:
                fewer += _merge_one(file, series, level, stretch * span, (stretch + 1) * span) and count - 1
    return fewer


def _merge_one(file: HistoryFile, series: int, level: Level, begin: float, end: float) -> bool:
    where = "FROM piece WHERE series=? AND level=? AND begins >= ? AND begins < ?"
    key = (series, LEVELS.index(level), begin, end)
    parts = [row[0] for row in file.db.execute(f"SELECT data {where} ORDER BY begins", key)]
    try:
        if level is Level.RAW:
            all_points = joined_points([unpack_points(one) for one in parts])
        else:
            all_rows = joined([unpack_rows(one) for one in parts])
    except Damaged:
        return False
    file.db.execute(f"DELETE {where}", key)
    if level is Level.RAW:
        put_points(file, series, all_points)
    else:
        put_rows(file, series, level, all_rows)
    return True


def erase(file: HistoryFile, gone: frozenset[int]) -> None:
    """All of these series, wherever it stands; overwritten, not only let go."""
    file.db.execute("PRAGMA secure_delete=ON").fetchall()
    try:
        with file.transaction():
            _strike_from_journal(file, gone)
            put_held(file, {one: held for one, held in held_at_rolled(file).items() if one not in gone})
            for series in gone:
                file.db.execute("DELETE FROM series WHERE id=?", (series,))  # and what refers to it
        file.db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    finally:
        file.db.execute("PRAGMA secure_delete=FAST").fetchall()


def _strike_from_journal(file: HistoryFile, gone: frozenset[int]) -> None:
    logs, until = journal_of(file), file.ran_until()
    if until is None:
        return
    left = Log()
    for one in logs:
        for series, t, value, code in zip(one.series, one.t, one.value, one.code, strict=True):
            if series not in gone:
                left.add(series, t, value, code)
    file.db.execute("DELETE FROM journal")
    file.put_block(until, len(left), left.pack())


def _forget_marks(file: HistoryFile, now: float, keeps: Keeps) -> None:
    for (series,) in file.db.execute("SELECT DISTINCT series FROM mark").fetchall():
        longest = max(keeps(series, level) for level in LEVELS)
        file.db.execute("DELETE FROM mark WHERE series=? AND at < ?", (series, now - longest))
        file.db.execute(
            "DELETE FROM mark WHERE series=? AND at <= (SELECT at FROM mark WHERE series=?"
            " ORDER BY at DESC LIMIT 1 OFFSET ?)",
            (series, series, MOST_MARKS),
        )
