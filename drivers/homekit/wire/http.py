"""HTTP/1.1 answers and HomeKit's `EVENT/1.0` messages out of a stream of bytes, without I/O and with limits.

Source: HomeKit Accessory Protocol Specification R2 (non-commercial), 6.2.3, 6.8 (events); RFC 9112 (framing).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

MAX_HEAD_BYTES: Final = 8 * 1024
"""Status line and headers of one message: real ones take some 100 bytes."""

MAX_BODY_BYTES: Final = 2 * 1024 * 1024
"""The largest answer is the attribute database: a bridge with its 150 accessories takes about 1 MB."""

MAX_CHUNKS: Final = 20_000
"""Of one body: a peer that sends byte by byte would cost us more than what it says is worth."""

_NO_BODY: Final = frozenset({204, 304})
_VERSIONS: Final = {b"HTTP/1.1": False, b"HTTP/1.0": False, b"EVENT/1.0": True}
_BEGINNINGS: Final = frozenset(version[:8] for version in _VERSIONS)


class BadHttp(Exception):
    """What came is no such message, or too much of one. The connection cannot be used any more."""


@dataclass(frozen=True, slots=True)
class Message:
    status: int
    body: bytes
    is_event: bool = False


class Reader:
    """`feed` it what came; it gives the messages that are complete. After `BadHttp` it is of no use any more."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._body = bytearray()
        self._head: tuple[int, bool] | None = None  # status, is_event
        self._length: int | None = None  # None: chunked
        self._chunks = 0

    def feed(self, data: bytes) -> list[Message]:
        """Raises `BadHttp`."""
        self._buffer += data
        found: list[Message] = []
        while True:
            if self._head is None and not self._read_head():
                return found
            if not self._read_body():
                return found
            assert self._head is not None
            status, is_event = self._head
            found.append(Message(status, bytes(self._body), is_event))
            self._head, self._body = None, bytearray()

    def _read_head(self) -> bool:
        end = self._buffer.find(b"\r\n\r\n", 0, MAX_HEAD_BYTES + 4)
        if end < 0:
            if len(self._buffer) > MAX_HEAD_BYTES:
                raise BadHttp("the head of an answer has no end")
            begins = bytes(self._buffer[:8])  # what cannot become a head is not waited for
            if not any(version.startswith(begins) for version in _VERSIONS) and begins not in _BEGINNINGS:
                raise BadHttp("an answer begins with no status line")
            return False
        lines = bytes(self._buffer[:end]).split(b"\r\n")
        del self._buffer[: end + 4]
        status, is_event = _status_line(lines[0])
        self._head = (status, is_event)
        self._length, self._chunks = _length(lines[1:]), 0
        if status in _NO_BODY:
            self._length = 0
        return True

    def _read_body(self) -> bool:
        if self._length is None:
            return self._read_chunks()
        if len(self._buffer) < self._length:
            return False
        self._body += self._buffer[: self._length]
        del self._buffer[: self._length]
        return True

    def _read_chunks(self) -> bool:
        at = 0  # what is read already; taken off the buffer once, not chunk by chunk
        try:
            while True:
                end = self._buffer.find(b"\r\n", at, at + 20)
                if end < 0:
                    if len(self._buffer) - at >= 20:
                        raise BadHttp("the size of a chunk has no end")
                    return False
                size = _chunk_size(bytes(self._buffer[at:end]))
                if len(self._body) + size > MAX_BODY_BYTES:
                    raise BadHttp(f"an answer is larger than {MAX_BODY_BYTES} bytes")
                if len(self._buffer) < end + 2 + size + 2:
                    return False
                self._body += self._buffer[end + 2 : end + 2 + size]
                if self._buffer[end + 2 + size : end + 4 + size] != b"\r\n":
                    raise BadHttp("a chunk does not end where it should")
                at = end + 4 + size
                if size == 0:
                    return True
                self._chunks += 1
                if self._chunks > MAX_CHUNKS:
                    raise BadHttp("an answer comes in too many chunks")
        finally:
            del self._buffer[:at]


def _status_line(line: bytes) -> tuple[int, bool]:
    parts = line.split(b" ", 2)
    if len(parts) < 2 or parts[0] not in _VERSIONS or len(parts[1]) != 3 or not parts[1].isdigit():
        raise BadHttp("an answer begins with no status line")
    return int(parts[1]), _VERSIONS[parts[0]]


def _length(lines: list[bytes]) -> int | None:
    length = 0
    for line in lines:
        name, _, value = line.partition(b":")
        value = value.strip()
        match name.strip().lower():
            case b"transfer-encoding":
                if value.lower() != b"chunked":
                    raise BadHttp("an answer has a transfer encoding that is not known")
                return None
            case b"content-length":
                if not value.isdigit() or len(value) > 9 or int(value) > MAX_BODY_BYTES:
                    raise BadHttp(f"an answer is larger than {MAX_BODY_BYTES} bytes, or says no length")
                length = int(value)
    return length


def _chunk_size(line: bytes) -> int:
    text = line.partition(b";")[0].strip()
    if not text or len(text) > 8 or not all(byte in b"0123456789abcdefABCDEF" for byte in text):
        raise BadHttp("a chunk says no size")
    return int(text, 16)


def request(method: str, target: str, host: str, body: bytes = b"", content_type: str = "") -> bytes:
    """One request, as a whole: some accessories take none that comes in pieces."""
    head = f"{method} {target} HTTP/1.1\r\nHost: {host}\r\n"
    if body or method != "GET":
        head += f"Content-Type: {content_type}\r\nContent-Length: {len(body)}\r\n"
    return f"{head}\r\n".encode() + body
