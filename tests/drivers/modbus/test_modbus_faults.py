"""What goes wrong on a line: silent slaves, wrong voices, noise, lateness, refusals, and cables that are pulled."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from pymodbus.constants import ExcCodes
from pymodbus.framer import FramerRTU
from pymodbus.pdu import DecodePDU
from pymodbus.pdu.register_message import ReadInputRegistersResponse

from capabilities.readings import Contact, Observation, Report
from capabilities.vocabulary import Json, Quality
from drivers.driver import Candidate, NotSent, Rejected, Uncertain, Withdrawn
from drivers.modbus.driver import ModbusDriver
from tests.drivers.contract import open_files, wait_for
from tests.drivers.modbus_bench import IDENTITY, Cable, Device, Ports, cable, driver, tcp_server

RELAYS: Mapping[str, Json] = {"unit": 1, "profile": "waveshare-relay-8ch", "poll_s": 0.05}
SENSOR: Mapping[str, Json] = {"unit": 2, "profile": "xy-md02", "poll_s": 0.05}
RELAY = "cellar/1#relay1.on"


class Bench:
    """One line with a relay board (1) and a climate sensor (2); both are Things."""

    def __init__(self, wire: Cable, ports: Ports, relays: Device, sensor: Device, made: ModbusDriver) -> None:
        self.wire, self.ports, self.relays, self.sensor, self.driver = wire, ports, relays, sensor, made

    async def until(self, wanted: Callable[[Observation], bool]) -> Observation:
        return await wait_for(self.driver.reports(), wanted)

    async def contact(self, device: str, reachable: bool) -> Contact:
        def wanted(item: Observation) -> bool:
            return isinstance(item, Contact) and (item.device, item.reachable) == (device, reachable)

        found = await self.until(wanted)
        assert isinstance(found, Contact)
        return found

    async def told(self, point: str, **expected: object) -> Report:
        def wanted(item: Observation) -> bool:
            return (
                isinstance(item, Report)
                and item.point == point
                and all(getattr(item.reading, name) == value for name, value in expected.items())
            )

        found = await self.until(wanted)
        assert isinstance(found, Report)
        return found


@asynccontextmanager
async def line(*, timeout_s: float = 0.05) -> AsyncIterator[Bench]:
    relays, sensor = Device(1), Device(2)
    sensor.put("input", 1, 215, 480)
    async with cable(relays, sensor) as wire:
        ports = Ports()
        ports.appear(wire.near)
        made = driver(
            IDENTITY,
            RELAYS,
            SENSOR,
            ports=ports,
            kept=("cellar/1", "cellar/2"),
            line={"timeout_s": timeout_s},
        )
        async with made:
            bench = Bench(wire, ports, relays, sensor, made)
            yield bench


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


async def test_a_slave_that_was_never_there_is_said() -> None:
    relays = Device(1)
    async with tcp_server(relays) as port:
        made = driver(
            f"tcp://127.0.0.1:{port}", RELAYS, {"unit": 9, "profile": "xy-md02"}, kept=("cellar/9",)
        )
        async with made:
            lost = await wait_for(
                made.reports(), lambda item: isinstance(item, Contact) and not item.reachable
            )
            assert isinstance(lost, Contact)
            assert lost.device == "cellar/9"
            assert "hearth.toml" in lost.reason


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


async def test_a_register_that_is_not_there_is_bad_and_the_rest_is_read() -> None:
    wallbox = Device(1)
    wallbox.put("input", 14, 60000)  # 60 kVA: out of range
    wallbox.put("holding", 261, 160)
    async with tcp_server(wallbox) as port:
        made = driver(
            f"tcp://127.0.0.1:{port}",
            {"unit": 1, "profile": "heidelberg-energy-control", "poll_s": 0.05},
            kept=("cellar/1",),
        )
        async with made:

            def wanted(point: str) -> Callable[[Observation], bool]:
                return lambda item: isinstance(item, Report) and item.point == f"cellar/1#{point}"

            bad = await wait_for(made.reports(), wanted("charge.apparent_power"))
            assert isinstance(bad, Report)
            assert (bad.reading.value, bad.reading.quality) == (None, Quality.BAD)
            good = await wait_for(made.reports(), wanted("limit.value"))
            assert isinstance(good, Report)
            assert good.reading.value == 16
            assert any("can only be 0 to 25000" in problem for problem in made.health().problems)
            for value, why in (
                (5, "6 to 16 A"),
                (17, "6 to 16 A"),
                (10.05, "steps of 0.1"),
                ("x", "a number"),
            ):
                with pytest.raises(NotSent, match=why):
                    await made.write("cellar/1#limit.value", value, 5)
            assert wallbox.writes.empty()
            await made.write("cellar/1#limit.value", 10.5, 5)
            assert await wallbox.writes.get() == (6, 261, [105])
            with pytest.raises(Rejected, match="only read"):
                await made.write("cellar/1#charge.apparent_power", 1, 5)


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


async def test_starting_and_stopping_leaves_nothing() -> None:
    relays = Device(1)
    async with cable(relays) as wire:
        ports = Ports()
        ports.appear(wire.near)
        made = driver(IDENTITY, RELAYS, ports=ports, kept=("cellar/1",))
        files, tasks = open_files(), asyncio.all_tasks()
        for _ in range(3):
            async with made:
                await wait_for(made.reports(), lambda item: isinstance(item, Contact) and item.reachable)
            assert open_files() == files
            assert asyncio.all_tasks() == tasks
            assert ports.claims.held() == {}


async def test_who_is_no_thing_is_hardly_asked() -> None:
    relays = Device(1)
    async with tcp_server(relays) as port:
        made = driver(f"tcp://127.0.0.1:{port}", RELAYS)
        async with made:
            found = await wait_for(made.candidates(), lambda item: isinstance(item, Candidate))
            assert isinstance(found, Candidate)
            assert found.identities == frozenset()
            assert not found.components[0].certain
            asked = len(relays.reads)
            made.keep([found.id])
            await wait_for(made.reports(), lambda item: isinstance(item, Report))
            assert asked == 1


async def test_the_same_meter_at_another_place_is_the_same_device(tmp_path: Path) -> None:
    meter, other = Device(1), Device(2)
    for one, number in ((meter, 1932), (other, 7)):
        one.put("holding", 0xFC00, 0, number)
    meter.put("input", 0, 0x4366, 0x3334)
    unit: Mapping[str, Json] = {"profile": "eastron-sdm120", "poll_s": 0.05}
    async with tcp_server(meter, other) as port:
        made = driver(
            f"tcp://127.0.0.1:{port}",
            {"unit": 1, **unit},
            {"unit": 2, **unit},
            kept=("eastron:1932", "eastron:7"),
        )
        async with made:
            bench = Bench(None, None, meter, other, made)  # type: ignore[arg-type]  # no cable here
            await bench.contact("eastron:1932", True)
            await bench.contact("eastron:7", True)
            await bench.told("eastron:1932#mains.voltage", value=230.2)
            found = made.recall("eastron:1932")
            assert found is not None
            assert found.identities == {"serial:eastron:1932"}
            # Somebody gives the first the address of the second, which is taken away.
            meter.mute = other.mute = True
            lost: set[str] = set()

            def both(item: Observation) -> bool:
                lost.update([item.device] if isinstance(item, Contact) and not item.reachable else [])
                return len(lost) == 2

            await bench.until(both)
            other.put("holding", 0xFC00, 0, 1932)
            other.put("input", 0, 0x4361, 0x4CCD)
            other.mute = False
            await bench.contact("eastron:1932", True)
            await bench.told("eastron:1932#mains.voltage", value=225.3)
            gone = await wait_for(made.candidates(), lambda item: isinstance(item, Withdrawn))
            assert gone.id == "eastron:7"


async def test_two_with_one_serial_number_are_said() -> None:
    first, second = Device(1), Device(2)
    for one in (first, second):
        one.put("holding", 0xFC00, 0, 1932)
    unit: Mapping[str, Json] = {"profile": "eastron-sdm120", "poll_s": 0.05}
    async with tcp_server(first, second) as port:
        made = driver(
            f"tcp://127.0.0.1:{port}", {"unit": 1, **unit}, {"unit": 2, **unit}, kept=("eastron:1932",)
        )
        async with made:
            async with asyncio.timeout(5):
                while not any("same serial number" in problem for problem in made.health().problems):
                    await first.asked()
            first.mute = True
            await wait_for(made.reports(), lambda item: isinstance(item, Contact) and not item.reachable)
            assert {function for function, _, _ in second.reads} == {3}, (
                "nothing is read of the other meanwhile"
            )


async def test_a_person_may_search() -> None:
    relays, stranger = Device(1), Device(17)
    async with tcp_server(relays, stranger) as port:
        made = driver(f"tcp://127.0.0.1:{port}", RELAYS, line={"timeout_s": 0.02})
        async with made:
            await wait_for(made.candidates(), lambda item: item.id == "cellar/1")
            await made.search()
            found = await wait_for(made.candidates(), lambda item: item.id == "found:cellar/17")
            assert isinstance(found, Candidate)
            assert "unit = 17" in found.problems[0]
            assert stranger.writes.empty()


async def test_a_profile_that_is_not_there_leaves_the_others() -> None:
    relays = Device(1)
    async with tcp_server(relays) as port:
        made = driver(f"tcp://127.0.0.1:{port}", RELAYS, {"unit": 2, "profile": "eastron-sdm12"})
        async with made:
            await wait_for(made.candidates(), lambda item: item.id == "cellar/1")
            assert "eastron-sdm120" in made.health().problems[0]


async def test_a_server_that_talks_without_being_asked_is_left() -> None:
    async def chatter(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                writer.write(b"\0\1\0\0\0\5\1\4\2\0\7" * 500)
                await writer.drain()
        except OSError:
            writer.close()
            gone.set()

    gone = asyncio.Event()
    server = await asyncio.start_server(chatter, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    made = driver(f"tcp://127.0.0.1:{port}", RELAYS)
    async with made:
        async with asyncio.timeout(10):
            await gone.wait()
        assert "line cellar is closed" in made.health().detail
    server.close()


async def test_frames_of_a_serial_line_over_tcp() -> None:
    """A converter that passes them on as they are."""
    wire = FramerRTU(DecodePDU(True))

    async def convert(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while request := await reader.read(64):
            assert request[:2] == b"\x02\x04"
            writer.write(
                wire.buildFrame(ReadInputRegistersResponse(dev_id=2, registers=[215, 480][: request[5]]))
            )
        writer.close()

    server = await asyncio.start_server(convert, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    made = driver(f"rtu+tcp://127.0.0.1:{port}", SENSOR, kept=("cellar/2",))
    async with made:

        def warm(item: Observation) -> bool:
            return isinstance(item, Report) and item.reading.value == 21.5

        await wait_for(made.reports(), warm)
    server.close()
    await server.wait_closed()
