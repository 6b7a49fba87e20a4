"""Durations, rates, times of day, days and modes, as a rule file writes them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

MODES: Final = ("home", "away", "night", "holiday")
"""The modes of a house. A person chooses; software never does."""

DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

MINUTES_A_DAY: Final = 1_440

LONGEST_WINDOW_S: Final = 7 * 86_400
"""Counters and off-times are rebuilt from the ledger of the last week, not from older ones."""

MOST_IN_A_WINDOW: Final = 1_000
"""A rate above this limits nothing a household does, and each slot costs memory."""

_UNITS: Final = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}
_DURATION: Final = re.compile(r"(\d{1,9}) ?([smhd])")
_RATE: Final = re.compile(r"(\d{1,9}) ?/ ?(?:(\d{1,9}) ?)?([smhd])")
_TIME: Final = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")


@dataclass(frozen=True, slots=True)
class Span:
    """A duration as it was written, and in seconds."""

    text: str
    seconds: int


@dataclass(frozen=True, slots=True)
class Rate:
    """At most `count` in any `seconds`."""

    text: str
    count: int
    seconds: int


def seconds_of(text: str) -> int:
    """`90s`, `5m`, `2h`, `1d` in seconds. Raises ValueError."""
    match = _DURATION.fullmatch(text)
    if match is None:
        raise ValueError(
            f'"{text}" is not a duration: write a whole number and s, m, h or d, like "90s" or "2h"'
        )
    seconds = int(match[1]) * _UNITS[match[2]]
    if not 0 < seconds <= LONGEST_WINDOW_S:
        raise ValueError(f'"{text}" must be more than nothing and at most 7d')
    return seconds


def rate_of(text: str) -> Rate:
    """`6/h`, `1/10m`. Raises ValueError."""
    match = _RATE.fullmatch(text)
    if match is None:
        raise ValueError(f'"{text}" is not a rate: write how many and in what time, like "6/h" or "1/10m"')
    count, seconds = int(match[1]), int(match[2] or 1) * _UNITS[match[3]]
    if not 0 < seconds <= LONGEST_WINDOW_S:
        raise ValueError(f'the time in "{text}" must be more than nothing and at most 7d')
    if not 1 <= count <= MOST_IN_A_WINDOW:
        raise ValueError(
            f'"{text}" must allow 1 to {MOST_IN_A_WINDOW:,}; what shall never happen is never = true'
        )
    return Rate(text, count, seconds)


def minutes_of(text: str) -> int:
    """`22:00` in minutes since midnight. Raises ValueError."""
    match = _TIME.fullmatch(text)
    if match is None:
        raise ValueError(f'"{text}" is not a time of day: write it like "07:00" or "22:30"')
    return int(match[1]) * 60 + int(match[2])


def in_words(seconds: float) -> str:
    """A time to wait or an age, short: `280 s`, `12 min`, `3 h`, `2 days`."""
    if seconds == float("inf"):
        return "an unknown time"
    whole = max(0, round(seconds))
    for unit, name in ((86_400, "days"), (3_600, "h"), (60, "min")):
        if whole >= 2 * unit and (whole % unit == 0 or whole >= 10 * unit):
            return f"{round(whole / unit)} {name}"
    return f"{whole} s"
