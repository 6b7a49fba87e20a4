"""What a device says is taken down through the running gateway, without what is private, and replayed to the same."""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from capabilities.readings import Observation
from capabilities.vocabulary import Json
from drivers.ble.replay import replayed
from drivers.discovery import bluetooth
from drivers.driver import Candidate
from drivers.recording.heard import Blackener, Heard, HeardError, HeardTape, Replayed, written
from tests.drivers.ble.test_ble_gateway import SENSOR, house, until
from tests.drivers.ble_air import Air, Relay, advertise, advertised, speaking
from tests.drivers.ble_backend import backend
from tests.drivers.ble_bench import MIBEACON, MemoryVault, PutForward, Whisper, ble_driver, heard
from tests.drivers.ble_bench import SENSOR as SAID
from tests.drivers.ble_frames import (
    BATTERY,
    BUTTON,
    HUMIDITY,
    KEY,
    MI_HUMIDITY,
    MI_TEMPERATURE,
    TEMPERATURE,
    bthome,
    bthome_locked,
    mibeacon,
    mibeacon_locked,
    packet,
)
from tests.drivers.replaying import described, recorded, values

NAME = "Annegret 000051"


async def test_recordings_through_the_gateway_say_nothing_private_and_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with Air() as air:
        scanner = partial(bluetooth.BleScanner, backend=backend(air), check_s=0.05)
        monkeypatch.setattr(bluetooth, "BleScanner", scanner)
        relay = Relay(air)
        await relay.start()
        locked = partial(bthome_locked, SENSOR)
        first = advertised(NAME, data=[(0xFCD2, locked(1, TEMPERATURE))])
        async with speaking(air, SENSOR, first) as sensor, house(tmp_path) as home:
            await relay.announce()
            assert (await home.adopt(relay.address, title="Pump"))[0] == 201
            assert (await home.adopt(SENSOR.lower(), title="Cellar", code=KEY.hex()))[0] == 201
            await home.value(f"{relay.address}|180f/2a19#level", 87)
            driver = home.gateway.drivers["ble"]
            pump, climate = driver.recall(relay.address), driver.recall(SENSOR.lower())
            taking = [
                asyncio.create_task(recorded(home.owner, f"/recordings/ble/{address}"))
                for address in (relay.address, SENSOR.lower())
            ]
            await until(lambda: relay.address in driver._taps and SENSOR.lower() in driver._taps)
            await relay.say(True)
            await home.value(f"{relay.address}|1815/2a56:0#on", True)
            await advertise(sensor, advertised(NAME, data=[(0xFCD2, locked(2, bytes.fromhex("02d007")))]))
            await home.value(f"{SENSOR.lower()}|temperature#temperature", 20)
            tapes = [await one for one in taking]
            await relay.vanish()
    for tape in tapes:
        said = b"".join(written(tape)).decode().casefold()
        for private in (
            "annegret",
            "f0:00:00:00:00",
            "f00000000051",
            "0051",
            "510000",
            "gp-2024",
            "000117",
            KEY.hex(),
        ):
            assert private not in said, private
    for tape, found in zip(tapes, (pump, climate), strict=True):
        again = replayed(tape).candidates[-1]
        assert described(again) == described(found)
    assert (replayed(tapes[0]).candidates[-1].manufacturer) == "Garden Ltd"
    said_again = values(replayed(tapes[0]).observations, replayed(tapes[0]).candidates[-1])
    assert said_again["0/on"] == [(True, None, "good", "device")]
    warm = values(replayed(tapes[1]).observations, replayed(tapes[1]).candidates[-1])["0/temperature"]
    assert warm == [(20, "°C", "good", "device")]


async def overheard(
    frames: list[tuple[str, bytes]], vault: MemoryVault
) -> tuple[Candidate, list[Observation], Replayed]:
    """The driver's candidate and what it told, and the same of its recording, redacted as the gateway redacts it."""
    clock, radio, taken = PutForward(), Whisper(), list[Heard]()
    driver = ble_driver(radio, clock, vault)
    driver.keep({SAID})
    black = Blackener([SAID])
    async with driver:
        clock.ahead += 10
        parsers = driver._parsers
        for row in driver._hearing._rows:
            await parsers.ready(row)
        start = clock.monotonic()
        driver.tap(
            SAID, lambda kind, data: taken.append(Heard(clock.monotonic() - start, kind, black.message(data)))
        )
        for uuid, raw in frames:
            radio.say(heard(raw, uuid=uuid, name=NAME, at=clock.wall()))
            clock.ahead += 5
        found = driver.recall(SAID)
        assert found is not None
        reports: Any = driver.reports()
        live: list[Observation] = [await anext(reports) for _ in range(len(driver._reports))]
    return found, live, replayed(HeardTape("ble", tuple(taken)))


