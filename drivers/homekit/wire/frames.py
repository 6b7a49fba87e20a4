"""Encrypted frames: two bytes of length, up to 1,024 bytes of ciphertext, a 16-byte tag. Without I/O.

Source: HomeKit Accessory Protocol Specification R2, 6.5.2 (session security).
"""

from __future__ import annotations

from typing import Final

from aiohomekit.crypto.chacha20poly1305 import (
    PACK_NONCE,
    ChaCha20Poly1305Decryptor,
    ChaCha20Poly1305Encryptor,
    DecryptionError,
)

MAX_PLAIN_BYTES: Final = 1024
"""Of one frame that we send."""

_TAG_BYTES: Final = 16
_LENGTH_BYTES: Final = 2


class BadFrame(Exception):
    """What came was not sealed with the session's key."""


class Frames:
    """Both directions of one session. The counters never repeat: a session ends long before."""

    def __init__(self, sends_with: bytes, receives_with: bytes) -> None:
        self._seal = ChaCha20Poly1305Encryptor(sends_with)
        self._open = ChaCha20Poly1305Decryptor(receives_with)
        self._sent = self._received = 0
        self._buffer = bytearray()

    def encode(self, plain: bytes) -> bytes:
        out = bytearray()
        for begin in range(0, len(plain), MAX_PLAIN_BYTES):
            part = plain[begin : begin + MAX_PLAIN_BYTES]
            length = len(part).to_bytes(_LENGTH_BYTES, "little")
            out += length + self._seal.encrypt(length, PACK_NONCE(self._sent), part)
            self._sent += 1
        return bytes(out)

    def feed(self, data: bytes) -> bytes:
        """What is complete, opened. Raises `BadFrame`. A frame's length is of two bytes: what waits stays below 64 KiB."""
        self._buffer += data
        plain, at = bytearray(), 0
        while len(self._buffer) - at >= _LENGTH_BYTES:
            length = bytes(self._buffer[at : at + _LENGTH_BYTES])
            end = at + _LENGTH_BYTES + int.from_bytes(length, "little") + _TAG_BYTES
            if len(self._buffer) < end:
                break
            sealed = bytes(self._buffer[at + _LENGTH_BYTES : end])
            try:
                plain += self._open.decrypt(length, PACK_NONCE(self._received), sealed)
            except DecryptionError:
                raise BadFrame("a frame that was not sealed with this session's key") from None
            self._received += 1
            at = end
        del self._buffer[:at]
        return bytes(plain)
