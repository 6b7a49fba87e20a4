"""Histories as a table (RFC 4180), written as it is read: a chunk of time after the other."""

from __future__ import annotations

import math
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from gateway.api.past import Asked, ask, drawn, seen_since
from gateway.api.problems import bad_request
from gateway.context import Gateway
from gateway.history.file import HistoryFile
from gateway.history.levels import LEVELS, WIDTH_S, Level
from gateway.observers import Topic
from policies.decision import Principal

if TYPE_CHECKING:
    from gateway.history.answering import Drawn

HEAD: Final = "thing,property,time,value,min,max,count,quality,covered,unit\r\n"

MOST_SERIES: Final = 16
MOST_ROWS: Final = 200_000
"""In one table: some 20 MB. Half a year of minutes of one property, or twenty years of hours."""

CHUNK_ROWS: Final = 2_000
CHUNK_S: Final = 3_600.0
"""Of single reports: `compacting.MOST_RAW_A_MINUTE` make 7,200 rows of an hour."""

_FORMULA: Final = ("=", "+", "-", "@", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def cell(text: str) -> str:
    """As a cell of text: no program takes it for a formula (CWE-1236)."""
    text = text.replace(";", ",").replace("\t", " ")  # what other programs cut a line at, also inside quotes
    if text.lstrip().startswith(_FORMULA):
        text = f"'{text}"
    return '"' + text.replace('"', '""') + '"' if any(one in text for one in ',"\r\n') else text


def number(value: float) -> str:
    return "" if not math.isfinite(value) else f"{value:.10g}"


async def table(
    gateway: Gateway, principal: Principal, topics: Sequence[Topic], asked: Asked
) -> AsyncIterator[str]:
    """Lines, in chunks. The first one comes when all is checked. Raises `Problem` (400, 404, 503)."""
    levels = [_level(gateway, topic, asked, len(topics)) for topic in topics]
    first = True
    for topic, level in zip(topics, levels, strict=True):
        name = f"{cell(topic[0])},{cell(topic[1])}"
        for begin, end in _chunks(asked, level):
            part = Asked(begin, end, MOST_ROWS, level)
            lines = await ask(gateway, principal, topic, _lines(name, begins=begin == asked.begin), part)
            yield HEAD + lines if first else lines
            first = False
            if seen_since(gateway, principal, topic) is None:
                return  # it was taken away meanwhile


def _level(gateway: Gateway, topic: Topic, asked: Asked, series: int) -> Level:
    """The finest that is kept back to the beginning and makes a table of a size."""
    followed = gateway.history.recorder.get(topic)
    keeps = followed.keeps if followed is not None else {}
    length, age = asked.end - asked.begin, gateway.clock.wall() - asked.begin
    for level in LEVELS:
        rows = length / (WIDTH_S[level] if level is not Level.RAW else 1.0) * series
        if asked.level is level and rows > MOST_ROWS:
            raise bad_request(
                f"that would be more than {MOST_ROWS:,} rows: ask for a shorter time, or a coarser level"
            )
        if asked.level is level or (
            asked.level is None and rows <= MOST_ROWS and age <= keeps.get(level, 0.0)
        ):
            return level
    return Level.DAY


def _chunks(asked: Asked, level: Level) -> list[tuple[float, float]]:
    if level is Level.DAY:  # there are not many, and they begin where the house's clock says
        return [(asked.begin, asked.end)]
    width = CHUNK_S if level is Level.RAW else float(CHUNK_ROWS * WIDTH_S[level])
    begin = asked.begin if level is Level.RAW else asked.begin // WIDTH_S[level] * WIDTH_S[level]
    found = []
    while begin < asked.end:
        found.append((begin, min(begin + width, asked.end)))
        begin += width
    return found


def _lines(name: str, *, begins: bool) -> Callable[..., str]:
    def lines(part: Any, file: HistoryFile, question: Any) -> str:
        return _written(name, drawn(part, file, question), question.series, begins=begins)

    return lines


def _written(name: str, one: Drawn, series: Any, *, begins: bool) -> str:
    """`begins`: it is the first chunk, in which also stands what held at its beginning."""
    unit = cell(series.unit or "")
    is_state = series.type == "state"
    words = [cell(word) for word in series.words]
    lines = []
    for t, low, mean, high, last, count, quality, covered in zip(
        *(
            column.tolist()
            for column in (one.t, one.low, one.mean, one.high, one.last, one.count, one.quality, one.covered)
        ),
        strict=True,
    ):
        if one.step is None and not begins and not count and math.isfinite(last):
            continue
        at = datetime.fromtimestamp(t, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        if is_state:
            value = words[int(last)] if math.isfinite(last) and int(last) < len(words) else ""
            figures = f"{value},,"
        else:
            figures = f"{number(mean)},{number(low)},{number(high)}"
        lines.append(f"{name},{at},{figures},{int(count)},{number(quality)},{number(covered)},{unit}\r\n")
    return "".join(lines)
