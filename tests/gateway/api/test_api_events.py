"""Streams: what the caller may see, in order, resumable, told what was lost, and ended with the token."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import orjson
import pytest
from aiohttp import WSMsgType

from gateway.api import properties
from gateway.api.server import serve
from gateway.app import open_gateway
from gateway.config import Config
from gateway.observers import QUEUE_EVENTS, REPLAY_EVENTS
from policies import Principal, Role
from tests.gateway.api.desk import House, button, camera, lamp, lock, sensor, until

Event = dict[str, str]


class Sse:
    """A reader of server-sent events."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self.response = response

    async def next(self) -> Event:
        """The next event as its fields; comments and `retry` are passed over. Empty at the end."""
        event: Event = {}
        async with asyncio.timeout(5):
            while line := (await self.response.content.readline()).decode():
                text = line.rstrip("\n")
                if not text:
                    if "data" in event:
                        return event
                    event = {}
                elif not text.startswith(":"):
                    name, _, value = text.partition(": ")
                    event[name] = value
        return {}


@asynccontextmanager
async def sse(session: aiohttp.ClientSession, path: str, **headers: str) -> AsyncIterator[Sse]:
    headers = {"Accept": "text/event-stream"} | {k.replace("_", "-"): v for k, v in headers.items()}
    async with session.get(path, headers=headers) as response:
        assert response.status == 200, await response.text()
        assert response.content_type == "text/event-stream"
        yield Sse(response)


async def message(socket: aiohttp.ClientWebSocketResponse) -> list[dict[str, Any]]:
    """One WebSocket message."""
    async with asyncio.timeout(5):
        received = await socket.receive()
    assert received.type is WSMsgType.TEXT
    found: list[dict[str, Any]] = orjson.loads(received.data)
    return found


async def test_a_stream_tells_what_happens(house: House) -> None:
    await house.adopt(lamp(), button())
    owner = await house.owner()
    async with sse(owner, "/events") as stream:
        house.driver.report("lamp/on", True)
        event = await stream.next()
        assert event["event"] == "property"
        body = orjson.loads(event["data"])
        assert (body["thing"], body["name"], body["value"], body["type"]) == ("lamp", "on", True, "property")
        house.driver.happen("bell/pressed", "single")
        event = await stream.next()
        assert event["event"] == "event"
        assert orjson.loads(event["data"])["data"] == "single"
        await house.adopt(sensor())
        event = await stream.next()
        assert event["event"] == "thing_created"
        await house.gateway.registry.forget("attic", by="anna")
        event = await stream.next()
        assert event["event"] == "thing_deleted"


async def test_types_narrow_a_stream(house: House) -> None:
    await house.adopt(lamp())
    owner = await house.owner()
    async with sse(owner, "/events?types=action") as stream:
        async with owner.put("/things/lamp/properties/on", json=True) as answer:
            execution = answer.headers["Hearth-Execution"]
        event = await stream.next()
        assert event["event"] == "action"
        assert orjson.loads(event["data"])["execution"] == execution
    async with owner.get("/events?types=gossip") as answer:
        assert answer.status == 400


async def test_a_stream_shows_only_what_the_caller_may_see(house: House) -> None:
    await house.adopt(lamp(), lock(), camera())
    agent = await house.agent()
    async with sse(agent, "/events") as stream:
        house.driver.report(
            "door/state", "locked"
        )  # it may lock it if a person agrees, and does not see how it is
        house.driver.report("eye/state", "idle")
        house.driver.report("lamp/on", True)
        assert orjson.loads((await stream.next())["data"])["thing"] == "lamp"
        await house.adopt(camera("gate"), lamp("spot"))
        assert orjson.loads((await stream.next())["data"])["thing"] == "spot"  # a new Thing comes into view


