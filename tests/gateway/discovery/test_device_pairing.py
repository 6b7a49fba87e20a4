"""Devices that must be paired first, that take another's place, and that are let go."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import cast

import aiohttp
import pytest

from capabilities.readings import Contact
from capabilities.vocabulary import Json
from drivers.driver import Asks, Candidate, Driver, Endpoint, NotSent, Rejected, Uncertain
from gateway import arrivals
from gateway.api.server import serve
from gateway.app import open_gateway
from gateway.clock import SystemClock
from gateway.config import Config, Http
from policies import Role
from tests.gateway.api.desk import DeskDriver, House, lamp, lock, sensor, until

CODE = "031-45-154"
CONNECTS_AFTER_S = 0.02
STATES: dict[str, Json] = {"on": False, "brightness": 50, "state": "locked", "temperature": 20.5}
ASKS = Asks("pin", "the eight digits on its label", "123-45-678")


class PairedDesk(DeskDriver):
    """Devices that say what they are once they were told `CODE`."""

    def __init__(self) -> None:
        super().__init__()
        self.kept: frozenset[str] = frozenset()
        self.devices: dict[str, Candidate] = {}
        self.let_go: list[str] = []
        self.trouble: Exception | None = None
        self.connects = True

    def keep(self, devices: Collection[str]) -> None:
        new, self.kept = frozenset(devices) - self.kept, frozenset(devices)
        for device in new if self.connects else ():
            asyncio.get_running_loop().call_later(CONNECTS_AFTER_S, self.connected, device)

    def connected(self, device: str) -> None:
        """It is reached, and tells how it is."""
        self._seen.put_nowait(Contact(device, reachable=True, at=SystemClock.wall()))
        for component in self.devices[device].components if device in self.devices else ():
            for one in component.affordances:
                if one.name in STATES:
                    self.report(one.point, STATES[one.name])

    def ask(self, candidate: Candidate) -> None:
        """It is found, and asks for its code."""
        self.devices[candidate.id] = candidate
        self.find(replace(candidate, components=(), fingerprint="", asks=ASKS))

    async def pair(self, device: str, code: str, deadline: float) -> Candidate:
        if self.trouble is not None:
            raise self.trouble
        if code != CODE:
            raise Rejected("the accessory says that the code is wrong: look at its label again")
        self.find(self.devices[device])
        if device in self.kept and self.connects:
            asyncio.get_running_loop().call_later(CONNECTS_AFTER_S, self.connected, device)
        return self.devices[device]

    async def unpair(self, device: str) -> None:
        self.let_go.append(device)
        if self.trouble is not None:
            raise self.trouble


@asynccontextmanager
async def a_house(path: Path) -> AsyncIterator[tuple[House, PairedDesk]]:
    driver = PairedDesk()
    config = Config(state_dir=path / "state", runtime_dir=path / "run", http=Http(port=0))
    async with open_gateway(config, drivers={"desk": cast(Driver, driver)}) as gateway, serve(gateway) as url:
        house = House(gateway, driver, url, config.socket)
        try:
            yield house, driver
        finally:
            for session in house.sessions:
                await session.close()


async def waiting(house: House, device: str) -> None:
    await until(lambda: ("desk", device) in house.gateway.registry.inbox)


async def adopt(client: aiohttp.ClientSession, device: str, **body: object) -> tuple[int, dict[str, object]]:
    async with client.post(f"/inbox/desk/{device}/adopt", json=body) as answer:
        return answer.status, await answer.json()


async def test_a_device_that_asks_is_paired_when_it_is_adopted(tmp_path: Path) -> None:
    async with a_house(tmp_path) as (house, driver):
        driver.ask(lamp())
        await waiting(house, "lamp")
        anna = await house.owner()
        async with anna.get("/inbox") as answer:
            (shown,) = await answer.json()
        assert shown["asks"] == {"what": "pin", "hint": ASKS.hint, "example": ASKS.example}
        assert shown["components"] == []
        status, body = await adopt(anna, "lamp")
        assert (status, body["type"], body["detail"]) == (422, "urn:hearth:problem:code-needed", ASKS.hint)
        status, body = await adopt(anna, "lamp", code="000-00-000")
        assert (status, body["type"]) == (502, "urn:hearth:problem:rejected")
        assert "label" in str(body["detail"])
        status, body = await adopt(anna, "lamp", code=f" {CODE} ", title="Reading lamp", room="Study")
        assert (status, body["id"], body["kind"]) == (201, "reading-lamp", "light")
        await until(lambda: driver.kept == {"lamp"})
        assert not house.gateway.registry.inbox
        rows = await house.gateway.ledger.entries(kinds=("adoption",), limit=10)
        assert CODE not in str([row.body for row in rows])


async def test_the_first_command_after_it_was_adopted_or_paired_anew_works(tmp_path: Path) -> None:
    async with a_house(tmp_path) as (house, driver):
        driver.ask(lamp())
        await waiting(house, "lamp")
        anna = await house.owner()
        assert (await adopt(anna, "lamp", code=CODE, open=True))[0] == 201
        async with anna.post("/things/lamp/actions/toggle") as answer:
            assert answer.status < 300, await answer.text()
        driver.lose("lamp", "it asks for its pin: pair it")
        driver.ask(lamp())
        await waiting(house, "lamp")
        await until(lambda: house.gateway.registry["lamp"].reach.reachable is False)
        status, body = await adopt(anna, "lamp", code=CODE)
        assert (status, body["paired"]) == (200, True)
        async with anna.post("/things/lamp/actions/toggle") as answer:
            assert answer.status < 300, await answer.text()


async def test_one_that_does_not_connect_is_waited_for_no_longer_than_that(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(arrivals, "CONNECTS_WITHIN_S", 0.05)
    async with a_house(tmp_path) as (house, driver):
        driver.connects = False
        driver.ask(lamp())
        await waiting(house, "lamp")
        anna = await house.owner()
        assert (await adopt(anna, "lamp", code=CODE, open=True))[0] == 201
        assert house.gateway.registry["lamp"].reach.reachable is None
        driver.ask(lamp("other"))
        await waiting(house, "other")
        monkeypatch.setattr(arrivals, "CONNECTS_WITHIN_S", 60.0)
        driver.lose("other", "it has no power")
        assert (await adopt(anna, "other", code=CODE))[0] == 201, "its driver said why it is not there"


async def test_a_kind_that_does_not_fit_is_told_before_it_is_paired_or_with_how_it_goes_on(
    tmp_path: Path,
) -> None:
    async with a_house(tmp_path) as (house, driver):
        driver.ask(lamp())
        await waiting(house, "lamp")
        anna = await house.owner()
        status, body = await adopt(anna, "lamp", code=CODE, kinds={"": "lamp"})
        assert (status, body["detail"]) == (422, "there is no kind 'lamp' (did you mean light?)")
        asking = house.gateway.registry.inbox[("desk", "lamp")]
        assert asking.asks is not None, "nothing was paired"
        status, body = await adopt(anna, "lamp", code=CODE, kinds={"": "lock"})
        assert (status, body["type"]) == (422, "urn:hearth:problem:bad-kind")
        assert str(body["detail"]).startswith("it is paired now, and no Thing yet: ")
        assert str(body["detail"]).endswith(". Adopt it again, without a code")
        await until(lambda: house.gateway.registry.inbox[("desk", "lamp")].asks is None)
        assert (await adopt(anna, "lamp", code=CODE))[0] == 201, "a code too much does no harm"


async def test_nobody_but_a_manager_pairs(tmp_path: Path) -> None:
    async with a_house(tmp_path) as (house, driver):
        driver.ask(lamp())
        await waiting(house, "lamp")
        for name, role in (("coo", Role.AGENT), ("tim", Role.CHILD), ("gus", Role.GUEST)):
            acts_for = "anna" if role is Role.AGENT else ""
            client = await house.client(name, role, acts_for)
            status, _ = await adopt(client, "lamp", code=CODE)
            assert status == 403
        assert len(house.gateway.registry) == 0


@pytest.mark.parametrize(
    ("trouble", "status"),
    [(NotSent("out of reach"), 503), (Uncertain("it hung up"), 504), (ValueError("x"), 504)],
)
async def test_a_pairing_that_fails_says_how(tmp_path: Path, trouble: Exception, status: int) -> None:
    async with a_house(tmp_path) as (house, driver):
        driver.ask(lamp())
        await waiting(house, "lamp")
        driver.trouble = trouble
        assert (await adopt(await house.owner(), "lamp", code=CODE))[0] == status
        assert ("desk", "lamp") in house.gateway.registry.inbox


async def test_a_rule_never_adopts_what_asks(tmp_path: Path) -> None:
    async with a_house(tmp_path) as (house, driver):
        house.gateway.registry._rule = lambda _: True
        driver.ask(sensor())
        await waiting(house, "attic")
        assert len(house.gateway.registry) == 0


async def test_a_thing_that_lost_its_pairing_stays_the_thing_that_it_is(tmp_path: Path) -> None:
    async with a_house(tmp_path) as (house, driver):
        await house.adopt(lamp())
        driver.ask(lamp())
        await waiting(house, "lamp")
        anna = await house.owner()
        assert not house.gateway.registry["lamp"].suspended, "a device that asks says nothing of its commands"
        status, body = await adopt(anna, "lamp", code=CODE)
        assert (status, body["id"], body["paired"]) == (200, "lamp", True)
        await until(lambda: not house.gateway.registry.inbox)
        assert not house.gateway.registry["lamp"].suspended


async def test_forgetting_a_thing_lets_its_device_go(tmp_path: Path) -> None:
    async with a_house(tmp_path) as (house, driver):
        await house.adopt(lamp("one"), lamp("two"))
        await until(lambda: driver.kept == {"one", "two"})
        vault = house.gateway.discovery.safe.of("desk")
        await vault.put("two", b"a key")
        anna = await house.owner()
        async with anna.delete("/things/one") as answer:
            assert answer.status == 204
        driver.trouble = NotSent("it is out of reach: reset it before it is paired again")
        async with anna.delete("/things/two") as answer:
            assert (answer.status, (await answer.json())["note"]) == (200, str(driver.trouble))
        assert driver.let_go == ["one", "two"]
        assert await vault.load() == {}
        await until(lambda: driver.kept == frozenset())


async def test_another_device_takes_a_broken_ones_place(tmp_path: Path) -> None:
    async with a_house(tmp_path) as (house, driver):
        await house.adopt(lamp("old"), room="Study")
        await house.known("old", "on", True)
        driver.ask(lamp("new"))
        await waiting(house, "new")
        anna = await house.owner()
        body = {"driver": "desk", "candidate": "new"}
        async with anna.post("/things/old/replace", json=body) as answer:
            assert answer.status == 422
        async with anna.post("/things/old/replace", json=body | {"code": CODE}) as answer:
            problem = await answer.json()
            assert (answer.status, problem["type"]) == (409, "urn:hearth:problem:loses")
            assert problem["losses"] == [
                "old is not out of reach: its device may work still, and would be let go"
            ]
        assert house.gateway.registry["old"].device == "old"
        await until(lambda: house.gateway.registry["old"].reach.reachable)
        driver.lose("old", "its power was cut")
        await until(lambda: house.gateway.registry["old"].reach.reachable is False)
        async with anna.post("/things/old/replace", json=body) as answer:
            assert answer.status == 200, await answer.text()
            assert (await answer.json())["left_out"] == []
        thing = house.gateway.registry["old"]
        assert (thing.device, thing.room) == ("new", "Study")
        shown = thing.slots["on"].reading
        assert shown is not None
        assert shown.value is False, "what the old one told is not the new one's"
        assert "new" in thing.labels
        assert driver.let_go == ["old"]
        assert house.gateway.registry.by_device("desk", "old") is None
        async with anna.put("/things/old/properties/on", json=True) as answer:
            assert answer.status in {204, 409, 503}, await answer.text()
        await until(lambda: driver.kept == {"new"})


async def test_what_fits_nothing_is_left_out_and_said(tmp_path: Path) -> None:
    async with a_house(tmp_path) as (house, driver):
        await house.adopt(lamp("old"))
        driver.ask(lock("door"))
        await waiting(house, "door")
        anna = await house.owner()
        body = {"driver": "desk", "candidate": "door", "code": CODE}
        async with anna.post("/things/old/replace", json=body) as answer:
            problem = await answer.json()
            assert (answer.status, problem["losses"][0]) == (409, "it is a light, and would be a lock")
            assert "nothing would stand behind these names any more: " in problem["losses"][1]
            assert "no code is needed then" in problem["detail"]
        del body["code"]
        async with anna.post("/things/old/replace", json=body | {"confirm": True}) as answer:
            assert set((await answer.json())["left_out"]) == {"on", "brightness", "toggle", "step"}
        assert house.gateway.registry["old"].thing.kind == "lock"


async def test_a_device_that_was_found_twice_is_said_to_be_one(tmp_path: Path) -> None:
    async with a_house(tmp_path) as (house, driver):
        first = replace(lamp("one"), identities=frozenset({"mac:aa:bb:cc:dd:ee:ff"}))
        driver.find(first)
        await waiting(house, "one")
        await house.gateway.registry.adopt(first)
        driver.find(replace(sensor("two"), identities=first.identities, endpoint=Endpoint("ble", "two")))
        await waiting(house, "two")
        async with (await house.owner()).get("/inbox") as answer:
            (shown,) = await answer.json()
        assert shown["same_as"] == ["one"]
