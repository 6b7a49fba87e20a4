"""The HomeKit driver keeps the contract, against an accessory of HAP-python."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from capabilities.vocabulary import Json
from drivers.driver import Driver
from tests.drivers.contract import DriverContract, Rig
from tests.drivers.homekit.conftest import Bench
from tests.drivers.homekit_bench import Accessory, AccessoryDriver, Peer


class HomeKitRig:
    """An outlet, paired already."""

    unreadable = ""

    def __init__(self, bench: Bench) -> None:
        self.driver: Driver = bench.driver
        self._bench = bench
        self._taken: asyncio.Queue[bool] = asyncio.Queue()
        self._count = 0
        self._target = 0

    async def start(self) -> None:
        self._peer: Peer = await self._bench.add(self._build)
        self._peer.advertiser.silent = True
        await self.withdraw()
        self.point = f"{self._peer.id}|8#on"
        self._bench.driver.keep({self._peer.id})
        self._target = self._peer.wire._target

    def _build(self, driver: AccessoryDriver) -> Accessory:
        accessory = Accessory(driver, "Outlet")
        on = accessory.add_preload_service("Outlet").configure_char(
            "On", setter_callback=self._taken.put_nowait
        )
        self._on = on
        return accessory

    async def announce(self) -> None:
        self._peer.advertiser.silent = False
        self._peer.advertiser.again()

    async def withdraw(self) -> None:
        assert self._peer.advertiser.said is not None
        self._bench.services.lose(self._peer.advertiser.said.name)

    async def report(self, value: bool) -> None:
        await self._peer.tell(self._on, value)

    async def received(self) -> Json:
        self._count += 1
        return bool(await self._taken.get())

    async def received_so_far(self) -> int:
        await self._peer.flush()
        return self._count + self._taken.qsize()

    async def cut(self) -> None:
        await self._peer.wire.pull()

    async def mend(self) -> None:
        await self._peer.wire.lay(self._target)
        self._peer.advertiser.again()  # as everything does that gets power again

    async def deafen(self) -> None:
        self._peer.wire.deafen()

    async def hear_again(self) -> None:
        self._peer.wire.hear()


@pytest.fixture
async def rig(bench: Bench) -> AsyncIterator[Rig]:
    rig = HomeKitRig(bench)
    await rig.start()
    yield rig


class TestHomeKitContract(DriverContract):
    pass
