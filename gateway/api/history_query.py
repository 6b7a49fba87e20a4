"""What is asked of a history: the words of a query."""

from __future__ import annotations

import math
import re
from collections.abc import Set
from datetime import datetime
from typing import Final

from aiohttp import web

from gateway.api.openapi import common
from gateway.api.past import Asked
from gateway.api.problems import bad_request
from gateway.history.levels import Level

USUAL_SPAN_S: Final = 86_400.0
USUAL_POINTS: Final = 500
"""A phone has some 400 pixels across."""

FEWEST_POINTS: Final = 10
MOST_POINTS: Final = 2_000
"""In one answer: what a large screen has across."""

UNITS_S: Final = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 7 * 86_400, "y": 365 * 86_400}
_AGO: Final = re.compile(r"-(\d{1,6})([smhdwy])")
_SECONDS: Final = re.compile(r"\d{1,12}(\.\d{1,9})?")

TIME: Final = (
    'a time with its zone ("2030-01-31T12:00:00Z"), seconds since the epoch, or how long ago ("-24h", "-7d")'
)

PARAMETERS: Final = (
    common.text("from", f"From when on: {TIME}; else a day before the end"),
    common.text("to", "Until when, likewise; else now"),
    common.whole("points", "At most so many places in a column", least=FEWEST_POINTS, most=MOST_POINTS),
    common.choice("level", "This level; else the one that fits", *Level),
)
COMPARE: Final = common.text(
    "compare",
    'A second period of the same length, laid over the first: how long before it ("-1d", "-1w"), or when it began',
)
FORMAT: Final = common.choice(
    "format", "As the header `Accept`, for those who cannot send one", "json", "csv"
)
ACCEPT: Final = common.text("Accept", "`text/csv`: a table (RFC 4180)", where="header")


def check_words(request: web.Request, known: Set[str]) -> None:
    """Raises `Problem` (400)."""
    if unknown := sorted(set(request.query) - known):
        raise bad_request(f"unknown parameter {unknown[0][:40]!r}; known: {', '.join(sorted(known))}")


def asked_of(request: web.Request, now: float) -> Asked:
    """Raises `Problem` (400)."""
    end = min(moment(request, "to", now, now), now)
    begin = moment(request, "from", now, end - USUAL_SPAN_S)
    if begin >= end:
        raise bad_request("from lies before to, and before now")
    return Asked(begin, end, points_of(request), level_of(request))


def moment(request: web.Request, name: str, now: float, usual: float) -> float:
    """Seconds since the epoch. Raises `Problem` (400)."""
    text = request.query.get(name, "").strip()
    if not text:
        return usual
    if ago := _AGO.fullmatch(text):
        return now - int(ago[1]) * UNITS_S[ago[2]]
    if _SECONDS.fullmatch(text):
        return float(text)
    try:
        at = datetime.fromisoformat(text.replace(" ", "+"))  # a + of a query that nobody escaped
    except ValueError:
        at = None
    if at is None or at.tzinfo is None or not 1970 <= at.year < 9999:
        raise bad_request(f"{name} is {TIME}; it is {text[:40]!r}")
    return max(0.0, at.timestamp())


def shift_of(request: web.Request, asked: Asked, now: float) -> float | None:
    """By how many seconds the second period lies before the first; None where there is none. Raises `Problem` (400)."""
    text = request.query.get("compare", "").strip()
    if not text:
        return None
    ago = _AGO.fullmatch(text)
    shift = (
        float(int(ago[1]) * UNITS_S[ago[2]]) if ago else asked.begin - moment(request, "compare", now, 0.0)
    )
    if not shift or not math.isfinite(shift) or not 0 <= asked.begin - shift <= asked.end - shift <= now:
        raise bad_request("compare is another period than the first, since 1970 and before now")
    return shift


def points_of(request: web.Request) -> int:
    text = request.query.get("points", "")
    if not text:
        return USUAL_POINTS
    if not text.isascii() or not text.isdigit() or len(text) > 6:
        raise bad_request(f"points is a whole number, it is {text[:40]!r}")
    if not FEWEST_POINTS <= int(text) <= MOST_POINTS:
        raise bad_request(
            f"points is from {FEWEST_POINTS} to {MOST_POINTS}: ask for {MOST_POINTS}, or as a table (format=csv)"
        )
    return int(text)


def level_of(request: web.Request) -> Level | None:
    text = request.query.get("level", "")
    if not text:
        return None
    try:
        return Level(text)
    except ValueError:
        raise bad_request(f"level is one of {', '.join(Level)}; it is {text[:40]!r}") from None


def wants_csv(request: web.Request) -> bool:
    """Raises `Problem` (400)."""
    text = request.query.get("format", "")
    if text not in {"", "json", "csv"}:
        raise bad_request(f"format is json or csv, it is {text[:40]!r}")
    return text == "csv" if text else "text/csv" in request.headers.get("Accept", "")
