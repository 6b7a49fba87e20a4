"""What CoAP tests share: a lamp, and two ways to it: aiocoap's server over UDP, and an
endpoint on a pseudo-terminal.
"""

from __future__ import annotations

import asyncio
import os
import pty
import secrets
import tty
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import aiocoap
import orjson
from aiocoap import Message, resource
from aiocoap.numbers.codes import Code
from aiocoap.numbers.types import Type

from capabilities.vocabulary import Json
from drivers.coap.framing import Deframer, encode
from drivers.coap.messages import empty, parsed

DEVICE = "urn:dev:mac:0024befffe804ff1"


def lamp_td(**more: Json) -> dict[str, Json]:
    """As an endpoint with Hearth's firmware describes itself."""
    on: dict[str, Json] = {
        "type": "boolean",
        "hearth:capability": "switch.on",
        "observable": True,
        "forms": [
            {"href": "/on", "op": ["readproperty", "writeproperty"]},
            {"href": "/on", "op": ["observeproperty"], "subprotocol": "cov:observe"},
        ],
    }
    return {
        "@context": "https://www.w3.org/2022/wot/td/v1.1",
        "id": DEVICE,
        "title": "Lamp",
        "securityDefinitions": {"nosec_sc": {"scheme": "nosec"}},
        "security": "nosec_sc",
        "hearth:link": {"keepAlive": 0.1, "lostAfter": 0.3, "block": 64},
        "properties": {"on": on},
        "actions": {
            "identify": {
                "hearth:capability": "setting.identify",
                "hearth:component": "identify",
                "forms": [{"href": "/identify", "op": "invokeaction"}],
            }
        },
        **more,
    }


class Lamp:
    """The device itself: its state, what reached it, and who wants to know of changes."""

    def __init__(self) -> None:
        self.td: Json = lamp_td()
        self.links = '</.well-known/core>,</on>;rt="switch";if="core.a";obs'
        self.on = False
        self.commands: asyncio.Queue[Json] = asyncio.Queue()
        self.count = 0
        self.refuses = ""
        self.changed: list[Callable[[], object]] = []
        self.boot = secrets.token_bytes(4)
        self.lost = 0

    @property
    def epoch(self) -> bytes:
        return self.boot + self.lost.to_bytes(2, "big")

    def restart(self) -> None:
        self.boot, self.lost, self.on = secrets.token_bytes(4), 0, False

    def put(self, value: Json) -> tuple[Code, bytes]:
        if self.refuses:
            return Code.FORBIDDEN, self.refuses.encode()
        if not isinstance(value, bool):
            return Code.BAD_REQUEST, b"Give true or false."
        self.count += 1
        self.commands.put_nowait(value)
        self.show(value)
        return Code.CHANGED, b""

    def press(self, value: Json) -> tuple[Code, bytes]:
        self.count += 1
        self.commands.put_nowait({"identify": value})
        return Code.CHANGED, b""

    def show(self, value: bool) -> None:
        self.on = value
        for tell in self.changed:
            tell()


# ---------------------------------------------------------------------------------------------- over UDP: aiocoap's server


class _Text(resource.Resource):  # type: ignore[misc]  # aiocoap has no types
    def __init__(self, text: Callable[[], bytes], content_format: int) -> None:
        super().__init__()
        self._text, self._format = text, content_format

    async def render_get(self, request: Message) -> Message:
        return Message(payload=self._text(), content_format=self._format)


class _Link(resource.Resource):  # type: ignore[misc]  # aiocoap has no types
    def __init__(self, lamp: Lamp) -> None:
        super().__init__()
        self._lamp = lamp

    async def render_get(self, request: Message) -> Message:
        return Message(payload=self._lamp.epoch.hex().encode(), content_format=0, etag=self._lamp.epoch)


class _On(resource.ObservableResource):  # type: ignore[misc]  # aiocoap has no types
    def __init__(self, lamp: Lamp) -> None:
        super().__init__()
        self._lamp = lamp
        self.asked = asyncio.Event()
        lamp.changed.append(self.updated_state)

    async def render_get(self, request: Message) -> Message:
        self.asked.set()
        return Message(payload=orjson.dumps(self._lamp.on), content_format=50)

    async def told(self) -> None:
        """Whoever observes has been told of the last change: aiocoap tells only the newest of several at once."""
        if self._observations:
            self.asked.clear()
            await self.asked.wait()

    async def render_put(self, request: Message) -> Message:
        return _done(self._lamp, request, self._lamp.put)


