"""A token that is revoked leaves nothing behind: no body that still comes, and no code that still lets somebody in."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from policies import Role
from tests.gateway.api.desk import House, lamp

OWNER = {"role": "owner", "principal": "mallory"}


class SlowBody:
    """Its first byte goes out at once, the rest when it is told to."""

    def __init__(self, value: Any) -> None:
        self._text = json.dumps(value).encode()
        self.goes_on = asyncio.Event()

    async def sent(self) -> AsyncIterator[bytes]:
        yield self._text[:1]
        await self.goes_on.wait()
        yield self._text[1:]


def arrived(monkeypatch: pytest.MonkeyPatch) -> asyncio.Event:
    """Set when a handler has begun to read a body."""
    reading, read = asyncio.Event(), aiohttp.web.Request.read

    async def noted(request: aiohttp.web.Request) -> bytes:
        reading.set()
        return await read(request)

    monkeypatch.setattr(aiohttp.web.Request, "read", noted)
    return reading


@pytest.mark.parametrize(
    ("method", "path", "value"),
    [
        ("POST", "/pairings", OWNER),  # a code for an owner who would outlive the token
        ("PUT", "/mode", {"mode": "away"}),
        ("PATCH", "/things/lamp", {"title": "mine"}),
        ("PUT", "/things/lamp/properties/on", True),
    ],
)
async def test_nothing_is_done_for_a_token_that_was_revoked_meanwhile(
    house: House, monkeypatch: pytest.MonkeyPatch, method: str, path: str, value: Any
) -> None:
    await house.adopt(lamp())
    anna, thief = await house.owner(), await house.client("ben", Role.OWNER)
    body, reading = SlowBody(value), arrived(monkeypatch)
    headers = {"Content-Type": "application/json"}
    asking = asyncio.create_task(thief._request(method, path, data=body.sent(), headers=headers))
    async with asyncio.timeout(5):
        await reading.wait()
        async with anna.delete(f"/tokens/{house.tokens['ben']}") as revoked:
            assert revoked.status == 204
        body.goes_on.set()
        answer = await asking
    assert answer.status == 401
    assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]
    adopted = house.gateway.registry.get("lamp")
    assert adopted is not None and adopted.title == "lamp"
    assert house.driver.sent == []


async def test_a_slow_body_of_a_good_token_is_taken(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    anna = await house.owner()
    body, reading = SlowBody({"mode": "away"}), arrived(monkeypatch)
    headers = {"Content-Type": "application/json"}
    asking = asyncio.create_task(anna._request("PUT", "/mode", data=body.sent(), headers=headers))
    async with asyncio.timeout(5):
        await reading.wait()
        body.goes_on.set()
        answer = await asking
    assert answer.status == 200


async def test_a_code_ends_with_the_token_it_was_made_with(house: House) -> None:
    anna, thief = await house.owner(), await house.client("ben", Role.OWNER)
    async with thief.post("/pairings", json=OWNER) as made:
        code = (await made.json())["code"]
    async with anna.delete(f"/tokens/{house.tokens['ben']}") as revoked:
        assert revoked.status == 204
    async with house.session().post("/pairings/redeem", json={"code": code}) as answer:
        assert answer.status in {400, 403, 404, 409, 410}
        assert (await answer.json())["type"].endswith(":pairing-closed")
    async with anna.get("/pairings") as state:
        assert await state.json() == {"open": False}
    async with anna.post("/pairings", json={"role": "adult", "principal": "carl"}) as made:
        code = (await made.json())["code"]
    async with house.session().post("/pairings/redeem", json={"code": code}) as answer:
        assert answer.status == 201
