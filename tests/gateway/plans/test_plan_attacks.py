"""What was tried to get more out of a yes to a plan than was shown, and to outlive the panic switch or a person's pause."""

from __future__ import annotations

import asyncio
import shutil
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from capabilities.vocabulary import Json
from drivers.simulated.timeline import ManualTimeline
from gateway.approvals.grants import BadGrant, Wish
from gateway.approvals.plans import MOST_RUNS
from gateway.plans.errors import NotForYou
from gateway.plans.keeper import PlanKeeper
from gateway.plans.plan import End, Plan
from gateway.plans.reporting import KEPT_REPORTS
from gateway.plans.schedule import Times
from gateway.plans.when import day_and_time, recurring, span
from policies import Principal
from tests.gateway.approvals.asking import ANNA, BEN, RULES, asked, people, rules, say
from tests.gateway.core.rig import AGENT, CHILD, HoldingLedger, Rig, lamp, opened, until
from tests.gateway.plans.desk_of_plans import begin, commit, over, prepare, report, write

OPEN = RULES.partition("[[ask]]")[0]
BERLIN = ZoneInfo("Europe/Berlin")


@pytest.fixture(autouse=True)
def clock_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.localtime.system_clock_is_set", lambda: True)


@pytest.fixture(autouse=True)
def in_force(tmp_path: Path) -> None:
    rules(tmp_path)


def shown(plan: Plan, rig: Rig) -> dict[str, Json]:
    question = rig.gateway.approvals.book.of(plan.id)
    assert question is not None
    return question.shown


async def ran(rig: Rig, timeline: ManualTimeline, plan: Plan, run: int) -> None:
    timeline.advance(plan.next_at - timeline.wall())
    await until(
        lambda: plan.run == run and len(plan.reports) >= min(run, KEPT_REPORTS) and plan.state != "running"
    )
    await rig.settle()


# ---------------------------------------------------------------- a yes is for what is shown


async def test_when_how_often_and_in_which_order_is_shown_and_in_the_digest(tmp_path: Path) -> None:
    timeline = ManualTimeline(datetime(2026, 11, 22, 18, 0, tzinfo=UTC).timestamp())
    async with opened(tmp_path, [lamp("one"), lamp("two")], timeline=timeline) as rig:
        await people(rig)
        steps = (
            write("one", 10, "brightness", id="first"),
            write("two", 20, "brightness", id="then", after=["first"], not_before="2h"),
        )
        plan = await begin(rig, *steps, by=AGENT, schedule={"every": "1h", "count": 12}, title="Only once")
        question = await asked(rig)
        when = question.shown["when"]
        assert isinstance(when, dict)
        assert (when["runs"], when["first_run"], when["recurs"]) == (12, 1, True)
        assert str(when["words"]).startswith("every hour, 12 times at most; first today at ")
        listed, undoing = question.shown["steps"], question.shown["undoing"]
        assert isinstance(listed, list) and isinstance(undoing, list)
        assert [
            (one["step"], one.get("after"), one.get("when")) for one in listed if isinstance(one, dict)
        ] == [
            ("first", None, None),
            ("then", ["first"], "not before 2 hours after the plan begins"),
        ]
        assert [one["undoes"] for one in undoing if isinstance(one, dict)] == ["first", "then"]
        assert "title" not in question.shown and question.shown["titled"] == "Only once"
        await rig.gateway.plans.desk.cancel(plan, AGENT, undo=False)


async def test_a_plan_without_a_schedule_runs_once_and_each_step_is_sent_once(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp("one")]) as rig:
        await people(rig)
        plan = await begin(
            rig, write("one", 10, "brightness"), write("one", 20, "brightness", not_before="1h"), by=AGENT
        )
        await say(rig, await asked(rig))
        await until(lambda: plan.progress["1"].at == "done")
        await rig.run("one.brightness", 50, ANNA)
        spent = await rig.run("one.brightness", 10, AGENT, plan=plan.id, step="1")
        assert spent.reason == "approval-required", "the yes to this step is used up"


