"""TLS connections, counted from the moment that they are accepted.

asyncio's own server tells of a connection only after its handshake: whoever begins none would hold descriptors that nobody
counts, until there is none left for the box's own socket, the ledger and the devices.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Final

from aiohttp import web

from gateway.networks import network_of

HANDSHAKES_OF_ONE: Final = 16
"""At the same time, of one network: a browser begins six."""

HANDSHAKES_IN_ALL: Final = 128

HANDSHAKE_S: Final = 10.0
"""Phones at the edge of the Wi-Fi take a second. asyncio's own limit is a minute."""

AGAIN_S: Final = 0.1
"""Where the system has no descriptor left, or no memory."""

log = logging.getLogger(__name__)


class Handshakes:
    """Those that go on. Where there are too many of one network the newest ends, where there are too many in all the oldest of
    the network that has the most.
    """

    def __init__(self, server: web.Server, tls: ssl.SSLContext) -> None:
        self._server = server
        self._tls = tls
        self._open: dict[str, dict[asyncio.Task[None], None]] = {}  # by network, oldest first

    def __len__(self) -> int:
        return sum(map(len, self._open.values()))

    def begin(self, connection: socket.socket, address: str) -> None:
        network = network_of(address)
        if len(self._open.get(network, ())) >= HANDSHAKES_OF_ONE:
            connection.close()
            return
        if len(self) >= HANDSHAKES_IN_ALL:
            most = max(self._open.values(), key=lambda of_one: len(of_one))  # noqa: PLW0108  for the type checker
            next(iter(most)).cancel()
        task = asyncio.create_task(self._shake(connection), name="TLS handshake")
        self._open.setdefault(network, {})[task] = None
        task.add_done_callback(lambda done: self._ended(network, done))

    async def close(self) -> None:
        tasks = [task for of_one in self._open.values() for task in of_one]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _shake(self, connection: socket.socket) -> None:
        try:
            await asyncio.get_running_loop().connect_accepted_socket(
                self._server, connection, ssl=self._tls, ssl_handshake_timeout=HANDSHAKE_S
            )
        except (OSError, ssl.SSLError):  # it went, was too slow, or speaks something else
            connection.close()
        except BaseException:
            connection.close()
            raise

    def _ended(self, network: str, task: asyncio.Task[None]) -> None:
        of_one = self._open[network]
        del of_one[task]
        if not of_one:
            del self._open[network]
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("a TLS handshake failed", exc_info=error)


@asynccontextmanager
async def accepting(
    server: web.Server, tls: ssl.SSLContext, host: str, port: int, backlog: int
) -> AsyncIterator[tuple[str, int]]:
    """Listens while it is entered; gives the first address and port. Raises `OSError`."""
    listeners = await _bound(host, port)
    handshakes = Handshakes(server, tls)
    tasks = []
    try:
        for one in listeners:
            one.listen(backlog)
            tasks.append(asyncio.create_task(_accept(one, handshakes), name="accepting connections"))
        address = listeners[0].getsockname()
        yield address[0], address[1]
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for one in listeners:
            one.close()
        await handshakes.close()


async def _accept(listener: socket.socket, handshakes: Handshakes) -> None:
    loop = asyncio.get_running_loop()
    while True:
        try:
            connection, address = await loop.sock_accept(listener)
        except OSError as error:
            log.warning("a connection could not be accepted: %s", error)
            await asyncio.sleep(AGAIN_S)
            continue
        connection.setblocking(False)
        with suppress(OSError):
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        handshakes.begin(connection, str(address[0]))


async def _bound(host: str, port: int) -> list[socket.socket]:
    """A socket for each address of `host` ("" for all), as the loop makes them for its servers."""
    found = await asyncio.get_running_loop().getaddrinfo(
        host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )
    made: list[socket.socket] = []
    try:
        for family, kind, protocol, _, where in dict.fromkeys(found):
            try:
                one = socket.socket(family, kind, protocol)
            except OSError:
                continue  # a family that this machine does not have
            made.append(one)
            one.setblocking(False)
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            one.bind(where)
        if not made:
            raise OSError(f"there is no address {host!r} on this machine")
    except OSError:
        for one in made:
            one.close()
        raise
    return made
