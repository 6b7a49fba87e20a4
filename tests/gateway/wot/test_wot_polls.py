"""Long polls, also of clients that say nothing but that they ask: what happens between two requests is not lost to them."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
import pytest

from gateway.api import properties, thing_events
from gateway.api.polls import GAP_S, PLACES_PER_TOKEN, TOKENS, Places
from gateway.observers import REPLAY_EVENTS
from policies import compile_rules, parse
from tests.gateway.api.desk import House, button, lamp, until

ON, PRESSED = "/things/lamp/properties/brightness/observe", "/things/bell/events/pressed/next"


async def poll(session: aiohttp.ClientSession, path: str, **headers: str) -> tuple[int, Any, dict[str, str]]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    async with asyncio.timeout(5), session.get(path, headers=named) as answer:
        body = await answer.json() if answer.status == 200 else None
        return answer.status, body, dict(answer.headers)


async def happened(house: House, *data: str) -> None:
    before = house.gateway.observers.last_id
    for one in data:
        house.driver.happen("bell/pressed", one)
    await until(lambda: house.gateway.observers.last_id >= before + len(data))


async def test_an_event_between_two_polls_is_told_by_the_second(house: House) -> None:
    await house.adopt(button())
    owner = await house.owner()
    async with owner.head(PRESSED) as answer:  # the handshake: from now on
        assert answer.status == 200
    await happened(house, "single", "double", "long")
    assert [(await poll(owner, PRESSED))[:2] for _ in range(3)] == [
        (200, "single"),
        (200, "double"),
        (200, "long"),
    ]
    waiting = asyncio.create_task(poll(owner, PRESSED))
    await until(lambda: house.gateway.observers.count > 1)
    house.driver.happen("bell/pressed", "single")
    assert (await waiting)[:2] == (200, "single")


async def test_who_asks_for_the_first_time_is_told_what_comes(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(thing_events, "EVENT_POLL_S", 0.01)
    await house.adopt(button())
    owner = await house.owner()
    await happened(house, "single")
    status, _, headers = await poll(owner, PRESSED)
    assert status == 204
    assert "Hearth-Missed" not in headers
    await happened(house, "double")
    assert (await poll(owner, PRESSED))[:2] == (200, "double")  # it came after the empty answer


async def test_a_poll_goes_on_behind_an_event(house: House) -> None:
    await house.adopt(button())
    owner = await house.owner()
    async with owner.head(PRESSED):
        pass
    await happened(house, "single", "double")
    _, _, headers = await poll(owner, PRESSED)
    mark = headers["Hearth-Event-Id"]
    for _ in range(2):  # whatever was told meanwhile
        assert (await poll(owner, PRESSED, Last_Event_ID=mark))[:2] == (200, "double")
    assert (await poll(owner, f"{PRESSED}?after={mark}"))[:2] == (200, "double")


async def test_what_a_poll_missed_is_said(house: House) -> None:
    await house.adopt(button(), lamp())
    await house.known("lamp", "brightness", 5)
    owner = await house.owner()
    async with owner.head(PRESSED):
        pass
    await happened(house, "single")
    _, _, headers = await poll(owner, PRESSED)
    for value in range(REPLAY_EVENTS + 1):
        house.gateway.observers.publish("property", ("lamp", "brightness"), 0.0, {"value": value})
    house.gateway.observers.publish("event", ("bell", "pressed"), 0.0, {"data": "double"})
    for mark in (headers["Hearth-Event-Id"], "0-1"):  # too long ago; of an earlier run
        status, data, told = await poll(owner, PRESSED, Last_Event_ID=mark)
        assert (status, data, told["Hearth-Missed"]) == (200, "double", "unknown")
        status, data, told = await poll(owner, ON, Last_Event_ID=mark)
        assert (status, data, told["Hearth-Missed"]) == (200, 5, "unknown")  # the value as it is now, at once


async def test_a_value_that_changed_between_two_polls_is_told_at_once(house: House) -> None:
    await house.adopt(lamp())
    owner = await house.owner()
    async with owner.head(ON):
        pass
    await house.known("lamp", "brightness", 2)
    await house.known("lamp", "brightness", 3)
    assert (await poll(owner, ON))[:2] == (200, 3)
    status, _, headers = await poll(owner, ON, Prefer="wait=1", If_None_Match='"other"')
    assert status == 200
    assert "Hearth-Event-Id" not in headers  # by its ETag


async def test_a_poll_ends_with_the_token(house: House) -> None:
    await house.adopt(button())
    agent = await house.agent()
    waiting = asyncio.create_task(poll(agent, PRESSED))
    await until(lambda: house.gateway.observers.count > 1)
    await house.gateway.identity.revoke(house.tokens["coo"])
    assert (await waiting)[0] == 401


async def test_a_reader_that_goes_frees_its_stream(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.api.observing.HEARTBEAT_S", 0.01)
    await house.adopt(button())
    owner = await house.owner()
    waiting = asyncio.create_task(poll(owner, PRESSED))
    await until(lambda: house.gateway.observers.count > 1)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    await until(lambda: house.gateway.observers.count == 1)


async def test_what_is_not_to_be_seen_is_not_there(house: House) -> None:
    await house.adopt(button())
    owner = await house.owner()
    for path in (
        "/things/bell/events/press/next",
        "/things/none/events/pressed/next",
        "/things/bell/events/x",
    ):
        assert (await poll(owner, path))[0] == 404
        async with owner.head(path) as answer:
            assert answer.status in {404, 405}


def test_places_are_bounded_and_short_lived() -> None:
    now = 0.0
    places = Places(lambda: now)
    for token in range(TOKENS + 5):
        for thing in range(PLACES_PER_TOKEN + 5):
            places.keep(str(token), ("event", str(thing), "pressed"), thing)
    assert len(places) == TOKENS * PLACES_PER_TOKEN
    last = str(TOKENS + 4)
    assert places.get("0", ("event", "10", "pressed")) is None
    assert places.get(last, ("event", "0", "pressed")) is None
    assert places.get(last, ("event", "10", "pressed")) == 10
    now = GAP_S + 0.1
    assert places.get(last, ("event", "10", "pressed")) is None


BLIND = """format = 1
[[allow]]
id = "owner"
who = ["owner"]
may = ["*"]
see = ["*"]
why = "An agent gets no further than its person"
"""


async def test_who_may_see_no_more_while_it_waits_is_told_no_more(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(thing_events, "EVENT_POLL_S", 0.3)
    monkeypatch.setattr(properties, "VALUE_POLL_S", 0.3)
    await house.adopt(button(), lamp())
    await house.owner()
    agent = await house.agent()
    before = house.gateway.observers.count
    waiting = [asyncio.create_task(poll(agent, path)) for path in (PRESSED, ON)]
    await until(lambda: house.gateway.observers.count == before + 2)
    house.gateway.policy = compile_rules(parse(BLIND, name="household"), [])
    await happened(house, "single")
    await house.known("lamp", "brightness", 66)
    (event, data, _), (value, shown, _) = await asyncio.gather(*waiting)
    assert (event, data) == (204, None)
    assert (value, shown) == (404, None)
    assert (await poll(agent, PRESSED))[0] == (await poll(agent, ON))[0] == 404
