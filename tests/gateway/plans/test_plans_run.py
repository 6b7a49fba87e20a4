"""What a plan does, step by step, and what it undoes."""

from __future__ import annotations

from pathlib import Path

import pytest

from capabilities.vocabulary import Json
from drivers.simulated.device import Order
from drivers.simulated.timeline import ManualTimeline
from tests.gateway.core.rig import OWNER, Rig, bell, device, hasten, lamp, opened, until
from tests.gateway.plans.desk_of_plans import (
    act,
    begin,
    by_step,
    commit,
    notices,
    over,
    prepare,
    report,
    run,
    write,
)


def of(rig: Rig, step: str) -> Json:
    (plan,) = rig.gateway.plans.desk.open()
    return plan.progress[step].at


async def undone(rig: Rig) -> list[Json]:
    return [row.body["step"] for row in await rig.rows("dispatch")]


async def test_steps_run_one_after_the_other(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp("one"), lamp("two")]) as rig:
        plan = await run(rig, write("one", True), write("two", 30, "brightness"))
        assert (plan.state, report(plan)["result"]) == ("done", "done")
        assert (rig.value("one", "on"), rig.value("two", "brightness")) == (True, 30)
        assert [one["result"] for one in by_step(plan).values()] == ["confirmed", "confirmed"]
        kinds = [row.body["stage"] for row in await rig.rows("plan", execution=plan.id)]
        assert kinds == ["prepared", "committed", "ended"]
        sent = await rig.rows("dispatch")
        assert [(row.body["plan"], row.body["step"]) for row in sent] == [(plan.id, "1"), (plan.id, "2")]


async def test_what_was_done_is_undone_in_reverse(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp("one"), lamp("two", brightness=20.0), lamp("deaf")]) as rig:
        rig.fault("deaf", "rejecting")
        plan = await run(rig, write("one", True), write("two", 80, "brightness"), write("deaf", True))
        assert plan.state == "undone"
        assert (rig.value("one", "on"), rig.value("two", "brightness")) == (False, 20.0)
        assert await undone(rig) == ["1", "2", "3", "2/undo", "1/undo"]
        assert [one.get("undo") for one in by_step(plan).values()] == ["undone", "undone", None]


async def test_steps_that_wait_for_nothing_run_at_once(tmp_path: Path) -> None:
    slow = [lamp(name) for name in ("one", "two", "three")]
    for one in slow:
        one.reaction_seconds = 1.0
    timeline = ManualTimeline()
    async with opened(tmp_path, slow, timeline=timeline) as rig:
        plan = await begin(
            rig,
            write("one", True, after=[]),
            write("two", True, after=[]),
            write("three", True, after=["1", "2"]),
        )
        await until(lambda: rig.received("one") and rig.received("two"))
        assert rig.received("three") == 0
        timeline.advance(1.0)
        await until(lambda: rig.received("three"))
        timeline.advance(1.0)
        assert (await over(rig, plan)).state == "done"


@pytest.mark.parametrize(
    ("mode", "state", "first", "last"),
    [
        ("compensate", "undone", False, False),
        ("stop", "failed", True, False),
        ("continue", "partly-done", True, True),
    ],
)
async def test_the_mode_decides_what_a_failure_means(
    tmp_path: Path, mode: str, state: str, first: bool, last: bool
) -> None:
    async with opened(tmp_path, [lamp("one"), lamp("bad"), lamp("two")]) as rig:
        rig.fault("bad", "rejecting")
        plan = await run(rig, write("one", True), write("bad", True), write("two", True), on_failure=mode)
        assert plan.state == state
        assert (rig.value("one", "on"), rig.value("two", "on")) == (first, last)
        assert notices(rig, plan) == (["escalation"] if mode == "stop" else ["report"])


async def test_a_step_may_have_its_own_mode(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp("one"), lamp("bad")]) as rig:
        rig.fault("bad", "rejecting")
        plan = await run(rig, write("bad", True, on_failure="continue"), write("one", True))
        assert (plan.state, rig.value("one", "on")) == ("partly-done", True)


