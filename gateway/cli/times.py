"""Times as people say them. What programs read stays as the gateway wrote it."""

from __future__ import annotations

import time
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from capabilities.vocabulary import Json

DAY_SECONDS = 86_400


def seconds_of(value: Json) -> float | None:
    """An instant (RFC 3339 text, or seconds since the epoch) as seconds since the epoch; None where it is neither."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    if isinstance(value, str):
        try:
            return datetime.fromisoformat(value).timestamp()
        except ValueError:
            return None
    return None


def clock(value: Json, now: float | None = None) -> str:
    """`21:04:09`, with the date before it where that was not within the last day. Local time."""
    at = seconds_of(value)
    if at is None:
        return ""
    pattern = (
        "%H:%M:%S" if abs((time.time() if now is None else now) - at) < DAY_SECONDS else "%Y-%m-%d %H:%M:%S"
    )
    return time.strftime(pattern, time.localtime(at))


def ago(value: Json, now: float | None = None) -> str:
    """`just now`, `4 min ago`, `3 days ago`."""
    at = seconds_of(value)
    if at is None:
        return ""
    passed = (time.time() if now is None else now) - at
    if passed < 1:
        return "just now"
    return f"{passed:.0f} s ago" if passed < 90 else f"{duration(passed)} ago"


def duration(seconds: float) -> str:
    """`84 ms`, `1.2 s`, `4 min`, `5 h`, `3 days`: two digits are enough."""
    if seconds < 1:
        return f"{max(0, round(seconds * 1000))} ms"
    if seconds < 10:
        return f"{seconds:.1f} s"
    for size, unit in ((DAY_SECONDS, "days"), (3600, "h"), (60, "min")):
        if seconds >= 2 * size or (unit != "days" and seconds >= size * 1.5):
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"