class _Identify(resource.Resource):  # type: ignore[misc]  # aiocoap has no types
    def __init__(self, lamp: Lamp) -> None:
        super().__init__()
        self._lamp = lamp

    async def render_post(self, request: Message) -> Message:
        return _done(self._lamp, request, self._lamp.press)


def _done(lamp: Lamp, request: Message, act: Callable[[Json], tuple[Code, bytes]]) -> Message:
    wanted = [bytes(one) for one in request.opt.if_match]
    if wanted and lamp.epoch not in wanted:
        return Message(code=Code.PRECONDITION_FAILED)
    code, words = act(orjson.loads(request.payload) if request.payload else None)
    return Message(code=code, payload=words)


class UdpServer:
    """aiocoap's own server with a lamp behind it, always at the same port."""

    def __init__(self, lamp: Lamp, host: str = "::1") -> None:
        self.lamp = lamp
        self.host = host
        self.port = 0
        self._context: Any = None

    async def start(self) -> None:
        site = resource.Site()
        site.add_resource([".well-known", "core"], _Text(self.lamp.links.encode, 40))
        if self.lamp.td is not None:
            site.add_resource([".well-known", "wot"], _Text(lambda: orjson.dumps(self.lamp.td), 432))
        site.add_resource(["hearth", "link"], _Link(self.lamp))
        self.on = _On(self.lamp)
        site.add_resource(["on"], self.on)
        site.add_resource(["identify"], _Identify(self.lamp))
        self._context = await aiocoap.Context.create_server_context(
            site, bind=(self.host, self.port), transports=["udp6"], loggername="coap-test-server"
        )
        self.port = self._interface.transport.get_extra_info("socket").getsockname()[1]

    async def stop(self) -> None:
        context, self._context = self._context, None
        if context is not None:
            self.lamp.changed.clear()
            for timers in [context.request_interfaces[0].token_interface]:
                timers._recent_messages.clear()
            await context.shutdown()

    @property
    def _interface(self) -> Any:
        return self._context.request_interfaces[0].token_interface.message_interface

    def deafen(self) -> None:
        self._interface.datagram_msg_received = lambda *_: None

    def hear_again(self) -> None:
        del self._interface.datagram_msg_received


# ---------------------------------------------------------------------------------------------- on a line: a small endpoint


