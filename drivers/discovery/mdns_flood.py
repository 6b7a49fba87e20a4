"""A flood of packets costs a bounded part of a core: what comes above a budget is not even read.

Each socket has a budget of its own: answers that are sent to this box alone do not drown in what is sent to everybody. A
source that says more than all others together is not listened to for a while; where sources are made up, nobody is, in turns.
"""

from __future__ import annotations

import array
import ipaddress
import socket
import struct
from collections.abc import Collection
from contextlib import suppress
from typing import Final

PACKETS_PER_S: Final = 500
"""At some 60 µs a packet this is 3 % of a core; a house of 200 devices says less than 20 in a second."""

BURST_PACKETS: Final = 2000
"""200 devices that answer the same question, each with some packets, on a slow machine."""

BYTES_PER_S: Final = 200_000
BURST_BYTES: Final = 2_000_000
"""A thousand bytes a packet: announcements have some hundred. Long packets are long to read."""

DEAF_S: Final = 0.25
"""So long nothing is read when the budget is used up: then it allows 125 packets again."""

MUTED_S: Final = 10.0
"""So long one source is not listened to that has said more than all others together when the budget was used up."""

MOST_MUTED: Final = 16
"""Sources at a time; where more than these flood, all are dropped now and then."""

_SO_ATTACH_FILTER: Final = 26
_SO_DETACH_FILTER: Final = 27

_IP_MULTICAST_ALL: Final = 49  # linux/in.h
_IPV6_MULTICAST_ALL: Final = 29  # linux/in6.h

_NETWORK_HEADER: Final = 0xFFF00000  # SKF_NET_OFF: from there on offsets are those of the IP header
_LOAD_BYTE, _LOAD_WORD, _SHIFT_RIGHT, _IF_EQUAL, _RETURN = 0x30, 0x20, 0x74, 0x15, 0x06
_ALL: Final = 0xFFFFFFFF


class Budget:
    """A token bucket of packets and bytes."""

    def __init__(self, now: float) -> None:
        self._packets: float = BURST_PACKETS
        self._bytes: float = BURST_BYTES
        self._at = now

    def take(self, size: int, now: float) -> bool:
        """Whether a packet of `size` bytes may be looked at, at the monotonic time `now` in seconds."""
        passed = max(0.0, now - self._at)
        self._at = now
        self._packets = min(BURST_PACKETS, self._packets + passed * PACKETS_PER_S)
        self._bytes = min(BURST_BYTES, self._bytes + passed * BYTES_PER_S)
        if self._packets < 1 or self._bytes < size:
            return False
        self._packets -= 1
        self._bytes -= size
        return True


def hear_own_groups(fileno: int) -> None:
    """Only what comes in on the interfaces that were joined. The kernel's default is those of all programs of this box."""
    with suppress(OSError), _handle(fileno) as handle:
        handle.setsockopt(socket.IPPROTO_IP, _IP_MULTICAST_ALL, 0)
    with suppress(OSError), _handle(fileno) as handle:
        handle.setsockopt(socket.IPPROTO_IPV6, _IPV6_MULTICAST_ALL, 0)


def hear_nothing(fileno: int) -> None:
    """The kernel drops what arrives on this socket, and nobody is woken up. Where it cannot, packets are read and dropped."""
    _attach(fileno, [(_RETURN, 0, 0, 0)])


def hear_all_but(fileno: int, sources: Collection[str]) -> None:
    """The kernel drops what comes from these addresses. None of them: everything is heard."""
    numbers = [number for number in map(_number, sources) if number is not None]
    if not numbers:
        with suppress(OSError), _handle(fileno) as handle:
            handle.setsockopt(socket.SOL_SOCKET, _SO_DETACH_FILTER, 0)
        return
    program = [
        (_LOAD_BYTE, 0, 0, _NETWORK_HEADER),
        (_SHIFT_RIGHT, 0, 0, 4),  # the version of IP
        (_IF_EQUAL, 0, 2, 4),
        (_LOAD_WORD, 0, 0, _NETWORK_HEADER + 12),  # IPv4: the source
        (_IF_EQUAL, 1, 1, _ALL),  # goes on behind the next in any case
        (_LOAD_WORD, 0, 0, _NETWORK_HEADER + 20),  # IPv6: the last quarter of the source
    ]
    for left, number in zip(range(len(numbers), 0, -1), numbers, strict=True):
        program.append((_IF_EQUAL, left, 0, number))
    _attach(fileno, [*program, (_RETURN, 0, 0, _ALL), (_RETURN, 0, 0, 0)])


def _number(source: str) -> int | None:
    try:
        address = ipaddress.ip_address(source.partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return int(address) & _ALL


def _attach(fileno: int, program: list[tuple[int, int, int, int]]) -> None:
    """linux/filter.h: `struct sock_filter` is code, jump if true, jump if false, k."""
    code = array.array("B", b"".join(struct.pack("=HBBI", *line) for line in program))
    with suppress(OSError), _handle(fileno) as handle:
        handle.setsockopt(
            socket.SOL_SOCKET, _SO_ATTACH_FILTER, struct.pack("@HP", len(program), code.buffer_info()[0])
        )


def _handle(fileno: int) -> socket.socket:
    """Of the same socket: loops hand theirs out only in part."""
    return socket.socket(fileno=socket.dup(fileno))
