"""The WoT driver keeps the contract, against a Thing on an HTTP server that is announced by mDNS."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from capabilities.vocabulary import Json
from drivers.driver import Driver
from drivers.wot.driver import open_driver
from drivers.wot.settings import WotSettings
from tests.drivers.contract import DriverContract, Rig
from tests.drivers.wot_peer import LAMP_ID, FakeServices, WotPeer, tools


class WotRig:
    point = f"{LAMP_ID} properties/on"
    unreadable = f"{LAMP_ID} actions/blink"

    def __init__(self, peer: WotPeer) -> None:
        self.services = FakeServices()
        driver = open_driver(WotSettings(this_machine=True, poll_seconds=1), tools(self.services))
        driver.keep([LAMP_ID])
        self.driver: Driver = driver
        self.peer = peer
        self._taken = 0
        self._announced = False

    async def announce(self) -> None:
        self._announced = True
        self.peer.gone = False
        self.services.announce(self.peer.port, "/lamp/td")

    async def withdraw(self) -> None:
        self._announced = False
        self.peer.gone = True
        self.services.lose()

    async def report(self, value: bool) -> None:
        await self.peer.streaming("on")
        await self.peer.set("on", value)

    async def received(self) -> Json:
        async with self.peer.arrived:
            await self.peer.arrived.wait_for(lambda: len(self.peer.commands) > self._taken)
        self._taken += 1
        return self.peer.commands[self._taken - 1][1]

    async def received_so_far(self) -> int:
        return len(self.peer.commands)

    async def cut(self) -> None:
        await self.peer.stop()

    async def mend(self) -> None:
        await self.peer.start()
        if self._announced:
            self.services.announce(self.peer.port, "/lamp/td")

    async def deafen(self) -> None:
        self.peer.hearing.clear()

    async def hear_again(self) -> None:
        self.peer.hearing.set()


@pytest.fixture
async def rig() -> AsyncIterator[Rig]:
    peer = WotPeer()
    await peer.start()
    yield WotRig(peer)
    await peer.stop()
    await asyncio.sleep(0)


class TestWotContract(DriverContract):
    pass
