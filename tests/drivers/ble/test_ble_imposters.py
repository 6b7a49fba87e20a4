"""Nobody takes the place of an encrypted sensor: not in another format, not when keys are lost, not with yesterday's frames."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import pytest

from drivers.ble.devices import MAX_THINGS, Devices
from drivers.ble.driver import SETTLE_S
from drivers.ble.keys import Keys
from drivers.discovery.seen import Advertisement
from drivers.driver import Candidate
from tests.drivers.ble.conftest import Bench, parsers_loaded
from tests.drivers.ble_bench import MIBEACON, SENSOR, MemoryVault, PutForward, Whisper, ble_driver
from tests.drivers.ble_frames import HUMIDITY, KEY, TEMPERATURE, bthome, bthome_locked, mibeacon

PLAIN_MIBEACON = mibeacon(SENSOR, 7, bytes.fromhex("0410021e00"))
ENVIRONMENTAL = "0000181a-0000-1000-8000-00805f9b34fb"

Opening = Callable[..., AbstractAsyncContextManager[Bench]]


@pytest.fixture
def opened() -> Opening:
    @asynccontextmanager
    async def open_one(kept: bytes = b"", *, broken: bool = False) -> AsyncIterator[Bench]:
        vault, clock, radio = MemoryVault({SENSOR: kept}), PutForward(), Whisper()
        driver = ble_driver(radio, clock, vault)
        driver.keep({SENSOR})
        vault.broken = broken
        async with driver:
            await parsers_loaded(driver)
            clock.ahead += SETTLE_S
            yield Bench(driver, radio, clock, vault)

    return open_one


def bthome_key(*more: str) -> bytes:
    return " ".join(("bthome", KEY.hex(), *more)).encode()


def of_services(bench: Any) -> Advertisement:
    return Advertisement(SENSOR, "evil", -50, bench.clock.wall(), (ENVIRONMENTAL,), {}, {})


async def test_a_keyed_sensor_is_not_replaced_by_another_format(opened: Opening) -> None:
    async with opened(bthome_key()) as bench:
        bench.say(PLAIN_MIBEACON, uuid=MIBEACON)
        bench.say(bthome(TEMPERATURE))
        bench.radio.say(of_services(bench))
        assert await bench.found() == []
        assert await bench.seen() == []
        bench.say(bthome_locked(SENSOR, 500, TEMPERATURE))
        assert (await bench.values())["temperature#temperature"] == 25.06


@pytest.mark.parametrize("kept", [b"", b"\xff\xff", b"bthome", b"bthome 00 x"])
async def test_one_whose_key_is_lost_asks_and_nothing_plain_is_believed(opened: Opening, kept: bytes) -> None:
    async with opened(kept) as bench:
        bench.say(bthome(TEMPERATURE))
        bench.say(PLAIN_MIBEACON, uuid=MIBEACON)
        bench.radio.say(of_services(bench))
        assert await bench.found() == []
        bench.say(bthome_locked(SENSOR, 500, TEMPERATURE))
        [asking] = await bench.found()
        assert isinstance(asking, Candidate)
        assert asking.asks is not None
        assert (asking.asks.what, asking.components) == ("key", ())
        bench.say(bthome(HUMIDITY))
        assert await bench.seen() == []
        assert await bench.found() == []
        assert (await bench.driver.pair(SENSOR, KEY.hex(), 1.0)).components
        assert (await bench.values())["temperature#temperature"] == 25.06
        await bench.driver.unpair(SENSOR)
        bench.say(bthome(HUMIDITY))
        assert (await bench.values())["humidity#humidity"] == 50.55, "a person said so"


async def test_nobody_is_believed_until_the_vault_can_be_read(opened: Opening) -> None:
    async with opened(bthome_key(), broken=True) as bench:
        bench.say(bthome(TEMPERATURE))
        bench.say(bthome(TEMPERATURE), address="a4:c1:38:00:00:99")
        assert await bench.found() == []
        assert await bench.seen() == []
        assert "nobody is listened to" in bench.driver.health().problems[0]
        bench.vault.broken = False
        await bench.driver._keys.load()
        bench.say(bthome(HUMIDITY))
        assert await bench.values() == {}
        bench.say(bthome_locked(SENSOR, 500, TEMPERATURE))
        assert (await bench.values())["temperature#temperature"] == 25.06
        assert not bench.driver.health().problems


async def test_an_old_frame_is_not_believed_after_a_restart(opened: Opening) -> None:
    async with opened(bthome_key()) as bench:
        bench.say(bthome_locked(SENSOR, 500, TEMPERATURE))
        assert await bench.values()
    kept = bench.vault.kept[SENSOR]
    assert kept == bthome_key("500")
    async with opened(kept) as bench:
        for counter in (499, 500):
            bench.say(bthome_locked(SENSOR, counter, HUMIDITY))
        assert await bench.values() == {}
        assert bench.vault.kept[SENSOR] == kept
        bench.say(bthome_locked(SENSOR, 501, TEMPERATURE))
        assert (await bench.values())["temperature#temperature"] == 25.06
    assert bench.vault.kept[SENSOR] == bthome_key("501")


async def test_a_new_battery_begins_to_count_anew(opened: Opening) -> None:
    async with opened(bthome_key("70000")) as bench:
        bench.say(bthome_locked(SENSOR, 3, TEMPERATURE))
        assert (await bench.values())["temperature#temperature"] == 25.06
    assert bench.vault.kept[SENSOR] == bthome_key("3")


async def test_a_counter_brings_no_key_back_that_was_let_go() -> None:
    vault = MemoryVault({SENSOR: bthome_key()})
    keys = Keys(vault)
    await keys.load()
    keys.reached(SENSOR, 5)
    await asyncio.gather(keys.delete(SENSOR), keys.save())
    keys.reached(SENSOR, 6)
    await keys.save()
    assert vault.kept == {}


def test_the_things_that_were_there_first_stay() -> None:
    devices = Devices()
    old = [f"f{n:05x}" for n in range(MAX_THINGS)]
    devices.keep(old)
    devices.keep([f"0{n:05x}" for n in range(MAX_THINGS)] + old)
    assert devices.things == set(old)
    assert f"{MAX_THINGS} Things are not listened to" in devices.problems(0.0)[0]
    devices.keep([*old[1:], "000001"])
    assert devices.things == {*old[1:], "000001"}
    assert devices.problems(0.0) == []