async def test_what_failed_is_tried_again(tmp_path: Path) -> None:
    timeline = ManualTimeline()
    async with opened(tmp_path, [lamp("bad")], timeline=timeline) as rig:
        rig.fault("bad", "rejecting")
        plan = await begin(rig, write("bad", True, on_failure={"retry": 2, "pause": "10s"}))
        await until(lambda: rig.received("bad") == 1 and of(rig, "1") == "running")
        await rig.settle()
        rig.fault("bad", "")
        timeline.advance(10.0)
        ended = await over(rig, plan)
        assert (ended.state, rig.received("bad")) == ("done", 2)


async def test_what_somebody_changed_since_is_left_alone(tmp_path: Path) -> None:
    timeline = ManualTimeline()
    async with opened(tmp_path, [lamp("one"), lamp("bad")], timeline=timeline) as rig:
        rig.fault("bad", "rejecting")
        plan = await begin(rig, write("one", 80, "brightness"), write("bad", True, not_before="60s"))
        await until(lambda: of(rig, "1") == "done")
        rig.driver.use(rig.driver.devices["one"], Order("light", "brightness", 33.0))
        await until(lambda: rig.value("one", "brightness") == 33.0)
        timeline.advance(60.0)
        ended = await over(rig, plan)
        assert (ended.state, rig.value("one", "brightness")) == ("failed", 33.0)
        step = by_step(ended)["1"]
        assert (step["undo"], report(ended)["not_undone"]) == ("stood-back", ["1"])
        assert "brightness was changed by somebody" in str(step["undo_detail"])
        assert notices(rig, plan) == ["escalation"]
        assert any(event.kind == "message" for event in rig.events)


async def test_what_may_have_been_done_is_undone_too(tmp_path: Path, hurried: None) -> None:
    async with opened(tmp_path, [lamp("one")]) as rig:
        hasten(rig.thing("one"))
        rig.fault("one", "late:0.1")
        plan = await begin(rig, write("one", 80, "brightness"))
        await until(lambda: of(rig, "1") == "failed")
        rig.fault("one", "")
        ended = await over(rig, plan)
        assert by_step(ended)["1"]["result"] == "unconfirmed"
        assert ended.state in {"undone", "failed"}
        assert by_step(ended)["1"]["undo"] in {"undone", "nothing-to-undo"}


async def test_what_cannot_be_undone_is_told_before_and_escalated_after(tmp_path: Path) -> None:
    async with opened(tmp_path, [device("front-door"), bell(), lamp("bad")]) as rig:
        rig.fault("bad", "rejecting")
        draft = prepare(rig, act("front-door", "unlock"), act("bell", "press"), write("bad", True))
        cannot = {step.id: step.irreversible for step in draft.plan.steps if step.irreversible}
        assert "costs something" in cannot["1"] and "no property shows" in cannot["2"]
        ended = await over(rig, await commit(rig, draft))
        assert (ended.state, report(ended)["not_undone"]) == ("failed", ["1", "2"])


async def test_the_opposite_action_undoes_where_it_is_wanted(tmp_path: Path) -> None:
    async with opened(tmp_path, [device("front-door"), lamp("bad"), lamp("one")]) as rig:
        rig.fault("bad", "rejecting")
        plan = await run(
            rig,
            act("front-door", "unlock", compensate="restore"),
            write("one", True, compensate={"property": "brightness", "value": 5}),
            write("bad", True),
        )
        assert [row.body["affordance"] for row in await rig.rows("dispatch")] == [
            *("unlock", "on", "on", "brightness", "lock")
        ]
        assert (plan.state, rig.value("front-door", "state")) == ("undone", "locked")


async def test_an_action_of_several_properties_is_restored_whole(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp("one", on=True, brightness=15.0), lamp("bad")]) as rig:
        rig.fault("bad", "rejecting")
        plan = await run(rig, act("one", "set", {"on": True, "brightness": 90}), write("bad", True))
        assert (plan.state, rig.value("one", "on"), rig.value("one", "brightness")) == ("undone", True, 15.0)


async def test_what_was_off_is_off_again(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp("one", brightness=15.0), lamp("bad")]) as rig:
        rig.fault("bad", "rejecting")
        plan = await run(rig, act("one", "set", {"on": True, "brightness": 90}), write("bad", True))
        assert (plan.state, rig.value("one", "on")) == ("undone", False)


