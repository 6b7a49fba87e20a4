"""A stream that nobody reads, changes, cuts off or puts in another order: STREAM (Hoang, Reyhanitabar, Rogaway, Vizár:
"Online Authenticated-Encryption and its Nonce-Reuse Misuse-Resistance", 2015) over ChaCha20-Poly1305 (RFC 8439).

    header  magic (16) · kind of key (1) · scrypt's log2 N, r, p (3) · salt (16) · nonce prefix (7)
    chunks  64 KiB of plain text each, the last one shorter or empty; each with its tag (16)

A chunk's nonce is the prefix, its number (4 bytes, big-endian) and 1 for the last one, else 0 (1 byte); the header is what is
authenticated beside each. Nothing stands in the clear but the header. Memory: two chunks.
"""

from __future__ import annotations

import secrets
import struct
from typing import TYPE_CHECKING, Final, Protocol

from gateway.keeping.errors import DamagedError, WrongKeyError
from gateway.keeping.keys import SCRYPT_LOG2_N, SCRYPT_P, SCRYPT_R, Kind, Secret, derived

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

MAGIC: Final = b"HEARTH BACKUP 1\n"
CHUNK_BYTES: Final = 65_536
TAG_BYTES: Final = 16

_HEADER: Final = struct.Struct(">16sBBBB16s7s")
_MOST_CHUNKS: Final = 2**32
_SEALED_BYTES: Final = CHUNK_BYTES + TAG_BYTES
_NAME_BYTES: Final = 14
"""Of the magic: the rest is the version."""


class Out(Protocol):
    def write(self, data: memoryview, /) -> int | None: ...


class In(Protocol):
    def read(self, size: int, /) -> bytes: ...


class Sealer:
    """Writes plain text to `out`, sealed. `finish` ends it: without, it cannot be opened."""

    def __init__(self, out: Out, secret: Secret) -> None:
        """Raises `OSError`, as all of it does."""
        salt, self._prefix = secrets.token_bytes(16), secrets.token_bytes(7)
        self._out = out
        self._header = _HEADER.pack(MAGIC, secret.kind, SCRYPT_LOG2_N, SCRYPT_R, SCRYPT_P, salt, self._prefix)
        self._box = _box(derived(secret, salt, SCRYPT_LOG2_N, SCRYPT_R, SCRYPT_P))
        self._waiting = bytearray()
        self._chunks = 0
        self._write(self._header)

    def write(self, data: bytes) -> None:
        self._waiting += data
        while len(self._waiting) > CHUNK_BYTES:  # a full one may be the last
            self._seal(bytes(self._waiting[:CHUNK_BYTES]), last=False)
            del self._waiting[:CHUNK_BYTES]

    def finish(self) -> None:
        self._seal(bytes(self._waiting), last=True)
        self._waiting.clear()

    def _seal(self, plain: bytes, *, last: bool) -> None:
        nonce = _nonce(self._prefix, self._chunks, last=last)
        self._write(self._box.encrypt(nonce, plain, self._header))
        self._chunks += 1

    def _write(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            view = view[self._out.write(view) or 0 :]


class Opener:
    """Reads what a `Sealer` wrote. What `read` returns was not changed; that nothing is missing is known at the end."""

    def __init__(self, source: In, secret: Secret) -> None:
        """Raises `DamagedError` where it is no backup, `WrongKeyError`, `OSError`."""
        self._source = source
        header = _exactly(source, _HEADER.size)
        kind, log2_n, r, p, self._prefix, salt = _parsed(header)
        if kind is not secret.kind:
            wanted = "a passphrase" if kind is Kind.PASSPHRASE else "a recovery key"
            raise WrongKeyError(f"this backup was made with {wanted}: give that")
        self._header = header
        self._box = _box(derived(secret, salt, log2_n, r, p))
        self._chunks = 0
        self._ahead = _exactly(source, _SEALED_BYTES)
        self._plain = b""
        self._at = 0
        self._over = False

    def read(self, size: int) -> bytes:
        """`size` bytes; fewer only at the end. Raises `DamagedError`, `WrongKeyError`, `OSError`."""
        found = bytearray()
        while len(found) < size:
            if self._at < len(self._plain):
                piece = self._plain[self._at : self._at + size - len(found)]
                self._at += len(piece)
                found += piece
            elif self._over:
                break
            else:
                self._open()
        return bytes(found)

    def _open(self) -> None:
        from cryptography.exceptions import InvalidTag  # noqa: PLC0415

        sealed, self._ahead = self._ahead, _exactly(self._source, _SEALED_BYTES)
        last = not self._ahead
        nonce = _nonce(self._prefix, self._chunks, last=last)
        try:
            self._plain = self._box.decrypt(nonce, sealed, self._header)
        except InvalidTag:
            if self._chunks == 0:
                raise WrongKeyError(
                    "the key does not open this backup (or its beginning was changed)"
                ) from None
            at = _HEADER.size + self._chunks * _SEALED_BYTES
            raise DamagedError(
                f"the backup was changed or cut off at byte {at} or behind it: take another one"
            ) from None
        self._chunks += 1
        self._at = 0
        self._over = last


def _parsed(header: bytes) -> tuple[Kind, int, int, int, bytes, bytes]:
    if not header.startswith(MAGIC[:_NAME_BYTES]) or len(header) < _HEADER.size:
        raise DamagedError("this is no backup of Hearth's")
    magic, kind, log2_n, r, p, salt, prefix = _HEADER.unpack(header)
    if magic != MAGIC:
        raise DamagedError("this backup was made by a newer Hearth: install that version, and try again")
    try:
        return Kind(kind), log2_n, r, p, prefix, salt
    except ValueError:
        raise DamagedError("this backup was made by a newer Hearth, with another kind of key") from None


def _box(key: bytes) -> ChaCha20Poly1305:
    from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305  # noqa: PLC0415  (4 MB)

    return ChaCha20Poly1305(key)


def _nonce(prefix: bytes, number: int, *, last: bool) -> bytes:
    if number >= _MOST_CHUNKS:
        raise DamagedError("256 TiB are too much for one backup")
    return prefix + number.to_bytes(4, "big") + bytes([last])


def _exactly(source: In, size: int) -> bytes:
    """`size` bytes; fewer at the end of the file."""
    found = source.read(size)
    while len(found) < size and (more := source.read(size - len(found))):
        found += more
    return found
