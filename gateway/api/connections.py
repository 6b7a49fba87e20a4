"""Connections are bounded, and so that nobody's many keep out somebody else's few.

Whoever connects need not say who they are: each connection costs a file descriptor and some 20 kB before the first byte.
One network (`limits.network_of`) has so many and no more; where there are too many in all, the one that has the most loses
its oldest. Of this very computer there may be half of all; its Unix socket is not counted.
"""

from __future__ import annotations

import ipaddress
import resource
from asyncio import Transport
from contextlib import suppress
from typing import Final

from aiohttp.web_protocol import RequestHandler
from aiohttp.web_server import Server

from gateway.networks import network_of

MOST_OF_ONE: Final = 160
"""A program has 64 streams (`streams.STREAMS_PER_TOKEN`), each on a connection of its own; a house behind one address has
several.
"""

MOST_IN_ALL: Final = 1_024
NEAR: Final = "near"
"""This very computer, by whichever address."""

SHARE_OF_DESCRIPTORS: Final = 0.75
"""The rest is for devices, files and the box."""

FILES_WANTED: Final = 4_096
"""Descriptors that the process may have, where the system lets it: 1,024 are given to those who do not ask."""


class Connections:
    def __init__(self, most_of_one: int = MOST_OF_ONE, most_in_all: int | None = None) -> None:
        self._most_of_one = most_of_one
        self._most = most_in_all if most_in_all is not None else _affordable()
        self._open: dict[str, dict[RequestHandler, Transport]] = {}  # by network, oldest first
        self._where: dict[RequestHandler, str] = {}

    def __len__(self) -> int:
        return len(self._where)

    def watch(self, server: Server) -> None:
        """From now on every connection of `server` is counted."""
        made, lost = server.connection_made, server.connection_lost

        def connection_made(handler: RequestHandler, transport: Transport) -> None:
            made(handler, transport)
            self.add(handler, transport)

        def connection_lost(handler: RequestHandler, exc: BaseException | None = None) -> None:
            self.remove(handler)
            lost(handler, exc)

        server.connection_made = connection_made  # type: ignore[method-assign]
        server.connection_lost = connection_lost  # type: ignore[method-assign]

    def add(self, handler: RequestHandler, transport: Transport) -> None:
        peer = transport.get_extra_info("peername")
        if not isinstance(peer, tuple):
            return
        network = network_of(peer[0])
        near = is_near(peer[0]) or is_near(network)  # also as ::ffff:127.0.0.1
        network = NEAR if near else network
        of_one = self._open.setdefault(network, {})
        of_one[handler], self._where[handler] = transport, network
        if len(of_one) > (self._most // 2 if near else self._most_of_one):
            self._end(handler)
        elif len(self._where) > self._most:
            most = max(self._open.values(), key=len)
            self._end(next(iter(most)))

    def remove(self, handler: RequestHandler) -> Transport | None:
        network = self._where.pop(handler, None)
        if network is None:
            return None
        transport = self._open[network].pop(handler)
        if not self._open[network]:
            del self._open[network]
        return transport

    def _end(self, handler: RequestHandler) -> None:
        if (transport := self.remove(handler)) is not None:
            transport.abort()


def is_near(address: str) -> bool:
    """Whether it is this very computer."""
    try:
        return ipaddress.ip_address(address.partition("%")[0]).is_loopback
    except ValueError:
        return True  # a Unix socket's


def allow_more_files() -> None:
    """Raises the soft limit of descriptors towards the hard one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = FILES_WANTED if hard == resource.RLIM_INFINITY else min(FILES_WANTED, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _affordable() -> int:
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return MOST_IN_ALL if soft < 0 else min(MOST_IN_ALL, int(soft * SHARE_OF_DESCRIPTORS))
