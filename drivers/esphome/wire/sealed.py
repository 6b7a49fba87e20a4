"""Frames with encryption: a one byte, a 16-bit length, and what Noise_NNpsk0_25519_ChaChaPoly_SHA256 makes of the message.

Source: ESPHome, "Native API", encryption (`api_frame_helper_noise`). Hello and handshake go out at once; the device answers
with its name and MAC address in the clear, then with its half of the handshake. Sans-I/O.
"""

from __future__ import annotations

import re
from enum import Enum
from typing import Final

from aioesphomeapi.noise import DecryptCipher, EncryptCipher, NoiseHandshake

from drivers.esphome.wire.errors import Garbled, NotEncrypted, WrongKey
from drivers.esphome.wire.plain import Frame

_HEAD_BYTES: Final = 3
_INNER_HEAD_BYTES: Final = 4
_HELLO: Final = b"\x01\x00\x00"
_PROLOGUE: Final = b"NoiseAPIInit\x00\x00"
_NNPSK0: Final = 0x01
_MAC_FAILURE: Final = b"Handshake MAC failure"
_KEY: Final = re.compile(r"[A-Za-z0-9+/]{43}=")
_MAC: Final = re.compile(rb"[0-9a-f]{12}")
MAX_NAME_BYTES: Final = 64
"""Of a device's name: it is a host name."""


class _Stage(Enum):
    HELLO = "hello"
    HANDSHAKE = "handshake"
    READY = "ready"


class SealedFrames:
    """Both directions of a connection with a key (base64 of 32 bytes; raises `ValueError` for another).

    `name` and `mac` (twelve hexadecimal digits) are what the device says of itself before anything is proven; "" where it is
    too old to say it (2022.2, 2025.4).
    """

    def __init__(self, key: str) -> None:
        self._handshake = NoiseHandshake(key, _PROLOGUE)
        self._stage = _Stage.HELLO
        self._buffer = bytearray()
        self._seal: EncryptCipher | None = None
        self._unseal: DecryptCipher | None = None
        self.name = ""
        self.mac = ""

    @property
    def is_ready(self) -> bool:
        return self._stage is _Stage.READY

    def opening(self) -> bytes:
        """What goes out before anything else."""
        first = b"\x00" + self._handshake.write_message()
        return _HELLO + _framed(first)

    def push(self, data: bytes) -> None:
        self._buffer += data

    def take(self, limit: int) -> list[Frame]:
        """Up to `limit` messages of what was pushed. Raises `Garbled`, `WrongKey`, `NotEncrypted`."""
        frames: list[Frame] = []
        at = 0
        while len(frames) < limit:
            end = self._end(at)
            if end is None:
                break
            body = bytes(self._buffer[at + _HEAD_BYTES : end])
            at = end
            if self._stage is _Stage.READY:
                frames.append(self._opened(body))
            elif self._stage is _Stage.HELLO:
                self._hello(body)
            else:
                self._finish(body)
        del self._buffer[:at]
        return frames

    def encode(self, number: int, payload: bytes) -> bytes:
        if self._seal is None:
            raise RuntimeError("nothing can be sent before the handshake")
        return _framed(self._seal.encrypt(number.to_bytes(2) + len(payload).to_bytes(2) + payload))

    def _end(self, at: int) -> int | None:
        if at >= len(self._buffer):
            return None
        if self._buffer[at] == 0x00:
            raise NotEncrypted("it answers without encryption")
        if self._buffer[at] != 0x01:
            raise Garbled(
                f"a frame begins with the byte {self._buffer[at]:#04x}: this is no ESPHome native API"
            )
        if len(self._buffer) < at + _HEAD_BYTES:
            return None
        end = at + _HEAD_BYTES + int.from_bytes(self._buffer[at + 1 : at + 3])
        return end if len(self._buffer) >= end else None

    def _hello(self, body: bytes) -> None:
        if not body or body[0] != _NNPSK0:
            raise Garbled("it chose an encryption that is not known here")
        told = body[1:].split(b"\x00")
        self.name = told[0][:MAX_NAME_BYTES].decode("ascii", "replace")
        if len(told) > 1 and _MAC.fullmatch(told[1]):
            self.mac = told[1].decode()
        self._stage = _Stage.HANDSHAKE

    def _finish(self, body: bytes) -> None:
        if not body:
            raise Garbled("it answered the handshake with nothing")
        if body[0] != 0x00:
            if body[1:] == _MAC_FAILURE:
                raise WrongKey("the key does not fit")
            raise Garbled("it refused the handshake")
        try:
            self._handshake.read_message(body[1:])
            self._seal, self._unseal = self._handshake.get_ciphers()
        except Exception:  # InvalidTag, or whatever a malformed answer makes of it
            raise WrongKey("the key does not fit") from None
        self._stage = _Stage.READY

    def _opened(self, body: bytes) -> Frame:
        if self._unseal is None:
            raise RuntimeError("nothing can be read before the handshake")
        try:
            message = self._unseal.decrypt(body)
        except Exception:
            raise Garbled("what it sent was changed on the way, or encrypted with another key") from None
        if len(message) < _INNER_HEAD_BYTES:
            raise Garbled("it sent a message without a head")
        return int.from_bytes(message[:2]), message[_INNER_HEAD_BYTES:]


def _framed(body: bytes) -> bytes:
    return b"\x01" + len(body).to_bytes(2) + body


def is_key(code: str) -> bool:
    """Whether this is a key: 32 bytes in base64."""
    return _KEY.fullmatch(code) is not None
