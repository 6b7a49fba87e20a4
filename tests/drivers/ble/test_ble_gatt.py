"""GATT devices on bumble's virtual radio: described, held, visited, commanded, and what they refuse."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from bumble.att import ATT_Error, Attribute
from bumble.core import UUID
from bumble.gatt import Characteristic, CharacteristicValue, Descriptor, Service

from capabilities.readings import Contact, Observation, Report
from capabilities.vocabulary import Hazard, Quality
from drivers.ble.bounds import MAX_COMPONENTS
from drivers.ble.driver import BleDriver
from drivers.ble.gatt.describing import AGAIN_S
from drivers.discovery.bluetooth import BleScanner
from drivers.driver import Candidate, NotSent, Rejected
from tests.drivers.ble_air import READABLE, WRITEABLE, Air, P, Relay, advertise, advertised
from tests.drivers.ble_bench import PutForward, ble_driver, virtual_radio
from tests.drivers.contract import wait_for

PATIENCE_S = 10.0


@pytest.fixture
async def room() -> AsyncIterator[tuple[Air, BleScanner, PutForward]]:
    clock = PutForward()
    async with virtual_radio(clock) as (air, radio):
        yield air, radio, clock


@pytest.fixture
async def relay(room: Any) -> AsyncIterator[Relay]:
    relay = Relay(room[0])
    yield relay
    if relay._device is not None:
        await relay.vanish()


async def candidate(driver: BleDriver, wanted: Callable[[Candidate], bool] = lambda _: True) -> Candidate:
    found = await wait_for(driver.candidates(), lambda one: isinstance(one, Candidate) and wanted(one))
    assert isinstance(found, Candidate)
    return found


async def report(driver: BleDriver, point: str) -> Report:
    one = await wait_for(driver.reports(), lambda one: isinstance(one, Report) and one.point.endswith(point))
    assert isinstance(one, Report)
    return one


async def contact(driver: BleDriver, reachable: bool) -> Contact:
    def wanted(one: Observation) -> bool:
        return isinstance(one, Contact) and one.reachable is reachable

    one = await wait_for(driver.reports(), wanted)
    assert isinstance(one, Contact)
    return one


def bits(
    short: int, value: Any, properties: Characteristic.Properties = P.READ, *descriptors: Descriptor
) -> Any:
    permissions = READABLE | (
        WRITEABLE if properties & (P.WRITE | P.WRITE_WITHOUT_RESPONSE) else Attribute.Permissions(0)
    )
    return Characteristic(UUID.from_16_bits(short), properties, permissions, value, descriptors)


async def test_a_stranger_is_described_by_one_short_connection(room: Any, relay: Relay) -> None:
    _, radio, clock = room
    await relay.start()
    async with ble_driver(radio, clock) as driver:
        await relay.announce()
        found = await candidate(driver)
        assert (found.title, found.manufacturer, found.model) == ("Pump", "Garden Ltd", "Pump 1")
        assert found.identities == {f"mac:{relay.address}", "serial:gp-2024-000117"}
        kinds = {one.key: (one.kind, one.certain) for one in found.components}
        assert kinds == {
            "1815/2a56:0": ("switch", False), "180f/2a19": ("battery", True), "181a/2a6e": ("temperature", True),
        }  # fmt: skip
        output = found.components[0].affordances[0]
        assert (output.hazard, output.writable) == (Hazard.PROPERTY, True)
        assert found.components[2].affordances[0].schema == {"minimum": -40.0, "maximum": 100.0}
        await wait_for_silence(relay)
        clock.ahead += AGAIN_S * 2
        assert driver.health().counters["described"] == 1
        assert relay.arrived == 0


async def wait_for_silence(relay: Relay) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while relay.device.connections:  # noqa: ASYNC110 -- what a library has, without telling
            await asyncio.sleep(0.005)


async def test_a_thing_is_read_observed_commanded_lost_and_found_again(room: Any, relay: Relay) -> None:
    _, radio, clock = room
    await relay.start()
    driver = ble_driver(radio, clock)
    driver.keep({relay.address})
    async with driver:
        await relay.announce()
        assert (await report(driver, "#level")).reading.value == 87
        assert (await report(driver, "#temperature")).reading.value == 21.5
        await contact(driver, True)
        point = f"{relay.address}|1815/2a56:0#on"
        await driver.write(point, True, PATIENCE_S)
        assert (await report(driver, "#on")).reading.value is True
        await relay.say(False)
        assert (await report(driver, "#on")).reading.value is False
        relay.battery.value = bytes([44])
        await driver.read(f"{relay.address}|180f/2a19#level", PATIENCE_S)
        await wait_for(driver.reports(), lambda one: isinstance(one, Report) and one.reading.value == 44)
        await relay.vanish()
        assert "the connection ended" in (await contact(driver, False)).reason
        driver.refresh(relay.address)
        assert (await report(driver, "#level")).reading.quality is Quality.STALE
        relay.battery.value = bytes([43])
        await relay.announce()
        assert (await report(driver, "#level")).reading.value == 43
        await contact(driver, True)


async def test_what_is_not_known_is_bad(room: Any, relay: Relay) -> None:
    _, radio, clock = room
    relay.temperature.value = b"\x00\x80"
    relay.battery.value = b"\xff"
    await relay.start()
    driver = ble_driver(radio, clock)
    driver.keep({relay.address})
    async with driver:
        await relay.announce()
        for point in ("#level", "#temperature"):
            reading = (await report(driver, point)).reading
            assert (reading.value, reading.quality) == (None, Quality.BAD)


async def test_what_wants_pairing_is_told(room: Any, relay: Relay) -> None:
    _, radio, clock = room
    locked = Attribute.Permissions.READABLE | Attribute.Permissions.READ_REQUIRES_ENCRYPTION
    relay.extra = [Characteristic(UUID.from_16_bits(0x2A6F), P.READ, locked, b"\x00\x00")]
    await relay.start()
    async with ble_driver(radio, clock) as driver:
        await relay.announce()
        found = await candidate(driver)
        assert f"bluetoothctl pair {relay.address.upper()}" in found.problems[0]
        assert len(found.components) == 4
        driver.keep({relay.address})
        assert (await report(driver, "#level")).reading.value == 87


async def test_one_of_several_outputs_leaves_the_others_as_they_are(room: Any) -> None:
    air, radio, clock = room
    written: list[bytes] = []
    state = bytearray(b"\x21")  # active, inactive, tri-state

    def write(_: Any, raw: bytes) -> None:
        written.append(raw)
        state[:] = raw

    value = CharacteristicValue(read=lambda _: bytes(state), write=write)
    count = Descriptor(UUID.from_16_bits(0x2909), READABLE, b"\x03")
    device = await air.peripheral(
        "board", "F0:00:00:00:00:41", [Service(UUID.from_16_bits(0x1815), [bits(0x2A56, value, P.READ | P.WRITE, count)])]
    )  # fmt: skip
    await advertise(device, advertised("Board", [0x1815]))
    driver = ble_driver(radio, clock)
    driver.keep({"f0:00:00:00:00:41"})
    async with driver:
        found = await candidate(driver)
        assert [one.title for one in found.components] == ["Output 1", "Output 2", "Output 3"]
        await contact(driver, True)
        await driver.write("f0:00:00:00:00:41|1815/2a56:1#on", True, PATIENCE_S)
        assert written == [b"\x25"]
        state[0] = 0x35  # the third is not known
        with pytest.raises(NotSent, match="other outputs"):
            await driver.write("f0:00:00:00:00:41|1815/2a56:0#on", False, PATIENCE_S)
        assert written == [b"\x25"]


async def test_a_devices_no_is_a_refusal(room: Any) -> None:
    air, radio, clock = room

    def write(_: Any, __: bytes) -> None:
        raise ATT_Error(0x13)

    value = CharacteristicValue(read=lambda _: b"\x00", write=write)
    device = await air.peripheral(
        "board", "F0:00:00:00:00:42", [Service(UUID.from_16_bits(0x1815), [bits(0x2A56, value, P.READ | P.WRITE)])]
    )  # fmt: skip
    await advertise(device, advertised("Board", [0x1815]))
    driver = ble_driver(radio, clock)
    driver.keep({"f0:00:00:00:00:42"})
    async with driver:
        await contact(driver, True)
        with pytest.raises(Rejected, match="Value Not Allowed"):
            await driver.write("f0:00:00:00:00:42|1815/2a56:0#on", True, PATIENCE_S)


async def test_where_connections_are_few_a_thing_is_visited_and_commanded(room: Any, relay: Relay) -> None:
    _, radio, clock = room
    await relay.start()
    driver = ble_driver(radio, clock, connections=1)
    driver.keep({relay.address})
    async with driver:
        await relay.announce()
        await contact(driver, True)
        await wait_for_silence(relay)
        await driver.write(f"{relay.address}|1815/2a56:0#on", True, PATIENCE_S)
        assert relay.state is True
        assert await wait_for(
            driver.reports(), lambda one: isinstance(one, Report) and one.reading.value is True
        )
        await wait_for_silence(relay)


async def test_nothing_is_connected_to_where_that_is_off(room: Any, relay: Relay) -> None:
    _, radio, clock = room
    await relay.start()
    driver = ble_driver(radio, clock, gatt=False)
    driver.keep({relay.address})
    async with driver:
        await relay.announce()
        before = radio.health().counters["heard"]
        async with asyncio.timeout(PATIENCE_S):
            while radio.health().counters["heard"] < before + 5:  # noqa: ASYNC110
                await asyncio.sleep(0.005)
        assert not relay.device.connections
        with pytest.raises(NotSent, match="not known"):
            await driver.write(f"{relay.address}|1815/2a56:0#on", True, 1.0)


async def test_a_device_that_lies_is_bounded(room: Any) -> None:
    air, radio, clock = room
    count = Descriptor(UUID.from_16_bits(0x2909), READABLE, b"\xff")
    name = Descriptor(UUID.from_16_bits(0x2901), READABLE, b"\xff\x00evil\n" * 60)
    boards = [bits(0x2A56, b"", P.READ, count, name) for _ in range(3)]
    label = [bits(0x2A29, b"\x1b[2J" + b"x" * 400)]
    services = [Service(UUID.from_16_bits(0x1815), boards), Service(UUID.from_16_bits(0x180A), label)]
    device = await air.peripheral("liar", "F0:00:00:00:00:43", services)
    await advertise(device, advertised("Liar", [0x1815]))
    async with ble_driver(radio, clock) as driver:
        found = await candidate(driver)
        assert len(found.components) == MAX_COMPONENTS
        assert all(one.title.isprintable() and len(one.title) < 80 for one in found.components)
        assert found.manufacturer.isprintable()
        assert "others are left out" in found.problems[0]
