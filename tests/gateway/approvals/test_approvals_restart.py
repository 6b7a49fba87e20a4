"""Questions outlive the gateway: asked again of nobody, answered once, sent once."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from drivers.simulated.timeline import ManualTimeline
from gateway.approvals.answering import Answering, Saying
from gateway.approvals.asked import Asked
from gateway.approvals.stored import approval_row
from gateway.commands import Execution
from gateway.ledger import verify
from policies import Principal
from tests.gateway.approvals.asking import ANNA, BEN, CHANNEL, asked, people, rules, say, told
from tests.gateway.core.rig import AGENT, CHILD, Rig, lamp, opened, remade, until


@pytest.fixture(autouse=True)
def in_force(tmp_path: Path) -> None:
    rules(tmp_path)


async def begin(
    rig: Rig, what: str = "lamp.brightness", value: float | bool = 5, by: Principal = AGENT, **more: str
) -> Asked:
    """A command that waits when the gateway stops."""
    await rig.gateway.executor.start(rig.command(what, value, by, asks=True, **more))
    return await asked(rig)


async def ended(rig: Rig, execution: str) -> Execution:
    await until(lambda: (one := rig.gateway.executor.executions.get(execution)) and one.outcome)
    found = rig.gateway.executor.executions.get(execution)
    assert found is not None
    return found


async def result(rig: Rig, execution: str) -> tuple[str, str]:
    """As the ledger has it: exactly one outcome."""
    async with asyncio.timeout(5):
        while not (rows := await rig.rows("outcome", execution=execution)):  # noqa: ASYNC110  it may have been told before
            await asyncio.sleep(0)
    (row,) = rows
    return str(row.body["result"]), str(row.body.get("reason", ""))


async def record(rig: Rig, question: Asked, by: Principal = ANNA, *, yes: bool = True) -> None:
    """What is on disk when the power fails right after a person's answer."""
    saying = Saying(by, yes, question.digest, CHANNEL)
    answering = Answering(rig.gateway.approvals)
    await rig.gateway.ledger.commit(
        answering._entry(question, saying, answering._check(question, saying), None)
    )


async def test_a_question_waits_on_and_is_answered_once(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp()]) as rig:
        await people(rig)
        before = await begin(rig, key="k1", purpose="reading")
    async with opened(tmp_path, [lamp()]) as rig:
        (question,) = rig.gateway.approvals.book
        assert (question.id, question.digest, question.shown) == (before.id, before.digest, before.shown)
        assert rig.told("notice", "lamp") == []
        await say(rig, question)
        execution = await ended(rig, before.waits)
        assert execution.outcome is not None and execution.outcome.result == "confirmed"
        assert execution.command.purpose == "reading"
        again = await rig.run("lamp.brightness", 5, AGENT, key="k1")
        assert again.replayed
        assert rig.received("lamp") == 1
        kinds = [row.kind for row in await rig.rows(execution=before.waits)]
        assert kinds == ["intent", "approval", "dispatch", "outcome"]
    assert verify(tmp_path / "state").ok


async def test_what_was_approved_before_the_stop_is_sent_once(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp()]) as rig:
        await people(rig)
        question = await begin(rig)
        await record(rig, question)
    async with opened(tmp_path, [lamp()]) as rig:
        assert await result(rig, question.waits) == ("confirmed", "")
        assert rig.received("lamp") == 1
    async with opened(tmp_path, [lamp()]) as rig:
        assert len(rig.gateway.approvals.book) == 0
        assert rig.received("lamp") == 0


async def test_what_was_denied_before_the_stop_stays_denied(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp()]) as rig:
        await people(rig)
        question = await begin(rig)
        await record(rig, question, yes=False)
    for _ in range(2):
        async with opened(tmp_path, [lamp()]) as rig:
            assert await result(rig, question.waits) == ("refused", "denied")
            outcome = await rig.run("lamp.brightness", 5, AGENT, asks=True)
            assert (outcome.reason, outcome.detail[:12]) == ("denied", "anna said no")


