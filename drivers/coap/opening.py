"""Opens ways: serial ports, claimed for this driver alone, and sockets."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from drivers.coap.counters import Counters
from drivers.coap.link import Link, open_line, open_udp
from drivers.coap.session import Unopened
from drivers.coap.ways import LineWay, UdpWay, Way
from drivers.discovery.tools import Ports
from drivers.driver import NotSent

CLAIMED_BY: Final = "coap"

MAX_TURNS: Final = 512
"""Ways whose next address is known: several times those there can be at once."""


class Opener:
    def __init__(self, ports: Ports) -> None:
        self._ports = ports
        self._turns: dict[str, int] = {}

    @asynccontextmanager
    async def link(self, way: Way, counters: Counters) -> AsyncIterator[Link]:
        """Raises `Unopened`."""
        if isinstance(way, LineWay):
            async with self._line(way, counters) as link:
                yield link
            return
        link = await self._udp(way, counters)
        try:
            yield link
        finally:
            link.close()

    def is_gone(self, way: Way) -> bool:
        """Whether there is no such port any more."""
        return isinstance(way, LineWay) and self._ports.find(way.port) is None

    @asynccontextmanager
    async def _line(self, way: LineWay, counters: Counters) -> AsyncIterator[Link]:
        port = self._ports.find(way.port)
        if port is None:
            raise Unopened("there is no such port; plug the adapter in")
        try:
            with self._ports.claimed(port, CLAIMED_BY):
                link = open_line(way, port.path, counters)
                try:
                    yield link
                finally:
                    link.close()
        except NotSent as error:
            raise Unopened(str(error)) from None
        except OSError as error:
            raise Unopened(error.strerror or str(error)) from None

    async def _udp(self, way: UdpWay, counters: Counters) -> Link:
        """Of several addresses one after the other, a try each."""
        if len(self._turns) > MAX_TURNS:
            self._turns.clear()
        turn = self._turns.get(way.key, 0)
        self._turns[way.key] = turn + 1
        try:
            return await open_udp(way, way.addresses[turn % len(way.addresses)], counters)
        except OSError as error:
            raise Unopened(error.strerror or str(error)) from None
