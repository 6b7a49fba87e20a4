"""The simulated light of the Web of Things, as any client sees it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import pytest
from zeroconf import ServiceStateChange
from zeroconf.asyncio import AsyncServiceBrowser, AsyncServiceInfo, AsyncZeroconf

from capabilities.td import ThingDescription
from drivers.simulated.actuations import ActuationLog
from drivers.simulated.web_thing import SERVICE, WebLight

LOGIN = {"Authorization": aiohttp.encode_basic_auth("garden", "sunflower")}


@pytest.fixture
async def light() -> AsyncIterator[WebLight]:
    async with WebLight("garden:sunflower", announced=False, actuations=ActuationLog()) as light:
        yield light


async def test_it_describes_itself_and_obeys_whoever_has_the_password(light: WebLight) -> None:
    async with aiohttp.ClientSession(f"http://127.0.0.1:{light.port}") as stranger:
        async with stranger.get("/td") as answer:
            description = ThingDescription.model_validate(await answer.json())
        assert {*(description.properties or {})} == {"on", "brightness"}
        async with stranger.put("/properties/on", data="true") as answer:
            assert answer.status == 401
        async with stranger.put("/properties/on", data="true", headers=LOGIN) as answer:
            assert answer.status == 204
        async with stranger.get("/properties/on", headers=LOGIN) as answer:
            assert await answer.json() is True
        for name, value in (("on", "1"), ("brightness", "101"), ("brightness", "{"), ("brightness", "true")):
            async with stranger.put(f"/properties/{name}", data=value, headers=LOGIN) as answer:
                assert answer.status == 400
        async with stranger.get("/properties/colour", headers=LOGIN) as answer:
            assert answer.status == 404


async def test_it_tells_every_change(light: WebLight) -> None:
    async with (
        aiohttp.ClientSession(f"http://127.0.0.1:{light.port}", headers=LOGIN) as client,
        client.get("/properties/brightness/observe") as events,
        asyncio.timeout(10),
    ):
        assert await events.content.readline() == b"data: 100\n"
        await events.content.readline()
        await light.press("brightness", 40)
        assert await events.content.readline() == b"data: 40\n"


async def test_it_is_found_on_its_interface() -> None:
    """Under its own name, or another where somebody has that already."""
    zeroconf = AsyncZeroconf(interfaces=["127.0.0.1"])
    names: asyncio.Queue[str] = asyncio.Queue()

    def changed(*, name: str, state_change: ServiceStateChange, **_: object) -> None:
        if state_change is not ServiceStateChange.Removed:
            names.put_nowait(name)

    browser = AsyncServiceBrowser(zeroconf.zeroconf, SERVICE, handlers=[changed])
    try:
        async with WebLight("garden:sunflower") as light, asyncio.timeout(20):
            port = 0
            while port != light.port:
                info = AsyncServiceInfo(SERVICE, await names.get())
                await info.async_request(zeroconf.zeroconf, 1000)
                port = info.port or 0
            assert info.properties[b"td"] == b"/td"
    finally:
        await browser.async_cancel()
        await zeroconf.async_close()
