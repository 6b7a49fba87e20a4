"""What a driver is given, for tests: services that are told by hand, a vault in memory."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from contextlib import asynccontextmanager
from typing import Any, cast

from capabilities.readings import Contact, Observation
from drivers.discovery.seen import Service, ServiceLost
from drivers.discovery.tools import Clock, Stop, Tools
from drivers.driver import Candidate, Withdrawn
from drivers.esphome.driver import EspHomeDriver
from drivers.esphome.settings import EspHomeSettings
from gateway.clock import SystemClock
from tests.drivers.contract import PATIENCE_S, wait_for
from tests.drivers.esphome.node import Node

TYPE = "_esphomelib._tcp.local."


class Announcements:
    """The one mDNS browser, as far as one family sees it."""

    def __init__(self) -> None:
        self.told: list[Callable[[Service | ServiceLost], None]] = []
        self.services: dict[str, Service] = {}

    @property
    def zeroconf(self) -> Any:
        raise AssertionError("nobody needs it")

    def watch(self, types: Collection[str], told: Callable[[Service | ServiceLost], None]) -> Stop:
        assert types == (TYPE,)
        self.told.append(told)
        for service in self.services.values():
            told(service)
        return lambda: self.told.remove(told) if told in self.told else None

    def announce(self, node: Node, *, name: str = "", address: str = "127.0.0.1", **properties: str) -> None:
        told = {
            "mac": node.mac.replace(":", ""),
            "friendly_name": "Test node",
            "version": "2026.10.0",
            **properties,
        }
        if node.key and "api_encryption" not in told:
            told["api_encryption"] = "Noise_NNpsk0_25519_ChaChaPoly_SHA256"
        name = name or node.info.name
        self.say(Service(TYPE, name, f"{name}.local.", node.port, (address,), told))

    def say(self, service: Service) -> None:
        self.services[service.name] = service
        for told in tuple(self.told):
            told(service)

    def withdraw(self, name: str = "test-node") -> None:
        self.services.pop(name, None)
        for told in tuple(self.told):
            told(ServiceLost(TYPE, name))


class MemoryVault:
    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}
        self.trouble: OSError | None = None

    async def load(self) -> Mapping[str, bytes]:
        self._fail()
        return dict(self.kept)

    async def put(self, device: str, secret: bytes) -> None:
        self._fail()
        self.kept[device] = secret

    async def delete(self, device: str) -> None:
        self._fail()
        self.kept.pop(device, None)

    def _fail(self) -> None:
        if self.trouble is not None:
            raise self.trouble


class Around:
    """A driver and all around it."""

    def __init__(self, *hosts: str, vault: MemoryVault | None = None, clock: Clock | None = None) -> None:
        self.services = Announcements()
        self.vault = vault or MemoryVault()
        nothing = cast("Any", None)
        tools = Tools(clock or SystemClock(), self.services, nothing, nothing, self.vault)
        self.driver = EspHomeDriver(EspHomeSettings(hosts=hosts), tools)

    async def candidate(self, wanted: Callable[[Candidate], bool] = lambda one: True) -> Candidate:
        found = await wait_for(
            self.driver.candidates(), lambda item: isinstance(item, Candidate) and wanted(item)
        )
        assert isinstance(found, Candidate)
        return found

    async def withdrawn(self) -> Withdrawn:
        found = await wait_for(self.driver.candidates(), lambda item: isinstance(item, Withdrawn))
        assert isinstance(found, Withdrawn)
        return found

    async def contact(self, reachable: bool, said: str = "") -> Contact:
        found = await wait_for(
            self.driver.reports(),
            lambda item: isinstance(item, Contact) and item.reachable is reachable and said in item.reason,
        )
        assert isinstance(found, Contact)
        return found

    async def observed(self, wanted: Callable[[Observation], bool]) -> Observation:
        return await wait_for(self.driver.reports(), wanted)


@asynccontextmanager
async def running(node: Node) -> AsyncIterator[Node]:
    await node.start()
    try:
        yield node
    finally:
        await node.stop()


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not condition():  # noqa: ASYNC110  # what a real socket brings has no event here
            await asyncio.sleep(0)
