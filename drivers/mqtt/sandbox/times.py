"""Times: what the clock says, and what publishers write of it. Source: Home Assistant, "Template functions", date and time.

Nothing here reads a clock: the rendering was given one, in the zone of the house.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

from drivers.mqtt.sandbox.arithmetic import NO_DEFAULT
from drivers.mqtt.sandbox.run import Run, missing, refuse

MAX_FORMAT_CHARS: Final = 64
"""Of a format of times; the longest common one has 25."""

MAX_DIRECTIVES: Final = 10
"""In a format that reads: each may match in two or three ways."""

_FORMAT: Final = re.compile(r"(?:[^%]|%-?[a-zA-Z]|%%)*")
"""No widths: `%999999999d` would be written out."""

_CLOCK_DURATION: Final = re.compile(
    r"(?:(?P<days>-?\d{1,9}) (?:days?, )?)?(?P<sign>-?)(?:(?:(?P<hours>\d{1,9}):)?(?P<minutes>\d{1,9}):)?"
    r"(?P<seconds>\d{1,9}(?:[.,]\d{1,6})?)"
)
_ISO_DURATION: Final = re.compile(
    r"(?P<sign>[-+]?)P(?:(?P<days>\d{1,9}(?:[.,]\d{1,6})?)D)?(?:T(?:(?P<hours>\d{1,9}(?:[.,]\d{1,6})?)H)?"
    r"(?:(?P<minutes>\d{1,9}(?:[.,]\d{1,6})?)M)?(?:(?P<seconds>\d{1,9}(?:[.,]\d{1,6})?)S)?)?"
)


def now(run: Run) -> datetime:
    return run.now()


def utcnow(run: Run) -> datetime:
    return run.now().astimezone(UTC)


def today_at(run: Run, text: str = "") -> datetime:
    """Today, at `text` ("7:30") or at midnight."""
    hour, minute, *rest = [int(part) for part in str(text).split(":", 2)] if text else [0, 0]
    moment = run.now()
    return datetime.combine(moment.date(), time(hour, minute, rest[0] if rest else 0), moment.tzinfo)


def as_local(run: Run, value: Any) -> datetime:
    missing(value)
    return run.local(value)


def as_datetime(value: Any, default: Any = NO_DEFAULT) -> Any:
    """From seconds since 1970 or a written time. None for text that is neither and has no default."""
    missing(value)
    if isinstance(value, datetime):
        return value
    if isinstance(value, date):
        return datetime.combine(value, time())
    try:
        return datetime.fromtimestamp(float(value), UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        try:
            return _written(value)
        except (TypeError, ValueError):
            if default is not NO_DEFAULT:
                return default
            return None if isinstance(value, str) else refuse("as_datetime", value)


def as_timestamp(run: Run, value: Any, default: Any = NO_DEFAULT) -> Any:
    """Seconds since 1970, of a time or a written time; without a zone it is local."""
    missing(value)
    try:
        moment = value if isinstance(value, datetime) else _written(value)
        return (run.local(moment) if moment.tzinfo is None else moment).timestamp()
    except (TypeError, ValueError):
        return refuse("as_timestamp", value) if default is NO_DEFAULT else default


def as_timedelta(value: Any) -> timedelta | None:
    """From "1:30:00", "2 days, 1:00:00" or "PT10M"; None for what is none of these."""
    missing(value)
    if not isinstance(value, str | int | float):
        raise TypeError("as_timedelta reads text")
    text = str(value)[:MAX_FORMAT_CHARS]
    found = _ISO_DURATION.fullmatch(text) or _CLOCK_DURATION.fullmatch(text)
    if found is None:
        return None
    parts = {
        name: float(part.replace(",", "."))
        for name, part in found.groupdict().items()
        if part and name != "sign"
    }
    days = timedelta(days=parts.pop("days", 0.0))
    sign = -1 if found["sign"] == "-" else 1
    return (days * sign if found.re is _ISO_DURATION else days) + sign * timedelta(**parts)


def duration(**parts: Any) -> timedelta:
    """`timedelta(hours=…)`."""
    missing(*parts.values())
    return timedelta(**parts)


def timestamp_custom(
    run: Run, value: Any, layout: str = "%Y-%m-%d %H:%M:%S", local: bool = True, default: Any = NO_DEFAULT
) -> Any:
    try:
        moment = _moment(value)
    except (TypeError, ValueError, OverflowError, OSError):
        return refuse("timestamp_custom", value) if default is NO_DEFAULT else default
    return written(run.local(moment) if local else moment, layout)


def timestamp_local(run: Run, value: Any, default: Any = NO_DEFAULT) -> Any:
    try:
        return run.local(_moment(value)).isoformat()
    except (TypeError, ValueError, OverflowError, OSError):
        return refuse("timestamp_local", value) if default is NO_DEFAULT else default


def timestamp_utc(value: Any, default: Any = NO_DEFAULT) -> Any:
    try:
        return _moment(value).isoformat()
    except (TypeError, ValueError, OverflowError, OSError):
        return refuse("timestamp_utc", value) if default is NO_DEFAULT else default


def strptime(value: Any, layout: str, default: Any = NO_DEFAULT) -> Any:
    missing(value)
    _check(layout)
    if layout.count("%") > MAX_DIRECTIVES:
        raise ValueError(f"strptime reads at most {MAX_DIRECTIVES} parts")
    try:
        if len(value) > 2 * MAX_FORMAT_CHARS:
            raise ValueError
        return datetime.strptime(value, layout)  # noqa: DTZ007 - without a zone in the text there is none
    except (TypeError, ValueError):
        return refuse("strptime", value) if default is NO_DEFAULT else default


def written(moment: datetime, layout: str) -> str:
    """`strftime`, without the widths of the C library."""
    _check(layout)
    return moment.strftime(layout)


def _moment(value: Any) -> datetime:
    missing(value)
    return datetime.fromtimestamp(value, UTC)


def _written(text: str) -> datetime:
    return datetime.fromisoformat(text.strip())


def _check(layout: str) -> None:
    if len(layout) > MAX_FORMAT_CHARS or not _FORMAT.fullmatch(layout):
        raise ValueError(f"the format {layout[:40]!r} is not allowed here: something like '%H:%M' is")
