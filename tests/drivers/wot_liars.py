"""Servers that do what no honest device does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

Answering = Callable[[str, asyncio.StreamWriter], Awaitable[None]]
"""Of the path that was asked for."""

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/td+json\r\n"


class Liar:
    """Counts who is connected, and what was asked."""

    def __init__(self, answer: Answering) -> None:
        self._answer = answer
        self.asked: list[str] = []
        self.open = 0
        self.most = 0
        self.port = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.open += 1
        self.most = max(self.most, self.open)
        try:
            while line := await reader.readline():
                path = line.split()[1].decode()
                self.asked.append(path)
                while (await reader.readline()).strip():
                    pass
                await self._answer(path, writer)
        except (ConnectionError, IndexError):
            pass
        finally:
            self.open -= 1
            writer.close()


@asynccontextmanager
async def lying(answer: Answering) -> AsyncIterator[Liar]:
    liar = Liar(answer)
    tasks: set[asyncio.Task[None]] = set()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            await liar.serve(reader, writer)
        except asyncio.CancelledError:
            pass
        finally:
            tasks.discard(task)

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    liar.port = server.sockets[0].getsockname()[1]
    try:
        yield liar
    finally:
        server.close()
        for task in list(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await server.wait_closed()


def body(text: bytes, head: bytes = HEAD) -> bytes:
    return head + b"Content-Length: %d\r\n\r\n" % len(text) + text


async def endless(path: str, writer: asyncio.StreamWriter) -> None:
    writer.write(HEAD + b"\r\n")
    while True:
        writer.write(b"x" * 65_536)
        await writer.drain()


async def silent(path: str, writer: asyncio.StreamWriter) -> None:
    await asyncio.Event().wait()


async def dripping(path: str, writer: asyncio.StreamWriter) -> None:
    """A byte now and then: no time-out between two bytes ever ends that."""
    writer.write(HEAD + b"\r\n")
    while True:
        writer.write(b" ")
        await writer.drain()
        await asyncio.sleep(0.02)


def redirecting(to: str) -> Answering:
    async def answer(path: str, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 302 Found\r\nLocation: " + to.encode() + b"\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()

    return answer


def saying(text: bytes, head: bytes = HEAD) -> Answering:
    async def answer(path: str, writer: asyncio.StreamWriter) -> None:
        writer.write(body(text, head))
        await writer.drain()

    return answer
