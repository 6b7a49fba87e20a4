"""Xiaomi's MiBeacon, with and without a bind key, parsed by xiaomi-ble."""

from __future__ import annotations

from typing import Any

import pytest

from drivers.driver import Rejected
from tests.drivers.ble_bench import MIBEACON, SENSOR
from tests.drivers.ble_frames import KEY, MI_HUMIDITY, MI_TEMPERATURE, OTHER_KEY, mibeacon, mibeacon_locked

SCALE = "0000181d-0000-1000-8000-00805f9b34fb"


async def test_a_plain_sensor_is_read(bench: Any) -> None:
    bench.say(mibeacon(SENSOR, 1, MI_TEMPERATURE), uuid=MIBEACON)
    bench.say(mibeacon(SENSOR, 2, MI_HUMIDITY), uuid=MIBEACON)
    found = (await bench.found())[-1]
    assert found.manufacturer == "Xiaomi"
    assert found.model == "LYWSD03MMC"
    values = await bench.values()
    assert (values["temperature#temperature"], values["humidity#humidity"]) == (21.5, 50.0)


async def test_one_that_tells_nothing_is_not_a_candidate(bench: Any) -> None:
    empty = (
        (0x5010).to_bytes(2, "little")
        + (0x055B).to_bytes(2, "little")
        + b"\x01"
        + bytes.fromhex("01000038c1a4")
    )
    bench.say(empty, uuid=MIBEACON)
    assert await bench.found() == []


async def test_an_encrypted_sensor_is_paired(bench: Any) -> None:
    bench.say(mibeacon_locked(SENSOR, 1, MI_TEMPERATURE), uuid=MIBEACON)
    assert (await bench.found())[-1].asks.what == "key"
    with pytest.raises(Rejected, match="32 or 24"):
        await bench.driver.pair(SENSOR, "no key", 1.0)
    with pytest.raises(Rejected, match="does not open"):
        await bench.driver.pair(SENSOR, OTHER_KEY.hex(), 1.0)
    assert (await bench.driver.pair(SENSOR, KEY.hex(), 1.0)).asks is None
    bench.say(mibeacon_locked(SENSOR, 2, MI_HUMIDITY), uuid=MIBEACON)
    values = await bench.values()
    assert (values["temperature#temperature"], values["humidity#humidity"]) == (21.5, 50.0)
    bench.say(mibeacon(SENSOR, 3, bytes.fromhex("0410020000")), uuid=MIBEACON)
    assert await bench.values() == {}, "nobody speaks in the clear for it"


async def test_what_is_told_of_bodies_is_left_out(bench: Any) -> None:
    bench.say(bytes.fromhex("2290f1e3070110141f21"), uuid=SCALE)
    assert await bench.found() == []
