"""A serial line with two devices that are Things, for tests of what goes wrong on it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager

from capabilities.readings import Contact, Observation, Report
from capabilities.vocabulary import Json
from drivers.modbus.driver import ModbusDriver
from tests.drivers.contract import wait_for
from tests.drivers.modbus_bench import IDENTITY, Cable, Device, Ports, cable, driver

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