async def test_what_a_step_was_sent_under_is_known_after_a_restart(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp("one")]) as rig:
        await people(rig)
        plan = await begin(
            rig, write("one", 10, "brightness"), write("one", 20, "brightness", not_before="1h"), by=AGENT
        )
        await say(rig, await asked(rig))
        await until(lambda: plan.progress["1"].at == "done")
    async with opened(tmp_path, [lamp("one")]) as rig:
        spent = await rig.run("one.brightness", 10, AGENT, plan=plan.id, step="1")
        assert spent.reason == "approval-required"
        other = await rig.run("one.brightness", 20, AGENT, plan=plan.id, step="2")
        assert other.result == "confirmed", "the other step's yes counts still"


async def test_a_late_step_asks_again_where_the_rule_wants_a_fresh_yes(tmp_path: Path) -> None:
    timeline = ManualTimeline()
    async with opened(tmp_path, [lamp("one"), lamp("two")], timeline=timeline) as rig:
        await people(rig)
        late = write("two", 20, "brightness", not_before="3h")
        plan = await begin(rig, write("one", 10, "brightness"), late, by=AGENT)
        await say(rig, await asked(rig))
        await until(lambda: plan.progress["1"].at == "done")
        timeline.advance(3 * 3600)
        question = await asked(rig)
        assert (question.waits, rig.received("two")) == (plan.progress["2"].execution, 0)
        await say(rig, question)
        assert (await over(rig, plan)).state == "done"


async def test_who_says_for_how_long_is_not_asked_again_meanwhile(tmp_path: Path) -> None:
    timeline = ManualTimeline()
    async with opened(tmp_path, [lamp("one"), lamp("two")], timeline=timeline) as rig:
        await people(rig)
        late = write("two", 20, "brightness", not_before="3h")
        plan = await begin(rig, write("one", 10, "brightness"), late, by=AGENT)
        question = await asked(rig)
        for wrong in (
            Wish(8 * 86_400),
            Wish(60, times=3),
            Wish(60, between=(0, 100)),
            Wish(60, things=("two",)),
        ):
            with pytest.raises(BadGrant):
                await say(rig, question, wish=wrong)
        await say(rig, question, wish=Wish(4 * 3600))
        await until(lambda: plan.progress["1"].at == "done")
        timeline.advance(3 * 3600)
        assert (await over(rig, plan)).state == "done"
        assert not list(rig.gateway.approvals.grants)


async def test_what_is_for_later_than_a_yes_lasts_is_asked_when_its_time_comes(tmp_path: Path) -> None:
    timeline = ManualTimeline()
    async with opened(tmp_path, [lamp("one")], timeline=timeline) as rig:
        await people(rig)
        at = datetime.fromtimestamp(timeline.wall() + 6 * 86_400, UTC).isoformat()
        plan = await begin(rig, write("one", 10, "brightness"), by=AGENT, schedule={"at": at}, title="Now")
        assert (plan.state, len(rig.gateway.approvals.book)) == ("scheduled", 0)
        timeline.advance(6 * 86_400)
        question = await asked(rig)
        assert "it begins with the yes" in str(shown(plan, rig)["when"])
        await say(rig, question)
        assert (await over(rig, plan)).state == "done"


async def test_a_yes_that_waited_longer_than_it_lasts_begins_no_run(tmp_path: Path) -> None:
    timeline = ManualTimeline()
    async with opened(tmp_path, [lamp("one")], timeline=timeline) as rig:
        await people(rig)
        at = datetime.fromtimestamp(timeline.wall() + 200, UTC).isoformat()
        plan = await begin(rig, write("one", 10, "brightness"), by=AGENT, schedule={"at": at, "late": "1h"})
        await say(rig, await asked(rig))
        await until(lambda: plan.state == "scheduled")
        await rig.gateway.plans.desk.pause(plan, ANNA)
        timeline.advance(1000)
        await rig.gateway.plans.desk.resume(plan, ANNA)
        await asked(rig)
        assert (plan.state, rig.received("one")) == ("awaiting-approval", 0)


