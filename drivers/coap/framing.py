"""Frames on a serial line (firmware-bridge/PROTOCOL.md, S1 to S4): SLIP with a type byte as in slipmux, and a CRC-32.

Sans-I/O: any bytes in any slices give frames or nothing.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field
from typing import Final

END: Final = 0xC0
ESC: Final = 0xDB
_ESC_END: Final = 0xDC
_ESC_ESC: Final = 0xDD

MESSAGE: Final = 0xAC
"""A CoAP message with its check. slipmux' own type A9 has a 16-bit check, which lets one damaged frame in a million through."""

TEXT: Final = 0x0A
"""A line for people, without a check: it is shown, and decides nothing."""

MAX_MESSAGE_BYTES: Final = 1152
"""RFC 7252 §4.6; blocks are of 1024 bytes at the most."""

MIN_FRAME_BYTES: Final = 9
MAX_TEXT_BYTES: Final = 200
"""What is shown of a line of text; more is cut."""

_CHECK_BYTES: Final = 4
_MAX_WIRE_BYTES: Final = 2 * (1 + MAX_MESSAGE_BYTES + _CHECK_BYTES)


@dataclass(frozen=True, slots=True)
class Frame:
    """`kind` is `MESSAGE` or `TEXT`."""

    kind: int
    data: bytes


def encode(message: bytes) -> bytes:
    """A message as it goes over the line, with END on both sides."""
    body = bytes([MESSAGE]) + message
    body += zlib.crc32(body).to_bytes(_CHECK_BYTES, "little")
    escaped = body.replace(b"\xdb", b"\xdb\xdd").replace(b"\xc0", b"\xdb\xdc")
    return b"\xc0" + escaped + b"\xc0"


@dataclass(slots=True)
class Deframer:
    """`void` counts frames that were damaged, too long, or of an unknown type."""

    void: int = 0
    _pending: bytearray = field(default_factory=bytearray)
    _too_long: bool = False

    def feed(self, data: bytes) -> list[Frame]:
        """What has come to its end with `data`. Never raises; keeps less than 3 kB."""
        *ended, rest = data.split(b"\xc0")
        frames: list[Frame] = []
        for part in ended:
            self._take(part)
            frame = self._end()
            if frame is not None:
                frames.append(frame)
        self._take(rest)
        return frames

    def _take(self, part: bytes) -> None:
        if self._too_long or len(self._pending) + len(part) > _MAX_WIRE_BYTES:
            self._too_long = True
            self._pending.clear()
            return
        self._pending += part

    def _end(self) -> Frame | None:
        body, self._pending = bytes(self._pending), bytearray()
        too_long, self._too_long = self._too_long, False
        if not body and not too_long:
            return None
        frame = None if too_long else _opened(body)
        if frame is None:
            self.void += 1
        return frame


def _opened(body: bytes) -> Frame | None:
    plain = _unescaped(body)
    if plain is None:
        return None
    if plain[0] == TEXT:
        return Frame(TEXT, plain[1 : 1 + MAX_TEXT_BYTES])
    message = plain[1:-_CHECK_BYTES]
    if plain[0] != MESSAGE or len(plain) < MIN_FRAME_BYTES or len(message) > MAX_MESSAGE_BYTES:
        return None
    if zlib.crc32(plain[:-_CHECK_BYTES]) != int.from_bytes(plain[-_CHECK_BYTES:], "little"):
        return None
    return Frame(MESSAGE, message)


def _unescaped(body: bytes) -> bytes | None:
    """None where ESC is followed by anything but its two words."""
    first, *rest = body.split(bytes([ESC]))
    plain = bytearray(first)
    for part in rest:
        if not part or part[0] not in (_ESC_END, _ESC_ESC):
            return None
        plain.append(END if part[0] == _ESC_END else ESC)
        plain += part[1:]
    return bytes(plain)