async def test_a_stream_is_taken_up_where_it_ended(house: House) -> None:
    await house.adopt(lamp())
    owner = await house.owner()
    async with sse(owner, "/events") as stream:
        house.driver.report("lamp/brightness", 1)
        last = (await stream.next())["id"]
    await house.known("lamp", "brightness", 2)
    await house.known("lamp", "brightness", 3)
    async with sse(owner, "/events", Last_Event_ID=last) as stream:
        assert orjson.loads((await stream.next())["data"])["value"] == 2
        assert orjson.loads((await stream.next())["data"])["value"] == 3
    async with sse(owner, f"/events?after={last}") as stream:
        assert orjson.loads((await stream.next())["data"])["value"] == 2
    for mark in ("5", "x-y", "-", f"{last}0-"):
        async with owner.get("/events", headers={"Last-Event-ID": mark}) as answer:
            assert answer.status == 400


async def test_what_is_no_longer_known_is_said_to_be_missed(house: House) -> None:
    await house.adopt(lamp())
    owner = await house.owner()
    async with sse(owner, "/events", Last_Event_ID="abc-7") as stream:  # of an earlier run
        event = await stream.next()
        assert (event["event"], orjson.loads(event["data"])["count"]) == ("missed", None)
    first = house.gateway.observers.marks.fresh(house.gateway.observers.last_id)
    async with sse(owner, "/events") as stream:
        house.driver.report("lamp/brightness", 1)
        run = (await stream.next())["id"].rpartition("-")[0]
    for value in range(REPLAY_EVENTS + 10):
        house.gateway.observers.publish("property", ("lamp", "brightness"), 0.0, {"value": value})
    async with sse(owner, "/events", Last_Event_ID=f"{run}-{first}") as stream:
        event = await stream.next()
        assert (event["event"], orjson.loads(event["data"])["count"]) == ("missed", None)


async def test_a_slow_observer_is_told_what_it_lost(house: House) -> None:
    await house.adopt(lamp())
    owner = await house.owner()
    async with owner.ws_connect("/events") as socket:
        await message(socket)
        for value in range(QUEUE_EVENTS + 25):  # without an await: the stream cannot keep up
            house.gateway.observers.publish("property", ("lamp", "brightness"), 0.0, {"value": value})
        assert await message(socket) == [{"type": "missed", "count": 25}]
        assert (await message(socket))[0]["value"] == 25


async def test_a_websocket_gets_arrays_of_events(house: House) -> None:
    await house.adopt(lamp())
    owner = await house.owner()
    async with owner.ws_connect("/events?types=property") as socket:
        (hello,) = await message(socket)
        observers = house.gateway.observers
        assert (hello["type"], observers.marks.opened(hello["last"])) == ("hello", observers.last_id)
        house.driver.report("lamp/on", True)
        house.driver.report("lamp/brightness", 7)
        events: list[dict[str, Any]] = []
        while len(events) < 2:
            events += await message(socket)
        assert [(event["name"], event["value"]) for event in events] == [("on", True), ("brightness", 7)]
        await socket.send_str("anything")
    mark = f"{hello['run']}-{events[0]['id']}"
    async with owner.ws_connect(f"/events?after={mark}") as socket:
        await message(socket)
        assert (await message(socket))[0]["value"] == 7


async def test_a_request_to_upgrade_must_be_one(house: House) -> None:
    owner = await house.owner()
    async with owner.get("/events", headers={"Upgrade": "websocket", "Connection": "Upgrade"}) as answer:
        assert answer.status == 400


async def test_streams_end_with_the_token(house: House) -> None:
    await house.adopt(lamp())
    agent, owner = await house.agent(), await house.owner()
    async with (
        sse(agent, "/events") as stream,
        agent.ws_connect("/events") as socket,
        sse(owner, "/events") as kept,
    ):
        await message(socket)
        await house.gateway.identity.revoke(house.tokens["coo"])
        assert (await stream.next())["event"] == "revoked"
        assert await stream.next() == {}
        async with asyncio.timeout(1):
            closing = await socket.receive()
        assert (closing.type, closing.data) == (WSMsgType.CLOSE, 1008)
        house.driver.report("lamp/on", True)
        assert (await kept.next())["event"] == "property"


