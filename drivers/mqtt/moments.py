"""Dates and times out of payloads, as RFC 3339 writes them."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from capabilities.vocabulary import Json
from drivers.mqtt.values import NO_VALUE, Nothing, plain_text

MAX_CHARS: Final = 40
"""The longest form has 35: microseconds and an offset with seconds."""


def timestamp(value: Json) -> Json | Nothing:
    """A moment with its time zone. Raises `ValueError`."""
    read = _moment(value)
    if isinstance(read, Nothing):
        return read
    if read.tzinfo is None:
        raise ValueError("should say its time zone, as in 2025-03-01T12:00:00+01:00")
    return read.isoformat()


def date(value: Json) -> Json | Nothing:
    """A day, out of itself or a moment of it. Raises `ValueError`."""
    read = _moment(value)
    return read if isinstance(read, Nothing) else read.date().isoformat()


def _moment(value: Json) -> datetime | Nothing:
    text = plain_text(value)
    if not isinstance(text, str):
        return NO_VALUE
    try:
        return datetime.fromisoformat(text.strip()[:MAX_CHARS])
    except ValueError:
        raise ValueError(
            f"should be a date or time as in 2025-03-01T12:00:00Z, not {text[:MAX_CHARS]!r}"
        ) from None
