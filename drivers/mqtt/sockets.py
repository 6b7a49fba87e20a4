"""Opening the socket to a broker without blocking the loop, and reading ahead from it."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from typing import Final

from drivers.mqtt.settings import MqttSettings, TlsSettings

READ_AHEAD_BYTES: Final = 16384
"""One read of the socket. Some 100 messages: about 2 ms of work before the loop gets its turn; also one TLS record."""

SEND_BUFFER_BYTES: Final = 65536
"""What the kernel may hold for a broker that does not read: beyond it commands are refused instead of piling up."""


class BufferedSocket:
    """A non-blocking socket as paho wants it, which asks the kernel once for many of paho's small reads."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._buffer = b""
        self._at = 0
        self._ended: OSError | bool = False

    def fill(self) -> bool:
        """Read what the kernel has. True if there is something to hand out: data, or the end of the connection."""
        try:
            data = self._sock.recv(READ_AHEAD_BYTES)
        except (BlockingIOError, InterruptedError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return False
        except OSError as error:
            self._ended = error
            return True
        if data:
            self._buffer = self._buffer[self._at :] + data if self.pending else data
            self._at = 0
        else:
            self._ended = True
        return True

    @property
    def ended(self) -> bool:
        """Whether the connection is over. What is `pending` can still be read."""
        return self._ended is not False

    @property
    def pending(self) -> bool:
        """Whether bytes wait in the buffer."""
        return self._at < len(self._buffer)

    @property
    def buffered(self) -> tuple[bytes, int]:
        """What was read, and how far it has been handed out."""
        return self._buffer, self._at

    def skip_to(self, at: int) -> None:
        """What is `buffered` has been handed out up to `at`."""
        self._at = at

    def recv(self, size: int) -> bytes:
        at = self._at
        data = self._buffer[at : at + size]
        if not data:
            if isinstance(self._ended, OSError):
                raise self._ended
            if self._ended:
                return b""
            raise BlockingIOError
        self._at = at + len(data)
        return data

    def send(self, data: bytes | bytearray) -> int:
        return self._sock.send(data)

    def close(self) -> None:
        self._sock.close()

    def fileno(self) -> int:
        return self._sock.fileno()

    def setblocking(self, flag: bool) -> None:
        self._sock.setblocking(flag)


async def open_socket(settings: MqttSettings) -> BufferedSocket:
    """Connect, with TLS if so set. Raises `OSError` (of which `ssl.SSLError` and time-outs are kinds). Names are resolved and
    certificates loaded in threads; everything else waits on the loop, so that cancelling leaves nothing behind.
    """
    context = await asyncio.to_thread(_tls_context, settings.tls) if settings.tls else None
    sock = await _connect(settings.host, settings.port)
    try:
        if context is not None:
            sock = await _handshake(sock, context, settings.host)
    except BaseException:
        sock.close()
        raise
    return BufferedSocket(sock)


async def _connect(host: str, port: int) -> socket.socket:
    loop = asyncio.get_running_loop()
    failure: OSError | None = None
    for family, kind, proto, _, address in await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        sock = socket.socket(family, kind, proto)
        try:
            sock.setblocking(False)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)
            await loop.sock_connect(sock, address)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except OSError as error:
            sock.close()
            failure = error
        except BaseException:
            sock.close()
            raise
        else:
            return sock
    raise failure or OSError(f"{host} has no address")


def _tls_context(settings: TlsSettings) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=settings.ca_file)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if settings.cert_file is not None:
        context.load_cert_chain(settings.cert_file, settings.key_file)
    return context


async def _handshake(plain: socket.socket, context: ssl.SSLContext, host: str) -> ssl.SSLSocket:
    sock = context.wrap_socket(plain, server_hostname=host, do_handshake_on_connect=False)
    try:
        while True:
            try:
                sock.do_handshake()
            except ssl.SSLWantReadError:
                await _ready(sock, writing=False)
            except ssl.SSLWantWriteError:
                await _ready(sock, writing=True)
            else:
                return sock
    except BaseException:
        sock.close()
        raise


async def _ready(sock: socket.socket, *, writing: bool) -> None:
    loop = asyncio.get_running_loop()
    ready: asyncio.Future[None] = loop.create_future()

    def wake() -> None:
        if not ready.done():
            ready.set_result(None)

    (loop.add_writer if writing else loop.add_reader)(sock.fileno(), wake)
    try:
        await ready
    finally:
        with contextlib.suppress(OSError):
            (loop.remove_writer if writing else loop.remove_reader)(sock.fileno())