async def test_a_yes_to_what_recurs_is_for_the_shown_runs_then_it_asks_again(tmp_path: Path) -> None:
    timeline = ManualTimeline()
    async with opened(tmp_path, [lamp("one")], timeline=timeline) as rig:
        await people(rig)
        plan = await begin(rig, write("one", 10, "brightness"), by=AGENT, schedule={"every": "1m"})
        assert f"a yes covers {MOST_RUNS} runs" in str((await asked(rig)).shown["when"])
        await say(rig, await asked(rig))
        await until(lambda: plan.state == "scheduled")
        for run in range(1, MOST_RUNS + 1):
            await ran(rig, timeline, plan, run)
        assert len(rig.gateway.approvals.book) == 0
        timeline.advance(60)
        question = await asked(rig)
        assert (plan.state, plan.run) == ("awaiting-approval", MOST_RUNS)
        when = question.shown["when"]
        assert isinstance(when, dict) and when["first_run"] == MOST_RUNS + 1
        await say(rig, question)
        await until(lambda: plan.run == MOST_RUNS + 1)


async def test_what_recurs_asks_again_when_seven_days_are_over(tmp_path: Path) -> None:
    timeline = ManualTimeline()
    async with opened(tmp_path, [lamp("one")], timeline=timeline) as rig:
        await people(rig)
        plan = await begin(rig, write("one", 10, "brightness"), by=AGENT, schedule={"every": "48h"})
        question = await asked(rig)
        assert "a yes covers 3 runs" in str(question.shown["when"])
        await say(rig, question)
        await until(lambda: plan.state == "scheduled")
        for run in (1, 2, 3):
            await ran(rig, timeline, plan, run)
        timeline.advance(48 * 3600)
        await asked(rig)
        assert (plan.state, plan.run) == ("awaiting-approval", 3)


def test_times_in_words() -> None:
    now = datetime.fromisoformat("2026-11-22T18:00:00+01:00").timestamp()
    until_ = datetime.fromisoformat("2026-12-03T22:00:00+01:00").timestamp()
    daily = Times(minutes=22 * 60, until=until_, count=12)
    assert (
        recurring(daily, now, BERLIN) == "every day at 22:00 until Thursday, 3 Dec at 22:00, 12 times at most"
    )
    assert recurring(Times(minutes=7 * 60, days=(5, 6)), now, BERLIN) == "every Saturday, Sunday at 07:00"
    assert recurring(Times(every_s=5400), now, BERLIN) == "every 1 hour 30 minutes".replace("1 ", "", 1)
    assert day_and_time(now + 4 * 3600, now, BERLIN) == "today at 22:00"
    assert day_and_time(now + 86_400, now, BERLIN) == "tomorrow at 18:00"
    assert day_and_time(now + 90 * 86_400, now, BERLIN) == "Saturday, 20 Feb 2027 at 18:00"
    assert span(90_061) == "1 day 1 hour 1 minute 1 second"


# ---------------------------------------------------------------- panic, pause


def left_by_a_crash(state: Path) -> Path:
    """The disk as it is this moment."""
    return Path(shutil.copytree(state, state.with_name(f"{state.name}-crashed")))


async def stopped(rig: Rig, plan: Plan) -> bool:
    return (await over(rig, plan)).state == End.STOPPED


async def test_panic_reaches_a_plan_that_is_being_committed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.app.Ledger", HoldingLedger)
    rules(tmp_path, OPEN)
    async with opened(tmp_path, [lamp("one")]) as rig:
        await people(rig)
        draft, ledger = prepare(rig, write("one", True), by=ANNA), rig.gateway.ledger
        assert isinstance(ledger, HoldingLedger)
        hold = ledger.hold = asyncio.Event()
        ledger.written.clear()
        committing = asyncio.create_task(commit(rig, draft, ANNA))
        await ledger.written.wait()
        ledger.hold = None
        await rig.gateway.panic.press(BEN)
        hold.set()
        assert await stopped(rig, await committing)
        assert rig.received("one") == 0


