"""One question, from the asking to its end."""

from __future__ import annotations

from pathlib import Path

from drivers.simulated.timeline import ManualTimeline
from gateway.api.executions import status_of
from gateway.api.wire import rfc3339
from gateway.commands import Reason, Result
from tests.gateway.approvals.asking import ask, asked, say
from tests.gateway.core.rig import AGENT, device, how, opened, until


async def test_what_a_person_approves_is_sent_once_under_that_approval(tmp_path: Path) -> None:
    async with opened(tmp_path, [device("front-door")]) as rig:
        waiting = ask(rig, "front-door.unlock()", purpose="a guest waits")
        question = await asked(rig)
        assert rig.received("front-door") == 0
        await say(rig, question)
        outcome = await waiting
        assert outcome.result is Result.CONFIRMED
        (dispatch,) = await rig.rows("dispatch")
        assert dispatch.body["approvals"] == [question.id]
        kinds = [row.kind for row in await rig.rows(execution=dispatch.execution)]
        assert kinds == ["intent", "approval", "dispatch", "outcome"]
        assert await rig.gateway.approvals.rows.load() == []


async def test_how_long_people_think_is_not_how_long_it_took(tmp_path: Path) -> None:
    timeline = ManualTimeline()
    async with opened(tmp_path, [device("front-door")], timeline=timeline) as rig:
        waiting = ask(rig, "front-door.unlock()")
        question = await asked(rig)
        timeline.advance(23)
        await say(rig, question)
        executions = rig.gateway.executor.executions
        await until(lambda: executions.dispatch_latencies)
        timeline.advance(2)
        await waiting
        (end,) = await rig.rows("outcome")
        waited, took = end.body["waited_ms"], end.body["ms"]
        assert isinstance(waited, int)
        assert isinstance(took, int)
        assert waited >= 23_000 > took
        (execution,) = executions.recent()
        assert status_of(execution)["timeApproved"] == rfc3339(execution.requested_at + waited / 1000)
        assert max(*executions.dispatch_latencies, *executions.outcome_latencies) < 23
        denied = ask(rig, "front-door.lock()")
        await say(rig, await asked(rig), yes=False)
        await denied
        assert len(executions.outcome_latencies) == 1, "a no takes no time"


async def test_what_a_person_denies_is_not_sent_and_not_asked_again_for_a_while(tmp_path: Path) -> None:
    timeline = ManualTimeline()
    async with opened(tmp_path, [device("front-door")], timeline=timeline) as rig:
        waiting = ask(rig, "front-door.unlock()")
        await say(rig, await asked(rig), yes=False, why="it is late")
        outcome = await waiting
        assert how(outcome) == (Result.REFUSED, Reason.DENIED)
        assert outcome.detail == "anna said no: it is late"
        again = await ask(rig, "front-door.unlock()")
        assert how(again) == (Result.REFUSED, Reason.DENIED)
        assert "anna said no" in again.detail
        timeline.advance(15 * 60 + 1)
        await rig.gateway.executor.start(rig.command("front-door.unlock()", by=AGENT, asks=True))
        assert (await asked(rig)).is_open


async def test_nobody_answers(tmp_path: Path) -> None:
    timeline = ManualTimeline()
    async with opened(tmp_path, [device("front-door")], timeline=timeline) as rig:
        waiting = ask(rig, "front-door.unlock()")
        await asked(rig)
        timeline.advance(299)
        assert not waiting.done()
        timeline.advance(1)
        assert how(await waiting) == (Result.REFUSED, Reason.UNANSWERED)


async def test_without_the_wish_to_wait_nobody_is_asked(tmp_path: Path) -> None:
    async with opened(tmp_path, [device("front-door")]) as rig:
        assert how(await rig.run("front-door.unlock()", by=AGENT)) == (
            Result.REFUSED,
            Reason.APPROVAL_REQUIRED,
        )
        assert len(rig.gateway.approvals.book) == 0
