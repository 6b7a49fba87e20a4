"""When plans run: pure reckoning, and the runs."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from drivers.simulated.timeline import ManualTimeline
from gateway.plans.schedule import Times
from tests.gateway.core.rig import OWNER, lamp, opened, until
from tests.gateway.plans.desk_of_plans import begin, over, report, write

BERLIN = ZoneInfo("Europe/Berlin")


def at(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


@pytest.fixture(autouse=True)
def clock_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.localtime.system_clock_is_set", lambda: True)


@pytest.mark.parametrize(
    ("minutes", "after", "following"),
    [
        (19 * 60, "2026-01-05T12:00:00+01:00", "2026-01-05T19:00:00+01:00"),
        (19 * 60, "2026-01-05T19:00:00+01:00", "2026-01-06T19:00:00+01:00"),
        (7 * 60, "2026-03-28T08:00:00+01:00", "2026-03-29T07:00:00+02:00"),  # the day has 23 hours
        (150, "2026-03-28T12:00:00+01:00", "2026-03-29T03:30:00+02:00"),  # 02:30 does not come
        (150, "2026-10-24T12:00:00+02:00", "2026-10-25T02:30:00+02:00"),  # 02:30 comes twice: the first
        (150, "2026-10-25T02:30:00+02:00", "2026-10-26T02:30:00+01:00"),  # and not once more
    ],
)
def test_daily_by_the_clock_on_the_wall(minutes: int, after: str, following: str) -> None:
    assert Times(minutes=minutes).next_after(at(after), BERLIN) == at(following)


def test_days_of_the_week_and_the_end() -> None:
    weekend = Times(minutes=600, days=(5, 6), until=at("2026-01-11T00:00:00+01:00"))
    first = weekend.next_after(at("2026-01-05T00:00:00+01:00"), BERLIN)
    assert first == at("2026-01-10T10:00:00+01:00")
    assert weekend.next_after(first, BERLIN) is None


def test_what_was_missed_is_made_up_for_once_if_it_is_not_too_late() -> None:
    every = Times(every_s=3600, late_s=600.0)
    assert every.due(0.0, 100.0, None) == (0.0, 0)
    assert every.due(0.0, 3 * 3600 + 100.0, None) == (3 * 3600, 3)
    assert every.due(0.0, 3 * 3600 + 700.0, None) == (4 * 3600, 4)
    once = Times(at=1000.0, late_s=600.0)
    assert once.due(1000.0, 1500.0, None) == (1000.0, 0)
    assert once.due(1000.0, 1700.0, None) == (None, 1)
    daily = Times(minutes=600, late_s=900.0)
    planned, now = at("2026-01-05T10:00:00+01:00"), at("2026-01-08T10:10:00+01:00")
    assert daily.due(planned, now, BERLIN) == (at("2026-01-08T10:00:00+01:00"), 3)


def test_a_year_of_minutes_is_no_work() -> None:
    every = Times(every_s=60, late_s=30.0)
    planned, missed = every.due(0.0, 366 * 86_400.0 + 45, None)
    assert (planned, missed) == (366 * 86_400.0 + 60, 366 * 1440 + 1)


async def test_once_at_a_time(tmp_path: Path) -> None:
    timeline = ManualTimeline()
    async with opened(tmp_path, [lamp("one")], timeline=timeline) as rig:
        when = datetime.fromtimestamp(timeline.wall() + 3000, UTC).isoformat()
        plan = await begin(rig, write("one", True), schedule={"at": when})
        assert plan.state == "scheduled"
        timeline.advance(2999)
        await rig.settle()
        assert rig.received("one") == 0
        timeline.advance(1)
        assert (await over(rig, plan)).state == "done"
        (row,) = await rig.rows("dispatch")
        assert row.body["plan"] == plan.id


async def test_again_and_again_so_many_times(tmp_path: Path) -> None:
    timeline = ManualTimeline()
    async with opened(tmp_path, [lamp("one")], timeline=timeline) as rig:
        plan = await begin(rig, write("one", True), schedule={"every": "1h", "count": 2})
        for run in (1, 2):
            timeline.advance(3600)
            await until(lambda: plan.run == run and len(plan.reports) == run)  # noqa: B023
            await rig.settle()
        ended = await over(rig, plan)
        assert (ended.state, [r["run"] for r in ended.reports if isinstance(r, dict)]) == ("done", [1, 2])
        keys = {str(row.body["key"]) for row in await rig.rows("dispatch")}
        assert len(keys) == 2, "each run is a new command"


async def test_a_schedule_goes_on_after_a_restart_and_makes_up_for_one(tmp_path: Path) -> None:
    first = ManualTimeline()
    async with opened(tmp_path, [lamp("one")], timeline=first) as rig:
        plan = await begin(rig, write("one", True), schedule={"every": "1h", "late": "10m"})
        assert plan.state == "scheduled"
    down_for = ManualTimeline(first.wall() + 5 * 3600 + 120)
    async with opened(tmp_path, [lamp("one")], timeline=down_for) as rig:
        (again,) = rig.gateway.plans.desk.open()
        await until(lambda: again.reports)
        assert (again.run, again.missed, rig.received("one")) == (1, 4, 1)
        await until(lambda: again.state == "scheduled")
        assert again.next_at == first.wall() + 6 * 3600


async def test_one_that_is_too_late_is_not_begun(tmp_path: Path) -> None:
    first = ManualTimeline()
    async with opened(tmp_path, [lamp("one")], timeline=first) as rig:
        when = datetime.fromtimestamp(first.wall() + 3000, UTC).isoformat()
        plan = await begin(rig, write("one", True), schedule={"at": when, "late": "1m"})
    async with opened(tmp_path, [lamp("one")], timeline=ManualTimeline(first.wall() + 4000)) as rig:
        await until(lambda: not rig.gateway.plans.desk.open())
        ended = await rig.gateway.plans.desk.get(plan.id)
        assert ended is not None
        assert (ended.state, rig.received("one"), ended.missed) == ("missed", 0, 1)


async def test_a_run_that_the_rules_forbid_by_now_is_not_begun(tmp_path: Path) -> None:
    timeline = ManualTimeline()
    async with opened(tmp_path, [lamp("one"), lamp("two")], timeline=timeline) as rig:
        plan = await begin(rig, write("one", True), write("two", True), schedule={"every": "1h"})
        await rig.gateway.registry.forget("two", by="anna")
        timeline.advance(3600)
        await until(lambda: plan.reports)
        assert (report(plan)["result"], rig.received("one")) == ("refused", 0)
        await until(lambda: plan.state == "scheduled")


async def test_a_paused_schedule_waits_for_a_person(tmp_path: Path) -> None:
    timeline = ManualTimeline()
    async with opened(tmp_path, [lamp("one")], timeline=timeline) as rig:
        plan = await begin(rig, write("one", True), schedule={"every": "1h", "late": "10m"})
        await rig.gateway.panic.press(OWNER)
        assert (plan.state, plan.paused_by) == ("paused", "panic")
        timeline.advance(2 * 3600 + 60)
        await rig.settle()
        assert rig.received("one") == 0
        await rig.gateway.plans.desk.resume(plan, OWNER)
        await until(lambda: plan.reports)
        assert (plan.missed, rig.received("one")) == (1, 1)


async def test_a_clock_that_is_not_set_starts_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from gateway.plans.mistakes import BadPlan

    monkeypatch.setattr("gateway.localtime.system_clock_is_set", lambda: False)
    async with opened(tmp_path, [lamp("one")]) as rig:
        with pytest.raises(BadPlan, match="clock is not set"):
            await begin(rig, write("one", True), schedule={"daily": "19:00"})
