"""The CoAP driver keeps the contract: over UDP against aiocoap's server, on a line against an endpoint on a pseudo-terminal."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from capabilities.vocabulary import Json
from drivers.coap.driver import open_driver
from drivers.coap.settings import CoapSettings
from drivers.driver import Driver
from tests.drivers.coap_bench import DEVICE, Lamp, LineEndpoint, UdpServer
from tests.drivers.coap_tools import SeenPorts, SeenServices, tools
from tests.drivers.contract import DriverContract, Rig

POINT = f"{DEVICE} properties/on"


class CoapRig:
    """What both ways have in common: the lamp."""

    driver: Driver
    point = POINT
    unreadable = f"{DEVICE} actions/identify"
    lamp: Lamp

    async def report(self, value: bool) -> None:
        self.lamp.show(value)

    async def received(self) -> Json:
        return await self.lamp.commands.get()

    async def received_so_far(self) -> int:
        return self.lamp.count


class UdpRig(CoapRig):
    def __init__(self) -> None:
        self.services = SeenServices()
        driver = open_driver(CoapSettings(), tools(self.services))
        driver.keep([DEVICE])
        self.driver = driver
        self.lamp = Lamp()
        self.server = UdpServer(self.lamp)

    async def report(self, value: bool) -> None:
        await super().report(value)
        await self.server.on.told()

    async def announce(self) -> None:
        self.services.announce("lamp", self.server.port)

    async def withdraw(self) -> None:
        self.services.withdraw("lamp")

    async def cut(self) -> None:
        await self.server.stop()

    async def mend(self) -> None:
        await self.server.start()
        if self.services.known:
            await self.announce()

    async def deafen(self) -> None:
        self.server.deafen()

    async def hear_again(self) -> None:
        self.server.hear_again()


class LineRig(CoapRig):
    def __init__(self, path: str) -> None:
        self.lamp = Lamp()
        settings = CoapSettings.model_validate({"line": [{"port": path}]})
        driver = open_driver(settings, tools(ports=SeenPorts()))
        driver.keep([DEVICE])
        self.driver = driver
        self.endpoint = LineEndpoint(self.lamp, path)
        self._announced = False
        self._mended = True

    async def announce(self) -> None:
        self._announced = True
        self._follow()

    async def withdraw(self) -> None:
        self._announced = False
        self._follow()

    async def cut(self) -> None:
        self._mended = False
        self._follow()

    async def mend(self) -> None:
        self._mended = True
        self._follow()

    def _follow(self) -> None:
        self.endpoint.unplug()
        if self._announced and self._mended:
            self.endpoint.plug()

    async def deafen(self) -> None:
        self.endpoint.deaf = True

    async def hear_again(self) -> None:
        self.endpoint.deaf = False


@pytest.fixture(params=["udp", "line"])
async def rig(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Rig]:
    if request.param == "udp":
        udp = UdpRig()
        await udp.server.start()
        yield udp
        await udp.server.stop()
    else:
        line = LineRig(str(tmp_path / "line"))
        yield line
        line.endpoint.close()


class TestCoapContract(DriverContract):
    pass
