"""Honest devices in one process, each at an address of its own on the loopback interface.

`python -m tests.bench.mixed.peers FOLDER FAMILY,…`: 40 of each; prints a line of JSON once their servers listen (where serial
endpoints and Modbus units are), and announces all of them at once when it gets a line. `FOLDER first FAMILY`: one, at once.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, Final

from zeroconf.asyncio import AsyncServiceInfo, AsyncZeroconf

from capabilities.vocabulary import Json
from tests.bench.mixed.children import EACH, LOOPBACK
from tests.drivers.coap_bench import Lamp, UdpServer
from tests.drivers.coap_bench import lamp_td as coap_td
from tests.drivers.esphome.node import PB, Node
from tests.drivers.homekit_bench import PIN, Accessory, AccessoryDriver
from tests.drivers.modbus_bench import Device, tcp_server
from tests.drivers.wot_peer import WotPeer
from tests.drivers.wot_peer import lamp_td as wot_td
from tests.firmware_bridge_build import Endpoint

TASKS: Final = set[asyncio.Task[None]]()


class Announcements:
    """Stands for the mDNS of devices until all of them speak at once."""

    def __init__(self, zeroconf: AsyncZeroconf) -> None:
        self._zeroconf = zeroconf
        self._held: list[AsyncServiceInfo] = []
        self._is_open = False

    async def async_register_service(self, info: Any, **_: Any) -> None:
        """As HAP-python calls it."""
        if self._is_open:
            await self._zeroconf.async_update_service(info)
        else:
            self._held.append(info)

    async_update_service = async_register_service

    async def async_unregister_service(self, info: Any) -> None:
        return None

    async def async_close(self) -> None:
        return None

    def hold(self, kind: str, name: str, address: str, port: int, **properties: str) -> None:
        self._held.append(
            AsyncServiceInfo(
                kind,
                f"{name}.{kind}",
                port=port,
                properties=dict(properties),
                server=f"{name.replace(' ', '-').lower()}.local.",
                parsed_addresses=[address],
            )
        )

    async def go(self) -> None:
        self._is_open = True
        saying = [
            self._zeroconf.async_register_service(one, cooperating_responders=True) for one in self._held
        ]
        await asyncio.gather(*await asyncio.gather(*saying))


@asynccontextmanager
async def announcing() -> AsyncIterator[Announcements]:
    zeroconf = AsyncZeroconf(interfaces=[LOOPBACK])
    try:
        await zeroconf.zeroconf.async_wait_for_start()
        yield Announcements(zeroconf)
    finally:
        await zeroconf.async_close()


async def esphome(number: int, said: Announcements) -> Node:
    """A relay; every fourth one is a larger node."""
    mac = f"02:00:5e:01:00:{number:02x}"
    node = Node(mac)
    node.info.name, node.info.friendly_name = f"node-{number}", f"Node {number}"
    node.entities = [PB.ListEntitiesSwitchResponse(key=1, object_id="relay", name="Relay")]
    node.states = [PB.SwitchStateResponse(key=1, state=False)]
    if number % 4 == 0:
        for key in range(2, 12):
            node.entities.append(
                PB.ListEntitiesSensorResponse(
                    key=key,
                    object_id=f"t{key}",
                    name=f"Temperature {key}",
                    unit_of_measurement="°C",
                    device_class="temperature",
                    accuracy_decimals=1,
                )
            )
            node.states.append(PB.SensorStateResponse(key=key, state=20.0 + key))
    await node.start(f"127.1.1.{number + 1}")
    said.hold(
        "_esphomelib._tcp.local.",
        f"node-{number}",
        f"127.1.1.{number + 1}",
        node.port,
        mac=mac.replace(":", ""),
        friendly_name=f"Node {number}",
        version="2026.10.0",
    )
    TASKS.add(asyncio.create_task(obey(node), name="node"))
    return node


async def obey(node: Node) -> None:
    while True:
        message = await node.received.get()
        if isinstance(message, PB.SwitchCommandRequest):
            node.tell(PB.SwitchStateResponse(key=message.key, state=message.state))


async def homekit(number: int, said: Announcements, folder: Path) -> AccessoryDriver:
    driver = AccessoryDriver(
        address=f"127.1.2.{number + 1}",
        port=51826,
        persist_file=str(folder / f"accessory-{number}"),
        pincode=PIN.encode(),
        mac=f"02:00:5E:02:00:{number:02X}",
        loop=asyncio.get_running_loop(),
        async_zeroconf_instance=said,
    )
    accessory = Accessory(driver, f"Bulb {number}")
    accessory.add_preload_service("Lightbulb")
    accessory.setup_message = lambda: None
    driver.add_accessory(accessory)
    await driver.async_start()
    return driver


async def wot(number: int, said: Announcements) -> WotPeer:
    """Half of them tell of changes (server-sent events), the others are asked."""
    description = wot_td(id=f"urn:uuid:0804d572-cce8-422a-bb7c-{number:012x}", title=f"Desk lamp {number}")
    if number % 2:
        description["properties"]["on"] = {"type": "boolean", "forms": [{"href": "properties/on"}]}
        del description["events"]
    peer = WotPeer(description)
    await peer.start(f"127.1.3.{number + 1}")
    said.hold("_wot._tcp.local.", f"Lamp {number}", f"127.1.3.{number + 1}", peer.port, td="/lamp/td")
    return peer


async def coap(number: int, said: Announcements) -> UdpServer:
    """Half of them with the link of a relay (2 s), half with that of a sensor (5 s)."""
    lamp = Lamp()
    link: dict[str, Json] = (
        {"keepAlive": 5.0, "lostAfter": 15.0} if number % 2 else {"keepAlive": 2.0, "lostAfter": 6.0}
    )
    lamp.td = coap_td(id=f"urn:dev:mac:0024befffe80{number:04x}", title=f"Lamp {number}")
    lamp.td["hearth:link"] = link | {"block": 64}
    server = UdpServer(lamp, f"127.1.4.{number + 1}")
    await server.start()
    said.hold("_coap._udp.local.", f"Endpoint {number}", f"127.1.4.{number + 1}", server.port)
    return server


async def run(folder: Path, families: tuple[str, ...]) -> None:
    async with AsyncExitStack() as stack:
        said = await stack.enter_async_context(announcing())
        kept: list[Any] = []
        for number in range(EACH):
            kept += [await device(family, number, said, folder) for family in families]
        units = [await stack.enter_async_context(tcp_server(Device(1))) for _ in range(2)]
        lines = [stack.enter_context(Endpoint(example)).where for example in ("relay", "climate")]
        print(json.dumps({"modbus": units, "lines": lines}), flush=True)
        await asyncio.to_thread(sys.stdin.readline)
        await said.go()
        await asyncio.to_thread(sys.stdin.readline)  # until whoever started it lets it go


async def device(family: str, number: int, said: Announcements, folder: Path) -> object:
    if family == "homekit":
        return await homekit(number, said, folder)
    makers: dict[str, Callable[[int, Announcements], Awaitable[object]]] = {
        "esphome": esphome, "wot": wot, "coap": coap,
    }  # fmt: skip
    return await makers[family](number, said)


async def one(family: str, folder: Path) -> None:
    """The first device of a family, announced at once."""
    async with announcing() as said:
        kept = await device(family, 0, said, folder)
        await said.go()
        print(json.dumps(str(kept)), flush=True)
        await asyncio.to_thread(sys.stdin.readline)


if __name__ == "__main__":
    if sys.argv[2] == "first":
        asyncio.run(one(sys.argv[3], Path(sys.argv[1])))
    else:
        asyncio.run(run(Path(sys.argv[1]), tuple(sys.argv[2].split(",")) if sys.argv[2] else ()))
