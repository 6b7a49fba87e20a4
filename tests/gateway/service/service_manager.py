"""A service manager that only listens: the socket of sd_notify(3), and what came over it."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

HEARD_WITHIN_S = 20.0


class Listener:
    """`said` is everything in order, one assignment a line."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self._grown = asyncio.Condition()

    async def hears(self, text: str, times: int = 1) -> None:
        """Until that was said so often, in all."""
        try:
            async with asyncio.timeout(HEARD_WITHIN_S), self._grown:
                await self._grown.wait_for(lambda: sum(text in line for line in self.said) >= times)
        except TimeoutError:
            raise AssertionError(f"not said {times} times: {text!r}, but {self.said}") from None

    def count(self, text: str) -> int:
        return sum(text in line for line in self.said)

    async def take(self, message: str) -> None:
        async with self._grown:
            self.said += message.splitlines()
            self._grown.notify_all()


@asynccontextmanager
async def listening(address: str) -> AsyncIterator[Listener]:
    """At a path, or at a name in the abstract namespace (`@…`)."""
    listener, loop = Listener(), asyncio.get_running_loop()
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as at:
        at.bind(f"\0{address[1:]}" if address.startswith("@") else address)
        at.setblocking(False)

        async def read() -> None:
            while True:
                await listener.take((await loop.sock_recv(at, 4096)).decode())

        task = asyncio.create_task(read(), name="service manager")
        try:
            yield listener
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
