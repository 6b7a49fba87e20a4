"""A Thing is recorded through the running gateway; its replay makes of it what the driver made, and nothing of the house."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capabilities.readings import Observation, Occurrence, Report
from capabilities.vocabulary import Json
from drivers.recording.heard import Heard, HeardTape
from drivers.wot import hearing
from drivers.wot.described import Point
from drivers.wot.driver import WotDriver
from drivers.wot.replay import replayed
from drivers.wot.settings import WotSettings
from tests.drivers.recording_house import as_much, taking
from tests.drivers.replaying import described, values
from tests.drivers.wot_house import WotHouse, a_wot_house, until
from tests.drivers.wot_peer import FakeServices, WotPeer, lamp_td, tools

LAMP = "urn:dev:mac:a4c1385e0f77"
PRIVATE = ("annegret", "a4c1385e0f77", "a4:c1:38:5e:0f:77", "127.0.0.1", "hunter2", "4711")


class Overhearing(WotDriver):
    """Keeps what it told."""

    def __init__(self, services: FakeServices) -> None:
        super().__init__(WotSettings(this_machine=True, poll_seconds=60), tools(services))
        self.told: list[Observation] = []

    async def reports(self) -> AsyncIterator[Observation]:
        async for one in super().reports():
            self.told.append(one)
            yield one


def annegrets_lamp() -> dict[str, Any]:
    """With what a maker may choose: names, schemes, variables, and members that are called as secrets are."""
    td = lamp_td(
        id=LAMP,
        title="Annegret's lamp",
        description="In Annegret's room, 127.0.0.1",
        securityDefinitions={"annes_key": {"scheme": "nosec"}},
        security=["annes_key"],
    )
    td["properties"]["doorCode"] = {
        "type": "integer", "const": 4711, "readOnly": True, "title": "Annegret's code", "forms": [{"href": "properties/code"}],
    }  # fmt: skip
    td["actions"]["wander"] = {
        "uriVariables": {"zigzags": {"type": "integer"}, "speed": {"type": "number", "default": 4}},
        "forms": [{"href": "/lamp/actions/wander{?zigzags,speed}"}],
    }
    td["properties"]["mood"] = {
        "type": "object", "properties": {"wit": {"type": "number"}, "by": {"type": "string"}}, "required": ["wit"],
        "readOnly": True, "forms": [{"href": "properties/mood", "contentType": "application/json"}],
    }  # fmt: skip
    return td


@pytest.fixture
async def peer() -> AsyncIterator[WotPeer]:
    peer = WotPeer(annegrets_lamp())
    peer.values |= {"code": 4711, "mood": {"wit": 3.5, "by": "Annegret"}}
    await peer.start()
    yield peer
    await peer.stop()


async def recording_of(house: WotHouse, peer: WotPeer, services: FakeServices) -> HeardTape:
    """Adopted while it is recorded: all its values are read then."""
    services.announce(peer.port, "/lamp/td", name="Annegret's lamp", host="annegret.local.")
    await house.waiting(LAMP)
    driver = house.gateway.drivers["wot"]
    assert isinstance(driver, Overhearing)
    async with taking(house.client, f"/recordings/wot/{quote(LAMP, safe='')}") as recording:
        assert (await house.adopt(LAMP, title="Lamp"))[0] == 201
        await peer.streaming("overheated")
        await peer.streaming("on")
        await house.shows("lamp", "uptime", 7)
        await peer.set("on", True)
        await peer.tell("overheated", "overheated", 91.5)
        await until(lambda: {(LAMP, "code"), (LAMP, "mood"), (LAMP, "overheated")} <= heard_of(driver))
        return await recording.complete(as_much(driver))


def heard_of(driver: Overhearing) -> set[tuple[str, str]]:
    """The last words of the points that it told of."""
    points = [one.point for one in driver.told if isinstance(one, Report | Occurrence)]
    return {(LAMP, "code" if "Code" in point else point.rpartition("/")[2]) for point in points}


async def test_a_thing_is_recorded_and_replayed(peer: WotPeer, tmp_path: Path) -> None:
    services = FakeServices()
    driver = Overhearing(services)
    async with a_wot_house(tmp_path, driver) as house:
        tape = await recording_of(house, peer, services)
        candidate = driver.recall(LAMP)
        told = list(driver.told)
    assert candidate is not None
    found = replayed(tape)
    for secret in PRIVATE:
        assert secret not in str(tape).casefold(), secret
    assert without_code(described(found.candidates[-1])) == without_code(described(candidate))
    live, again = values(told, candidate), values(found.observations, found.candidates[-1])
    assert live.keys() == again.keys()
    for name, readings in live.items():
        if readings[0] == (4711, None, "good", "device"):
            assert again[name][0][0] == 0
        elif name.endswith("/mood"):
            assert [one[0]["wit"] for one in again[name]] == [one[0]["wit"] for one in readings]
        else:
            assert again[name] == readings
    assert live["0/on"][-1][0] is True
    assert [one for one in again.values() if one == [91.5]], "the event"


def without_code(components: list[Any]) -> list[Any]:
    """`const` of what is called a code is a secret."""
    return [
        (kind, certain, [(name, role, {k: v for k, v in schema.items() if k != "const"}, *rest)])
        for kind, certain, affordances in components
        for name, role, schema, *rest in affordances
    ]


async def test_what_is_known_already_is_told_at_once(peer: WotPeer) -> None:
    services = FakeServices()
    peer.description = lamp_td(id=LAMP)
    async with Overhearing(services) as driver:
        services.announce(peer.port, "/lamp/td")
        await until(lambda: driver.recall(LAMP) is not None)
        heard: list[tuple[str, Json]] = []
        stop = driver.tap(LAMP, lambda kind, data: heard.append((kind, data)))
        assert [kind for kind, _ in heard] == ["description"]
        found = replayed(HeardTape("wot", tuple(Heard(0, *one) for one in heard)))
        assert found.candidates == (driver.recall(LAMP),), "nothing is redacted yet: it is the same"
        stop()
        stop()
        assert LAMP not in driver._taps
        with pytest.raises(KeyError):
            driver.tap("urn:nobody", lambda kind, data: None)


async def test_a_description_that_is_very_long_is_not_taken_down(peer: WotPeer) -> None:
    services = FakeServices()
    peer.description = lamp_td(id=LAMP, description="x" * hearing.MAX_TOLD_BYTES)
    async with Overhearing(services) as driver:
        services.announce(peer.port, "/lamp/td")
        await until(lambda: driver.recall(LAMP) is not None)
        heard: list[str] = []
        driver.tap(LAMP, lambda kind, data: heard.append(kind))
        assert heard == []


async def test_one_that_shows_itself_to_nobody(tmp_path: Path) -> None:
    peer = WotPeer(annegrets_lamp(), credentials="hunter2", locked=True)
    await peer.start()
    services = FakeServices()
    try:
        async with a_wot_house(tmp_path, Overhearing(services)) as house:
            services.announce(peer.port, "/lamp/td", name="Annegret", host="annegret.local.")
            await house.waiting("mdns:Annegret")
            async with taking(house.client, "/recordings/wot/mdns:Annegret") as recording:
                tape = await recording.complete(lambda tape: tape.messages)
            (candidate,) = replayed(tape).candidates
            driver = house.gateway.drivers["wot"]
            assert isinstance(driver, Overhearing)
            live = driver.recall("mdns:Annegret")
            assert live is not None
            assert candidate.asks == live.asks
            assert "annegret" not in str(tape).casefold()
            assert (await house.adopt("mdns:Annegret", code="hunter2", title="Lamp"))[0] == 201
            async with taking(house.client, "/things/lamp/recording") as recording:
                tape = await recording.complete(
                    lambda tape: tape.messages and tape.messages[-1].kind != "locked"
                )
        assert "hunter2" not in str(tape)
        assert len(replayed(tape).candidates[-1].components) > 3
    finally:
        await peer.stop()


async def test_a_directory_says_how_many_it_lists() -> None:
    about: dict[str, Json] = {
        "device": "d", "url": "http://d.local/td", "aliases": [], "further": [], "directory": True, "via": "",
        "paired": False, "td": hearing.written(lamp_td()),
    }  # fmt: skip
    found = replayed(
        HeardTape("wot", (Heard(0, hearing.DESCRIPTION, about), Heard(1, hearing.LISTED, {"things": 3})))
    )
    assert values(found.observations, *found.candidates) == {"0/value": [(3, None, "good", "device")]}


MEMBERS = st.sampled_from(["properties", "security", "required", "href", "oneOf", "code", "on", "components"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(0, 9) | st.sampled_from(["a", "p{?to,fro}", "{id}/on", "{", ""]),
    lambda inner: st.lists(inner, min_size=1, max_size=3) | st.dictionaries(MEMBERS, inner, min_size=1, max_size=3),
    max_leaves=12,
)  # fmt: skip


@given(JSON)
def test_any_description_comes_back(td: Json) -> None:
    """As it was, but that one name is a list of one."""
    once = hearing.read(hearing.written(td))
    assert hearing.read(hearing.written(once)) == once


@pytest.mark.parametrize(
    "td", [lamp_td(), annegrets_lamp(), {"security": ["a", "b"], "properties": {"properties": {"type": "null"}}}]
)  # fmt: skip
def test_a_real_description_comes_back_whole(td: dict[str, Any]) -> None:
    back = hearing.read(hearing.written(td))
    assert isinstance(back, dict)
    if isinstance(td["security"], str):
        back["security"] = td["security"]
    back.get("properties", {}).get("doorCode", {})["const"] = 4711  # type: ignore[union-attr,call-overload,index]
    assert back == td or {**back, "properties": td["properties"]} == td


@pytest.mark.parametrize(
    ("body", "content_type", "said"),
    [
        (b"21.5", "application/json", {"value": 21.5}),
        (b"21.5", "text/plain", {"text": "21.5"}),
        (b"<html>", "application/json", {"text": "<html>"}),
        (b"\xff\xfe", "text/plain", {"bytes": 2}),
        ("[1]", "application/json", {"value": [1]}),
    ],
)
def test_bodies(body: bytes | str, content_type: str, said: Json) -> None:
    point = Point("x properties/a", "properties/a", "a", {})
    assert hearing.body_message(point, body, content_type) == {
        "content_type": content_type,
        "properties": {"a": said},
    }
