"""The other side of a broker: a small MQTT 3.1.1 client on asyncio streams, independent of the library that the driver uses.

Sections are those of MQTT 3.1.1. QoS 0 and 1.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from dataclasses import dataclass
from typing import Self

PATIENCE_S = 15.0


@dataclass(frozen=True, slots=True)
class Received:
    topic: str
    payload: bytes
    qos: int
    retained: bool


class Peer:
    """`async with Peer(port) as peer`. What arrives is in `inbox`, in order."""

    def __init__(self, port: int, client_id: str = "peer", username: str = "", password: str = "") -> None:
        self.inbox: asyncio.Queue[Received] = asyncio.Queue()
        self._port = port
        self._id = client_id
        self._credentials = (username, password)
        self._packet_ids = itertools.count(1)
        self._acks: dict[int, asyncio.Future[None]] = {}
        self._pong: asyncio.Future[None] | None = None
        self._task: asyncio.Task[None] | None = None
        self._reader: asyncio.StreamReader
        self._writer: asyncio.StreamWriter

    async def __aenter__(self) -> Self:
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)
        username, password = self._credentials
        flags = 0x02 | (0xC0 if username else 0)  # section 3.1.2: clean session, user name, password
        tail = _text(username) + _text(password) if username else b""
        self._send(0x10, _text("MQTT") + bytes([4, flags, 0, 0]) + _text(self._id) + tail)
        kind, body = await self._packet()
        assert kind == 0x20, kind
        assert body[1] == 0, f"connection refused: {body[1]}"
        self._task = asyncio.create_task(self._run(), name=f"peer {self._id}")
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        self._writer.close()
        with contextlib.suppress(OSError):
            await self._writer.wait_closed()

    async def publish(self, topic: str, payload: bytes | str, *, retain: bool = False) -> None:
        """At QoS 1; returns when the broker has it."""
        id_ = next(self._packet_ids)
        data = payload.encode() if isinstance(payload, str) else payload
        self._send(0x32 | retain, _text(topic) + id_.to_bytes(2, "big") + data)
        await self._acknowledged(id_)

    async def subscribe(self, *filters: str, qos: int = 1) -> None:
        id_ = next(self._packet_ids)
        topics = b"".join(_text(topic) + bytes([qos]) for topic in filters)
        self._send(0x82, id_.to_bytes(2, "big") + topics)
        await self._acknowledged(id_)

    async def settle(self) -> None:
        """Returns when the broker has handled all that we sent, and delivered what it had for us before."""
        self._pong = asyncio.get_running_loop().create_future()
        self._send(0xC0, b"")
        async with asyncio.timeout(PATIENCE_S):
            await self._pong

    async def next(self) -> Received:
        async with asyncio.timeout(PATIENCE_S):
            return await self.inbox.get()

    async def _acknowledged(self, id_: int) -> None:
        ack = self._acks[id_] = asyncio.get_running_loop().create_future()
        async with asyncio.timeout(PATIENCE_S):
            await ack

    async def _run(self) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, OSError):
            while True:
                kind, body = await self._packet()
                if kind & 0xF0 == 0x30:
                    self._received(kind, body)
                elif kind in (0x40, 0x90):  # PUBACK, SUBACK
                    ack = self._acks.pop(int.from_bytes(body[:2], "big"))
                    if not ack.done():
                        ack.set_result(None)
                elif kind == 0xD0 and self._pong is not None and not self._pong.done():
                    self._pong.set_result(None)

    def _received(self, kind: int, body: bytes) -> None:
        length = int.from_bytes(body[:2], "big")
        topic, rest, qos = body[2 : 2 + length].decode(), body[2 + length :], kind >> 1 & 3
        if qos:
            self._send(0x40, rest[:2])
            rest = rest[2:]
        self.inbox.put_nowait(Received(topic, rest, qos, bool(kind & 1)))

    async def _packet(self) -> tuple[int, bytes]:
        kind = (await self._reader.readexactly(1))[0]
        length = shift = 0
        while True:  # section 2.2.3
            digit = (await self._reader.readexactly(1))[0]
            length |= (digit & 127) << shift
            shift += 7
            if digit < 128:
                return kind, await self._reader.readexactly(length)

    def _send(self, kind: int, body: bytes) -> None:
        length, head = len(body), bytearray([kind])
        while True:
            length, digit = divmod(length, 128)
            head.append(digit | (128 if length else 0))
            if not length:
                break
        self._writer.write(bytes(head) + body)


def _text(text: str) -> bytes:
    data = text.encode()
    return len(data).to_bytes(2, "big") + data
