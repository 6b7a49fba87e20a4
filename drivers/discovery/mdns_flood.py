"""A flood of packets costs a bounded part of a core: what comes above a budget is not even read.

Each socket has a budget of its own: answers that are sent to this box alone do not drown in what is sent to everybody.
"""

from __future__ import annotations

import array
import socket
import struct
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

_SO_ATTACH_FILTER: Final = 26
_SO_DETACH_FILTER: Final = 27
_DROP_ALL: Final = struct.pack("=HBBI", 0x06, 0, 0, 0)
"""BPF `ret #0` (linux/filter.h): the kernel lets no packet through, and nobody is woken up."""


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


def deafen(fileno: int, deaf: bool) -> None:
    """The kernel drops what arrives on a socket, or hands it over again. Where it cannot, packets are read and dropped."""
    program = array.array("B", _DROP_ALL)
    with suppress(OSError), socket.socket(fileno=socket.dup(fileno)) as handle:
        if deaf:
            option = struct.pack("@HP", 1, program.buffer_info()[0])
            handle.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, option)
        else:
            handle.setsockopt(socket.SOL_SOCKET, _SO_DETACH_FILTER, 0)