async def test_streams_end_when_the_token_expires(house: House) -> None:
    owner = await house.owner()
    async with owner.post("/tokens", json={"title": "brief", "role": "service", "expires_in": 1}) as answer:
        secret = (await answer.json())["secret"]
    async with sse(house.session({"Authorization": f"Bearer {secret}"}), "/events") as stream:
        assert (await stream.next())["event"] == "revoked"


async def test_streams_are_bounded(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.api.streams.STREAMS_PER_TOKEN", 1)
    agent, owner = await house.agent(), await house.owner()
    async with sse(agent, "/events"), sse(owner, "/events"), agent.get("/events") as answer:
        assert answer.status == 429
        assert (await answer.json(content_type=None))["type"] == "urn:hearth:problem:too-many-streams"


async def test_one_events_stream_carries_its_bare_data(house: House) -> None:
    await house.adopt(button())
    owner = await house.owner()
    async with sse(owner, "/things/bell/events/pressed") as stream:
        house.driver.happen("bell/pressed", "double")
        event = await stream.next()
    assert (event["event"], event["data"]) == ("pressed", '"double"')


async def test_one_propertys_stream_carries_its_bare_value(house: House) -> None:
    await house.adopt(lamp())
    owner = await house.owner()
    async with sse(owner, "/things/lamp/properties/brightness/observe") as stream:
        house.driver.report("lamp/on", True)
        house.driver.report("lamp/brightness", 12)
        event = await stream.next()
    assert (event["event"], event["data"]) == ("brightness", "12")


async def test_a_long_poll_answers_at_the_next_change(house: House) -> None:
    await house.adopt(lamp())
    await house.known("lamp", "brightness", 1)
    owner = await house.owner()
    path = "/things/lamp/properties/brightness/observe"
    async with owner.head(path) as answer:
        assert answer.status == 200
    before = house.gateway.observers.count
    waiting = asyncio.create_task(_value(owner, path))
    await until(lambda: house.gateway.observers.count > before)
    house.driver.report("lamp/brightness", 2)
    value, etag = await waiting
    assert value == 2
    await house.known("lamp", "brightness", 3)
    assert (await _value(owner, path, {"If-None-Match": etag}))[0] == 3  # it changed while nobody asked


async def test_a_long_poll_ends_by_itself(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(properties, "VALUE_POLL_S", 0.01)
    await house.adopt(lamp())
    owner = await house.owner()
    async with owner.get("/things/lamp/properties/on/observe") as answer:
        assert answer.status == 204
    await house.known("lamp", "on", True)
    assert (await _value(owner, "/things/lamp/properties/on/observe"))[0] is True


async def test_a_long_poll_ends_with_the_token(house: House) -> None:
    await house.adopt(lamp())
    agent = await house.agent()

    async def poll() -> int:
        async with agent.get("/things/lamp/properties/on/observe") as answer:
            return answer.status

    waiting = asyncio.create_task(poll())
    await until(lambda: house.gateway.observers.count)
    await house.gateway.identity.revoke(house.tokens["coo"])
    assert await waiting == 401


async def test_streams_end_with_the_gateway(config: Config) -> None:
    async with open_gateway(config, drivers={}) as gateway, aiohttp.ClientSession() as session:
        async with serve(gateway) as url:
            _, secret = await gateway.identity.create_token(Principal("anna", Role.OWNER))
            headers = {"Authorization": f"Bearer {secret}"}
            stream = await session.get(f"{url}/events", headers=headers)
            socket = await session.ws_connect(f"{url}/events", headers=headers)
            await message(socket)
        async with asyncio.timeout(1):
            assert (await socket.receive()).type in {WSMsgType.CLOSE, WSMsgType.CLOSING, WSMsgType.CLOSED}
            assert (await stream.read()).startswith(b"retry")


async def _value(
    session: aiohttp.ClientSession, path: str, headers: dict[str, str] | None = None
) -> tuple[Any, str]:
    async with session.get(path, headers=headers) as answer:
        assert answer.status == 200
        return await answer.json(), answer.headers["ETag"]
