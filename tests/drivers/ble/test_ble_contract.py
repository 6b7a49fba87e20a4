"""The driver keeps the contract, against a GATT peripheral on bumble's virtual radio."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from capabilities.vocabulary import Json
from drivers.ble.bounds import FORGET_S
from drivers.discovery.bluetooth import BleScanner
from drivers.driver import Driver
from tests.drivers.ble_air import Air, Relay
from tests.drivers.ble_bench import PutForward, ble_driver, virtual_radio
from tests.drivers.contract import DriverContract, Rig


class BleRig:
    """A relay that is a Thing."""

    unreadable = ""

    def __init__(self, air: Air, radio: BleScanner, clock: PutForward) -> None:
        self.relay = Relay(air)
        self.point = f"{self.relay.address}|1815/2a56:0#on"
        self._ble = ble_driver(radio, clock)
        self._ble.keep({self.relay.address})
        self.driver: Driver = self._ble
        self._clock = clock

    async def announce(self) -> None:
        await self.relay.announce()

    async def withdraw(self) -> None:
        """It is forgotten, and silent for long: a Thing's device is never withdrawn."""
        self._ble.keep(())
        await self.relay.vanish()
        self._clock.ahead += 2 * FORGET_S + 1
        self._ble.sweep()

    async def report(self, value: bool) -> None:
        await self.relay.say(value)

    async def received(self) -> Json:
        return await self.relay.commands.get()

    async def received_so_far(self) -> int:
        for _ in range(20):
            await asyncio.sleep(0)
        return self.relay.arrived

    async def cut(self) -> None:
        await self.relay.vanish()

    async def mend(self) -> None:
        await self.relay.announce()

    async def deafen(self) -> None:
        self.relay.answers.clear()

    async def hear_again(self) -> None:
        self.relay.answers.set()


@pytest.fixture
async def rig() -> AsyncIterator[Rig]:
    clock = PutForward()
    async with virtual_radio(clock) as (air, radio):
        rig = BleRig(air, radio, clock)
        await rig.relay.start()
        yield rig
        await rig.relay.vanish()


class TestBleContract(DriverContract):
    pass
