"""Properties and events over a WebSocket, and taken up again behind an event."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
import orjson
import pytest
from aiohttp import WSMsgType

from tests.gateway.api.desk import House, button, lamp, until


async def message(socket: aiohttp.ClientWebSocketResponse) -> list[dict[str, Any]]:
    async with asyncio.timeout(5):
        received = await socket.receive()
    assert received.type is WSMsgType.TEXT, received
    found: list[dict[str, Any]] = orjson.loads(received.data)
    return found


async def test_the_forms_of_a_description_lead_to_sockets(house: House) -> None:
    await house.adopt(lamp(), button())
    owner = await house.owner()
    for thing, group, name in (("lamp", "properties", "brightness"), ("bell", "events", "pressed")):
        async with owner.get(f"/things/{thing}") as answer:
            forms = (await answer.json(content_type=None))[group][name]["forms"]
        form = next(one for one in forms if one["href"].startswith("ws:"))
        async with owner.ws_connect(form["href"], protocols=(form["subprotocol"],)) as socket:
            assert socket.protocol == form["subprotocol"]
            assert (await message(socket))[0]["type"] == "hello"
            house.driver.report("lamp/on", True)  # of another affordance: not for this socket
            house.driver.report("lamp/brightness", 7)
            house.driver.happen("bell/pressed", "double")
            (event,) = await message(socket)
            assert (event["thing"], event["name"]) == (thing, name)


@pytest.mark.parametrize(
    ("path", "member"),
    [("/things/lamp/properties/brightness/observe", "value"), ("/things/bell/events/pressed", "data")],
)
async def test_a_socket_is_taken_up_where_it_ended(house: House, path: str, member: str) -> None:
    await house.adopt(lamp(), button())
    owner = await house.owner()

    async def three() -> None:
        before = house.gateway.observers.last_id
        for number in (1, 2, 3):
            house.driver.report("lamp/brightness", number)
            house.driver.happen("bell/pressed", "single")
        await until(lambda: house.gateway.observers.last_id >= before + 6)

    async with owner.ws_connect(path) as socket:
        (hello,) = await message(socket)
        await three()
        first = (await message(socket))[0]
    mark = f"{hello['run']}-{first['id']}"
    for headers, params in (({"Last-Event-ID": mark}, {}), ({}, {"after": mark})):
        async with owner.ws_connect(path, headers=headers, params=params) as socket:
            (again,) = await message(socket)
            assert again["type"] == "hello"
            events: list[dict[str, Any]] = []
            while len(events) < 2:
                events += await message(socket)
            assert [event[member] for event in events] == ([2, 3] if member == "value" else ["single"] * 2)
    async with owner.ws_connect(path, headers={"Last-Event-ID": "0-1"}) as socket:
        (_, missed) = await message(socket)
        assert missed == {"type": "missed", "count": None}


async def test_a_socket_ends_with_the_token(house: House) -> None:
    await house.adopt(button())
    agent = await house.agent()
    async with agent.ws_connect("/things/bell/events/pressed") as socket:
        await message(socket)
        await house.gateway.identity.revoke(house.tokens["coo"])
        async with asyncio.timeout(1):
            closing = await socket.receive()
        assert (closing.type, closing.data) == (WSMsgType.CLOSE, 1008)


async def test_there_is_no_socket_to_what_is_not_to_be_seen(house: House) -> None:
    await house.adopt(lamp())
    stranger, owner = house.session(), await house.owner()
    for session, path, status in (
        (stranger, "/things/lamp/properties/on/observe", 401),
        (owner, "/things/lamp/properties/none/observe", 404),
        (owner, "/things/lamp/events/none", 404),
    ):
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await session.ws_connect(path)
        assert refused.value.status == status
