"""Answers of many pieces, to readers that may be slow, and may be none."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Final

from aiohttp import web

from gateway.api.auth import SESSION

LONGEST_STALL_S: Final = 30.0
"""A phone that changes from one network to another takes some seconds."""

LONGEST_S: Final = 600.0
"""Who takes a byte now and then holds a place of others with it."""


async def send(
    request: web.Request,
    response: web.StreamResponse,
    pieces: AsyncIterator[str],
    *,
    stall: float = LONGEST_STALL_S,
    longest: float = LONGEST_S,
) -> None:
    """All of `pieces`, as long as the caller's token is good. The connection is cut where nothing was taken for `stall`
    seconds, and after `longest`: the reader is told that it has not got all.
    """
    session = request[SESSION]
    try:
        async with asyncio.timeout(longest):
            async for piece in pieces:
                if session.revoked:
                    raise TimeoutError
                async with asyncio.timeout(stall):
                    await response.write(piece.encode())
            async with asyncio.timeout(stall):
                await response.write_eof()
    except TimeoutError:
        if request.transport is not None:
            request.transport.abort()
