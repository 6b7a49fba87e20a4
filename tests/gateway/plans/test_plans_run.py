"""What a plan does, step by step."""

from __future__ import annotations

from pathlib import Path

from tests.gateway.core.rig import hasten, lamp, opened
from tests.gateway.plans.desk_of_plans import by_step, report, run, write


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
        hasten(rig.thing("deaf"))
        rig.fault("deaf", "rejecting")
        plan = await run(rig, write("one", True), write("two", 80, "brightness"), write("deaf", True))
        assert plan.state == "undone"
        assert (rig.value("one", "on"), rig.value("two", "brightness")) == (False, 20.0)
        sent = [row.body["step"] for row in await rig.rows("dispatch")]
        assert sent == ["1", "2", "3", "2/undo", "1/undo"]
        assert [one.get("undo") for one in by_step(plan).values()] == ["undone", "undone", None]