class LineEndpoint:
    """Speaks PROTOCOL.md on the master of a pseudo-terminal; `path` is a link to the other end, the same after `plug`.
    `spoil` may damage what goes through, in both directions.
    """

    def __init__(self, lamp: Lamp, path: str) -> None:
        self.lamp = lamp
        self.path = path
        self.deaf = False
        self.spoil: Callable[[bytes], bytes] = bytes
        self._ends: tuple[int, int] | None = None
        self._spare: tuple[int, int] | None = pty.openpty()
        self._deframer = Deframer()
        self._mid = secrets.randbelow(1 << 16)
        self._answers: dict[int, tuple[bytes, bytes]] = {}
        self._observers: dict[bytes, int] = {}
        self._unacked: dict[int, asyncio.TimerHandle] = {}

    def plug(self) -> None:
        master, slave = self._spare or pty.openpty()
        self._spare = None
        tty.setraw(slave)
        os.set_blocking(master, False)
        self._ends = (master, slave)
        self._deframer = Deframer()
        self.lamp.changed.append(self._notify)
        asyncio.get_running_loop().add_reader(master, self._readable)
        Path(self.path).unlink(missing_ok=True)
        Path(self.path).symlink_to(os.ttyname(slave))

    def unplug(self) -> None:
        if self._ends is None:
            return
        ends, self._ends = self._ends, None
        self.lamp.changed.clear()
        asyncio.get_running_loop().remove_reader(ends[0])
        for timer in self._unacked.values():
            timer.cancel()
        self._unacked.clear()
        self._observers.clear()
        Path(self.path).unlink(missing_ok=True)
        for end in ends:
            os.close(end)

    def close(self) -> None:
        self.unplug()
        for end in self._spare or ():
            os.close(end)
        self._spare = None

    def restart(self) -> None:
        self.lamp.restart()
        self._observers.clear()
        self._answers.clear()

    def say(self, data: bytes) -> None:
        if self._ends is not None:
            with suppress(BlockingIOError):
                os.write(self._ends[0], self.spoil(data))

    def _readable(self) -> None:
        assert self._ends is not None
        try:
            data = os.read(self._ends[0], 4096)
        except (BlockingIOError, OSError):
            return
        if self.deaf:
            return
        for frame in self._deframer.feed(self.spoil(data)):
            message = parsed(frame.data)
            if message is not None:
                self._heard(message, frame.data)

    def _heard(self, message: Message, raw: bytes) -> None:
        if message.code.is_request():
            self._asked(message, raw)
        elif message.mtype in (Type.ACK, Type.RST):
            timer = self._unacked.pop(message.mid, None)
            if timer is not None:
                timer.cancel()
            if message.mtype == Type.RST:
                self._observers.clear()
        elif message.mtype == Type.CON:
            self.say(encode(empty(Type.RST, message.mid)))

    def _asked(self, message: Message, raw: bytes) -> None:
        known = self._answers.get(message.mid)
        if message.code != Code.GET and known is not None and known[0] == raw:
            self.say(encode(known[1]))
            return
        reply = self._answer(message)
        reply.mtype, reply.mid, reply.token = Type.ACK, message.mid, message.token
        data = reply.encode()
        if message.code != Code.GET:
            self._answers[message.mid] = (raw, data)
        self.say(encode(data))

    def _answer(self, message: Message) -> Message:
        path = tuple(message.opt.uri_path)
        if message.code == Code.GET:
            return self._told(message, path)
        if path == ("on",) and message.code == Code.PUT:
            return _done(self.lamp, message, self.lamp.put)
        if path == ("identify",) and message.code == Code.POST:
            return _done(self.lamp, message, self.lamp.press)
        return Message(code=Code.NOT_FOUND)

    def _told(self, message: Message, path: tuple[str, ...]) -> Message:
        if path == (".well-known", "wot") and self.lamp.td is not None:
            body, kind = orjson.dumps(self.lamp.td), 432
        elif path == (".well-known", "core"):
            body, kind = self.lamp.links.encode(), 40
        elif path == ("hearth", "link"):
            body, kind = self.lamp.epoch.hex().encode(), 0
        elif path == ("on",):
            body, kind = orjson.dumps(self.lamp.on), 50
        else:
            return Message(code=Code.NOT_FOUND)
        reply = Message(code=Code.CONTENT, content_format=kind)
        if path == ("on",) and message.opt.observe == 0:
            self._observers[message.token] = 1
            reply.opt.observe = 1
        block = message.opt.block2
        exponent = min(block.size_exponent, 2) if block is not None else 2
        number = block.block_number if block is not None else 0
        size = 16 << exponent
        reply.payload = body[number * size : (number + 1) * size]
        if len(body) > size:
            reply.opt.block2 = (number, (number + 1) * size < len(body), exponent)
            reply.opt.etag = b"\1\2\3\4"
        return reply

    def _notify(self) -> None:
        for token, number in list(self._observers.items()):
            self._observers[token] = number + 1
            self._mid = (self._mid + 1) & 0xFFFF
            note = Message(code=Code.CONTENT, payload=orjson.dumps(self.lamp.on), content_format=50)
            note.opt.observe = number + 1
            note.mtype, note.mid, note.token = Type.CON, self._mid, token
            self._repeat(self._mid, encode(note.encode()), 30)

    def _repeat(self, mid: int, frame: bytes, left: int) -> None:
        self._unacked.pop(mid, None)
        if not left or self._ends is None:
            return
        self.say(frame)
        loop = asyncio.get_running_loop()
        self._unacked[mid] = loop.call_later(0.03, self._repeat, mid, frame, left - 1)


@asynccontextmanager
async def udp_lamp() -> AsyncIterator[UdpServer]:
    server = UdpServer(Lamp())
    await server.start()
    try:
        yield server
    finally:
        await server.stop()


@asynccontextmanager
async def line_lamp(path: str) -> AsyncIterator[LineEndpoint]:
    endpoint = LineEndpoint(Lamp(), path)
    endpoint.plug()
    try:
        yield endpoint
    finally:
        endpoint.close()
