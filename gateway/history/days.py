"""Where days begin in the house's time zone."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

QUARTER_S: Final = 900
"""All zones of today are whole quarters of an hour away from UTC: days are made of quarters."""


def midnights(zone: ZoneInfo | None, begin: float, end: float) -> list[float]:
    """The midnight at or before `begin`, and all after it up to the first one at or after `end` (seconds since the epoch).
    `zone` None is the system's own.
    """
    day = datetime.fromtimestamp(begin, zone).date()
    found = [_midnight(zone, day.year, day.month, day.day)]
    while found[-1] < end or len(found) < 2:
        day += timedelta(days=1)
        found.append(_midnight(zone, day.year, day.month, day.day))
    return found


def _midnight(zone: ZoneInfo | None, year: int, month: int, day: int) -> float:
    return datetime(year, month, day, tzinfo=zone).timestamp() // QUARTER_S * QUARTER_S
