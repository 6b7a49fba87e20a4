"""A proxy on loopback that adds a header to each request, for peers that cannot be told to send a token. All else it leaves."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from urllib.parse import urlsplit

_END = b"\r\n\r\n"
_LENGTH = re.compile(rb"\r\ncontent-length:\s*(\d+)", re.IGNORECASE)


@asynccontextmanager
async def adding(url: str, header: str) -> AsyncIterator[str]:
    """Its address, which leads to `url`. Bodies of requests have a stated length."""
    target = urlsplit(url)
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            await _pass(reader, writer, target.hostname or "", target.port or 80, header.encode())
        except (asyncio.CancelledError, OSError):
            pass  # the peer has ended, or the proxy does
        finally:
            tasks.discard(task)

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        await asyncio.sleep(0)  # what was accepted just now begins
        for task in [*tasks]:
            task.cancel()
        while tasks:
            await asyncio.wait([*tasks])


async def _pass(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, host: str, port: int, header: bytes
) -> None:
    writers = [writer]
    try:
        there, back = await asyncio.open_connection(host, port)
        writers.append(back)
        asks = asyncio.create_task(_requests(reader, back, header), name="proxy: requests")
        answers = asyncio.create_task(_answers(there, writer), name="proxy: answers")
        try:
            await asyncio.wait({asks, answers}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            asks.cancel()
            answers.cancel()
            await asyncio.gather(asks, answers, return_exceptions=True)
    finally:
        for one in writers:
            one.close()
        for one in writers:
            with suppress(OSError):
                await one.wait_closed()


async def _requests(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, header: bytes) -> None:
    while True:
        head = (await reader.readuntil(_END)).removesuffix(_END)
        length = _LENGTH.search(head)
        body = await reader.readexactly(int(length[1])) if length else b""
        writer.write(head + b"\r\n" + header + _END + body)
        await writer.drain()


async def _answers(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