async def test_one_of_two_has_said_yes(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp()]) as rig:
        await people(rig)
        question = await begin(rig, "lamp.on", True)
        await say(rig, question)
    async with opened(tmp_path, [lamp()]) as rig:
        (again,) = rig.gateway.approvals.book
        assert [yes.approver.id for yes in again.yeses] == ["anna"]
        await say(rig, again, by=BEN)
        assert await result(rig, question.waits) == ("confirmed", "")


async def test_its_time_is_over_while_nobody_was_there(tmp_path: Path) -> None:
    timeline = ManualTimeline()
    async with opened(tmp_path, [lamp()], timeline=timeline) as rig:
        await people(rig)
        question = await begin(rig)
        approved = await begin_other(rig)
        await record(rig, approved)
    timeline.advance(301)
    async with opened(tmp_path, [lamp()], timeline=timeline) as rig:
        assert await result(rig, question.waits) == ("refused", "unanswered")
        assert await result(rig, approved.waits) == ("refused", "unanswered")
        assert rig.received("lamp") == 0


async def begin_other(rig: Rig) -> Asked:
    await rig.gateway.executor.start(rig.command("lamp.brightness", 9, CHILD, asks=True))
    return await asked(rig, 2)


async def test_a_clock_that_was_set_back_prolongs_nothing(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp()], timeline=ManualTimeline(1_750_000_000.0)) as rig:
        question = await begin(rig)
    async with opened(tmp_path, [lamp()], timeline=ManualTimeline(1_740_000_000.0)) as rig:
        assert await result(rig, question.waits) == ("refused", "unanswered")


async def test_its_token_was_revoked_before(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp()]) as rig:
        await people(rig)
        info, _ = await rig.gateway.identity.create_token(AGENT)
        question = await begin(rig, token=info.id)
        await rig.gateway.parts.database.execute("UPDATE tokens SET revoked_at = 1 WHERE id = ?", (info.id,))
    async with opened(tmp_path, [lamp()]) as rig:
        assert await result(rig, question.waits) == ("refused", "changed-meanwhile")


async def test_its_thing_is_another_one_now(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp()]) as rig:
        await people(rig)
        question = await begin(rig)
        row = await rig.gateway.approvals.rows.load()
    async with opened(tmp_path, [lamp()]) as rig:
        rig.driver.announce(remade("lamp", "fan"))
        assert await result(rig, question.waits) == ("refused", "changed-meanwhile")
    assert row


async def test_a_code_is_not_asked_for_again(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp()]) as rig:
        await people(rig)
        question = await begin(rig)
        question.secret = True
        await rig.gateway.approvals.rows.save(approval_row(question))
    async with opened(tmp_path, [lamp()]) as rig:
        execution = await ended(rig, question.waits)
        assert execution.outcome is not None and execution.outcome.result == "not_sent"
        assert "the code that belongs to it was kept nowhere" in execution.outcome.detail


async def test_a_row_that_nobody_can_read(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp()]) as rig:
        await people(rig)
        question = await begin(rig)
        await rig.gateway.parts.database.execute("UPDATE approvals SET body = '{\"same\": 3'")
    async with opened(tmp_path, [lamp()]) as rig:
        assert await result(rig, question.waits) == ("not_sent", "")
        assert len(rig.gateway.approvals.book) == 0


async def test_an_intent_without_its_question(tmp_path: Path) -> None:
    """The power failed between the ledger and the row: nobody had been asked."""
    async with opened(tmp_path, [lamp()]) as rig:
        await people(rig)
        question = await begin(rig)
        await rig.gateway.parts.database.execute("DELETE FROM approvals")
    async with opened(tmp_path, [lamp()]) as rig:
        assert await result(rig, question.waits) == ("not_sent", "")
        assert told(rig) == []
