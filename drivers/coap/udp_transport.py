"""A connected UDP socket as a carrier of CoAP messages: the system drops what comes from any other address or port.

Nothing here is encrypted or signed: whoever is on the network can command such a device, and answer in its name.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from contextlib import suppress
from typing import Final

READ_BYTES: Final = 2048
"""More than any message that is taken: what was cut is seen to be too long."""

AT_ONCE: Final = 16
"""Datagrams that are read before others get their turn."""


class UdpTransport:
    """`told` gets each datagram, `refused` that nobody listens there (ICMP): the socket stays open."""

    def __init__(
        self, peer: socket.socket, *, told: Callable[[bytes], None], refused: Callable[[str], None]
    ) -> None:
        """`peer` is a connected socket, which is closed with this."""
        self._socket = peer
        self._told, self._refused = told, refused
        self._open = True
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(peer.fileno(), self._readable)

    def send(self, data: bytes) -> None:
        if not self._open:
            raise ConnectionError("the socket is closed")
        try:
            self._socket.send(data)
        except BlockingIOError:
            return  # as lost on the way: it is repeated
        except OSError as error:
            raise ConnectionError(error.strerror or "the network cannot be reached") from None

    def drop_unsent(self) -> None:
        """A datagram has left when it was sent."""

    def close(self) -> None:
        if self._open:
            self._open = False
            self._loop.remove_reader(self._socket.fileno())
            self._socket.close()

    def _readable(self) -> None:
        for _ in range(AT_ONCE):
            try:
                data = self._socket.recv(READ_BYTES)
            except (BlockingIOError, InterruptedError):
                return
            except OSError as error:
                self._refused(error.strerror or "the network cannot be reached")
                return
            self._told(data)
            if not self._open:
                return


async def connected(host: str, port: int, patience: float) -> socket.socket:
    """A connected UDP socket. `host` is a name or an address, with its scope where it is link-local (`fe80::1%eth0`).
    Raises `OSError`; a name that is not answered within `patience` seconds, too.
    """
    address = await _resolved(host, port, patience)
    peer = socket.socket(address[0], socket.SOCK_DGRAM)
    try:
        peer.setblocking(False)
        peer.connect(address[1])
    except BaseException:
        peer.close()
        raise
    return peer


async def _resolved(
    host: str, port: int, patience: float
) -> tuple[int, tuple[str, int] | tuple[str, int, int, int]]:
    with suppress(socket.gaierror):  # an address needs no look-up, nor a thread for one
        found = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM, flags=socket.AI_NUMERICHOST)
        return found[0][0], found[0][4]  # type: ignore[return-value]
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(patience):
            names = await loop.getaddrinfo(host, port, type=socket.SOCK_DGRAM)
    except TimeoutError:
        raise OSError(0, f"nobody knows where {host} is") from None
    return names[0][0], names[0][4]  # type: ignore[return-value]
