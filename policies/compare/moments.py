"""The uses and moments that a rule is about: whether something starts, in which mode of the house, in which minute of the week.

Each is a set, kept as bits; what is not known is one more mode, and one more minute.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Final

from policies.clauses import Modes, QuietHours
from policies.times import DAYS, MINUTES_A_DAY, MODES
from policies.when import When

WEEK: Final = MINUTES_A_DAY * len(DAYS)
STARTING: Final = 0b01
EVERY_USE: Final = 0b11
"""It starts something, and it starts nothing."""

UNKNOWN_MODE: Final = 1 << len(MODES)
EVERY_MODE: Final = (UNKNOWN_MODE << 1) - 1
UNKNOWN_MINUTE: Final = 1 << WEEK
EVERY_MINUTE: Final = (UNKNOWN_MINUTE << 1) - 1
_MOST_SPANS_TOLD: Final = 3


@dataclass(frozen=True, slots=True)
class Moments:
    """A use is among them if it is in all three sets."""

    uses: int = EVERY_USE
    modes: int = EVERY_MODE
    minutes: int = EVERY_MINUTE

    def holds(self, other: Moments) -> bool:
        return not (other.uses & ~self.uses or other.modes & ~self.modes or other.minutes & ~self.minutes)

    def meet(self, other: Moments) -> Moments | None:
        """What is in both; None where that is nothing."""
        uses, modes = self.uses & other.uses, self.modes & other.modes
        minutes = self.minutes & other.minutes
        return Moments(uses, modes, minutes) if uses and modes and minutes else None

    def cut(self, borders: Iterable[Moments]) -> Iterator[Moments]:
        """Parts, of which none lies across one of `borders`."""
        found = list(borders)
        minutes = _cut(self.minutes, {one.minutes for one in found})
        modes = _cut(self.modes, {one.modes for one in found})
        for uses in _cut(self.uses, {one.uses for one in found}):
            yield from (Moments(uses, mode, minute) for mode in modes for minute in minutes)

    def say(self) -> str:
        """` in mode night, between 22:00 and 07:00`"""
        return "".join(
            filter(None, (_say_uses(self.uses), _say_modes(self.modes), _say_minutes(self.minutes)))
        )


ALWAYS: Final = Moments()


def moments_of(when: When | None) -> Moments:
    """What is not known counts as such a moment."""
    if when is None:
        return ALWAYS
    return Moments(
        STARTING if when.starts else EVERY_USE,
        EVERY_MODE if when.modes is None else _bits(when.modes) | UNKNOWN_MODE,
        EVERY_MINUTE if when.hours is None else quiet(when.hours),
    )


def refused(modes: Modes) -> int:
    """The modes in which it refuses."""
    return EVERY_MODE & ~_bits(modes.modes)


def quiet(hours: QuietHours) -> int:
    """The minutes of a week in which it is quiet, and the unknown one."""
    return _week(hours.start, hours.end, hours.days) | UNKNOWN_MINUTE


@cache
def _week(start: int, end: int, days: frozenset[int] | None) -> int:
    length = (end - start) % MINUTES_A_DAY
    found = 0
    for day in range(len(DAYS)) if days is None else days:
        bits = ((1 << length) - 1) << (day * MINUTES_A_DAY + start)
        found |= bits | bits >> WEEK  # a night that begins on Sunday ends on Monday
    return found & ((1 << WEEK) - 1)


def _bits(modes: Iterable[str]) -> int:
    return sum(1 << MODES.index(mode) for mode in set(modes))


def _cut(whole: int, borders: Iterable[int]) -> list[int]:
    parts = [whole]
    for border in sorted(borders):
        parts = [part for one in parts for part in (one & border, one & ~border) if part]
    return parts


# --- in words


def _say_uses(uses: int) -> str:
    return {EVERY_USE: "", STARTING: " when it starts something"}.get(uses, " when it starts nothing")


def _say_modes(modes: int) -> str:
    if modes == EVERY_MODE:
        return ""
    found = [mode for place, mode in enumerate(MODES) if modes >> place & 1]
    return f" in mode {' or '.join(found)}" if found else " while the mode is not known"


def _say_minutes(minutes: int) -> str:
    if minutes == EVERY_MINUTE:
        return ""
    known = minutes & ~UNKNOWN_MINUTE
    if not known:
        return " while the time is not known"
    day = known & ((1 << MINUTES_A_DAY) - 1)
    daily = known == sum(day << (place * MINUTES_A_DAY) for place in range(len(DAYS)))
    spans = [*_spans(day, MINUTES_A_DAY)] if daily else [*_spans(known, WEEK)]
    if len(spans) <= _MOST_SPANS_TOLD:
        return " " + " or ".join(_between(first, end, daily) for first, end in spans)
    days: dict[tuple[int, int], list[str]] = {}  # the same hours on several days
    for first, end in spans:
        day, start = divmod(first, MINUTES_A_DAY)
        if (end - first) % WEEK >= MINUTES_A_DAY:
            return " at some hours"
        days.setdefault((start, end % MINUTES_A_DAY), []).append(DAYS[day])
    if len(days) > _MOST_SPANS_TOLD:
        return " at some hours"
    return " " + " or ".join(
        f"{_between(first, end, True)} on {', '.join(found)}" for (first, end), found in days.items()
    )


def _between(first: int, end: int, daily: bool) -> str:
    return f"between {_clock(first, daily)} and {_clock(end, daily)}"


def _spans(bits: int, length: int) -> Iterator[tuple[int, int]]:
    """The runs of ones, around the end, too: the first minute, and the one after the last."""
    if bits == (1 << length) - 1:
        yield 0, length
        return
    for first in range(length):
        if bits >> first & 1 and not bits >> ((first - 1) % length) & 1:
            end = first
            while bits >> (end % length) & 1:
                end += 1
            yield first, end % length


def _clock(minute: int, daily: bool) -> str:
    day, left = divmod(minute, MINUTES_A_DAY)
    time = f"{left // 60:02}:{left % 60:02}"
    return time if daily else f"{DAYS[day % len(DAYS)]} {time}"
