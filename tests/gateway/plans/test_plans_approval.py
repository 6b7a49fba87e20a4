"""One approval for a whole plan."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.plans.plan import Plan
from tests.gateway.approvals.asking import ANNA, asked, say
from tests.gateway.core.rig import AGENT, Rig, lamp, opened, until
from tests.gateway.plans.desk_of_plans import begin, by_step, over, prepare, report, write

ASK = """format = 1
[[ask]]
id = "light"
why = "Anna wants to know"
on = ["light.on"]
who = ["agent"]
approver = ["owner"]
valid = "10m"
"""


def rules(directory: Path, text: str = ASK) -> None:
    folder = directory / "state" / "policies"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "asks.toml").write_text(text)


async def waits(rig: Rig, plan: Plan) -> None:
    await until(lambda: plan.state == "awaiting-approval" and plan.approval)


async def test_people_are_asked_once_for_the_whole(tmp_path: Path) -> None:
    rules(tmp_path)
    async with opened(tmp_path, [lamp("one"), lamp("two")]) as rig:
        draft = prepare(rig, write("one", True), write("two", True), by=AGENT)
        assert [step.verdict for step in draft.plan.steps] == ["needs-approval"] * 2
        plan = await begin(rig, write("one", True), write("two", True), by=AGENT)
        await waits(rig, plan)
        assert rig.received("one") == 0
        question = await asked(rig)
        assert question.waits == plan.id
        await say(rig, question, by=ANNA)
        ended = await over(rig, plan)
        assert (ended.state, rig.value("one", "on"), rig.value("two", "on")) == ("done", True, True)
        assert report(ended)["approved_by"] == ["anna"]
        assert [row.body.get("asked", False) for row in await rig.rows("approval")] == [True, False]
        sent = await rig.rows("dispatch")
        assert {str(row.body["approvals"]) for row in sent} == {f"['{plan.approval}']"}
        assert not list(rig.gateway.approvals.plans_under())


async def test_what_is_undone_was_approved_with_it(tmp_path: Path) -> None:
    rules(tmp_path)
    async with opened(tmp_path, [lamp("one"), lamp("bad")]) as rig:
        rig.fault("bad", "rejecting")
        plan = await begin(rig, write("one", True), write("bad", 10, "brightness"), by=AGENT)
        await say(rig, await asked(rig))
        ended = await over(rig, plan)
        assert (ended.state, rig.value("one", "on")) == ("undone", False)


async def test_a_no_ends_the_plan(tmp_path: Path) -> None:
    rules(tmp_path)
    async with opened(tmp_path, [lamp("one")]) as rig:
        plan = await begin(rig, write("one", True), by=AGENT)
        await say(rig, await asked(rig), yes=False)
        ended = await over(rig, plan)
        assert (ended.state, rig.received("one"), by_step(ended)["1"]["state"]) == ("refused", 0, "skipped")
        assert "said no" in str(report(ended)["why"])


@pytest.mark.parametrize("how", ["cancel", "panic"])
async def test_a_question_is_taken_back_with_its_plan(tmp_path: Path, how: str) -> None:
    rules(tmp_path)
    async with opened(tmp_path, [lamp("one")]) as rig:
        plan = await begin(rig, write("one", True), by=AGENT)
        await asked(rig)
        if how == "cancel":
            await rig.gateway.plans.desk.cancel(plan, AGENT, undo=True)
        else:
            await rig.gateway.panic.press(ANNA)
        ended = await over(rig, plan)
        assert ended.state == ("cancelled" if how == "cancel" else "stopped")
        assert (rig.received("one"), len(rig.gateway.approvals.book)) == (0, 0)


async def test_a_plan_that_waits_for_people_waits_on_after_a_restart(tmp_path: Path) -> None:
    rules(tmp_path)
    async with opened(tmp_path, [lamp("one")]) as rig:
        plan = await begin(rig, write("one", True), by=AGENT)
        await asked(rig)
    async with opened(tmp_path, [lamp("one")]) as rig:
        (again,) = rig.gateway.plans.desk.open()
        assert (again.id, again.state) == (plan.id, "awaiting-approval")
        await until(lambda: len(rig.gateway.approvals.book) == 1)
        await say(rig, next(iter(rig.gateway.approvals.book)))
        assert (await over(rig, again)).state == "done"


async def test_an_approved_plan_goes_on_under_its_approval_after_a_restart(tmp_path: Path) -> None:
    rules(tmp_path)
    async with opened(tmp_path, [lamp("one"), lamp("two")]) as rig:
        await rig.gateway.identity.create_token(ANNA)
        plan = await begin(rig, write("one", True), write("two", True, not_before="1s"), by=AGENT)
        await say(rig, await asked(rig))
        await until(lambda: plan.progress and plan.progress["1"].at == "done")
    async with opened(tmp_path, [lamp("one", on=True), lamp("two")]) as rig:
        (again,) = rig.gateway.plans.desk.open()
        ended = await over(rig, again)
        assert ended.state == "done", report(ended)
        assert (rig.received("one"), rig.value("two", "on")) == (0, True)


async def test_what_wants_a_yes_to_each_use_asks_when_its_turn_comes(tmp_path: Path) -> None:
    rules(tmp_path, ASK + "once = true\n")
    async with opened(tmp_path, [lamp("one"), lamp("two")]) as rig:
        plan = await begin(rig, write("two", 10, "brightness"), write("one", True), by=AGENT)
        question = await asked(rig)
        assert question.waits == plan.progress["2"].execution
        await say(rig, question)
        assert (await over(rig, plan)).state == "done"


async def test_a_step_that_waits_for_people_is_not_asked_twice_after_a_restart(tmp_path: Path) -> None:
    rules(tmp_path, ASK + "once = true\n")
    async with opened(tmp_path, [lamp("one")]) as rig:
        await begin(rig, write("one", True), by=AGENT)
        await asked(rig)
    async with opened(tmp_path, [lamp("one")]) as rig:
        (again,) = rig.gateway.plans.desk.open()
        await until(lambda: len(rig.gateway.approvals.book) == 1)
        await say(rig, next(iter(rig.gateway.approvals.book)))
        ended = await over(rig, again)
        assert (ended.state, rig.received("one"), len(await rig.rows("intent"))) == ("done", 1, 1)


async def test_a_question_of_a_step_is_taken_back_too(tmp_path: Path) -> None:
    rules(tmp_path, ASK + "once = true\n")
    async with opened(tmp_path, [lamp("one")]) as rig:
        plan = await begin(rig, write("one", True), by=AGENT)
        await asked(rig)
        await rig.gateway.plans.desk.cancel(plan, AGENT, undo=False)
        ended = await over(rig, plan)
        assert (ended.state, rig.received("one"), len(rig.gateway.approvals.book)) == ("cancelled", 0, 0)
