"""A whole gateway that finds accessories by mDNS on the loopback interface, and an adult who uses it."""

from __future__ import annotations

import asyncio
import secrets
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import aiohttp
from zeroconf.asyncio import AsyncZeroconf

from capabilities.vocabulary import Json
from drivers.homekit.settings import HomeKitSettings
from gateway.api.server import serve
from gateway.app import open_gateway
from gateway.config import Adoption, Config, Discovery, Http
from gateway.context import Gateway
from policies import Principal, Role
from tests.drivers.homekit_bench import PIN, Accessory, AccessoryDriver

LOOPBACK = "127.0.0.1"


def some_id() -> str:
    """A device id that no other test on this machine has announced at the same time."""
    return ":".join(["02", *(f"{byte:02X}" for byte in secrets.token_bytes(5))])


@dataclass
class House:
    gateway: Gateway
    client: aiohttp.ClientSession

    async def waiting(self, device: str) -> dict[str, Any]:
        """The candidate as the inbox shows it, once it does."""
        await until(lambda: ("homekit", device) in self.gateway.registry.inbox)
        async with self.client.get("/inbox") as answer:
            found: dict[str, Any] = next(one for one in await answer.json() if one["id"] == device)
            return found

    async def adopt(self, device: str, **body: object) -> tuple[int, dict[str, Any]]:
        path = f"/inbox/homekit/{quote(device, safe='')}/adopt"
        async with self.client.post(path, json=body) as answer:
            return answer.status, await answer.json()

    async def forget(self, thing: str) -> int:
        async with self.client.delete(f"/things/{thing}") as answer:
            return answer.status

    async def write(self, thing: str, name: str, value: Json) -> tuple[int, str]:
        async with self.client.put(f"/things/{thing}/properties/{name}", json=value) as answer:
            return answer.status, answer.headers.get("Hearth-Outcome", "")

    async def invoke(self, thing: str, name: str) -> tuple[int, str]:
        async with self.client.post(f"/things/{thing}/actions/{name}") as answer:
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


async def until(condition: Callable[[], object]) -> None:
    """Looks again and again: what is waited for has no event of its own."""
    async with asyncio.timeout(25):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.005)


@asynccontextmanager
async def a_house(path: Path) -> AsyncIterator[House]:
    """HomeKit is not named in its configuration: it is loaded with the first accessory that is found."""
    config = Config(
        state_dir=path / "state",
        runtime_dir=path / "run",
        http=Http(port=0),
        adoption=Adoption(without_asking="ask", label_new=False),
        discovery=Discovery(families=("homekit",), interfaces=(LOOPBACK,), announce=False),
        homekit=HomeKitSettings(poll_s=1),
    )
    async with open_gateway(config) as gateway, serve(gateway) as url:
        _, secret = await gateway.identity.create_token(Principal("anna", Role.OWNER))
        async with aiohttp.ClientSession(url, headers={"Authorization": f"Bearer {secret}"}) as client:
            yield House(gateway, client)


class AnnouncedPeer:
    """An accessory of HAP-python with its own mDNS."""

    def __init__(self, folder: Path, build: Callable[[AccessoryDriver], Accessory]) -> None:
        self._file, self._build, self._mac = folder / "accessory.state", build, some_id()
        self.id = self._mac.lower()
        self._driver: AccessoryDriver | None = None
        self.accessory: Any = None

    async def start(self) -> None:
        """At a port that it had not before."""
        with socket.socket() as probe:
            probe.bind((LOOPBACK, 0))
            port = probe.getsockname()[1]
        driver = self._driver = AccessoryDriver(
            address=LOOPBACK, port=port, persist_file=str(self._file), pincode=PIN.encode(), mac=self._mac,
            loop=asyncio.get_running_loop(), async_zeroconf_instance=AsyncZeroconf(interfaces=[LOOPBACK]),
        )  # fmt: skip
        if self._file.exists():
            driver.load()
            driver.state.port = port
        self.accessory = self._build(driver)
        self.accessory.setup_message = lambda: None
        driver.add_accessory(self.accessory)
        await driver.async_start()

    async def stop(self) -> None:
        driver, self._driver = self._driver, None
        if driver is not None:
            driver.persist()
            await driver.async_stop()
