"""A relay on the loopback: each connection reaches the gateway from another address, as each stranger does in a house."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from itertools import count

CHUNK_BYTES = 1 << 16


@asynccontextmanager
async def relayed(port: int) -> AsyncIterator[int]:
    """Listens while it is entered, and gives its port. Connections should end with their answer (`Connection: close`)."""
    number = count()
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        task.add_done_callback(tasks.discard)
        at = next(number)
        address = f"127.{1 + at // 64_516 % 254}.{1 + at // 254 % 254}.{1 + at % 254}"
        there_reader, there = await asyncio.open_connection("127.0.0.1", port, local_addr=(address, 0))
        try:
            await asyncio.gather(_pump(reader, there), _pump(there_reader, writer))
        finally:
            there.close()
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in list(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while chunk := await source.read(CHUNK_BYTES):
            sink.write(chunk)
            await sink.drain()
        if sink.can_write_eof():
            sink.write_eof()
