"""What the service manager is told: sd_notify(3) without libsystemd, one datagram for each message.

Outside a service there is nobody to tell, and everything here does nothing.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import MutableMapping
from contextlib import suppress
from typing import Final, Self

from gateway.foreign import one_line

LONGEST_STATUS: Final = 200
"""Characters of the line that `systemctl status` shows."""

SOCKET: Final = "NOTIFY_SOCKET"
WATCHDOG: Final = "WATCHDOG_USEC"
WATCHDOG_PID: Final = "WATCHDOG_PID"


class Manager:
    """The service manager behind a socket. `watchdog_s`: within how many seconds it must be fed; 0 where it does not watch."""

    def __init__(self, address: str = "", watchdog_s: float = 0.0) -> None:
        """`address` is a path, or a name in the abstract namespace that begins with `@`; empty: nobody is there."""
        self.watchdog_s = watchdog_s if address else 0.0
        self._address = f"\0{address[1:]}" if address.startswith("@") else address
        self._status = ""
        self.was_ready = False
        self._socket: socket.socket | None = None
        if address.startswith(("/", "@")):
            self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
            self._socket.setblocking(False)

    @classmethod
    def of(cls, environ: MutableMapping[str, str]) -> Self:
        """From the environment, which forgets it: what the gateway starts is not the service (sd_watchdog_enabled(3))."""
        address, interval = environ.pop(SOCKET, ""), environ.pop(WATCHDOG, "")
        ours = environ.pop(WATCHDOG_PID, str(os.getpid())) == str(os.getpid())
        return cls(address, int(interval) / 1e6 if ours and interval.isdecimal() else 0.0)

    @property
    def is_there(self) -> bool:
        return self._socket is not None

    def ready(self) -> None:
        self.was_ready = True
        self._send("READY=1")

    def reloading(self) -> None:
        """To be followed by `ready`. Its time is CLOCK_MONOTONIC's, so that it is not taken for an older one."""
        self._send(f"RELOADING=1\nMONOTONIC_USEC={time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000}")

    def stopping(self) -> None:
        self._send("STOPPING=1")
        self.status("ends")

    def feed(self) -> None:
        self._send("WATCHDOG=1")

    def extend(self, seconds: float) -> None:
        """The start, or the end, may take so much longer, counted from now."""
        self._send(f"EXTEND_TIMEOUT_USEC={int(seconds * 1e6)}")

    def status(self, line: str) -> None:
        """One line for people; told where it is another one than before."""
        line = one_line(line, LONGEST_STATUS)
        if line != self._status:
            self._status = line
            self._send(f"STATUS={line}")

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _send(self, message: str) -> None:
        """A manager that is gone, or does not read, is no reason to fail: it has its own ways to find out."""
        if self._socket is not None:
            with suppress(OSError):
                self._socket.sendto(message.encode(), self._address)
