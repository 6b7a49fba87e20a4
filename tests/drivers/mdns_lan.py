"""A peer on the loopback interface, and types that no other test uses."""

from __future__ import annotations

import asyncio
import itertools
import os
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager

from zeroconf.asyncio import AsyncServiceInfo, AsyncZeroconf

from drivers.discovery.seen import Service, ServiceLost

LOOPBACK = "127.0.0.1"
_numbers = itertools.count()


class RealClock:
    def wall(self) -> float:
        return time.time()

    def monotonic(self) -> float:
        return time.monotonic()


def some_type(protocol: str = "_tcp") -> str:
    """RFC 6763, section 7: 15 characters at the most."""
    return f"_t{os.getpid() % 1_000_000:x}-{next(_numbers):x}.{protocol}.local."


class Peer:
    """Says what it is told to say, as a device does."""

    def __init__(self, zeroconf: AsyncZeroconf) -> None:
        self.zeroconf = zeroconf

    async def say(
        self,
        kind: str,
        name: str,
        port: int = 80,
        properties: Mapping[str, str | None] | None = None,
        *,
        addresses: tuple[str, ...] = (LOOPBACK,),
        full_name: str = "",
    ) -> AsyncServiceInfo:
        info = AsyncServiceInfo(
            kind,
            full_name or f"{name}.{kind}",
            port=port,
            properties=dict(properties or {}),
            server=f"{name.replace(' ', '-').lower()}-{os.getpid()}.local.",
            parsed_addresses=list(addresses),
        )
        await self.zeroconf.async_register_service(info, cooperating_responders=True)
        return info


@asynccontextmanager
async def a_peer() -> AsyncIterator[Peer]:
    zeroconf = AsyncZeroconf(interfaces=[LOOPBACK])
    try:
        yield Peer(zeroconf)
    finally:
        await zeroconf.async_close()


class Heard:
    """What a watch was told; `until` waits for something of it."""

    def __init__(self) -> None:
        self.all: list[Service | ServiceLost] = []
        self._more = asyncio.Event()

    def __call__(self, seen: Service | ServiceLost) -> None:
        self.all.append(seen)
        self._more.set()

    @property
    def last(self) -> Service | ServiceLost:
        return self.all[-1]

    def services(self) -> list[Service]:
        return [one for one in self.all if isinstance(one, Service)]

    async def until(self, fits: Callable[[Service | ServiceLost], bool]) -> Service | ServiceLost:
        async with asyncio.timeout(10):
            while True:
                for one in self.all:
                    if fits(one):
                        return one
                self._more.clear()
                await self._more.wait()


async def until(fits: Callable[[], bool]) -> None:
    """Looks each 10 ms: for what nobody tells of."""
    async with asyncio.timeout(10):
        while not fits():  # noqa: ASYNC110
            await asyncio.sleep(0.01)
