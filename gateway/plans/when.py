"""When a plan and its steps happen, in words: what a person reads before they say yes. Pure reckoning in the house's zone."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from gateway.approvals.plans import LONGEST_PLAN_S, MOST_RUNS, PlanRuns
from gateway.plans.moments import Moment
from gateway.plans.plan import Plan, Step
from gateway.plans.schedule import Times

AT_ONCE: Final = "once, as soon as it is approved"

_DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_UNITS: Final = ((86_400, "day"), (3600, "hour"), (60, "minute"), (1, "second"))


def runs_of(plan: Plan, now: float, zone: ZoneInfo | None) -> PlanRuns:
    """The runs for which people are asked: the next one; of a plan that recurs all to come, as far as one yes reaches."""
    times, first = plan.times, plan.run + 1
    if times is None:
        return PlanRuns(AT_ONCE, first)
    begins = max(now, plan.next_at)
    if not times.recurs:
        words = f"once, {day_and_time(plan.next_at, now, zone)}"
        return PlanRuns(
            words if plan.next_at > now else f"{words}; it begins with the yes", first, begins=begins
        )
    most = MOST_RUNS if times.count is None else min(MOST_RUNS, times.count - plan.run)
    count, last = 1, begins
    while count < most:
        following = times.next_after(last, zone)
        if following is None or following >= now + LONGEST_PLAN_S:
            break
        count, last = count + 1, following
    ends = times.next_after(last, zone) is None or (
        times.count is not None and plan.run + count >= times.count
    )
    words = f"{recurring(times, now, zone)}; first {day_and_time(begins, now, zone)}"
    if not ends:
        runs = "1 run" if count == 1 else f"{count} runs"
        words += f"; a yes covers {runs}, the last {day_and_time(last, now, zone)}, then it asks again"
    return PlanRuns(words, first, count, begins, last, recurs=True)


def recurring(times: Times, now: float, zone: ZoneInfo | None) -> str:
    """`every day at 22:00 until 3 Dec at 22:00, 12 times at most`."""
    if times.every_s is not None:
        words = f"every {span(times.every_s).removeprefix('1 ')}"
    else:
        assert times.minutes is not None
        days = ", ".join(_DAYS[day] for day in times.days)
        words = f"every {days or 'day'} at {times.minutes // 60:02}:{times.minutes % 60:02}"
    if times.until is not None:
        words += f" until {day_and_time(times.until, now, zone)}"
    if times.count is not None:
        words += f", {times.count} times at most"
    return words


def own_time(step: Step, now: float, zone: ZoneInfo | None) -> str:
    """`not before 2 hours after the plan begins`; "" for a step without a time of its own."""
    return _not_before(step.not_before, now, zone) if step.not_before is not None else ""


def day_and_time(at: float, now: float, zone: ZoneInfo | None) -> str:
    """`today at 22:00`, `tomorrow at 07:00`, `Saturday, 28 Nov at 03:00`, by the clock on the wall; another year is said."""
    local, today = _local(at, zone), _local(now, zone)
    clock = f"{local:%H:%M}"
    if local.date() == today.date():
        return f"today at {clock}"
    if local.date() == today.date() + timedelta(days=1):
        return f"tomorrow at {clock}"
    year = "" if local.year == today.year else f" {local.year}"
    return f"{_DAYS[local.weekday()]}, {local.day} {_MONTHS[local.month - 1]}{year} at {clock}"


def span(seconds: float) -> str:
    """`2 hours 30 minutes`, `1 minute`."""
    left, parts = round(seconds), []
    for size, unit in _UNITS:
        number, left = divmod(left, size)
        if number:
            parts.append(f"{number} {unit}{'' if number == 1 else 's'}")
    return " ".join(parts) or "0 seconds"


def _not_before(moment: Moment, now: float, zone: ZoneInfo | None) -> str:
    if moment.relative:
        return f"not before {span(moment.seconds)} after the plan begins"
    return f"not before {day_and_time(moment.seconds, now, zone)}"


def _local(at: float, zone: ZoneInfo | None) -> datetime:
    return datetime.fromtimestamp(at, zone) if zone is not None else datetime.fromtimestamp(at).astimezone()
