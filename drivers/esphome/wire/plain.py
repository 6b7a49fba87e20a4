"""Frames without encryption: a zero byte, the length and the message's number as varints, the message.

Source: ESPHome, "Native API", message encoding (`api_frame_helper_plaintext`). Sans-I/O: any bytes give only its own errors.
"""

from __future__ import annotations

from typing import Final

from drivers.esphome.wire.errors import Garbled, NeedsKey

Frame = tuple[int, bytes]
"""A message's number and its bytes."""

MAX_FRAME_BYTES: Final = 65_535
"""The firmware's own length is 16 bits wide."""

_MAX_VARINT_BYTES: Final = 4  # more than a length or a number can need
_PLAIN: Final = 0x00
_SEALED: Final = 0x01


class PlainFrames:
    """Both directions of a connection without a key."""

    is_ready = True

    def __init__(self) -> None:
        self._buffer = bytearray()

    def opening(self) -> bytes:
        """What goes out before anything else."""
        return b""

    def push(self, data: bytes) -> None:
        self._buffer += data

    def take(self, limit: int) -> list[Frame]:
        """Up to `limit` frames of what was pushed. Raises `Garbled`, `NeedsKey`."""
        frames: list[Frame] = []
        at = 0
        while len(frames) < limit:
            found = self._next(at)
            if found is None:
                break
            number, begin, end = found
            frames.append((number, bytes(self._buffer[begin:end])))
            at = end
        del self._buffer[:at]
        return frames

    def encode(self, number: int, payload: bytes) -> bytes:
        return bytes((_PLAIN,)) + _varint(len(payload)) + _varint(number) + payload

    def _next(self, at: int) -> tuple[int, int, int] | None:
        """Number, begin and end of the frame that begins at `at`; None while it is not whole."""
        if at >= len(self._buffer):
            return None
        if self._buffer[at] == _SEALED:
            raise NeedsKey("it speaks only encrypted; its key is needed")
        if self._buffer[at] != _PLAIN:
            raise Garbled(
                f"a frame begins with the byte {self._buffer[at]:#04x}: this is no ESPHome native API"
            )
        length, at = self._read_varint(at + 1)
        if length > MAX_FRAME_BYTES:
            raise Garbled(
                f"a frame of {length} bytes was announced; no more than {MAX_FRAME_BYTES} are allowed"
            )
        number, at = self._read_varint(at) if at else (0, 0)
        if not at or len(self._buffer) < at + length:
            return None
        return number, at, at + length

    def _read_varint(self, at: int) -> tuple[int, int]:
        """The number at `at` and where it ends, 0 while it is not whole."""
        value = 0
        for place in range(_MAX_VARINT_BYTES):
            if at + place >= len(self._buffer):
                return 0, 0
            byte = self._buffer[at + place]
            value |= (byte & 0x7F) << (7 * place)
            if byte < 0x80:
                return value, at + place + 1
        raise Garbled(f"a number in a frame's head is longer than {_MAX_VARINT_BYTES} bytes")


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)
