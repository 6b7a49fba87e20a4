"""What goes wrong on a line: silent slaves, wrong voices, noise, lateness, refusals, and cables that are pulled."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from pymodbus.constants import ExcCodes
from pymodbus.framer import FramerRTU

from capabilities.readings import Contact, Observation, Report
from capabilities.vocabulary import Quality
from drivers.driver import NotSent, Rejected, Uncertain
from tests.drivers.modbus_bench import IDENTITY
from tests.drivers.modbus_line import RELAY, Bench, line


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    async with line() as made:
        await made.contact("cellar/1", True)
        yield made


async def test_reads_what_the_profile_says(bench: Bench) -> None:
    report = await bench.told("cellar/2#temperature.temperature", value=21.5)
    assert report.reading.unit == "°C"
    assert (await bench.told("cellar/2#humidity.humidity", value=48)).reading.quality is Quality.GOOD
    bench.sensor.put("input", 1, 0xFF33)
    await bench.told("cellar/2#temperature.temperature", value=-20.5)


async def test_a_silent_slave_starves_nobody(bench: Bench) -> None:
    await bench.contact("cellar/2", True)
    bench.sensor.mute = True
    lost = await bench.contact("cellar/2", False)
    assert "no answer" in lost.reason
    asked = len(bench.relays.reads)
    for value in (True, False, True):
        await bench.driver.write(RELAY, value, 5)
        await bench.told(RELAY, value=value)
    assert len(bench.relays.reads) > asked
    assert any("cellar/2" in problem for problem in bench.driver.health().problems)
    with pytest.raises(NotSent, match=r"cellar/2 cannot be reached: no answer"):
        await bench.driver.read("cellar/2#humidity.humidity", 5)
    bench.sensor.mute = False
    await bench.contact("cellar/2", True)


async def test_a_write_whose_answer_is_lost_is_uncertain_and_read_back(bench: Bench) -> None:
    def swallow(data: bytes) -> bytes:
        return b"" if data[1:2] == b"\x05" else data

    bench.wire.back = swallow
    with pytest.raises(Uncertain, match="did not confirm it"):
        await bench.driver.write(RELAY, True, 5)
    await bench.told(RELAY, value=True)
    assert bench.relays.writes.qsize() == 1, "it is not sent again"


async def test_an_answer_of_another_unit_confirms_nothing(bench: Bench) -> None:
    def forge(data: bytes) -> bytes:
        if data[1:2] != b"\x05":
            return data
        other = bytes([2]) + data[1:-2]
        return other + FramerRTU.compute_CRC(other).to_bytes(2, "big")

    bench.wire.back = forge
    with pytest.raises(Uncertain, match="unit 2 answered with something else"):
        await bench.driver.write(RELAY, True, 5)
    assert bench.driver.health().counters["strangers"]


async def test_a_garbled_answer_confirms_nothing(bench: Bench) -> None:
    bench.wire.back = lambda data: data[:-1] + bytes([data[-1] ^ 1]) if data[1:2] == b"\x05" else data
    with pytest.raises(Uncertain, match="garbled"):
        await bench.driver.write(RELAY, True, 5)
    assert bench.driver.health().counters["garbled"]


async def test_one_bad_frame_is_no_loss(bench: Bench) -> None:
    spoilt: list[bytes] = []

    def once(data: bytes) -> bytes:
        if spoilt:
            return data
        spoilt.append(data)
        return data[:3]

    bench.wire.back = once
    await bench.told(RELAY, value=False)
    while not spoilt:
        await bench.told(RELAY, value=False)
    bench.relays.put("coil", 0, 1)

    def changed_or_lost(item: Observation) -> bool:
        if isinstance(item, Contact):
            return item.device == "cellar/1"
        return isinstance(item, Report) and item.reading.value is True

    assert isinstance(await bench.until(changed_or_lost), Report)


async def test_noise_before_an_answer_does_no_harm(bench: Bench) -> None:
    bench.wire.back = lambda data: b"\x00\xff\x01\x01" + data
    await bench.driver.write(RELAY, True, 5)
    await bench.told(RELAY, value=True)


async def test_a_late_answer_is_not_taken_for_the_next_one(bench: Bench) -> None:
    """Two reads of the same length: registers say nothing of which question they answer."""
    held: list[bytes] = []

    def delay(data: bytes) -> bytes:
        if data[0] == 2 and not held:
            held.append(data)
            asyncio.get_running_loop().call_later(0.1, bench.wire.inject, data)
            return b""
        return data

    await bench.contact("cellar/2", True)
    bench.wire.back = delay
    while not held:
        await bench.told(RELAY, value=False)
    bench.sensor.put("input", 1, 300, 700)
    values: list[object] = []

    def collected(item: Observation) -> bool:
        if isinstance(item, Report) and item.point.startswith("cellar/2#"):
            values.append(item.reading.value)
        return values[-2:] == [30, 70]

    await bench.until(collected)
    assert bench.driver.health().counters["garbled"] == 0


@pytest.mark.parametrize(
    ("code", "error", "words"),
    [
        (ExcCodes.ILLEGAL_FUNCTION, Rejected, "does not know this function"),
        (ExcCodes.ILLEGAL_ADDRESS, Rejected, "has no such register"),
        (ExcCodes.ILLEGAL_VALUE, Rejected, "refused the value"),
        (ExcCodes.DEVICE_BUSY, Rejected, "is busy; try again"),
        (ExcCodes.GATEWAY_PATH_UNAVIABLE, Rejected, "no path to it"),
        (ExcCodes.DEVICE_FAILURE, Uncertain, "failed while it did it"),
        (ExcCodes.GATEWAY_NO_RESPONSE, Uncertain, "did not answer its Modbus gateway"),
    ],
)
async def test_exceptions_become_words(
    bench: Bench, code: ExcCodes, error: type[Exception], words: str
) -> None:
    bench.relays.refuses = code
    with pytest.raises(error, match=words):
        await bench.driver.write(RELAY, True, 5)


async def test_one_who_works_on_it_has_taken_it(bench: Bench) -> None:
    bench.relays.refuses = ExcCodes.ACKNOWLEDGE
    await bench.driver.write(RELAY, True, 5)


async def test_a_pulled_cable_is_lost_at_once_and_found_in_another_socket(bench: Bench) -> None:
    before = bench.wire.near
    bench.ports.vanish()
    bench.wire.pull()
    lost = await bench.contact("cellar/1", False)
    assert before in lost.reason
    with pytest.raises(NotSent):
        await bench.driver.write(RELAY, True, 5)
    bench.wire.plug()
    bench.ports.appear(bench.wire.near)
    await bench.contact("cellar/1", True)
    await bench.driver.write(RELAY, True, 5)
    assert (await bench.relays.writes.get())[2] == [True]
    assert bench.driver.recall("cellar/1") is not None


async def test_a_cable_that_is_pulled_in_the_middle_of_a_write_leaves_it_uncertain(bench: Bench) -> None:
    bench.wire.deaf = True
    writing = asyncio.create_task(bench.driver.write(RELAY, True, 5))
    async with asyncio.timeout(5):
        while await bench.wire.sent.get() != bytes.fromhex("01050000ff008c3a"):
            pass
    bench.ports.vanish()
    bench.wire.pull()
    with pytest.raises(Uncertain, match="line was lost"):
        await writing


async def test_a_port_that_another_has_is_named(bench: Bench) -> None:
    port = bench.ports.find(IDENTITY)
    assert port is not None
    with pytest.raises(NotSent, match="modbus"), bench.ports.claimed(port, "coap"):
        pass