async def test_what_panic_paused_stays_so_over_a_crash(tmp_path: Path) -> None:
    rules(tmp_path, OPEN)
    async with opened(tmp_path, [lamp("one")]) as rig:
        await people(rig)
        await begin(rig, write("one", True), by=ANNA, schedule={"every": "1h"})
        await rig.gateway.panic.press(BEN)
        crashed = left_by_a_crash(tmp_path)
    async with opened(crashed, [lamp("one")]) as rig:
        (again,) = rig.gateway.plans.desk.open()
        assert (again.state, again.paused_by) == ("paused", "panic")
        await rig.gateway.plans.desk.resume(again, ANNA)
        resumed = left_by_a_crash(crashed)
    async with opened(resumed, [lamp("one")]) as rig:
        (again,) = rig.gateway.plans.desk.open()
        assert again.state == "scheduled", "an adult let it go on after the panic"


@pytest.mark.parametrize("is_written", [True, False], ids=["written", "only the press is written"])
async def test_what_runs_does_not_go_on_after_panic_and_a_crash(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, is_written: bool
) -> None:
    rules(tmp_path, OPEN)

    async def fails(_: object) -> None:
        return

    async def hangs(*_: object) -> bool:
        return await asyncio.Event().wait()

    if not is_written:
        monkeypatch.setattr(PlanKeeper, "save", fails)
    async with opened(tmp_path, [lamp("one"), lamp("two")]) as rig:
        await people(rig)
        plan = await begin(rig, write("one", True), write("two", True, not_before="1h"), by=ANNA)
        await until(lambda: plan.progress["1"].at == "done")
        if not is_written:
            monkeypatch.setattr("gateway.plans.journal.Journal.save", fails)
            monkeypatch.setattr("gateway.plans.journal.Journal.end", hangs)
        await rig.gateway.panic.press(BEN)
        crashed = left_by_a_crash(tmp_path)
    monkeypatch.undo()
    async with opened(crashed, [lamp("one"), lamp("two")]) as rig:
        await until(lambda: not rig.gateway.plans.desk.open())
        ended = await rig.gateway.plans.desk.get(plan.id)
        assert ended is not None and (ended.state, rig.received("two")) == ("stopped", 0)


@pytest.mark.parametrize("by", [AGENT, CHILD], ids=["agent", "child"])
async def test_only_an_adult_resumes_what_panic_paused(tmp_path: Path, by: Principal) -> None:
    rules(tmp_path, OPEN)
    async with opened(tmp_path, [lamp("one")]) as rig:
        await people(rig)
        plan = await begin(rig, write("one", True), by=ANNA, schedule={"every": "1h"})
        desk = rig.gateway.plans.desk
        await rig.gateway.panic.press(BEN)
        with pytest.raises(NotForYou, match="an adult"):
            await desk.resume(plan, by)
        assert plan.state == "paused"
        await desk.resume(plan, BEN)
        assert plan.state == "scheduled"


async def test_a_persons_pause_holds_against_cancel_with_undo(tmp_path: Path) -> None:
    rules(tmp_path, OPEN)
    async with opened(tmp_path, [lamp("one"), lamp("two")]) as rig:
        await people(rig)
        trick: dict[str, Json] = {"thing": "two", "property": "on", "value": True}
        steps = (write("one", True, compensate=trick), write("one", 10, "brightness", not_before="1h"))
        plan, desk = await begin(rig, *steps, by=AGENT), rig.gateway.plans.desk
        await until(lambda: plan.progress["1"].at == "done")
        await desk.pause(plan, AGENT)
        await desk.pause(plan, ANNA)  # hers, though it was paused already
        for forbidden in (desk.resume(plan, AGENT), desk.cancel(plan, AGENT, undo=True)):
            with pytest.raises(NotForYou):
                await forbidden
        assert (plan.state, rig.received("two")) == ("paused", 0)
        await desk.cancel(plan, AGENT, undo=False)
        ended = await over(rig, plan)
        assert (ended.state, rig.received("two")) == ("cancelled", 0), report(ended)
