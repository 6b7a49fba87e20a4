"""One at a time deals with a device; and who is let go is let go in the end, whatever comes in between."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

import pytest

from drivers.driver import Candidate
from gateway.discovery import pairing
from gateway.discovery.turns import Turns
from tests.gateway.api.desk import House, lamp, until
from tests.gateway.discovery.test_device_pairing import CODE, PairedDesk, a_house, adopt, waiting


class SlowDesk(PairedDesk):
    """Keeps a key in the vault; both take their time."""

    def __init__(self) -> None:
        super().__init__()
        self.house: House | None = None
        self.letting, self.gone = asyncio.Event(), asyncio.Event()
        self.pairing, self.pair_now = asyncio.Event(), asyncio.Event()
        self.pair_now.set()

    async def pair(self, device: str, code: str, deadline: float) -> Candidate:
        assert self.house is not None
        self.pairing.set()
        await self.pair_now.wait()
        found = await super().pair(device, code, deadline)
        await self.house.gateway.discovery.safe.of("desk").put(device, b"key")
        return found

    async def unpair(self, device: str) -> None:
        self.letting.set()
        await self.gone.wait()
        await super().unpair(device)


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.gateway.discovery.test_device_pairing.PairedDesk", SlowDesk)


def desk_of(house: House, driver: PairedDesk) -> SlowDesk:
    assert isinstance(driver, SlowDesk)
    driver.house = house
    return driver


async def secrets(house: House) -> dict[str, bytes]:
    return dict(await house.gateway.discovery.safe.of("desk").load())


@pytest.mark.usefixtures("slow")
async def test_forgetting_and_adopting_at_once_leaves_no_thing_without_its_secret(tmp_path: Path) -> None:
    async with a_house(tmp_path) as (house, driver):
        desk, anna = desk_of(house, driver), await house.owner()
        desk.ask(lamp())
        await waiting(house, "lamp")
        assert (await adopt(anna, "lamp", code=CODE))[0] == 201

        async def forget() -> int:
            async with anna.delete("/things/lamp") as answer:
                return answer.status

        forgetting = asyncio.create_task(forget())
        await desk.letting.wait()
        desk.ask(lamp())
        await waiting(house, "lamp")
        status, body = await adopt(anna, "lamp", code=CODE)
        assert (status, body["type"]) == (409, "urn:hearth:problem:changed-meanwhile")
        house.gateway.registry._rule = lambda _: True
        desk.find(lamp())  # nor does a rule let it in just now
        await until(lambda: house.gateway.registry.inbox["desk", "lamp"].asks is None)
        desk.gone.set()
        assert await forgetting == 204
        assert house.gateway.registry.get("lamp") is None
        assert await secrets(house) == {}
        house.gateway.registry._rule = lambda _: False
        desk.ask(lamp())
        await until(lambda: house.gateway.registry.inbox["desk", "lamp"].asks is not None)
        assert (await adopt(anna, "lamp", code=CODE))[0] == 201
        assert await secrets(house) == {"lamp": b"key"}


@pytest.mark.usefixtures("slow")
async def test_one_pairs_a_device_at_a_time(tmp_path: Path) -> None:
    async with a_house(tmp_path) as (house, driver):
        desk, anna = desk_of(house, driver), await house.owner()
        desk.pair_now.clear()
        desk.ask(lamp())
        await waiting(house, "lamp")
        first = asyncio.create_task(adopt(anna, "lamp", code=CODE))
        await desk.pairing.wait()
        assert (await adopt(anna, "lamp", code=CODE))[0] == 409
        desk.pair_now.set()
        assert (await first)[0] == 201


@pytest.mark.usefixtures("slow")
async def test_a_device_that_was_being_let_go_at_a_power_cut_is_let_go_afterwards(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def cut(*_: object) -> str:
        raise InterruptedError

    monkeypatch.setattr(pairing, "LOOK_S", 0.01)
    async with a_house(tmp_path) as (house, driver):
        desk, anna = desk_of(house, driver), await house.owner()
        for name in ("lamp", "other"):
            desk.ask(lamp(name))
            await waiting(house, name)
            assert (await adopt(anna, name, code=CODE))[0] == 201
        monkeypatch.setattr("gateway.api.things.let_go", cut)
        async with anna.delete("/things/lamp") as answer:
            assert answer.status == 500
        assert house.gateway.registry.get("lamp") is None
    async with a_house(tmp_path) as (house, driver):
        desk = desk_of(house, driver)
        desk.gone.set()
        assert set(await secrets(house)) == {"lamp", "other"}
        desk.find(lamp())
        await until(lambda: desk.let_go == ["lamp"])
        async with asyncio.timeout(5), house.gateway.discovery.turns.of(("desk", "lamp")):
            assert set(await secrets(house)) == {"other"}
        assert await house.gateway.discovery.safe.farewells.unfinished("desk") == []


async def test_a_thing_that_was_not_forgotten_after_all_keeps_its_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pairing, "FOUND_S", 0.01)
    async with a_house(tmp_path) as (house, driver):
        await house.adopt(lamp())
        await house.gateway.discovery.safe.of("desk").put("lamp", b"key")
        await pairing.will_let_go(house.gateway, "desk", "lamp")  # and here the current goes
    async with a_house(tmp_path) as (house, driver):
        await pairing.finish_letting_go(house.gateway, "desk")
        assert (driver.let_go, await secrets(house)) == ([], {"lamp": b"key"})
        assert await house.gateway.discovery.safe.farewells.unfinished("desk") == []


async def test_what_a_driver_says_when_it_fails_is_not_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with a_house(tmp_path) as (house, driver):
        await house.adopt(lamp())
        driver.trouble = ValueError("the key is 31337")
        async with (await house.owner()).delete("/things/lamp") as answer:
            assert answer.status == 204
    assert "failed to let lamp go" in caplog.text
    assert "31337" not in caplog.text


async def test_turns_are_taken_in_one_order() -> None:
    turns, told = Turns(), []

    async def take(name: str, *devices: str) -> None:
        async with turns.of(*(("desk", device) for device in devices)):
            told.append(name)
            await asyncio.sleep(0)
            told.append(name)

    async with asyncio.timeout(5):
        await asyncio.gather(take("a", "x", "y"), take("b", "y", "x"), take("c", "x", "x"))
    assert told[::2] == told[1::2]
    assert not turns.is_taken(("desk", "x"))
    assert not turns._locks
