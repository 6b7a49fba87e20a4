"""A guest comes in for a while, with what is left to it; what it lets in is no more, and ends with it."""

from __future__ import annotations

from typing import Any

import aiohttp

from gateway.identity import Identity
from policies import Role
from tests.gateway.api.desk import House
from tests.gateway.delegation.test_delegations_api import holding, made, put, status_of, things


async def invited(house: House, owner: aiohttp.ClientSession, **wish: Any) -> Any:
    async with owner.post("/pairings", json={"role": "guest", "principal": "gus"} | wish) as answer:
        window = await answer.json()
        assert answer.status == 201, window
    async with house.session().post("/pairings/redeem", json={"code": window["code"]}) as answer:
        assert answer.status == 201
        return window | await answer.json()


async def test_a_guest_stays_for_a_weekend_where_nobody_says_until_when(house: House) -> None:
    guest = await invited(house, await house.owner())
    now = house.gateway.clock.wall()
    (info,) = [one for one in await house.gateway.identity.list_tokens() if one.id == guest["id"]]
    assert info.expires_at is not None
    assert 0 < now + 2 * 86_400 - info.expires_at < 60


async def test_a_guest_and_its_agent_keep_to_what_was_said(house: House) -> None:
    guest = await invited(
        house, await house.owner(), rooms=["attic"], token_expires_in=3600, idle=600, may=["light.on"]
    )
    assert guest["narrowed"] == [
        "uses only light.on (only rooms attic)",
        "reads only what it may (only rooms attic)",
    ]
    client = holding(house, guest)
    assert await things(client) == {"shelf"}
    agent = await made(client, name="walk", may=["light.*"], see=["light.*"], expires_in=7200)
    assert (agent["role"], agent["acts_for"], agent["expires_at"]) == (
        "guest-agent",
        "gus",
        guest["expires_at"],
    )
    walk = holding(house, agent)
    assert await things(walk) == {"shelf"}
    assert (await put(walk, True, "on", "shelf"), await put(walk, True, "on")) == (204, 404)
    assert await put(walk, 20, "brightness", "shelf") == 403
    owner = await house.owner()
    assert await status_of(owner, "DELETE", f"/tokens/{guest['id']}") == 204
    assert await status_of(walk, "GET", "/things") == 401


async def test_an_agent_that_the_owner_makes_for_a_guest_is_bound_as_the_guest(house: House) -> None:
    owner = await house.owner()
    await invited(house, owner, rooms=["attic"])
    async with owner.post(
        "/tokens", json={"role": "guest-agent", "principal": "walk", "acts_for": "gus"}
    ) as made_one:
        assert made_one.status == 201
        walk = holding(house, await made_one.json())
    assert await things(walk) == {"shelf"}


async def test_a_guests_second_phone_has_the_same_terms(house: House) -> None:
    owner = await house.owner()
    first = await invited(house, owner, rooms=["attic"])
    second = await invited(house, owner)
    assert second["narrowed"] == first["narrowed"]
    assert await things(holding(house, second)) == {"shelf"}
    async with owner.post(
        "/pairings", json={"role": "guest", "principal": "gus", "rooms": ["study"]}
    ) as answer:
        assert answer.status == 403


async def test_the_window_keeps_the_terms_over_a_restart(house: House) -> None:
    owner = await house.owner()
    wish = {"role": "guest", "principal": "gus", "things": ["shelf"], "token_expires_in": 60, "idle": 60}
    async with owner.post("/pairings", json=wish) as answer:
        code = (await answer.json())["code"]
    gateway = house.gateway
    async with Identity.open(gateway.parts.database, gateway.clock, gateway.ledger) as again:
        info, secret = await again.redeem(code, "phone")
        session = again.authenticate(secret)
    assert info.expires_at is not None
    assert info.expires_at < gateway.clock.wall() + 61
    assert (info.idle_s, info.mandate is not None) == (60, True)
    assert session is not None
    assert session.principal.mandates == session.handed == (info.mandate,)


async def test_an_adult_is_paired_without_terms(house: House) -> None:
    owner = await house.owner()
    async with owner.post(
        "/pairings", json={"role": "adult", "principal": "eve", "rooms": ["attic"]}
    ) as answer:
        assert answer.status == 403
    assert not house.gateway.identity.pairing_open()


async def test_a_guest_opens_no_door_for_others(house: House) -> None:
    guest = holding(house, await invited(house, await house.owner()))
    async with guest.post("/pairings", json={"role": "guest", "principal": "friend"}) as answer:
        assert answer.status == 403
    await made(guest, 403, name="friend", role="guest", expires_in=60)
    assert house.gateway.identity.role_of("gus") is Role.GUEST
