"""A serial port as a carrier of CoAP messages.

Opening it leaves the board alone: the lines DTR and RTS stay as the system sets them, both at once (boards that reset do so
when one of them changes alone), and they stay on when the port is closed, so that the next opening changes nothing.
"""

from __future__ import annotations

import asyncio
import os
import termios
from collections.abc import Callable
from contextlib import suppress
from typing import Final, Protocol, cast

import serial

from drivers.coap.framing import MESSAGE, Deframer, encode
from drivers.discovery.serial_claims import keep_others_out

READ_BYTES: Final = 4096
MAX_UNSENT_BYTES: Final = 4096
"""A third of a second at 115,200 baud. What does not fit is not sent: whoever asked repeats it."""

_CFLAG: Final = 2


class LinePort(Protocol):
    """Of pyserial's `Serial`, what is used here."""

    def fileno(self) -> int: ...

    def close(self) -> None: ...


class SerialTransport:
    """`told` gets each message, `said` each line of text, `lost` the reason when the port ends (once)."""

    def __init__(
        self,
        path: str,
        baud: int,
        *,
        told: Callable[[bytes], None],
        said: Callable[[str], None],
        lost: Callable[[str], None],
    ) -> None:
        """Raises `OSError` where the port cannot be opened."""
        self.path = path
        self.deframer = Deframer()
        self.unsent_dropped = 0
        self._told, self._said, self._lost = told, said, lost
        self._port = _opened(path, baud)
        self._fd = self._port.fileno()
        self._unsent = bytearray()
        self._open = True
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._fd, self._readable)

    def send(self, data: bytes) -> None:
        if not self._open:
            raise ConnectionError(f"{self.path} is not open")
        frame = encode(data)
        if len(self._unsent) + len(frame) > MAX_UNSENT_BYTES:
            self.unsent_dropped += 1
            return
        waiting = bool(self._unsent)
        self._unsent += frame
        if not waiting:
            self._writable()
            if self._open and self._unsent:
                self._loop.add_writer(self._fd, self._writable)

    def drop_unsent(self) -> None:
        """Also what the system keeps of it: a board that hangs would take it when it comes back to life."""
        if self._open:
            if self._unsent:
                self._loop.remove_writer(self._fd)
            self._unsent.clear()
            with suppress(termios.error):
                termios.tcflush(self._fd, termios.TCOFLUSH)

    def close(self) -> None:
        if not self._open:
            return
        self.drop_unsent()  # closing would wait until it is sent
        self._open = False
        self._loop.remove_reader(self._fd)
        self._loop.remove_writer(self._fd)
        with suppress(OSError):
            self._port.close()

    def _readable(self) -> None:
        try:
            data = os.read(self._fd, READ_BYTES)
        except (BlockingIOError, InterruptedError):
            return
        except OSError as error:
            self._fail(error.strerror or "it cannot be read")
            return
        if not data:
            self._fail("it was unplugged")
            return
        for frame in self.deframer.feed(data):
            if frame.kind == MESSAGE:
                self._told(frame.data)
            else:
                self._said(frame.data.decode(errors="replace"))
            if not self._open:
                return

    def _writable(self) -> None:
        try:
            count = os.write(self._fd, self._unsent)
        except (BlockingIOError, InterruptedError):
            return
        except OSError as error:
            self._fail(error.strerror or "it cannot be written")
            return
        del self._unsent[:count]
        if not self._unsent:
            self._loop.remove_writer(self._fd)

    def _fail(self, reason: str) -> None:
        self.close()
        self._lost(f"{self.path}: {reason}")


def _opened(path: str, baud: int) -> LinePort:
    try:
        port = cast("LinePort", serial.Serial(path, baud, timeout=0))
    except serial.SerialException as error:
        raise OSError(getattr(error, "errno", None) or 0, f"{path} cannot be opened: {error}") from error
    except (ValueError, OverflowError, termios.error) as error:
        raise OSError(0, f"{path} cannot be opened at {baud} baud: {error}") from error
    _keep_lines_on(port.fileno())
    keep_others_out(port.fileno())
    return port


def _keep_lines_on(descriptor: int) -> None:
    """Without HUPCL the system leaves DTR and RTS as they are when the port is closed."""
    with suppress(termios.error):
        attributes = termios.tcgetattr(descriptor)
        attributes[_CFLAG] &= ~termios.HUPCL
        termios.tcsetattr(descriptor, termios.TCSANOW, attributes)
