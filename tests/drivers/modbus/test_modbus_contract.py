"""The Modbus driver keeps the contract with pymodbus' servers: over TCP, and over a serial line."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from capabilities.vocabulary import Json
from drivers.driver import Driver
from tests.drivers.contract import DriverContract, Rig
from tests.drivers.modbus_bench import IDENTITY, Cable, Device, Ports, cable, driver, tcp_server

PROFILE = """
name = "relay"
title = "Relay"
manufacturer = "Contract"
model = "One"
sources = ["made up"]
poll_s = 0.05
serial_number = { table = "holding", register = 0xFC00, type = "u32" }

[[component]]
key = "relay"
kind = "switch"
certain = false

[[component.property]]
name = "on"
table = "coil"
register = 3
type = "bool"
writable = true
"""


class ModbusRig:
    """One relay, unit 1. It is announced when it answers, and withdrawn when another one answers in its place."""

    point = "contract:7#relay.on"
    unreadable = ""
    driver: Driver

    def __init__(self) -> None:
        self.device = Device()
        self.device.mute = True  # until it is announced
        self.stack = AsyncExitStack()
        self._taken = 0

    async def announce(self) -> None:
        self.device.put("holding", 0xFC00, 0, 7)
        self.device.mute = False

    async def withdraw(self) -> None:
        await self.cut()
        self.device.put("holding", 0xFC00, 0, 8)
        await self.mend()

    async def report(self, value: bool) -> None:
        self.device.put("coil", 3, value)
        for _ in range(2):  # the one that is under way may be of before
            async with asyncio.timeout(5):
                await self.device.asked()

    async def received(self) -> Json:
        async with asyncio.timeout(15):
            function, address, values = await self.device.writes.get()
        assert (function, address) == (5, 3)
        self._taken += 1
        return bool(values[0])

    async def received_so_far(self) -> int:
        for _ in range(2):  # what was sent before the next question has arrived with it
            async with asyncio.timeout(5):
                await self.device.asked()
        return self._taken + self.device.writes.qsize()

    async def cut(self) -> None:
        raise NotImplementedError

    async def mend(self) -> None:
        raise NotImplementedError

    async def deafen(self) -> None:
        raise NotImplementedError

    async def hear_again(self) -> None:
        raise NotImplementedError


class TcpRig(ModbusRig):
    """Deaf is here: the server's answers get lost."""

    async def start(self, profiles: Path) -> None:
        self._port = await self.stack.enter_async_context(tcp_server(self.device))
        self.driver = driver(
            f"tcp://127.0.0.1:{self._port}",
            {"unit": 1, "profile": "relay"},
            kept=("contract:7",),
            profiles=str(profiles),
        )

    async def cut(self) -> None:
        await self.stack.aclose()

    async def mend(self) -> None:
        await self.stack.enter_async_context(tcp_server(self.device, port=self._port))

    async def deafen(self) -> None:
        self.device.mute = True

    async def hear_again(self) -> None:
        self.device.mute = False


class RtuRig(ModbusRig):
    """Mended is here: plugged into another socket, where the port has another path."""

    wire: Cable

    async def start(self, profiles: Path) -> None:
        self.wire = await self.stack.enter_async_context(cable(self.device))
        self.ports = Ports()
        self.ports.appear(self.wire.near)
        self.driver = driver(
            IDENTITY,
            {"unit": 1, "profile": "relay"},
            ports=self.ports,
            kept=("contract:7",),
            profiles=str(profiles),
        )

    async def cut(self) -> None:
        self.ports.vanish()
        self.wire.pull()

    async def mend(self) -> None:
        self.wire.plug()
        self.ports.appear(self.wire.near)

    async def deafen(self) -> None:
        self.wire.deaf = True

    async def hear_again(self) -> None:
        self.wire.hear()


@pytest.fixture(params=[TcpRig, RtuRig], ids=["tcp", "rtu"])
async def rig(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Rig]:
    (tmp_path / "relay.toml").write_text(PROFILE)
    rig = request.param()
    await rig.start(tmp_path)
    yield rig
    await rig.stack.aclose()


class TestModbusContract(DriverContract):
    pass
