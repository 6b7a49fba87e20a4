"""Times of a plan: a moment of the calendar, or so long after its commit (of one that recurs: after each run's beginning)."""

from __future__ import annotations

from datetime import datetime
from typing import Final, NamedTuple

from policies.times import seconds_of

LATEST_S: Final = 366 * 86_400.0
"""Nothing is planned for later than this: the house is another one then."""


class Moment(NamedTuple):
    """Seconds since the epoch, or (`relative`) since the commit."""

    seconds: float
    relative: bool

    def at(self, began: float) -> float:
        """Seconds since the epoch, for what was begun at `began`."""
        return began + self.seconds if self.relative else self.seconds


def moment_of(text: str) -> Moment:
    """`90s`, `2h`, `2030-01-31T19:00:00+01:00`. Raises ValueError."""
    if "T" not in text and ":" not in text:
        try:
            return Moment(float(seconds_of(text)), True)
        except ValueError as error:
            raise ValueError(f'{error}; or write a time like "2030-01-31T19:00:00Z"') from error
    return Moment(instant_of(text), False)


def instant_of(text: str) -> float:
    """RFC 3339 in seconds since the epoch. Raises ValueError."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f'"{text[:40]}" is not a time: write it like "2030-01-31T19:00:00+01:00"') from error
    if at.tzinfo is None:
        raise ValueError(f'"{text[:40]}" says no time zone: write Z for UTC, or an offset like +01:00')
    return at.timestamp()
