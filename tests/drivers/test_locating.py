"""What hearth.toml names and does not answer is why a device was not seen: the driver says so."""

from __future__ import annotations

import asyncio
import socket
from contextlib import closing
from typing import cast

from drivers.coap.driver import CoapDriver
from drivers.coap.settings import CoapSettings
from drivers.driver import Driver, Locating
from drivers.esphome.driver import EspHomeDriver
from drivers.esphome.settings import EspHomeSettings
from drivers.wot.driver import WotDriver
from drivers.wot.settings import WotSettings
from tests.drivers.coap_tools import tools
from tests.drivers.contract import PATIENCE_S
from tests.drivers.wot_peer import FakeServices, MemoryVault
from tests.drivers.wot_peer import tools as wot_tools


def a_closed_port(kind: socket.SocketKind) -> int:
    with closing(socket.socket(socket.AF_INET, kind)) as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


async def says(driver: Driver, *words: str) -> None:
    locating = cast("Locating", driver)
    assert isinstance(driver, Locating)
    async with driver:
        async with asyncio.timeout(PATIENCE_S):
            while not (said := locating.why_unseen("somebody")):  # noqa: ASYNC110 - it is asked, and does not tell
                await asyncio.sleep(0.01)
    assert all(word in said for word in words), said


async def test_an_endpoint() -> None:
    port = a_closed_port(socket.SOCK_DGRAM)
    settings = CoapSettings(endpoints=(f"coap://127.0.0.1:{port}",))
    await says(CoapDriver(settings, tools()), f"coap://127.0.0.1:{port}", "refused")


async def test_an_esphome_device() -> None:
    port = a_closed_port(socket.SOCK_STREAM)
    settings = EspHomeSettings(hosts=(f"127.0.0.1:{port}",))
    await says(EspHomeDriver(settings, wot_tools(FakeServices(), MemoryVault())), f"127.0.0.1:{port}")


async def test_a_thing_of_the_web() -> None:
    port = a_closed_port(socket.SOCK_STREAM)
    settings = WotSettings(things=(f"http://127.0.0.1:{port}/td",), this_machine=True)
    await says(WotDriver(settings, wot_tools(FakeServices(), MemoryVault())), f"127.0.0.1:{port}")
