"""Rules that want more than one person, and rules that change while people are asked."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.approvals.answering import NotOpen, NotYours, ShownOtherwise
from gateway.commands import Reason, Result
from policies import Principal, Role
from tests.gateway.approvals.asking import ANNA, BEN, BOX, RULES, ask, asked, rules, say, told
from tests.gateway.core.rig import AGENT, CHILD, Rig, how, lamp, opened, until


@pytest.fixture(autouse=True)
def in_force(tmp_path: Path) -> None:
    rules(tmp_path)


async def reload(rig: Rig, directory: Path, text: str) -> None:
    rules(directory, text)
    await rig.gateway.rules.reload()


async def test_two_different_people_say_yes(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp()]) as rig:
        waiting = ask(rig, "lamp.on", True)
        question = await asked(rig)
        await say(rig, question)
        assert question.is_open and told(rig, "answered") == [question.id]
        with pytest.raises(NotOpen, match="anna has said yes already"):
            await say(rig, question)
        await say(rig, question, by=BEN)
        assert (await waiting).result is Result.CONFIRMED
        (dispatch,) = await rig.rows("dispatch")
        assert dispatch.body["approvals"] == [question.id]


async def test_the_box_is_nobody_in_particular(tmp_path: Path) -> None:
    """Whoever has a phone, and stands at the box, is one person."""
    async with opened(tmp_path, [lamp()]) as rig:
        await rig.gateway.executor.start(rig.command("lamp.on", True, AGENT, asks=True))
        question = await asked(rig)
        await say(rig, question)
        with pytest.raises(NotOpen, match="two different people"):
            await say(rig, question, by=BOX)
        assert question.is_open


async def test_one_no_is_enough(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp()]) as rig:
        waiting = ask(rig, "lamp.on", True)
        question = await asked(rig)
        await say(rig, question)
        await say(rig, question, by=BEN, yes=False)
        assert how(await waiting) == (Result.REFUSED, Reason.DENIED)


async def test_a_yes_ends_with_the_token_it_came_with(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp()]) as rig:
        info, _ = await rig.gateway.identity.create_token(ANNA)
        await rig.gateway.identity.create_token(BEN)
        await rig.gateway.executor.start(rig.command("lamp.on", True, AGENT, asks=True))
        question = await asked(rig)
        await say(rig, question, token=info.id)
        await rig.gateway.identity.revoke(info.id)
        await say(rig, question, by=BEN)
        assert question.is_open and rig.received("lamp") == 0


@pytest.mark.parametrize("who", [AGENT, CHILD, Principal("gus", Role.GUEST), Principal("s", Role.SERVICE)])
async def test_who_is_not_asked_answers_nothing(tmp_path: Path, who: Principal) -> None:
    async with opened(tmp_path, [lamp()]) as rig:
        await rig.gateway.executor.start(rig.command("lamp.brightness", 5, AGENT, asks=True))
        question = await asked(rig)
        for yes in (True, False):
            with pytest.raises(NotYours):
                await say(rig, question, by=who, yes=yes)


async def test_three_wait_and_no_more(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp()]) as rig:
        helper = Principal("helper", Role.AGENT, acts_for="anna", makers=(Principal(AGENT.id, AGENT.role),))
        for value, who in ((1, AGENT), (2, helper), (3, helper)):
            await rig.gateway.executor.start(rig.command("lamp.brightness", value, who, asks=True))
        outcome = await ask(rig, "lamp.brightness", 4)
        assert how(outcome) == (Result.REFUSED, Reason.TOO_MANY_QUESTIONS)
        assert "3 questions of coo wait" in outcome.detail
        same = await ask(rig, "lamp.brightness", 1)
        assert how(same) == (Result.REFUSED, Reason.TOO_MANY_QUESTIONS)
        assert "already (execution" in same.detail
        other = await rig.gateway.executor.start(rig.command("lamp.brightness", 4, CHILD, asks=True))
        assert other.waits_for == "approval"


async def test_rules_that_ask_nobody_any_more(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp()]) as rig:
        waiting = ask(rig, "lamp.brightness", 5)
        await asked(rig)
        await reload(rig, tmp_path, RULES.replace('on = ["light.brightness"]', 'on = ["lock.unlock"]'))
        assert (await waiting).result is Result.CONFIRMED


async def test_rules_that_forbid_it_now(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp()]) as rig:
        waiting = ask(rig, "lamp.brightness", 5)
        await asked(rig)
        limit = (
            '\n[[limit]]\nid = "dark"\non = ["light.brightness"]\nvalue = { max = 1 }\nwhy = "Dark it is"\n'
        )
        await reload(rig, tmp_path, RULES + limit)
        assert how(await waiting) == (Result.REFUSED, Reason.POLICY)


async def test_rules_that_ask_otherwise_ask_anew(tmp_path: Path) -> None:
    """Who says yes to what they were shown before says yes to nothing."""
    async with opened(tmp_path, [lamp()]) as rig:
        waiting = ask(rig, "lamp.brightness", 5)
        question = await asked(rig)
        before = question.digest
        await reload(rig, tmp_path, RULES.replace("Light wakes people", "Light wakes the neighbours"))
        await until(lambda: question.digest != before)
        with pytest.raises(ShownOtherwise):
            await say(rig, question, digest=before)
        assert told(rig, "changed") == [question.id]
        await say(rig, question)
        assert (await waiting).result is Result.CONFIRMED


async def test_it_is_decided_again_after_the_yes(tmp_path: Path) -> None:
    """A yes lifts no limit."""
    limit = '\n[[limit]]\nid = "rare"\non = ["light.brightness"]\nat_most = "1/h"\nwhy = "Seldom"\n'
    rules(tmp_path, RULES + limit)
    async with opened(tmp_path, [lamp()]) as rig:
        waiting = ask(rig, "lamp.brightness", 5)
        question = await asked(rig)
        assert (await rig.run("lamp.brightness", 6)).result is Result.CONFIRMED
        await say(rig, question)
        assert how(await waiting) == (Result.REFUSED, Reason.POLICY)
