"""`/mode`: everybody may know it, the owner and the adults change it."""

from __future__ import annotations

import asyncio
import sqlite3

import aiohttp
import pytest

from gateway.app import open_gateway
from gateway.config import Config
from gateway.ledger import Entry, Ledger, LedgerUnavailable
from gateway.storage import SettingsRepository
from policies import Role
from tests.gateway.api.desk import House


async def mode_of(client: aiohttp.ClientSession) -> str:
    async with client.get("/mode") as answer:
        assert answer.status == 200
        return str((await answer.json())["mode"])


async def test_it_is_home_at_first_and_an_adult_changes_it(house: House) -> None:
    adult = await house.client("kim", Role.ADULT)
    async with adult.get("/mode") as answer:
        assert await answer.json() == {
            "mode": "home",
            "modes": ["home", "away", "night", "holiday"],
            "since": None,
            "by": None,
        }
    async with adult.put("/mode", json={"mode": "away", "why": "the sea"}) as answer:
        assert answer.status == 200
        body = await answer.json()
        assert (body["mode"], body["by"], body["since"] is None) == ("away", "kim", False)
    assert house.gateway.house.mode == "away"
    (row,) = await house.gateway.ledger.entries(kinds=("mode",))
    assert (row.principal, row.body) == ("kim", {"mode": "away", "was": "home", "role": "adult"})
    assert row.private == {"why": "the sea"}
    async with adult.put("/mode", json={"mode": "away"}) as answer:
        assert (await answer.json())["since"] == body["since"], "it is so already"
    assert len(await house.gateway.ledger.entries(kinds=("mode",))) == 1


@pytest.mark.parametrize("role", [Role.CHILD, Role.GUEST, Role.AGENT, Role.GUEST_AGENT, Role.SERVICE])
async def test_nobody_else_changes_it(house: House, role: Role) -> None:
    acts_for = "anna" if role in {Role.AGENT, Role.GUEST_AGENT} else ""
    client = await house.client("x", role, acts_for)
    async with client.put("/mode", json={"mode": "away"}) as answer:
        assert answer.status == 403
    assert await mode_of(client) == "home"


async def test_whoever_is_at_the_box_changes_it(house: House) -> None:
    box = house.box()
    async with box.put("/mode", json={"mode": "holiday"}) as answer:
        assert (await answer.json())["by"] == "box"


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ({"mode": "nigth"}, "one of home, away, night, holiday; it is 'nigth'; did you mean 'night'?"),
        ({"mode": ""}, "one of home"),
        ({}, "mode: Field required"),
        ({"mode": 3}, "mode:"),
        ({"mode": "away", "who": "me"}, "who:"),
    ],
)
async def test_what_is_no_mode_is_told_so(house: House, body: object, why: str) -> None:
    async with (await house.owner()).put("/mode", json=body) as answer:
        assert answer.status == 400
        assert why in (await answer.json(content_type=None))["detail"]


async def test_observers_are_told_agents_too(house: House) -> None:
    owner, agent = await house.owner(), await house.agent()
    async with agent.get("/events?types=house") as events:
        async with owner.put("/mode", json={"mode": "night"}):
            pass
        async with asyncio.timeout(5):
            while not (line := await events.content.readline()).startswith(b"data:"):
                pass
    assert b'"mode":"night"' in line and b'"was":"home"' in line


async def test_what_is_not_recorded_does_not_happen(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    async def unavailable(_: Ledger, __: Entry) -> int:
        raise LedgerUnavailable("planted")

    owner = await house.owner()
    with monkeypatch.context() as patch:
        patch.setattr(Ledger, "commit", unavailable)
        async with owner.put("/mode", json={"mode": "away"}) as answer:
            assert answer.status == 503
    assert await mode_of(owner) == "home"


async def test_what_cannot_be_kept_does_not_happen_and_the_ledger_says_so(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def full(*_: object) -> None:
        raise sqlite3.OperationalError("disk is full")

    owner = await house.owner()
    with monkeypatch.context() as patch:
        patch.setattr(SettingsRepository, "set", full)
        async with owner.put("/mode", json={"mode": "away"}) as answer:
            assert answer.status == 500
    assert await mode_of(owner) == "home"
    *_, last = await house.gateway.ledger.entries(kinds=("mode",))
    assert last.body["mode"] == "home"
    assert "disk is full" in str(last.body["failed"])


async def test_of_two_at_once_the_ledger_has_the_order(house: House) -> None:
    owner = await house.owner()

    async def choose(mode: str) -> None:
        async with owner.put("/mode", json={"mode": mode}) as answer:
            assert answer.status == 200

    await asyncio.gather(*(choose(mode) for mode in ("away", "night", "holiday", "away", "home", "night")))
    rows = await house.gateway.ledger.entries(kinds=("mode",))
    modes = ["home", *(row.body["mode"] for row in rows)]
    assert [row.body["was"] for row in rows] == modes[:-1]
    assert house.gateway.house.mode == modes[-1]


@pytest.mark.parametrize(
    ("stored", "mode"),
    [
        ("night", "night"),
        ({"mode": "away", "since": 1.0, "by": "kim"}, "away"),
        ({"mode": "party"}, "home"),
        (["away"], "home"),
        (None, "home"),
    ],
)
async def test_what_was_stored_is_taken_up(config: Config, stored: object, mode: str) -> None:
    async with open_gateway(config, drivers={}) as gateway:
        await gateway.mode._settings.set("mode", stored)  # type: ignore[arg-type]
    async with open_gateway(config, drivers={}) as gateway:
        assert gateway.house.mode == mode
