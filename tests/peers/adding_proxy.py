"""A proxy on loopback that adds a header to each request, for peers that cannot be told to send a token. All else it leaves."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

_END = b"\r\n\r\n"


@asynccontextmanager
async def adding(url: str, header: str) -> AsyncIterator[str]:
    """Its address, which leads to `url`. Each connection carries one request."""
    target = urlsplit(url)
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(_END)
            lines = [
                line
                for line in head[: -len(_END)].split(b"\r\n")
                if not line.lower().startswith(b"connection:")
            ]
            lines += [header.encode(), b"Connection: close"]
            there, back = await asyncio.open_connection(target.hostname, target.port)
            back.write(b"\r\n".join(lines) + _END)
            asks = asyncio.create_task(_copy(reader, back), name="proxy asks")
            try:
                await _copy(
                    there, writer
                )  # once the answer is complete, what the client still says goes nowhere
            finally:
                asks.cancel()
                await asyncio.gather(asks, return_exceptions=True)
        except (OSError, EOFError):
            pass
        finally:
            writer.close()

    def begin(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(serve(reader, writer), name="proxy")
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    server = await asyncio.start_server(begin, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    finally:
        writer.close()
