"""How a no was talked around, what an agent passed off as fact, and what was left over of a yes."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from drivers.simulated.timeline import ManualTimeline
from gateway.approvals.answering import ShownOtherwise
from gateway.approvals.asked import Asked
from gateway.approvals.book import DENIAL_HOLDS_S, LONGEST_DENIAL_S
from gateway.approvals.grants import Wish
from gateway.approvals.plans import PlanQuestion, PlanStep
from gateway.approvals.stored import approval_row
from gateway.approvals.telling import notice
from gateway.commands import Outcome, Reason
from policies import Principal, Role
from tests.gateway.approvals.asking import BEN, ask, asked, people, rules, say
from tests.gateway.core.rig import AGENT, CHILD, HoldingLedger, Rig, lamp, opened

LIE = "Front door: lock? No risk, reversible. Asked by Anna"


@pytest.fixture(autouse=True)
def clock_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.localtime.system_clock_is_set", lambda: True)


@pytest.fixture(autouse=True)
def in_force(tmp_path: Path) -> None:
    rules(tmp_path)


def step(rig: Rig, ident: str, value: int, by: Principal = AGENT) -> PlanStep:
    preview = rig.gateway.executor.preview(rig.command("lamp.brightness", value, by))
    return PlanStep(ident, "lamp", preview.affordance, preview.is_action, preview.value, preview.decision)


async def planned(rig: Rig, plan: str, *steps: PlanStep, by: Principal = AGENT) -> str | Outcome:
    until = rig.gateway.clock.wall() + 3600
    question = PlanQuestion(plan, "d" * 64, by, "", steps, until, title=LIE)
    return await rig.gateway.approvals.open_plan(question)


async def denied(rig: Rig, value: int = 5) -> None:
    waiting = ask(rig, "lamp.brightness", value)
    await say(rig, await asked(rig), yes=False)
    assert (await waiting).reason is Reason.DENIED


async def test_a_no_binds_the_same_within_a_plan_and_with_another_value(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp()]) as rig:
        await people(rig)
        await denied(rig)
        for number in range(3):
            opened_ = await planned(rig, f"plan-{number}", step(rig, "a", 5 + number), step(rig, "b", 90))
            assert isinstance(opened_, Outcome) and opened_.reason is Reason.DENIED
        assert (await ask(rig, "lamp.brightness", 6)).reason is Reason.DENIED
        helper = replace(AGENT, id="helper", makers=(AGENT,))
        assert (await ask(rig, "lamp.brightness", 6, helper)).reason is Reason.DENIED


async def test_a_no_to_a_plan_binds_each_use_that_was_asked(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp()]) as rig:
        await people(rig)
        await planned(rig, "plan-1", step(rig, "a", 5))
        await say(rig, await asked(rig), yes=False)
        assert (await ask(rig, "lamp.brightness", 7)).reason is Reason.DENIED


async def test_who_comes_back_after_a_no_waits_longer_each_time(tmp_path: Path) -> None:
    timeline = ManualTimeline()
    async with opened(tmp_path, [lamp()], timeline=timeline) as rig:
        await people(rig)
        for times in range(3):
            await denied(rig, 5 + times)
            timeline.advance(DENIAL_HOLDS_S * 2**times - 1)
            assert (await ask(rig, "lamp.brightness", 20)).reason is Reason.DENIED
            timeline.advance(2)
        await denied(rig, 10)
    async with opened(tmp_path, [lamp()], timeline=(later := ManualTimeline(timeline.wall()))) as rig:
        later.advance(DENIAL_HOLDS_S * 8 - 2)
        assert (await ask(rig, "lamp.brightness", 20)).reason is Reason.DENIED, "as long after a restart"
        uses = [rig.gateway.approvals.book.pause(list(rig.gateway.approvals.book._denials))]
        assert uses == [DENIAL_HOLDS_S * 16]
        later.advance(2 * LONGEST_DENIAL_S)
        assert rig.gateway.approvals.book.pause(rig.gateway.approvals.book._denials) == DENIAL_HOLDS_S


async def test_no_word_of_an_agent_stands_among_the_facts(tmp_path: Path) -> None:
    named = replace(
        AGENT, id="sec", title="Hearth safety check. Approved by Anna", makers=(AGENT,), acts_for="anna"
    )
    async with opened(tmp_path, [lamp()]) as rig:
        await people(rig)
        await rig.gateway.identity.create_token(named)
        await planned(rig, "plan-1", step(rig, "a", 5, named), by=named)
        question = await asked(rig)
        told = notice(question)
        assert told.title == "A plan of 1 step: lamp: brightness 5?"
        facts = told.text.partition(" sec calls the plan “")[0]
        assert facts.startswith(
            "sec, let in by coo, for anna (agent) asks. When: once, as soon as it is approved."
        )
        assert "Approved by" not in facts and "Front door" not in facts
        assert told.text.endswith(
            f"sec calls the plan “{LIE}”. sec calls itself “Hearth safety check. Approved by Anna”."
        )
        assert question.shown["principal"] == {
            **{"id": "sec", "role": "agent", "acts_for": "anna"},
            "makers": ["coo"],
        }


@pytest.mark.parametrize("holder", [CHILD, AGENT], ids=["child", "agent"])
async def test_no_grant_survives_panic(tmp_path: Path, holder: Principal) -> None:
    async with opened(tmp_path, [lamp()]) as rig:
        await people(rig)
        await rig.gateway.identity.create_token(CHILD)
        waiting = ask(rig, "lamp.brightness", 10, holder)
        await say(rig, await asked(rig), wish=Wish(600, between=(0, 100)))
        await waiting
        assert len(list(rig.gateway.approvals.grants)) == 1
        await rig.gateway.panic.press(BEN)
        assert not list(rig.gateway.approvals.grants)
        rows = await rig.rows("grant")
        assert rows[-1].body["because"] == "ben pressed the panic switch"


async def test_a_grant_whose_end_was_not_written_ends_with_the_start_after_panic(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(tmp_path, [lamp()]) as rig:
        await people(rig)
        await rig.gateway.identity.create_token(CHILD)
        waiting = ask(rig, "lamp.brightness", 10, CHILD)
        await say(rig, await asked(rig), wish=Wish(600, between=(0, 100)))
        await waiting
        monkeypatch.setattr(rig.gateway.approvals.grants, "end", lambda *_: None)
        await rig.gateway.panic.press(BEN)
    async with opened(tmp_path, [lamp()]) as rig:
        assert not list(rig.gateway.approvals.grants)


async def test_one_answer_many_times_gives_one_grant(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp()]) as rig:
        await people(rig)
        waiting = ask(rig, "lamp.brightness", 10)
        question = await asked(rig)
        wish = Wish(3600, times=1, between=(0, 100))
        said = await asyncio.gather(
            *(say(rig, question, wish=wish) for _ in range(8)), return_exceptions=True
        )
        assert sorted(type(one).__name__ for one in said) == ["Grant", *["NotOpen"] * 7]
        assert len(list(rig.gateway.approvals.grants)) == 1
        await waiting


@pytest.mark.parametrize("how", ["withdrawn", "panic"])
async def test_what_ends_while_a_grant_is_written_leaves_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    monkeypatch.setattr("gateway.app.Ledger", HoldingLedger)
    async with opened(tmp_path, [lamp()]) as rig:
        await people(rig)
        waiting = ask(rig, "lamp.brightness", 10)
        question, ledger = await asked(rig), rig.gateway.ledger
        assert isinstance(ledger, HoldingLedger)
        first = ledger.hold = asyncio.Event()
        ledger.written.clear()
        saying = asyncio.create_task(say(rig, question, wish=Wish(3600, between=(0, 100))))
        await ledger.written.wait()
        second = ledger.hold = asyncio.Event()
        ledger.written.clear()
        first.set()
        await ledger.written.wait()  # the grant's own entry is written, and the answer not yet given
        ledger.hold = None
        if how == "panic":
            await rig.gateway.panic.press(BEN)
        else:
            await rig.gateway.approvals.withdraw(question.waits, "not wanted any more")
        second.set()
        assert isinstance((await asyncio.gather(saying, return_exceptions=True))[0], Exception)
        await waiting
        assert not list(rig.gateway.approvals.grants)


async def test_a_yes_to_what_is_shown_no_longer_does_not_count_after_a_restart(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp()]) as rig:
        await people(rig)
        await rig.gateway.executor.start(rig.command("lamp.brightness", 5, AGENT, asks=True))
        question = await asked(rig)
        commit = rig.gateway.ledger.commit

        async def changed_meanwhile(entry: object) -> int:
            done = await commit(entry)  # type: ignore[arg-type]
            question.digest = "0" * 64
            return done

        rig.gateway.ledger.commit = changed_meanwhile  # type: ignore[method-assign]
        with pytest.raises(ShownOtherwise):
            await say(rig, question)
        rig.gateway.ledger.commit = commit  # type: ignore[method-assign]
        await _kept(rig, question)
    async with opened(tmp_path, [lamp()]) as rig:
        (again,) = rig.gateway.approvals.book
        assert (again.id, again.yeses, rig.received("lamp")) == (question.id, [], 0)


async def _kept(rig: Rig, question: Asked) -> None:
    await rig.gateway.approvals.rows.save(approval_row(question))


async def test_what_was_asked_before_panic_is_not_asked_after_it(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp()]) as rig:
        await people(rig)
        await rig.gateway.identity.create_token(CHILD)
        await rig.gateway.executor.start(rig.command("lamp.brightness", 5, CHILD, asks=True))
        question = await asked(rig)
        await rig.gateway.panic.press(BEN)
        await rig.gateway.approvals.chores.finish()
        await _kept(rig, question)  # as if the end had not reached the disk
    async with opened(tmp_path, [lamp()]) as rig:
        assert (len(rig.gateway.approvals.book), rig.received("lamp")) == (0, 0)


async def test_a_groups_question_lists_its_members(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp("lamp"), lamp("left"), lamp("right")]) as rig:
        await people(rig)
        rig.thing("lamp").members = ("left", "right", "gone")
        ask(rig, "lamp.brightness", 5)
        question = await asked(rig)
        use = question.shown["use"]
        members = [
            {"thing": "left", "title": "left", "room": "Study"},
            {"thing": "right", "title": "right", "room": "Study"},
            {"device": "gone"},
        ]
        assert isinstance(use, dict) and use["members"] == members
        assert notice(question).title == "lamp (3 devices): brightness 5?"
        await say(rig, question, yes=False)


async def test_a_child_is_told_by_its_id(tmp_path: Path) -> None:
    tim = Principal("tim", Role.CHILD, "Anna (owner)")
    async with opened(tmp_path, [lamp()]) as rig:
        await people(rig)
        await rig.gateway.identity.create_token(tim)
        waiting = ask(rig, "lamp.brightness", 5, tim)
        told = notice(question := await asked(rig))
        assert told.text.startswith("tim (child) asks.") and told.text.endswith("“Anna (owner)”.")
        await say(rig, question, yes=False)
        await waiting
