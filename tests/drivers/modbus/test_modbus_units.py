"""Who a unit is, and what is read of it: serial numbers, places, registers that are not there, servers of all sorts."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from pymodbus.framer import FramerRTU
from pymodbus.pdu import DecodePDU
from pymodbus.pdu.register_message import ReadInputRegistersResponse

from capabilities.readings import Contact, Observation, Report
from capabilities.vocabulary import Json, Quality
from drivers.driver import Candidate, NotSent, Rejected, Withdrawn
from drivers.modbus.driver import open_driver
from drivers.modbus.search import MOST_ALIKE, Alike, Stranger
from drivers.modbus.settings import ModbusSettings
from tests.drivers.contract import open_files, wait_for
from tests.drivers.modbus_bench import IDENTITY, Device, Ports, cable, driver, tcp_server, tools
from tests.drivers.modbus_line import RELAY, RELAYS, SENSOR, Bench


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
            assert "cellar/9 cannot be reached" in lost.reason


async def test_a_thing_that_nobody_answers_as_is_said_once_all_were_asked() -> None:
    relays = Device(1)
    async with tcp_server(relays) as port:
        made = driver(f"tcp://127.0.0.1:{port}", RELAYS, kept=("eastron:1932", "cellar/1"))
        async with made:
            first = await wait_for(made.reports(), lambda item: isinstance(item, Contact))
            second = await wait_for(made.reports(), lambda item: isinstance(item, Contact))
            assert isinstance(first, Contact)
            assert isinstance(second, Contact)
            assert (first.device, first.reachable) == ("cellar/1", True)
            assert (second.device, second.reachable) == ("eastron:1932", False)
            assert "hearth.toml" in second.reason


async def test_one_line_that_is_not_there_leaves_the_other() -> None:
    relays = Device(1)
    async with tcp_server(relays) as port:
        lines = [
            {"name": "cellar", "port": f"tcp://127.0.0.1:{port}", "unit": [RELAYS]},
            {"name": "attic", "port": "usb:0403:6001:A1", "unit": [SENSOR]},
        ]
        made = open_driver(ModbusSettings.model_validate({"line": lines}), tools())
        made.keep(["cellar/1", "attic/2"])
        async with made:
            await wait_for(made.reports(), lambda item: isinstance(item, Contact) and item.reachable)
            await made.write(RELAY, True, 5)
            health = made.health()
            assert not health.connected
            assert "line attic is closed: there is no port usb:0403:6001:A1 now" in health.detail


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


async def test_what_is_kept_of_a_device_comes_once_more() -> None:
    relays = Device(1)
    async with tcp_server(relays) as port:
        made = driver(f"tcp://127.0.0.1:{port}", {**RELAYS, "poll_s": 3600}, kept=("cellar/1",))
        async with made:

            def last(item: Observation) -> bool:
                return isinstance(item, Report) and item.point == "cellar/1#relay8.on"

            await wait_for(made.reports(), last)
            made.refresh("cellar/1")
            made.refresh("nobody")
            await wait_for(made.reports(), last)


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
    async with cable(relays, stranger) as wire:
        ports = Ports()
        ports.appear(wire.near)
        made = driver(IDENTITY, RELAYS, ports=ports, line={"timeout_s": 0.02})
        async with made:
            await wait_for(made.candidates(), lambda item: item.id == "cellar/1")
            await made.search()
            found = await wait_for(made.candidates(), lambda item: item.id == "found:cellar/17")
            assert isinstance(found, Candidate)
            assert "unit = 17" in found.problems[0]
            assert stranger.writes.empty()


async def test_a_server_that_answers_for_any_unit_is_one_line_and_no_ghosts() -> None:
    """pymodbus' does, when it is asked who it is."""
    async with tcp_server(Device(1)) as port:
        made = driver(f"tcp://127.0.0.1:{port}", RELAYS)
        async with made:
            await wait_for(made.candidates(), lambda item: item.id == "cellar/1")
            await made.search()
            gone = await wait_for(made.candidates(), lambda item: isinstance(item, Withdrawn))
            assert gone.id.startswith("found:cellar/")
            async with asyncio.timeout(5):
                assert made._searching
                await made._searching
            (line,) = made.health().problems
            assert line.startswith(
                "line cellar: its server answers for 31 of the addresses 1 to 32, and tells of none"
            )
            assert not any(made.recall(f"found:cellar/{unit}") for unit in range(1, 33))


def test_units_that_say_who_they_are_stay_beside_those_that_do_not() -> None:
    alike = Alike()
    few = [Stranger(unit) for unit in range(10, 10 + MOST_ALIKE)]
    assert [alike.ghosts(one) for one in few] == [()] * MOST_ALIKE
    assert alike.ghosts(Stranger(7, "Eastron", "SDM120", "Eastron SDM120")) == ()
    assert alike.said == ""
    assert alike.ghosts(Stranger(30)) == (*few, Stranger(30))
    assert f"for {MOST_ALIKE + 1} of the addresses" in alike.said
    assert "tells of none who it is" in alike.said
    named = Alike()
    for unit in range(1, 33):
        named.ghosts(Stranger(unit, "A", "B", "A B"))
    assert "that it is 'A B'" in named.said


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
