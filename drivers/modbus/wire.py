"""Bytes out and in: a serial port, or a TCP connection. What comes in is kept in one bounded buffer until it is taken."""

from __future__ import annotations

import asyncio
import fcntl
import os
import termios
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from typing import Any, Final

from drivers.discovery.serial_claims import keep_others_out
from drivers.driver import NotSent, Uncertain
from drivers.modbus.adu import MAX_BUFFER_BYTES
from drivers.modbus.settings import LineSettings

READ_BYTES: Final = 512
"""Two of the longest frames at once; the kernel keeps the rest."""

CONNECT_WITHIN_S: Final = 5.0
"""A converter on the house's network answers in milliseconds."""


class Wire:
    """Something that bytes go through. `lost` says why it does not any more, for a person; "" while it does."""

    def __init__(self) -> None:
        self.buffer = bytearray()
        self.lost = ""
        self.on_lost: Callable[[], None] = lambda: None
        self._waiting: asyncio.Future[None] | None = None

    def send(self, data: bytes) -> None:
        """Raises `NotSent`, or `Uncertain` where a part of it went out."""
        raise NotImplementedError

    def close(self) -> None:
        raise NotImplementedError

    async def more(self) -> None:
        """Waits until more has come, or the wire is lost. One waits at a time."""
        if self.lost:
            return
        self._waiting = asyncio.get_running_loop().create_future()
        try:
            await self._waiting
        finally:
            self._waiting = None

    def forget(self) -> None:
        """What came in without being asked for."""
        self.buffer.clear()

    def _came(self, data: bytes) -> None:
        self.buffer += data
        del self.buffer[:-MAX_BUFFER_BYTES]
        self._wake()

    def _ended(self, why: str) -> None:
        self.lost = self.lost or why
        self._wake()
        self.on_lost()

    def _wake(self) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)


class SerialWire(Wire):
    """A serial port in raw mode, for us alone. Whoever opens it has claimed it."""

    def __init__(self, path: str, settings: LineSettings) -> None:
        """Opens the port. Raises `NotSent`."""
        super().__init__()
        serial: Any = import_module("serial")  # untyped; lines over TCP do without
        self._path = path
        self._loop = asyncio.get_running_loop()
        try:
            parity = settings.parity[0].upper()
            self._port = serial.Serial(
                path, settings.baud, parity=parity, stopbits=settings.stop_bits, timeout=0
            )
        except (OSError, ValueError) as error:
            raise NotSent(f"the port {path} cannot be opened: {_reason(error)}") from None
        self._file: int = self._port.fileno()
        keep_others_out(self._file)
        self._loop.add_reader(self._file, self._readable)

    def send(self, data: bytes) -> None:
        if self.lost:
            raise NotSent(self.lost)
        try:
            written = os.write(self._file, data)
        except BlockingIOError:
            raise NotSent(
                f"the port {self._path} takes nothing; is the adapter stuck? Plug it in again"
            ) from None
        except OSError as error:
            self._gone(_reason(error))
            raise NotSent(self.lost) from None
        if written < len(data):
            raise Uncertain(f"the port {self._path} took only a part of it")

    def close(self) -> None:
        self._loop.remove_reader(self._file)
        self._ended("the line was closed")
        if self._port.is_open:
            with suppress(OSError):
                fcntl.ioctl(self._file, termios.TIOCNXCL)
            self._port.close()

    def _readable(self) -> None:
        try:
            data = os.read(self._file, READ_BYTES)
        except BlockingIOError:
            return
        except OSError as error:
            self._gone(_reason(error))
            return
        if data:
            self._came(data)
        else:
            self._gone("it was unplugged")

    def _gone(self, why: str) -> None:
        self._loop.remove_reader(self._file)
        self._ended(f"the port {self._path} is gone: {why}")


class TcpWire(Wire, asyncio.Protocol):
    """A connection to a Modbus TCP server or a converter."""

    def __init__(self, address: str) -> None:
        super().__init__()
        self._address = address
        self._transport: asyncio.Transport | None = None

    @classmethod
    async def connected(cls, host: str, port: int) -> TcpWire:
        """Raises `NotSent`."""
        address = f"{host}:{port}"
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(CONNECT_WITHIN_S):
                _, wire = await loop.create_connection(lambda: cls(address), host, port)
        except TimeoutError:
            raise NotSent(f"{address} does not answer; is it switched on, and the address right?") from None
        except OSError as error:
            raise NotSent(f"{address} cannot be reached: {_reason(error)}") from None
        return wire

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport) or hasattr(transport, "write")
        self._transport = transport  # type: ignore[assignment]  # uvloop's is no subclass

    def data_received(self, data: bytes) -> None:
        self._came(data)
        if self._waiting is None and len(self.buffer) >= MAX_BUFFER_BYTES and self._transport is not None:
            self._ended(f"{self._address} sends what nobody asked for")
            self._transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self._ended(f"{self._address} closed the connection" + (f": {exc}" if exc else ""))

    def send(self, data: bytes) -> None:
        if self.lost or self._transport is None or self._transport.is_closing():
            raise NotSent(self.lost or f"{self._address} is not connected")
        if self._transport.get_write_buffer_size():
            raise NotSent(f"{self._address} takes nothing any more")
        self._transport.write(data)

    def close(self) -> None:
        self._ended("the line was closed")
        if self._transport is not None:
            self._transport.abort()


def _reason(error: Exception) -> str:
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return text[:200] or type(error).__name__
