"""stdin and stdout of the agent's host. Nothing goes to stdout but messages; whatever else would print goes to stderr."""

from __future__ import annotations

import asyncio
import os
import ssl
import sys
import threading
from collections.abc import Coroutine, Iterator
from concurrent.futures import CancelledError
from typing import Any, Final
from urllib.parse import urlsplit

import aiohttp

from gateway.cli.exits import Exit, Failure
from gateway.cli.mcp.relay import ANSWER_S, LONGEST_LINE_BYTES, Refused, Relay
from gateway.cli.session import Session
from gateway.cli.target import Target

LAST_ANSWERS_S: Final = 30.0
"""For answers on their way when the host has closed stdin."""

STDIN: Final = 0
CHUNK_BYTES: Final = 65_536


async def carry(session: Session, target: Target, token: str) -> None:
    """Until stdin ends. Raises `Failure` where the gateway lets nobody in."""
    out = sys.stdout.buffer
    sys.stdout = sys.stderr

    def say(line: bytes) -> None:
        out.write(line)
        out.flush()

    url = "http://localhost/mcp" if target.socket else f"{target.url}/mcp"
    timeout = aiohttp.ClientTimeout(total=None, sock_connect=5, sock_read=ANSWER_S)
    async with aiohttp.ClientSession(
        connector=_connector(target),
        headers={"Authorization": f"Bearer {token}"},
        timeout=timeout,
        read_bufsize=LONGEST_LINE_BYTES,
        auto_decompress=False,
    ) as http:
        relay = Relay(http, url, say, session.note)
        try:
            await _until_either(_read(relay), relay.refused)
        finally:
            await relay.close()


async def _read(relay: Relay) -> None:
    """Stdin may be a pipe, a file or a terminal: only a thread reads all three. It is not waited for at the end, and so it
    holds no lock of stdin's.
    """
    loop, queue = asyncio.get_running_loop(), asyncio.Queue[bytes](1)

    def read() -> None:
        for line in _lines():
            try:
                asyncio.run_coroutine_threadsafe(queue.put(line), loop).result()
            except (RuntimeError, CancelledError):
                return  # the loop has ended

    threading.Thread(target=read, name="stdin", daemon=True).start()
    while line := await queue.get():
        await relay.take(line)
    await asyncio.wait({asyncio.create_task(relay.drain())}, timeout=LAST_ANSWERS_S)


def _lines() -> Iterator[bytes]:
    """The lines of stdin; an empty one is its end. What is longer than a line may be comes in parts, which are no messages."""
    left = b""
    while data := os.read(STDIN, CHUNK_BYTES):
        *lines, left = (left + data).split(b"\n")
        yield from (line + b"\n" for line in lines)
        if len(left) > LONGEST_LINE_BYTES:
            yield left
            left = b""
    yield from (left, b"") if left else (b"",)


async def _until_either(reading: Coroutine[Any, Any, None], refused: asyncio.Future[None]) -> None:
    task = asyncio.create_task(reading, name="stdin")
    try:
        await asyncio.wait({task, refused}, return_when=asyncio.FIRST_COMPLETED)
        if refused.done() and isinstance(error := refused.exception(), Refused):
            raise Failure(str(error), Exit.REFUSED)
        await task
    finally:
        task.cancel()
        refused.cancel()
        await asyncio.gather(task, return_exceptions=True)


def _connector(target: Target) -> aiohttp.BaseConnector:
    if target.socket:
        return aiohttp.UnixConnector(target.socket)
    if urlsplit(target.url).scheme == "https":
        return aiohttp.TCPConnector(ssl=ssl.create_default_context(cafile=os.environ.get("HEARTH_CA")))
    return aiohttp.TCPConnector()
