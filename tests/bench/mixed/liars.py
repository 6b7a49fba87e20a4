"""Devices that lie, one process each: `python -m tests.bench.mixed.liars NAME FOLDER`. Says a line of JSON once it can be found
(`candidate`: what is to be adopted before; `code`), behaves until it gets a line, and lies from then on.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import socket
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final

from tests.bench.announced_lan import TYPES, announcement
from tests.bench.mixed.children import LOOPBACK
from tests.bench.mixed.peers import announcing, homekit
from tests.drivers.coap_bench import lamp_td as coap_td
from tests.drivers.esphome.node import PB, Node
from tests.drivers.homekit_bench import PIN
from tests.drivers.wot_peer import WotPeer
from tests.drivers.wot_peer import lamp_td as wot_td

GROUP: Final = ("224.0.0.251", 5353)
FROM: Final = "127.0.0.66"
MANY: Final = 50
"""Devices of one liar, where each is looked at once."""


def ready(driver: str = "", candidate: str = "", code: str = "") -> Awaitable[str]:
    """Until the lie begins."""
    print(json.dumps({"candidate": [driver, candidate] if driver else None, "code": code}), flush=True)
    return asyncio.to_thread(sys.stdin.readline)


async def pour(packets: Callable[[int], bytes], per_s: int) -> None:
    made = [packets(number) for number in range(50_000)]
    await ready()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind((FROM, 0))
        sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(LOOPBACK))
        for number in range(1 << 30):
            sock.sendto(made[number % len(made)], GROUP)
            if number % (per_s // 100) == 0:
                await asyncio.sleep(0.01)


async def mdns_names(_: Path) -> None:
    await pour(lambda number: announcement(number, TYPES[number % len(TYPES)]), 7_000)


async def mdns_huge(_: Path) -> None:
    chance = random.Random(3)

    def packet(number: int) -> bytes:
        text = b"".join(bytes([250]) + b"mac=" + chance.randbytes(246) for _ in range(30))
        sound = announcement(number % 100, TYPES[number % len(TYPES)], text)
        at = chance.randrange(12, len(sound))
        return sound if number % 2 else sound[:at] + chance.randbytes(8) + sound[at + 8 :]

    await pour(packet, 2_000)


async def esphome_states(_: Path) -> None:
    node = Node("02:00:5e:66:00:01")
    node.info.name = node.info.friendly_name = "liar"
    node.entities = [
        PB.ListEntitiesSwitchResponse(key=1, object_id="relay", name="Relay"),
        PB.ListEntitiesTextSensorResponse(key=2, object_id="text", name="Text"),
    ]
    node.states = [PB.SwitchStateResponse(key=1, state=False)]
    await node.start("127.1.6.1")
    async with announcing() as said:
        text = {"mac": "02005e660001", "version": "2026.10.0"}
        said.hold("_esphomelib._tcp.local.", "liar", "127.1.6.1", node.port, **text)
        await said.go()
        await ready("esphome", "02:00:5e:66:00:01")
        for number in range(1 << 30):
            for peer in list(node.peers):
                if (
                    peer.is_subscribed
                    and not peer.transport.is_closing()
                    and peer.transport.get_write_buffer_size() < 1 << 20
                ):
                    peer.send(*[PB.SwitchStateResponse(key=1, state=bool(number % 2))] * 100)
                    peer.send(PB.TextSensorStateResponse(key=2, state=chr(97 + number % 26) * 30_000))
            await asyncio.sleep(0)


async def serving(host: str, port: int, answer: Callable[[Any, Any], Awaitable[None]]) -> int:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await answer(reader, writer)
        except OSError:
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, host, port, reuse_address=True)
    return int(server.sockets[0].getsockname()[1])


async def many(kind: str, port: int, **text: str) -> None:
    """Half of them are there from the start of the lie; then new ones come, and the old ones again and again."""
    await ready()
    async with announcing() as said:
        for number in range(MANY):
            mac = f"02005e67{number:04x}"
            said.hold(kind, f"liar-{number}", "127.1.6.2", port, **({"mac": mac, "version": "1"} | text))
        await said.go()
        await asyncio.Event().wait()


async def esphome_endless(_: Path) -> None:
    """A message of 268 MB, that never ends."""

    async def answer(reader: Any, writer: asyncio.StreamWriter) -> None:
        writer.write(b"\x00\xff\xff\xff\x7f\x02")
        while True:
            writer.write(os.urandom(65_536))
            await writer.drain()

    await many("_esphomelib._tcp.local.", await serving("127.1.6.2", 0, answer))


async def wot_endless(_: Path) -> None:
    async def answer(reader: Any, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/td+json\r\n\r\n" + b'{"title":"')
        while True:
            writer.write(b"x" * 65_536)
            await writer.drain()

    await many("_wot._tcp.local.", await serving("127.1.6.2", 0, answer), td="/td")


async def wot_events(_: Path) -> None:
    name = "urn:uuid:0804d572-cce8-422a-bb7c-666666666666"
    peer = WotPeer(wot_td(id=name, title="Liar"))
    await peer.start("127.1.6.3")
    async with announcing() as said:
        said.hold("_wot._tcp.local.", "liar", "127.1.6.3", peer.port, td="/lamp/td")
        await said.go()
        await ready("wot", name)
        while True:
            for stream in [one for streams in peer.streams.values() for one in streams]:
                try:
                    await stream.write(b"event: on\ndata: false\n\nevent: on\ndata: true\n\n" * 400)
                    await stream.write(b"data: " + b"[" * 60_000 + b"\n\n")
                except ConnectionError:
                    for streams in peer.streams.values():
                        streams[:] = [one for one in streams if one is not stream]
            await asyncio.sleep(0)


async def homekit_events(folder: Path) -> None:
    """Tells what nobody can want to know so often, and that it has changed itself, too."""
    import pyhap.hap_protocol  # type: ignore[import-untyped]

    pyhap.hap_protocol.EVENT_COALESCE_TIME_WINDOW = 0
    async with announcing() as said:
        driver = await homekit(200, said, folder)
        await said.go()
        await ready("homekit", "02:00:5e:02:00:c8", PIN)
        on = driver.accessory.get_service("Lightbulb").get_characteristic("On")
        for number in range(1 << 30):
            on.value = bool(number % 2)
            for _ in range(20):
                on.notify()
            if number % 50 == 0:
                driver.config_changed()
            await asyncio.sleep(0.005)


async def homekit_garbage(folder: Path) -> None:
    """A paired accessory whose address somebody else has from now on."""

    async def answer(reader: Any, writer: asyncio.StreamWriter) -> None:
        await reader.read(10)
        writer.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: application/pairing+tlv8\r\nTransfer-Encoding: chunked\r\n\r\n"
        )
        while True:
            writer.write(b"ffff\r\n" + os.urandom(65_535) + b"\r\n")
            await writer.drain()

    async with announcing() as said:
        driver = await homekit(201, said, folder)
        await said.go()
        await ready("homekit", "02:00:5e:02:00:c9", PIN)
        await driver.async_stop()
        await serving(f"127.1.2.{201 + 1}", 51826, answer)
        while True:
            driver.state.config_version += 1
            await said.async_update_service(driver.mdns_service_info)
            await asyncio.sleep(0.2)


class Coap(asyncio.DatagramProtocol):
    """An endpoint whose description has no end, if `endless`. `told` is who observes, and by which token."""

    def __init__(self, *, endless: bool) -> None:
        self._body = b"{" * 64 if endless else json.dumps(coap_td(id="urn:dev:mac:0024befffe806666")).encode()
        self._endless = endless
        self.told: dict[Any, bytes] = {}

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, addr: Any) -> None:
        from aiocoap import Message
        from aiocoap.numbers.codes import Code
        from aiocoap.numbers.types import Type

        asked = Message.decode(data)
        if asked.mtype != Type.CON:
            return
        path, block = tuple(asked.opt.uri_path), asked.opt.block2
        reply = Message(code=Code.CONTENT, content_format=50)
        number, size = (block.block_number, 64) if block is not None else (0, 64)
        if path == (".well-known", "wot"):
            reply.opt.content_format, reply.opt.etag = 432, b"1"
            more = self._endless or len(self._body) > (number + 1) * size
            reply.payload = (
                self._body[:size] if self._endless else self._body[number * size : (number + 1) * size]
            )
            reply.opt.block2 = (number, more, 2)
        elif path == ("on",):
            reply.payload = b"true"
            if asked.opt.observe == 0:
                reply.opt.observe = 1
                self.told[addr] = asked.token
        else:
            reply.payload, reply.opt.content_format = b"00", 0
        reply.mtype, reply.mid, reply.token = Type.ACK, asked.mid, asked.token
        self.transport.sendto(reply.encode(), addr)


async def coap_server(host: str, *, endless: bool) -> tuple[Coap, int]:
    loop = asyncio.get_running_loop()
    transport, protocol = await loop.create_datagram_endpoint(lambda: Coap(endless=endless), (host, 0))
    return protocol, transport.get_extra_info("socket").getsockname()[1]


async def coap_blocks(_: Path) -> None:
    port = (await coap_server("127.1.6.2", endless=True))[1]
    await many("_coap._udp.local.", port)


async def coap_notes(_: Path) -> None:
    """5,000 notifications a second, and as many datagrams that are none."""
    from aiocoap import Message
    from aiocoap.numbers.codes import Code
    from aiocoap.numbers.types import Type

    server, port = await coap_server("127.1.6.4", endless=False)
    async with announcing() as said:
        said.hold("_coap._udp.local.", "liar", "127.1.6.4", port)
        await said.go()
        await ready("coap", "urn:dev:mac:0024befffe806666")
        for number in range(1 << 30):
            for addr, token in list(server.told.items()):
                note = Message(
                    code=Code.CONTENT, payload=b"true" if number % 2 else b"false", content_format=50
                )
                note.opt.observe = number % (1 << 24)
                note.mtype, note.mid, note.token = (Type.CON, Type.NON)[number % 2], number & 0xFFFF, token
                server.transport.sendto(note.encode(), addr)
                server.transport.sendto(os.urandom(900), addr)
            if number % 50 == 0:
                await asyncio.sleep(0.01)


LIES: Final[dict[str, Callable[[Path], Awaitable[None]]]] = {
    lie.__name__.replace("_", "-"): lie
    for lie in (
        mdns_names, mdns_huge, esphome_states, esphome_endless, homekit_events, homekit_garbage, wot_endless,
        wot_events, coap_blocks, coap_notes,
    )
}  # fmt: skip


async def lie(name: str, folder: Path) -> None:
    await LIES[name](folder)


if __name__ == "__main__":
    asyncio.run(lie(sys.argv[1], Path(sys.argv[2])))
