"""What makes a plain node an encrypted one: a proxy that is the responder of Noise_NNpsk0 (noiseprotocol) before it.

The node's own encryption needs a library that its registry alone has; what it says in the clear is what the device would say
inside.
"""

from __future__ import annotations

import asyncio
from base64 import b64decode

from noise.connection import NoiseConnection  # type: ignore[import-untyped]  # it has no types


class NoiseProxy:
    """Before the node at `port`. `key` may be changed: new connections are held to it."""

    def __init__(self, key: str, name: str, mac: str) -> None:
        self.key, self.name, self.mac = key, name, mac
        self.port = 0
        self._node = 0
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self, node: int) -> None:
        self._node = node
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._server is not None:
            await self._server.wait_closed()
            self._server = None

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            await self._carry(reader, writer)
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            self._tasks.discard(task)
            writer.transport.abort()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        noise = NoiseConnection.from_name(b"Noise_NNpsk0_25519_ChaChaPoly_SHA256")
        noise.set_as_responder()
        noise.set_psks(b64decode(self.key))
        noise.set_prologue(b"NoiseAPIInit\x00\x00")
        noise.start_handshake()
        if await self._sealed(reader, writer) is None:
            return
        _send(writer, b"\x01" + self.name.encode() + b"\0" + self.mac.replace(":", "").encode() + b"\0")
        body = await self._sealed(reader, writer)
        if body is None:
            return
        try:
            noise.read_message(body[1:])
        except Exception:
            _send(writer, b"\x01Handshake MAC failure")
            await writer.drain()
            return
        _send(writer, b"\x00" + noise.write_message())
        inside, outside = await asyncio.open_connection("127.0.0.1", self._node)
        try:
            back = asyncio.ensure_future(_sealing(inside, writer, noise))
            try:
                while (body := await self._sealed(reader, writer)) is not None:
                    inner = noise.decrypt(body)
                    outside.write(
                        b"\0"
                        + _varint(len(inner) - 4)
                        + _varint(int.from_bytes(inner[:2], "big"))
                        + inner[4:]
                    )
            finally:
                back.cancel()
                await asyncio.gather(back, return_exceptions=True)
        finally:
            outside.transport.abort()

    async def _sealed(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes | None:
        head = await reader.readexactly(3)
        if head[0] != 1:
            _send(writer, b"\x01Bad indicator byte")
            await writer.drain()
            return None
        return await reader.readexactly(int.from_bytes(head[1:], "big"))


async def _sealing(
    inside: asyncio.StreamReader, writer: asyncio.StreamWriter, noise: NoiseConnection
) -> None:
    try:
        while True:
            await inside.readexactly(1)
            size, number = await _read_varint(inside), await _read_varint(inside)
            payload = await inside.readexactly(size)
            _send(writer, noise.encrypt(number.to_bytes(2, "big") + size.to_bytes(2, "big") + payload))
    finally:
        writer.transport.abort()  # the node hung up


def _send(writer: asyncio.StreamWriter, body: bytes) -> None:
    writer.write(b"\x01" + len(body).to_bytes(2, "big") + body)


async def _read_varint(reader: asyncio.StreamReader) -> int:
    value = shift = 0
    while True:
        (byte,) = await reader.readexactly(1)
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)
