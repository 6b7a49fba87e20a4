"""A yes for a while: never for more, longer or oftener than it was given."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from capabilities.vocabulary import Json
from drivers.simulated.timeline import ManualTimeline
from gateway.approvals.grants import BadGrant, Grant, Wish
from gateway.commands import Reason, Result
from policies import Principal, Role
from tests.gateway.approvals.asking import ANNA, ask, asked, people, rules, say
from tests.gateway.core.rig import AGENT, CHILD, HoldingLedger, Rig, device, how, lamp, opened, remade, until

REQUIRED = (Result.REFUSED, Reason.APPROVAL_REQUIRED)


async def granted(rig: Rig, wish: Wish, value: Json = 40) -> Grant:
    waiting = ask(rig, "lamp.brightness", value)
    grant = await say(rig, await asked(rig), wish=wish)
    assert (await waiting).result is Result.CONFIRMED
    assert grant is not None
    return grant


async def bright(rig: Rig, value: Json, by: Principal = AGENT, what: str = "lamp.brightness") -> Result:
    outcome = await rig.run(what, value, by)
    if outcome.result is Result.REFUSED:
        assert how(outcome) == REQUIRED
    return outcome.result


@pytest.fixture(autouse=True)
def in_force(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.localtime.system_clock_is_set", lambda: True)
    rules(tmp_path)


async def test_it_is_for_the_asked_value_unless_bounds_are_given(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp()]) as rig:
        await people(rig)
        await granted(rig, Wish(3600))
        assert await bright(rig, 40) is Result.ACKNOWLEDGED  # it is so already
        assert await bright(rig, 41) is Result.REFUSED
        assert await bright(rig, 40, by=CHILD) is Result.REFUSED


async def test_its_bounds_its_count_and_its_end(tmp_path: Path) -> None:
    timeline = ManualTimeline()
    async with opened(tmp_path, [lamp()], timeline=timeline) as rig:
        await people(rig)
        grant = await granted(rig, Wish(3600, times=3, between=(20, 50)))
        assert [await bright(rig, value) for value in (19.9, 50.1)] == [Result.REFUSED] * 2
        assert [await bright(rig, value) for value in (20, 50)] == [Result.CONFIRMED] * 2
        timeline.advance(3599)
        assert await bright(rig, 30) is Result.CONFIRMED
        assert grant.left == 0
        assert await bright(rig, 31) is Result.REFUSED
        another = await granted(rig, Wish(60), 33)
        timeline.advance(61)
        assert await bright(rig, 33) is Result.REFUSED
        assert another.left == 100


async def test_what_is_not_sent_uses_up_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.app.Ledger", HoldingLedger)
    async with opened(tmp_path, [lamp()]) as rig:
        await people(rig)
        grant = await granted(rig, Wish(3600, times=1, between=(0, 100)))
        ledger = rig.gateway.ledger
        assert isinstance(ledger, HoldingLedger)
        ledger.hold = asyncio.Event()
        ledger.written.clear()
        waiting = rig.begin("lamp.brightness", 50, AGENT)
        await ledger.written.wait()
        assert grant.used == 1
        assert await bright(rig, 60) is Result.REFUSED
        rig.thing("lamp").version += 1  # something is otherwise than when it was decided
        ledger.hold.set()
        assert how(await waiting) == (Result.REFUSED, Reason.CHANGED_MEANWHILE)
        assert grant.used == 0


async def test_it_is_used_no_oftener_over_a_restart(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp()]) as rig:
        await people(rig)
        await granted(rig, Wish(3600, times=2, between=(0, 100)))
        assert await bright(rig, 10) is Result.CONFIRMED
    async with opened(tmp_path, [lamp()]) as rig:
        (grant,) = rig.gateway.approvals.grants
        assert grant.used == 1
        assert await bright(rig, 20) is Result.CONFIRMED
        assert await bright(rig, 30) is Result.REFUSED


async def test_an_agents_helper_keeps_it_over_a_restart(tmp_path: Path) -> None:
    """Who made it belongs to who it is, with all that is known of them."""
    async with opened(tmp_path, [lamp()]) as rig:
        await people(rig)
        identity = rig.gateway.identity
        made = next(one for one in await identity.list_tokens() if one.principal.id == AGENT.id)
        info, secret = await identity.create_token(
            Principal("helper", Role.AGENT, acts_for="anna"), parent=made.id
        )
        session = identity.authenticate(secret)
        assert session is not None and session.principal.makers
        helper = session.principal
        waiting = ask(rig, "lamp.brightness", 40, helper, token=info.id)
        await say(rig, await asked(rig), wish=Wish(3600, between=(20, 50)))
        assert (await waiting).result is Result.CONFIRMED
    async with opened(tmp_path, [lamp()]) as rig:
        session = rig.gateway.identity.authenticate(secret)
        assert session is not None
        assert (await rig.run("lamp.brightness", 30, session.principal)).result is Result.CONFIRMED


async def test_it_ends_with_the_givers_last_token(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp()]) as rig:
        info, _ = await rig.gateway.identity.create_token(ANNA)
        await rig.gateway.identity.create_token(AGENT)
        await granted(rig, Wish(3600))
        await rig.gateway.identity.create_token(Principal("ben", Role.OWNER))
        await rig.gateway.identity.revoke(info.id)
        assert list(rig.gateway.approvals.grants) == []
        assert await bright(rig, 40) is Result.REFUSED


async def test_it_ends_when_its_thing_is_announced_as_another(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp()]) as rig:
        await people(rig)
        await granted(rig, Wish(3600))
        rig.driver.announce(remade("lamp", "fan"))
        await rig.suspended("lamp")
        await rig.gateway.registry.accept("lamp", by="anna")
        await until(lambda: not list(rig.gateway.approvals.grants))


async def test_it_ends_by_the_hand_of_an_adult(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp()]) as rig:
        await people(rig)
        grant = await granted(rig, Wish(3600))
        rig.gateway.approvals.grants.end(grant, "enough", "ben")
        assert await bright(rig, 40) is Result.REFUSED
        assert [row.body.get("ended") for row in await rig.rows("grant")] == [None, grant.id]


async def test_further_things_are_named(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp(), lamp("other"), lamp("third")]) as rig:
        await people(rig)
        waiting = ask(rig, "lamp.brightness", 40)
        await say(rig, await asked(rig), wish=Wish(3600), others=(rig.thing("other"),))
        await waiting
        assert await bright(rig, 40, what="other.brightness") is Result.CONFIRMED
        assert await bright(rig, 40, what="third.brightness") is Result.REFUSED


@pytest.mark.parametrize(
    "wish",
    [Wish(8 * 3600 + 1), Wish(0), Wish(60, times=0), Wish(60, times=101), Wish(60, between=(41, 50))],
)
async def test_what_cannot_be_granted(tmp_path: Path, wish: Wish) -> None:
    async with opened(tmp_path, [lamp()]) as rig:
        await people(rig)
        await rig.gateway.executor.start(rig.command("lamp.brightness", 40, AGENT, asks=True))
        question = await asked(rig)
        with pytest.raises(BadGrant):
            await say(rig, question, wish=wish)
        assert question.is_open


async def test_without_a_clock_nothing_is_given_or_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(tmp_path, [lamp()]) as rig:
        await people(rig)
        await granted(rig, Wish(3600))
    monkeypatch.setattr("gateway.localtime.system_clock_is_set", lambda: False)
    async with opened(tmp_path, [lamp()]) as rig:
        assert len(list(rig.gateway.approvals.grants)) == 1
        assert await bright(rig, 40) is Result.REFUSED
        await rig.gateway.executor.start(rig.command("lamp.brightness", 41, AGENT, asks=True))
        with pytest.raises(BadGrant, match="clock"):
            await say(rig, await asked(rig), wish=Wish(60))


async def test_who_comes_in_is_asked_each_time(tmp_path: Path) -> None:
    (tmp_path / "state" / "policies" / "household.toml").unlink()
    async with opened(tmp_path, [device("front-door")]) as rig:
        await people(rig)
        await rig.gateway.executor.start(rig.command("front-door.unlock()", by=AGENT, asks=True))
        with pytest.raises(BadGrant, match="who-comes-in"):
            await say(rig, await asked(rig), wish=Wish(60))
