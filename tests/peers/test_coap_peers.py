"""The CoAP family through the whole gateway, with endpoints that are programs of their own."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiocoap
import orjson
import pytest
from zeroconf.asyncio import AsyncServiceInfo, AsyncZeroconf

from drivers.coap.driver import open_driver
from drivers.coap.settings import CoapSettings
from tests.drivers.coap_bench import lamp_td
from tests.drivers.coap_tools import SeenServices, tools
from tests.drivers.contract import wait_for
from tests.peers.coap_peers import (
    LOOPBACK,
    CoapHouse,
    HostEndpoint,
    built,
    coap_server,
    needed,
    qemu,
    until,
    whole_gateway,
)

pytestmark = pytest.mark.peers

RELAY, CLIMATE = "urn:dev:os:32473-relay-1", "urn:dev:os:32473-climate-1"


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    needed("gcc")
    return built("host", "hearth-endpoint", tmp_path_factory.mktemp("bridge"))


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    needed("arm-none-eabi-gcc")
    needed("qemu-system-arm")
    return built("microbit", "relay-microbit.elf", tmp_path_factory.mktemp("microbit"))


async def test_a_relay_on_a_line_from_found_to_found_again(program: Path, tmp_path: Path) -> None:
    endpoint = HostEndpoint(program, "relay", tmp_path)
    await endpoint.start()
    try:
        async with whole_gateway(tmp_path, {"line": [{"port": endpoint.line}]}) as house:
            shown = await house.waiting(RELAY)
            assert next(one["kind"] for one in shown["components"]) == "switch"
            await house.adopt(RELAY, title="Pump")
            # read, and observed
            await house.shows("pump", "on", False)
            # commanded and confirmed, by what the endpoint says it is
            assert await house.write("pump", "on", True) == (204, "confirmed")
            assert endpoint.log("output") == [("relay", 1)]
            # the hardware's own interlock wins, and is observed
            await endpoint.say("interlock 0")
            await house.shows("pump", "on", False)
            assert await house.write("pump", "on", True) == (502, "rejected")
            await endpoint.say("interlock 1")
            # lost: the endpoint goes to its safe state by itself
            await until(lambda: house.value("pump", "interlock_value") in (True, None))
            assert await house.write("pump", "on", True) == (204, "confirmed")
            await endpoint.say("pull")
            await house.reached("pump", False)
            assert (await house.write("pump", "on", False))[0] == 503
            # found again, at another terminal
            await endpoint.say("plug")
            await house.reached("pump", True)
            await house.shows("pump", "on", endpoint.log("output")[-1][1] == 1)
            # and after a restart
            await endpoint.say("restart")
            await house.shows("pump", "on", False)
            await until_commanded(house)
            acted = [one for one in endpoint.log("acted") if one[0] == "on"]
            assert acted == [("on", 1), ("on", 1), ("on", 1)], "each command once, and no other"
            assert len(house.gateway.registry) == 1
    finally:
        await endpoint.stop()


async def until_commanded(house: CoapHouse) -> None:
    """What was meant for the time before a restart is refused: then it is looked at, and said again."""
    status, outcome = await house.write("pump", "on", True)
    while (status, outcome) == (502, "rejected"):
        status, outcome = await house.write("pump", "on", True)
    assert (status, outcome) == (204, "confirmed")


async def test_when_the_gateway_ends_the_relay_falls_off_by_itself(program: Path, tmp_path: Path) -> None:
    endpoint = HostEndpoint(program, "relay", tmp_path)
    await endpoint.start()
    try:
        async with whole_gateway(tmp_path, {"line": [{"port": endpoint.line}]}) as house:
            await house.adopt(RELAY, title="Pump")
            await house.reached("pump", True)
            assert await house.write("pump", "on", True) == (204, "confirmed")
        await until(lambda: endpoint.log("output")[-1] == ("relay", 0))
    finally:
        await endpoint.stop()


@asynccontextmanager
async def announced(name: str) -> AsyncIterator[AnnouncedUdp]:
    said = AnnouncedUdp(name)
    try:
        yield said
    finally:
        await said.close()


class AnnouncedUdp:
    """mDNS on the loopback interface, as an endpoint's network stack does it."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._zeroconf = AsyncZeroconf(interfaces=[LOOPBACK])
        self._said = False

    async def say(self, port: int) -> None:
        info = AsyncServiceInfo(
            "_coap._udp.local.", f"{self._name}._coap._udp.local.", port=port, server=f"{self._name}.local.",
            parsed_addresses=[LOOPBACK], properties={},
        )  # fmt: skip
        if self._said:
            await (await self._zeroconf.async_update_service(info))
        else:
            await (await self._zeroconf.async_register_service(info, allow_name_change=False))
        self._said = True

    async def close(self) -> None:
        await self._zeroconf.async_unregister_all_services()
        await self._zeroconf.async_close()


