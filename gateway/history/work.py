"""What is done in the history's own thread: numpy, and the file. Imported there at its first use: numpy takes 13 MB."""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from gateway.history.answering import MOST_MARKS, Drawn, Wish, columns_of, drawn
from gateway.history.compacting import compact, roll_days
from gateway.history.days import midnights
from gateway.history.file import HistoryFile, StoredSeries
from gateway.history.levels import LEVELS, Level
from gateway.history.log import Log
from gateway.history.reading import Span, tail_of
from gateway.history.retaining import erase, merge, retain

log = logging.getLogger(__name__)

__all__ = ["Question", "Span", "Wish", "columns", "draw", "erase", "extent", "maintain", "moved", "roll_up"]


@dataclass(frozen=True, slots=True)
class Question:
    """`unwritten` has the series under `number`."""

    series: StoredSeries
    unwritten: Log
    number: int
    wish: Wish
    marks: Sequence[tuple[float, float | None, str]] = field(default=())


def draw(file: HistoryFile, asked: Question) -> dict[str, Any]:
    """Columns of arrays."""
    one = columns(file, asked)
    span = asked.wish.span
    found = [*file.marks(asked.series.id, span.begin, span.end, MOST_MARKS)]
    found += [mark for mark in asked.marks if span.begin <= mark[0] < span.end]
    told = columns_of(one, asked.series.type, asked.series.words)
    told["unusual"] = [
        {"at": at, "value": value, "reason": reason} for at, value, reason in found[-MOST_MARKS:]
    ]
    return told


def moved(told: dict[str, Any], shift: float) -> dict[str, Any]:
    """The same, `shift` seconds later."""
    told["t"] = told["t"] + shift
    told["gaps"] = [[begin + shift, end + shift] for begin, end in told["gaps"]]
    for mark in told["unusual"]:
        mark["at"] += shift
    return told


def columns(file: HistoryFile, asked: Question) -> Drawn:
    tail = tail_of(file, asked.series.id, asked.unwritten, asked.number)
    return drawn(file, asked.series.id, asked.series.type, tail, asked.wish)


def extent(file: HistoryFile, series: Sequence[int]) -> dict[int, tuple[float | None, int, int]]:
    """Of each: the end of its pieces, their rows and their bytes."""
    found = {}
    for one in series:
        row = file.db.execute(
            "SELECT max(ends), ifnull(sum(rows), 0), ifnull(sum(length(data)), 0) FROM piece WHERE series=?",
            (one,),
        ).fetchone()
        found[one] = (row[0], int(row[1]), int(row[2]))
    return found


def roll_up(
    file: HistoryFile, upto: float, zone: ZoneInfo | None, keeps: Mapping[int, Mapping[Level, float]]
) -> None:
    """Everything before `upto`, a whole hour, into pieces; and the days that are over."""
    begin = file.get("rolled")
    if begin is not None and upto <= begin:
        return
    compact(file, upto, _keeps(keeps))
    since = file.get("days")
    if since is None:
        first = file.db.execute(
            "SELECT min(begins) FROM piece WHERE level=?", (LEVELS.index(Level.QUARTER),)
        ).fetchone()[0]
        if first is None:
            return
        since = midnights(zone, first, first)[0]
    edges = [one for one in midnights(zone, since, upto) if since <= one <= upto]
    if edges and edges[0] != since:  # the house's zone is another one now
        edges.insert(0, since)
    roll_days(file, edges, _keeps(keeps))


def maintain(file: HistoryFile, now: float, keeps: Mapping[int, Mapping[Level, float]]) -> None:
    """Once a day: what is too old goes, small pieces become large ones."""
    gone = retain(file, now, _keeps(keeps))
    fewer = merge(file, file.get("rolled") or 0.0)
    log.debug("history: %d pieces were too old, %d fewer by merging", gone, fewer)


def _keeps(keeps: Mapping[int, Mapping[Level, float]]) -> Any:
    def of(series: int, level: Level) -> float:
        found = keeps.get(series)
        return math.inf if found is None else found.get(level, 0.0)

    return of