PLAIN = "0000fcd2-0000-1000-8000-00805f9b34fb"


@pytest.mark.parametrize(
    ("frames", "secret"),
    [
        ([(PLAIN, bthome(packet(1), TEMPERATURE)), (PLAIN, bthome(packet(2), TEMPERATURE, HUMIDITY)),
          (PLAIN, bthome(packet(2), TEMPERATURE, HUMIDITY)), (PLAIN, bthome(packet(3), BATTERY, BUTTON))], ""),
        ([(PLAIN, bthome_locked(SAID, 1, TEMPERATURE)), (PLAIN, bthome_locked(SAID, 2, HUMIDITY)),
          (PLAIN, bthome_locked(SAID, 3, BUTTON))], "bthome"),
        ([(MIBEACON, mibeacon(SAID, 1, MI_TEMPERATURE)), (MIBEACON, mibeacon(SAID, 2, MI_HUMIDITY))], ""),
        ([(MIBEACON, mibeacon_locked(SAID, 1, MI_TEMPERATURE)), (MIBEACON, mibeacon_locked(SAID, 2, MI_HUMIDITY))], "xiaomi"),
    ],
    ids=["bthome", "bthome-locked", "mibeacon", "mibeacon-locked"],
)  # fmt: skip
async def test_what_is_replayed_is_what_the_driver_told(frames: list[tuple[str, bytes]], secret: str) -> None:
    vault = MemoryVault({SAID: f"{secret} {KEY.hex()}".encode()} if secret else {})
    found, live, again = await overheard(frames, vault)
    assert described(again.candidates[-1]) == described(found)
    assert values(again.observations, again.candidates[-1]) == values(live, found)
    assert [one.key for one in again.candidates[-1].components] == [one.key for one in found.components]


async def test_what_cannot_be_opened_is_replayed_as_locked() -> None:
    found, _, again = await overheard([(PLAIN, bthome_locked(SAID, 1, TEMPERATURE))], MemoryVault())
    assert found.asks is not None
    assert again.candidates[-1].asks == found.asks
    assert again.candidates[-1].components == ()


async def test_what_was_learned_before_is_in_a_recording() -> None:
    clock, radio, taken = PutForward(), Whisper(), list[Heard]()
    driver = ble_driver(radio, clock)
    driver.keep({SAID})
    async with driver:
        for row in driver._hearing._rows:
            await driver._parsers.ready(row)
        for number, one in enumerate((TEMPERATURE, HUMIDITY, BATTERY)):
            radio.say(heard(bthome(packet(number), one)))
        stop = driver.tap(SAID, lambda kind, data: taken.append(Heard(0, kind, data)))
        stop()
        radio.say(heard(bthome(packet(9), BATTERY)))
        with pytest.raises(KeyError):
            driver.tap("a4:c1:38:ff:ff:ff", lambda kind, data: None)
        found = driver.recall(SAID)
    assert found is not None
    assert [one.kind for one in taken] == ["device", "known", "known", "known"]
    again = replayed(HeardTape("ble", tuple(taken)))
    assert described(again.candidates[-1]) == described(found)
    assert again.observations == ()


HEARD: dict[str, Json] = {"name": "", "rssi": -60}


@pytest.mark.parametrize(
    ("kind", "data", "why"),
    [
        ("advertisement", {"name": ""}, "line 2 .'advertisement'.: rssi should be a whole number from -128 to 127"),
        ("advertisement", {**HEARD, "service_data": {PLAIN: "40"}}, f"{PLAIN} should be bytes"),
        ("advertisement", {**HEARD, "manufacturer_data": {"x": {"hex": ""}}}, "numbers of companies"),
        ("opened", {**HEARD, "decoder": {"magic": {}}}, "decoder should be one of bthome, xiaomi"),
        ("opened", {**HEARD, "decoder": {"bthome": {}}}, "should be text|should be a JSON object"),
        ("services", {"device": {"manufacturer": "", "model": ""}, "serial_number": "", "characteristics": {"x": {"uuid": ""}}},
         "uuid should be one of a characteristic that is understood"),
    ],
)  # fmt: skip
def test_what_is_no_recording_of_a_device_says_why(kind: str, data: Json, why: str) -> None:
    with pytest.raises(HeardError, match=why):
        replayed(HeardTape("ble", (Heard(0, kind, data),)))