async def test_a_sensor_over_udp_from_found_to_another_address(program: Path, tmp_path: Path) -> None:
    first = HostEndpoint(program, "climate", tmp_path, "--udp", f"{LOOPBACK}:0")
    second = HostEndpoint(program, "climate", tmp_path, "--udp", f"{LOOPBACK}:0")
    await first.start()
    try:
        async with whole_gateway(tmp_path, {}) as house, announced("climate") as said:
            await said.say(first.port)
            shown = await house.waiting(CLIMATE)
            assert any("anybody on this network" in one for one in shown["problems"])
            await house.adopt(CLIMATE, title="Attic")
            await house.shows("attic", "temperature", 21.5)
            await first.say("measure 23.25 40")
            await house.shows("attic", "temperature", 23.25)
            await first.stop()
            await house.reached("attic", False)
            await second.start()
            await said.say(second.port)
            await house.reached("attic", True)
            await house.shows("attic", "temperature", 21.5)
            assert len(house.gateway.registry) == 1
    finally:
        await first.stop()
        await second.stop()


async def test_the_same_core_on_a_cortex_m0(image: Path, tmp_path: Path) -> None:
    async with qemu(image, tmp_path) as line, whole_gateway(tmp_path, {"line": [{"port": line}]}) as house:
        await until(lambda: house.gateway.registry.inbox)
        ((_, device),) = list(house.gateway.registry.inbox)
        await house.adopt(device, title="Pump")
        await house.shows("pump", "on", False)
        assert await house.write("pump", "on", True) == (204, "confirmed")
        assert await house.write("pump", "on", False) == (204, "confirmed")


async def test_libcoaps_server_as_a_device(unused_ports: list[int]) -> None:
    """It knows nothing of Things: a description and a value are put there first, as its client would do it."""
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as probe:
        probe.bind(("::1", 0))
        port = probe.getsockname()[1]
    td = lamp_td()
    del td["hearth:link"]
    device = str(td["id"])
    point = f"{device} properties/on"
    services = SeenServices()
    async with coap_server(port):
        client = await aiocoap.Context.create_client_context(transports=["udp6"])
        base = f"coap://[::1]:{port}"
        for path, body, kind in (("/.well-known/wot", orjson.dumps(td), 432), ("/on", b"false", 50)):
            await put(client, base + path, body, kind)
        driver = open_driver(CoapSettings(), tools(services))
        driver.keep([device])
        async with driver:
            services.announce("libcoap", port)
            await wait_for(driver.reports(), lambda item: getattr(item, "reachable", False))
            await driver.write(point, True, 5.0)
            await wait_for(
                driver.reports(), lambda item: getattr(getattr(item, "reading", None), "value", None) is True
            )
        await client.shutdown()


async def put(client: aiocoap.Context, uri: str, body: bytes, content_format: int) -> None:
    """Again, until the server has started."""
    async with asyncio.timeout(20):
        while True:
            message = aiocoap.Message(code=aiocoap.PUT, uri=uri, payload=body, content_format=content_format)
            try:
                answer = await client.request(message).response
            except aiocoap.error.NetworkError:
                await asyncio.sleep(0.02)
                continue
            assert answer.code.is_successful(), answer
            return
