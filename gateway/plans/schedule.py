"""When a plan runs: pure reckoning in the house's own time zone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from capabilities.vocabulary import Json
from policies.times import DAYS, minutes_of, seconds_of

MOST_DAYS_AHEAD: Final = 8
"""Every weekday comes within a week; one more for the day that has just begun."""


@dataclass(frozen=True, slots=True)
class Times:
    """`at`: once. `minutes` of the day on `days` (0 is Monday). `every` so many seconds from the commit on. `until` and `at` in
    seconds since the epoch, `late_s` how late a missed run may begin.
    """

    at: float | None = None
    minutes: int | None = None
    days: tuple[int, ...] = ()
    every_s: int | None = None
    until: float | None = None
    count: int | None = None
    late_s: float = 900.0

    @property
    def recurs(self) -> bool:
        return self.at is None

    def next_after(self, last: float, zone: ZoneInfo | None) -> float | None:
        """The first time after `last` (of `every`: the last time, or the commit); None where there is none. `zone` None is
        the system's own.
        """
        found: float | None
        if self.at is not None:
            found = self.at if self.at > last else None
        elif self.every_s is not None:
            found = last + self.every_s
        else:
            found = self._next_day(last, zone)
        return None if found is None or (self.until is not None and found > self.until) else found

    def due(self, planned: float, now: float, zone: ZoneInfo | None) -> tuple[float | None, int]:
        """The run that was `planned` and is due, or missed: what is to be done instead, and how many were missed. Of several
        that are past only the last may still begin, and only if it is not later than the bound.
        """
        missed = 0
        at: float | None = planned
        while at is not None and at < now - self.late_s:
            following = self._skip(at, now) if self.every_s else self.next_after(at, zone)
            missed += round((following - at) / self.every_s) if self.every_s and following else 1
            at = following
        while at is not None and at <= now:
            following = self.next_after(at, zone)
            if following is None or following > now:
                break
            at, missed = following, missed + 1
        return at, missed

    def _skip(self, at: float, now: float) -> float | None:
        """As many of `every` at once as are too late."""
        assert self.every_s is not None
        steps = max(1, int((now - self.late_s - at) // self.every_s))
        following = at + steps * self.every_s
        return None if self.until is not None and following > self.until else following

    def _next_day(self, last: float, zone: ZoneInfo | None) -> float | None:
        assert self.minutes is not None
        local = datetime.fromtimestamp(last, zone) if zone else datetime.fromtimestamp(last)  # noqa: DTZ006
        for ahead in range(MOST_DAYS_AHEAD):
            day = local.date() + timedelta(days=ahead)
            if self.days and day.weekday() not in self.days:
                continue
            at = moment_on(day, self.minutes, zone)
            if at > last:
                return at
        return None

    def to_json(self) -> dict[str, Json]:
        return {
            "at": self.at,
            "minutes": self.minutes,
            "days": list[Json](self.days),
            "every_s": self.every_s,
            "until": self.until,
            "count": self.count,
            "late_s": self.late_s,
        }


def moment_on(day: date, minutes: int, zone: ZoneInfo | None) -> float:
    """`minutes` after midnight by the clock on the wall. What the clock jumps over is so much later as it jumps; of an hour
    that comes twice it is the first (PEP 495, fold=0).
    """
    local = datetime(day.year, day.month, day.day, minutes // 60, minutes % 60, tzinfo=zone)
    return local.timestamp()


def times_of(
    *,
    at: float | None,
    daily: str | None,
    days: list[str],
    every: str | None,
    until: float | None,
    count: int | None,
    late: str,
) -> Times:
    """From the words of a document that was checked."""
    return Times(
        at=at,
        minutes=minutes_of(daily) if daily else None,
        days=tuple(sorted({DAYS.index(day) for day in days})),
        every_s=seconds_of(every) if every else None,
        until=until,
        count=count,
        late_s=float(seconds_of(late)),
    )
