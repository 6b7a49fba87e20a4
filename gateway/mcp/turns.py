"""Turns: how much of the loop's time one agent can take from everybody else, whatever it sends.

A request of an agent waits while others of the same root are worked on. What takes long because it waits (for a device, a
person, a change) is not worked on: it gives its turn back after a moment. So an owner's command stands behind a few small
requests of an agent at the most, and behind one large one.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from aiohttp import web

from gateway.api.problems import Problem

WORKED_ON: Final = 2
"""Requests of one root at a time: each takes 1 to 8 ms of the loop."""

WORKED_ON_FOR_S: Final = 0.05
"""After this a request waits for something, and is not worked on any more."""

LARGE_BYTES: Final = 8 * 1024
"""Larger ones come one at a time: what is in them is read, checked and refused for some 5 ms each 16 kB."""

LARGEST_BYTES: Final = 64 * 1024
"""Names, values, words; a plan of a hundred steps has 20 kB."""


class _Gate:
    def __init__(self) -> None:
        self.any = asyncio.Semaphore(WORKED_ON)
        self.large = asyncio.Semaphore(1)
        self.users = 0


class Turns:
    def __init__(self) -> None:
        self._gates: dict[str, _Gate] = {}

    def __len__(self) -> int:
        return len(self._gates)

    @asynccontextmanager
    async def turn(self, root: str, *, large: bool) -> AsyncIterator[None]:
        """Entered when it is the turn of one more request of `root`: first come, first served."""
        gate = self._gates.setdefault(root, _Gate())
        gate.users += 1
        held: list[asyncio.Semaphore] = []

        def give_back() -> None:
            while held:
                held.pop().release()

        timer = None
        try:
            for one in (gate.large, gate.any) if large else (gate.any,):
                await one.acquire()
                held.append(one)
            timer = asyncio.get_running_loop().call_later(WORKED_ON_FOR_S, give_back)
            yield
        finally:
            if timer is not None:
                timer.cancel()
            give_back()
            gate.users -= 1
            if not gate.users:
                del self._gates[root]


def is_large(request: web.Request) -> bool:
    """By what its headers say. Raises `Problem` (413)."""
    size = request.content_length
    if size is not None and size > LARGEST_BYTES:
        raise too_large()
    return request.can_read_body and (size is None or size > LARGE_BYTES)


def too_large() -> Problem:
    return Problem("too-large", f"a message may have {LARGEST_BYTES} bytes")
