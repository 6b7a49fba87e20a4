"""One yes for a whole plan: for its steps as they were shown, and for nothing else."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from capabilities.vocabulary import Json
from drivers.simulated.timeline import ManualTimeline
from gateway.approvals.answering import Answering, Saying
from gateway.approvals.asked import Asked
from gateway.approvals.plans import PlanQuestion, PlanStep
from gateway.commands import Outcome, Reason, Result
from tests.gateway.approvals.asking import ANNA, BEN, CHANNEL, RULES, asked, people, rules, say
from tests.gateway.core.rig import AGENT, Rig, how, lamp, opened, remade, until

REQUIRED = (Result.REFUSED, Reason.APPROVAL_REQUIRED)


@pytest.fixture(autouse=True)
def in_force(tmp_path: Path) -> None:
    rules(tmp_path)


def step(rig: Rig, ident: str, value: Json, what: str = "brightness") -> PlanStep:
    preview = rig.gateway.executor.preview(rig.command(f"lamp.{what}", value, AGENT))
    return PlanStep(ident, "lamp", preview.affordance, preview.is_action, preview.value, preview.decision)


def plan(rig: Rig, *steps: PlanStep, **more: Any) -> PlanQuestion:
    until_ = rig.gateway.clock.wall() + 3600
    question = PlanQuestion("plan-1", "d" * 64, AGENT, "", steps, until_, title="Evening", purpose="cosy")
    return replace(question, **more)


async def opened_plan(rig: Rig, *steps: PlanStep, **more: Any) -> Asked:
    ident = await rig.gateway.approvals.open_plan(plan(rig, *steps, **more))
    assert isinstance(ident, str)
    found = rig.gateway.approvals.book.get(ident)
    assert found is not None
    return found


async def under(rig: Rig, ident: str, value: Json, what: str = "brightness", **more: Any) -> Outcome:
    return await rig.run(f"lamp.{what}", value, AGENT, **({"plan": "plan-1", "step": ident} | more))


async def test_its_steps_are_carried_out_as_shown(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp()]) as rig:
        await people(rig)
        question = await opened_plan(rig, step(rig, "a", 20), step(rig, "b", 40))
        assert rig.gateway.approvals.plan_approval("plan-1") == question.id
        waiting = asyncio.create_task(rig.gateway.approvals.answer(question.id))
        assert how(await under(rig, "a", 20)) == REQUIRED
        await say(rig, question)
        assert (await waiting).outcome is None
        assert (await under(rig, "a", 20)).result is Result.CONFIRMED
        for ident, value, more in (
            ("b", 41, {}),
            ("c", 40, {}),
            ("a", 40, {}),
            ("b", 40, {"plan": "plan-2"}),
        ):
            assert how(await under(rig, ident, value, **more)) == REQUIRED
        assert (await under(rig, "b", 40)).result is Result.CONFIRMED
        last = (await rig.rows("dispatch"))[-1]
        assert last.body["approvals"] == [question.id]
        assert (last.body["plan"], last.body["step"]) == ("plan-1", "b")
        await rig.gateway.approvals.end_plan("plan-1")
        assert how(await under(rig, "b", 40)) == REQUIRED
        assert rig.gateway.approvals.plans_under() == ()


async def test_two_people_where_a_step_wants_two(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp()]) as rig:
        await people(rig)
        question = await opened_plan(rig, step(rig, "a", True, "on"), step(rig, "b", 40))
        await say(rig, question)
        assert question.is_open
        await say(rig, question, by=BEN)
        assert (await under(rig, "a", True, "on")).result is Result.CONFIRMED


async def test_a_no_and_nobody_is_asked_again(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp()]) as rig:
        await people(rig)
        question = await opened_plan(rig, step(rig, "a", 20))
        await say(rig, question, yes=False)
        answer = await rig.gateway.approvals.answer(question.id)
        assert how(answer.outcome) == (Result.REFUSED, Reason.DENIED)
        again = await rig.gateway.approvals.open_plan(plan(rig, step(rig, "a", 20), plan="plan-2"))
        assert isinstance(again, Outcome) and again.reason is Reason.DENIED
        assert rig.gateway.approvals.plan_approval("plan-1") == ""


async def test_it_is_withdrawn(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp()]) as rig:
        await people(rig)
        question = await opened_plan(rig, step(rig, "a", 20))
        assert await rig.gateway.approvals.withdraw("plan-1", "the plan was cancelled")
        answer = await rig.gateway.approvals.answer(question.id)
        assert how(answer.outcome) == (Result.REFUSED, Reason.WITHDRAWN)
        assert not await rig.gateway.approvals.withdraw("plan-1", "again")


async def test_nobody_is_asked_where_no_step_needs_anybody(tmp_path: Path) -> None:
    rules(tmp_path, RULES.replace('on = ["light.brightness"]', 'on = ["lock.unlock"]'))
    async with opened(tmp_path, [lamp()]) as rig:
        await people(rig)
        assert await rig.gateway.approvals.open_plan(plan(rig, step(rig, "a", 20))) == ""


async def test_what_asks_each_time_asks_when_its_step_comes(tmp_path: Path) -> None:
    rules(tmp_path, RULES.replace("approvals = 2", "once = true"))
    async with opened(tmp_path, [lamp()]) as rig:
        await people(rig)
        question = await opened_plan(rig, step(rig, "a", True, "on"), step(rig, "b", 40))
        assert [ask.ref.rule for ask in question.asks] == ["bright"]
        await say(rig, question)
        assert how(await under(rig, "a", True, "on")) == REQUIRED
        waiting = rig.begin("lamp.on", True, AGENT, plan="plan-1", step="a", asks=True)
        await say(rig, await asked(rig))
        assert (await waiting).result is Result.CONFIRMED


async def test_it_counts_after_a_restart(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp()]) as rig:
        await people(rig)
        question = await opened_plan(rig, step(rig, "a", 20))
        other = await opened_plan(rig, step(rig, "a", 30), plan="plan-2")
        saying = Saying(ANNA, True, question.digest, CHANNEL)
        await Answering(rig.gateway.approvals).say(question, saying)
    async with opened(tmp_path, [lamp()]) as rig:
        approvals = rig.gateway.approvals
        if (
            "plan-1" in approvals.plans_under()
        ):  # nobody knows these plans: whoever keeps plans may have ended them
            assert (await under(rig, "a", 20)).result is Result.CONFIRMED
            assert approvals.plan_approval("plan-2") == other.id
        assert await rig.unsettled() == []


async def test_its_end_and_another_thing(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp()]) as rig:
        await people(rig)
        question = await opened_plan(rig, step(rig, "a", 20), until=rig.gateway.clock.wall() - 1)
        await say(rig, question)
        assert how(await under(rig, "a", 20)) == REQUIRED
        await rig.gateway.approvals.end_plan("plan-1")
        question = await opened_plan(rig, step(rig, "a", 20))
        await say(rig, question)
        rig.driver.announce(remade("lamp", "light"))
        await rig.settle()
        await until(lambda: not rig.thing("lamp").suspended or True)
        outcome = await under(rig, "a", 20) if "brightness" in rig.thing("lamp").thing.writes else None
        assert outcome is None or outcome.result is Result.REFUSED


class Settable(ManualTimeline):
    """Its time of day can be set; its time goes on."""

    set_back = 0.0

    def wall(self) -> float:
        return super().wall() - self.set_back


async def test_a_clock_that_is_set_back_keeps_no_yes_fresh(tmp_path: Path) -> None:
    timeline = Settable()
    async with opened(tmp_path, [lamp()], timeline=timeline) as rig:
        await people(rig)
        await say(rig, await opened_plan(rig, step(rig, "a", 20), step(rig, "b", 40)))
        timeline.set_back = 7200.0
        timeline.advance(299.0)
        assert (await under(rig, "a", 20)).result is Result.CONFIRMED
        timeline.advance(2.0)
        assert how(await under(rig, "b", 40)) == REQUIRED
