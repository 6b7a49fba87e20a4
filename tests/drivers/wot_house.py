"""A whole gateway over the WoT driver, and an adult who uses it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote

import aiohttp

from capabilities.vocabulary import Json
from drivers.driver import Driver
from drivers.wot.driver import WotDriver
from gateway.api.server import serve
from gateway.app import open_gateway
from gateway.config import Adoption, Config, Http
from gateway.context import Gateway
from policies import Principal, Role


@dataclass
class WotHouse:
    gateway: Gateway
    client: aiohttp.ClientSession
    url: str

    async def waiting(self, device: str) -> dict[str, Any]:
        """The candidate as the inbox shows it, once it does."""
        await until(lambda: ("wot", device) in self.gateway.registry.inbox)
        async with self.client.get("/inbox") as answer:
            return next(one for one in await answer.json() if one["id"] == device)

    async def adopt(self, device: str, **body: object) -> tuple[int, dict[str, Any]]:
        async with self.client.post(f"/inbox/wot/{quote(device, safe='')}/adopt", json=body) as answer:
            return answer.status, await answer.json()

    async def write(self, thing: str, name: str, value: Json) -> tuple[int, str]:
        async with self.client.put(f"/things/{thing}/properties/{name}", json=value) as answer:
            return answer.status, answer.headers.get("Hearth-Outcome", "")

    async def invoke(self, thing: str, name: str, value: Json = None) -> tuple[int, str]:
        async with self.client.post(
            f"/things/{thing}/actions/{name}", json=value if value is not None else None
        ) as answer:
            return answer.status, answer.headers.get("Hearth-Outcome", "")

    def value(self, thing: str, name: str) -> Json:
        slot = self.gateway.state.slot(thing, name)
        return slot.current.value if slot is not None and slot.current is not None else None

    async def shows(self, thing: str, name: str, value: Json) -> None:
        await until(lambda: self.value(thing, name) == value)

    async def reached(self, thing: str, reachable: bool) -> None:
        def is_so() -> bool:
            adopted = self.gateway.registry.get(thing)
            return adopted is not None and adopted.reach.reachable is reachable

        await until(is_so)


@asynccontextmanager
async def a_wot_house(path: Path, driver: WotDriver) -> AsyncIterator[WotHouse]:
    config = Config(
        state_dir=path / "state",
        runtime_dir=path / "run",
        http=Http(port=0),
        adoption=Adoption(without_asking="ask", label_new=False),
    )
    async with open_gateway(config, drivers={"wot": cast(Driver, driver)}) as gateway, serve(gateway) as url:
        _, secret = await gateway.identity.create_token(Principal("anna", Role.OWNER))
        async with aiohttp.ClientSession(url, headers={"Authorization": f"Bearer {secret}"}) as client:
            yield WotHouse(gateway, client, url)


async def until(condition: Any) -> None:
    """Lets the loop turn until `condition` holds."""
    async with asyncio.timeout(15):
        while not condition():  # noqa: ASYNC110  what is waited for has no event of its own
            await asyncio.sleep(0)
