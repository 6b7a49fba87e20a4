"""The levels of a history, and what is known at a moment. Without numpy: this is imported with the gateway."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final, Literal

from capabilities.vocabulary import Json, Quality


class Level(StrEnum):
    """From single reports to whole days. The value is its name outside."""

    RAW = "raw"
    MINUTE = "1min"
    QUARTER = "15min"
    HOUR = "1h"
    DAY = "1d"


LEVELS: Final = tuple(Level)
"""The finest first; a level's place here is its number in the file."""

WIDTH_S: Final[Mapping[Level, int]] = {
    Level.MINUTE: 60,
    Level.QUARTER: 900,
    Level.HOUR: 3_600,
    Level.DAY: 86_400,
}
"""Seconds of one window. A day is one of the house's time zone: 82,800 and 90,000 s twice a year."""

GOOD: Final = 0
UNCERTAIN: Final = 1
STALE: Final = 2
BAD: Final = 3
GAP: Final = 4
"""How well a value is known from a moment on. Up to `STALE` there is a value, and it counts as covered; `BAD` is one that
its driver says nobody knows any more; `GAP` is what nobody could see: out of reach, or the gateway did not run.
"""

CODES: Final[Mapping[str, int]] = {
    Quality.GOOD: GOOD,
    Quality.UNCERTAIN: UNCERTAIN,
    Quality.STALE: STALE,
    Quality.BAD: BAD,
}
QUALITIES: Final = ("good", "uncertain", "stale", "bad", "gap")


class TooMuch(ValueError):
    """A question that would take too long; the text says what to ask instead."""


Type = Literal["number", "boolean", "state"]
"""What a series holds: measures; on or off as 1 and 0; or the places of short texts in a list of words."""

LONGEST_WORD: Final = 40
"""Characters of a state. What is longer is free text, and no state."""

MOST_WORDS: Final = 64
"""States of one series: the largest enum of a real device has some thirty. All further ones are `OTHER`."""

OTHER: Final = "…"


def type_of(value: Json) -> Type | None:
    """None for what no series can hold."""
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    return "state" if isinstance(value, str) and len(value) <= LONGEST_WORD else None
