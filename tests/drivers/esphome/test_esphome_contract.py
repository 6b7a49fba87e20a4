"""The ESPHome driver keeps the contract, against a device on a real socket, with and without a key."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from capabilities.vocabulary import Json
from drivers.driver import Driver
from drivers.esphome.secret import Secret
from tests.drivers.contract import DriverContract, Rig
from tests.drivers.esphome.around import Around, until
from tests.drivers.esphome.node import KEY, MAC, PB, Node


class EspHomeRig:
    """A node with one switch, which is a Thing already."""

    point = f"{MAC}|switch/Relay#on"
    unreadable = point

    def __init__(self, key: str) -> None:
        self.node = Node(key=key)
        self.node.entities = [PB.ListEntitiesSwitchResponse(key=7, name="Relay", device_class="outlet")]
        self._around = Around()
        if key:
            self._around.vault.kept[MAC] = Secret(key).encode()
        driver = self._around.driver
        driver.keep([MAC])
        self.driver: Driver = driver
        self._announced = False
        self._count = 0

    async def announce(self) -> None:
        self._announced = True
        self._around.services.announce(self.node)

    async def withdraw(self) -> None:
        """It is switched off, and says goodbye."""
        self._announced = False
        self._around.services.withdraw()
        await self.node.stop()

    async def report(self, value: bool) -> None:
        await until(lambda: self.node.subscribers > 0)
        self.node.tell(PB.SwitchStateResponse(key=7, state=value))

    async def received(self) -> Json:
        message = await self.node.received.get()
        assert type(message) is PB.SwitchCommandRequest
        assert message.key == 7
        self._count += 1
        return bool(message.state)

    async def received_so_far(self) -> int:
        """Each command is behind a question that is answered: what came before it has come."""
        for peer in self.node.peers:
            peer.transport.resume_reading()
        before = self.node.received.qsize()
        await self.settle()
        assert self.node.received.qsize() >= before
        return self._count + self.node.received.qsize()

    async def settle(self) -> None:
        refresh, self.node.states = self.node.states, []
        peers = tuple(self.node.peers)
        for peer in peers:
            peer.is_subscribed = False
        driver = self._around.driver
        driver.refresh(MAC)
        if any(device.connection for device in driver._house.book):
            await until(lambda: any(peer.is_subscribed for peer in self.node.peers))
        self.node.states = refresh

    async def cut(self) -> None:
        await self.node.stop()

    async def mend(self) -> None:
        await self.node.start()
        if self._announced:
            self._around.services.announce(self.node)

    async def deafen(self) -> None:
        for peer in self.node.peers:
            peer.transport.pause_reading()

    async def hear_again(self) -> None:
        for peer in self.node.peers:
            peer.transport.resume_reading()


@pytest.fixture(params=["", KEY], ids=["in the clear", "encrypted"])
async def rig(request: pytest.FixtureRequest) -> AsyncIterator[Rig]:
    rig = EspHomeRig(request.param)
    await rig.node.start()
    yield rig
    await rig.node.stop()


class TestEspHomeContract(DriverContract):
    pass