async def test_a_device_that_comes_late_is_waited_for(tmp_path: Path) -> None:
    timeline = ManualTimeline()
    async with opened(tmp_path, [lamp("one")], timeline=timeline) as rig:
        rig.driver.cut_link()
        await rig.settle()
        plan = await begin(rig, write("one", True, deadline="5m"))
        await until(lambda: plan.progress["1"].reason == "device-unreachable")
        rig.driver.restore_link()
        await rig.settle()
        timeline.advance(1.0)
        assert (await over(rig, plan)).state == "done"


async def test_a_device_that_does_not_come_is_given_up_at_the_deadline(tmp_path: Path) -> None:
    timeline = ManualTimeline()
    async with opened(tmp_path, [lamp("one")], timeline=timeline) as rig:
        rig.driver.cut_link()
        await rig.settle()
        plan = await begin(rig, write("one", True), deadline="20s")
        for _ in range(8):
            await until(lambda: plan.progress["1"].reason == "device-unreachable" or plan.end)
            await rig.settle()
            timeline.advance(5.0)
        ended = await over(rig, plan)
        assert (by_step(ended)["1"]["result"], rig.received("one")) == ("not_sent", 0)
        assert ended.state == "undone"


async def test_what_does_not_begin_in_time_has_failed(tmp_path: Path) -> None:
    timeline = ManualTimeline()
    slow = lamp("one")
    slow.reaction_seconds = 4.0
    async with opened(tmp_path, [slow, lamp("two")], timeline=timeline) as rig:
        plan = await begin(rig, write("one", True), write("two", True, deadline="2s"), on_failure="stop")
        await until(lambda: rig.received("one"))
        timeline.advance(4.0)
        ended = await over(rig, plan)
        assert "deadline" in str(by_step(ended)["2"]["detail"])
        assert rig.received("two") == 0


async def test_a_later_step_waits_for_its_time(tmp_path: Path) -> None:
    timeline = ManualTimeline()
    async with opened(tmp_path, [lamp("one"), lamp("two")], timeline=timeline) as rig:
        plan = await begin(rig, write("one", True), write("two", True, not_before="90s"))
        await until(lambda: of(rig, "1") == "done")
        timeline.advance(89.0)
        await rig.settle()
        assert rig.received("two") == 0
        timeline.advance(1.0)
        assert (await over(rig, plan)).state == "done"


async def test_what_may_begin_only_at_its_deadline_does_not_begin(tmp_path: Path) -> None:
    timeline = ManualTimeline()
    async with opened(tmp_path, [lamp("one"), lamp("two")], timeline=timeline) as rig:
        late = write("two", True, not_before="90s", deadline="90s")
        plan = await begin(rig, write("one", True), late, on_failure="stop")
        await until(lambda: of(rig, "1") == "done")
        timeline.advance(90.0)
        ended = await over(rig, plan)
        assert "deadline" in str(by_step(ended)["2"]["detail"])
        assert rig.received("two") == 0


async def test_a_checkpoint_that_cannot_be_written_sends_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sqlite3

    from gateway.storage.plans import PlanRepository

    async def full(*_: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    async with opened(tmp_path, [lamp("one")]) as rig:
        with monkeypatch.context() as patched:
            patched.setattr(PlanRepository, "save", full)
            plan = await begin(rig, write("one", True), on_failure="stop")
            await until(lambda: plan.stop is not None)
        ended = await over(rig, plan)
        assert (rig.received("one"), by_step(ended)["1"]["result"]) == (0, "not_sent")
        assert "full" in str(by_step(ended)["1"]["detail"])


async def test_while_what_is_under_way_ends_it_is_cancelling(tmp_path: Path) -> None:
    slow, timeline = lamp("slow"), ManualTimeline()
    slow.reaction_seconds = 5.0
    async with opened(tmp_path, [lamp("one"), slow], timeline=timeline) as rig:
        plan = await begin(rig, write("one", True), write("slow", True))
        await until(lambda: rig.received("slow") == 1)
        await rig.gateway.plans.desk.cancel(plan, OWNER, undo=True)
        assert (plan.state, of(rig, "2")) == ("cancelling", "running")
        timeline.advance(5.0)
        await until(lambda: plan.state == "compensating" and rig.received("slow") == 2)
        timeline.advance(5.0)
        ended = await over(rig, plan)
        assert (ended.state, rig.value("one", "on")) == ("cancelled", False)
        assert [str(one.undo) for one in ended.progress.values()] == ["undone", "undone"]
