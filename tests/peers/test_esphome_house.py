"""ESPHome's own build and a whole gateway: found by mDNS, adopted, read, observed, commanded, confirmed, lost, found again."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import aiohttp
import pytest
from zeroconf.asyncio import AsyncServiceInfo, AsyncZeroconf

from capabilities.vocabulary import Json
from drivers.esphome.settings import EspHomeSettings
from gateway.api.server import serve
from gateway.app import open_gateway
from gateway.config import Adoption, Config, Discovery, Http
from gateway.context import Gateway
from policies import Principal, Role
from tests.drivers.esphome.around import until
from tests.peers.esphome_node import MAC, EspHomeNode, program
from tests.peers.esphome_noise import NoiseProxy

pytestmark = pytest.mark.peers

KEY = "QRTIErOb/fcE9Ukd/5qA3RGYMn0Y+p06U58SCtOXvPc="
OTHER_KEY = "c29tZWJvZHkgZWxzZSdzIGtleSwgMzIgYnl0ZXMgISE="
TYPE = "_esphomelib._tcp.local."
LOOPBACK = "127.0.0.1"
RELAY, NUMBER = "relay_on", "limit"


class House:
    def __init__(self, gateway: Gateway, client: aiohttp.ClientSession) -> None:
        self.gateway = gateway
        self.client = client

    async def waiting(self, *, asks: bool) -> dict[str, Any]:
        """The node in the inbox."""

        def is_so() -> bool:
            found = self.gateway.registry.inbox.get(("esphome", MAC))
            return found is not None and (found.asks is not None) is asks

        await until(is_so)
        async with self.client.get("/inbox") as answer:
            return next(one for one in await answer.json() if one["id"] == MAC)

    async def adopt(self, **body: object) -> tuple[int, dict[str, Any]]:
        async with self.client.post(f"/inbox/esphome/{quote(MAC, safe='')}/adopt", json=body) as answer:
            return answer.status, await answer.json()

    async def write(self, name: str, value: Json) -> tuple[int, str]:
        async with self.client.put(f"/things/house/properties/{name}", json=value) as answer:
            return answer.status, answer.headers.get("Hearth-Outcome", "")

    async def shows(self, name: str, value: Json) -> None:
        def is_so() -> bool:
            slot = self.gateway.state.slot("house", name)
            return slot is not None and slot.current is not None and slot.current.value == value

        await until(is_so)

    async def reached(self, reachable: bool) -> str:
        def is_so() -> bool:
            adopted = self.gateway.registry.get("house")
            return adopted is not None and adopted.reach.reachable is reachable

        await until(is_so)
        adopted = self.gateway.registry.get("house")
        assert adopted is not None
        return adopted.reach.reason


@asynccontextmanager
async def whole_gateway(path: Path, *hosts: str) -> AsyncIterator[House]:
    config = Config(
        state_dir=path / "state",
        runtime_dir=path / "run",
        http=Http(port=0),
        adoption=Adoption(without_asking="ask", label_new=False),
        discovery=Discovery(families=("esphome",), interfaces=(LOOPBACK,), announce=False, mdns=not hosts),
        esphome=EspHomeSettings(hosts=hosts) if hosts else None,
    )
    async with open_gateway(config) as gateway, serve(gateway) as url:
        _, secret = await gateway.identity.create_token(Principal("anna", Role.OWNER))
        async with aiohttp.ClientSession(url, headers={"Authorization": f"Bearer {secret}"}) as client:
            yield House(gateway, client)


class Announcer:
    """mDNS on the loopback interface, as firmware with a radio does it: the build for this machine announces nothing."""

    def __init__(self) -> None:
        self._zeroconf = AsyncZeroconf(interfaces=[LOOPBACK])
        self._said: AsyncServiceInfo | None = None

    async def say(self, port: int, address: str = LOOPBACK, **properties: str) -> None:
        info = AsyncServiceInfo(
            TYPE, f"test-house.{TYPE}", port=port, server="test-house.local.", parsed_addresses=[address],
            properties={"mac": MAC.replace(":", ""), "friendly_name": "Test house", "version": "2026.10.0", **properties},
        )  # fmt: skip
        if self._said is None:
            await (await self._zeroconf.async_register_service(info, allow_name_change=False))
        else:
            await (await self._zeroconf.async_update_service(info))
        self._said = info

    async def close(self) -> None:
        await self._zeroconf.async_unregister_all_services()
        await self._zeroconf.async_close()


@pytest.fixture
async def announcer() -> AsyncIterator[Announcer]:
    announcer = Announcer()
    yield announcer
    await announcer.close()


@pytest.fixture
async def node(tmp_path: Path) -> AsyncIterator[EspHomeNode]:
    memory = tmp_path / "node"
    memory.mkdir()
    node = EspHomeNode(program(), memory)
    yield node
    await node.stop()


def unused_port() -> int:
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port


async def used(house: House) -> None:
    """Read, observed, commanded, confirmed."""
    await house.shows("blind_position", 100)
    assert await house.write(RELAY, True) == (204, "confirmed")
    await house.shows(RELAY, True)
    assert await house.write(RELAY, False) == (204, "confirmed")
    assert await house.write("dimmer_brightness", 40) == (204, "confirmed")
    async with house.client.post("/things/house/actions/fresh_value_run", json={"value": 21.5}) as answer:
        assert answer.status in (202, 204)
    await house.shows("air_temperature", 21.5)


async def test_from_found_to_found_again(tmp_path: Path, node: EspHomeNode, announcer: Announcer) -> None:
    await node.start(unused_port())
    async with whole_gateway(tmp_path) as house:
        await announcer.say(node.port)
        shown = await house.waiting(asks=False)
        assert len(shown["components"]) == 40
        status, made = await house.adopt(title="House")
        assert status == 201, made
        await house.reached(True)
        await used(house)
        # lost, and found again after a restart
        await node.stop()
        assert await house.reached(False)
        assert (await house.write(RELAY, True))[0] == 503
        await node.start(node.port)
        await house.reached(True)
        await house.shows(RELAY, False)
        # and under another address and port
        await node.stop()
        await house.reached(False)
        await node.start(unused_port())
        await announcer.say(node.port, "127.0.0.2")
        await house.reached(True)
        assert await house.write(RELAY, True) == (204, "confirmed")
        assert len(house.gateway.registry) == 1
    # the gateway's own restart
    async with whole_gateway(tmp_path) as house:
        await house.reached(True)
        await house.shows(RELAY, True)
        # forgotten, and found anew
        async with house.client.delete("/things/house") as answer:
            assert answer.status in (200, 204)
        await house.waiting(asks=False)


async def test_with_a_key(tmp_path: Path, node: EspHomeNode, announcer: Announcer) -> None:
    await node.start(unused_port())
    proxy = NoiseProxy(KEY, "test-house", MAC)
    await proxy.start(node.port)
    try:
        async with whole_gateway(tmp_path) as house:
            await announcer.say(proxy.port, api_encryption="Noise_NNpsk0_25519_ChaChaPoly_SHA256")
            shown = await house.waiting(asks=True)
            assert shown["asks"]["what"] == "key"
            assert (await house.adopt(title="House"))[0] == 422
            status, problem = await house.adopt(title="House", code=OTHER_KEY)
            assert status == 502
            assert "does not fit" in problem["detail"]
            status, made = await house.adopt(title="House", code=KEY)
            assert status == 201, made
            await used(house)
            # somebody changed its key
            proxy.key = OTHER_KEY
            await proxy.stop()
            await house.reached(False)
            await proxy.start(node.port)
            await announcer.say(proxy.port, api_encryption="Noise_NNpsk0_25519_ChaChaPoly_SHA256")
            await until(lambda: "another key" in house.gateway.registry.get("house").reach.reason)  # type: ignore[union-attr]
            await house.waiting(asks=True)
            # and here is one that pretends to be it, and wants no key
            await proxy.stop()
            await announcer.say(node.port, "127.0.0.3")
            await until(lambda: "without encryption" in house.gateway.registry.get("house").reach.reason)  # type: ignore[union-attr]
            assert (await house.write(RELAY, True))[0] == 503
    finally:
        await proxy.stop()


async def test_at_an_address_that_was_written_down(tmp_path: Path, node: EspHomeNode) -> None:
    await node.start(unused_port())
    async with whole_gateway(tmp_path, f"{LOOPBACK}:{node.port}") as house:
        await house.waiting(asks=False)
        assert (await house.adopt(title="House"))[0] == 201
        await house.reached(True)
        assert await house.write(RELAY, True) == (204, "confirmed")
    async with whole_gateway(tmp_path, f"{LOOPBACK}:{node.port}") as house:
        await house.reached(True)
        await house.shows(RELAY, True)
