"""Keeps tests on this machine: a connection elsewhere is refused and reported."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

import pytest

_LOCAL_NAMES: Final = frozenset(
    {"", "localhost", "ip6-localhost", "localhost.localdomain", socket.gethostname()}
)


class LeavesThisMachineError(OSError):
    """A test tried to reach something else than the loopback interface."""


@contextmanager
def only_loopback(report: Callable[[str], None]) -> Iterator[None]:
    """Within it `connect`, `sendto` and name look-ups work for this machine only; anything else is told to `report`."""
    connect, connect_ex, sendto = socket.socket.connect, socket.socket.connect_ex, socket.socket.sendto
    getaddrinfo = socket.getaddrinfo

    def check(address: object) -> None:
        host = address[0] if isinstance(address, tuple) else None
        if isinstance(host, str | bytes) and not is_local(host):
            report(f"a connection to {address!r}: tests stay on the loopback interface")
            raise LeavesThisMachineError(f"{address!r} is not on this machine")

    def checked_connect(self: socket.socket, address: Any) -> None:
        check(address)
        connect(self, address)

    def checked_connect_ex(self: socket.socket, address: Any) -> int:
        check(address)
        return connect_ex(self, address)

    def checked_sendto(self: socket.socket, data: Any, *rest: Any) -> int:
        check(rest[-1])
        return sendto(self, data, *rest)

    def checked_getaddrinfo(host: Any, *rest: Any, **options: Any) -> Any:
        check((host, "look-up"))
        return getaddrinfo(host, *rest, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", checked_connect)
        patch.setattr(socket.socket, "connect_ex", checked_connect_ex)
        patch.setattr(socket.socket, "sendto", checked_sendto)
        patch.setattr(socket, "getaddrinfo", checked_getaddrinfo)
        yield


def is_local(host: str | bytes) -> bool:
    """Whether `host` (a name or an address) is this machine. Multicast stays on the link and counts as local."""
    text = host.decode("idna") if isinstance(host, bytes) else host
    if text.lower().rstrip(".") in _LOCAL_NAMES:
        return True
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified or address.is_multicast
