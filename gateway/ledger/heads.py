"""Signed heads: who holds one can tell later that the ledger was cut or rewritten behind it.

`ledger.heads` is lines of JSON. The first names the public key, each other one is a head. The signature (Ed25519) is over a
fixed prefix and the canonical JSON of the head without it.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import orjson

from gateway.ledger.canonical import canonical
from gateway.ledger.entries import LedgerUnavailable

HEADS_FILE: Final = "ledger.heads"
KEY_FILE: Final = "ledger.key"

# What is kept of old heads: the last one of each day, and this many of the newest (17 minutes of a ledger that never rests).
KEPT_HEADS: Final = 1000
# Rewritten when this many lines came on top (0.25 kB each: the file stays under 1 MB and 90 kB for each year).
COMPACT_AFTER_HEADS: Final = 3000

_PREFIX: Final = b"hearth ledger head 1\n"
_DAY_MS: Final = 86_400_000


@dataclass(frozen=True, slots=True)
class Head:
    """The ledger up to entry `seq`, whose hash is `hash`, as it was `at` (milliseconds since the epoch).

    `settled`: every execution that began at or before this entry was settled. `key` is the public key, `signature` is by it.
    """

    seq: int
    hash: str
    at: int
    settled: int
    signature: str = ""

    def signed_bytes(self) -> bytes:
        return _PREFIX + canonical(
            {"at": self.at, "hash": self.hash, "seq": self.seq, "settled": self.settled}
        )

    def line(self) -> bytes:
        return b'{"at":%d,"hash":"%b","seq":%d,"settled":%d,"signature":"%b"}\n' % (
            self.at, self.hash.encode(), self.seq, self.settled, self.signature.encode(),
        )  # fmt: skip

    def signed_by(self, public_key: bytes) -> bool:
        from nacl.exceptions import BadSignatureError  # noqa: PLC0415 (20 ms and 1.6 MB)
        from nacl.signing import VerifyKey  # noqa: PLC0415

        try:
            VerifyKey(public_key).verify(self.signed_bytes(), bytes.fromhex(self.signature))
        except (BadSignatureError, ValueError):
            return False
        return True


class Signer:
    """The ledger's key. Holding it is also the lock: one process writes a ledger."""

    def __init__(self, directory: Path) -> None:
        """Open the key, or make one. Raises `LedgerUnavailable` if another process holds it, `OSError`."""
        from nacl.signing import SigningKey  # noqa: PLC0415 (20 ms and 1.6 MB, on the writer's thread)

        self._fd = os.open(directory / KEY_FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            seed = bytes.fromhex(os.pread(self._fd, 64, 0).decode())
            if not seed:
                seed = bytes(SigningKey.generate())
                os.pwrite(self._fd, seed.hex().encode(), 0)
                os.fsync(self._fd)
            self._key = SigningKey(seed)
        except BlockingIOError:
            os.close(self._fd)
            raise LedgerUnavailable(
                f"another process writes the ledger in {directory}: stop it first"
            ) from None
        except ValueError as error:
            os.close(self._fd)
            raise LedgerUnavailable(
                f"{directory / KEY_FILE} is not a key (64 hexadecimal digits): {error}"
            ) from None

    @property
    def public_key(self) -> bytes:
        return bytes(self._key.verify_key)

    def sign(self, head: Head) -> Head:
        signature = self._key.sign(head.signed_bytes()).signature.hex()
        return Head(head.seq, head.hash, head.at, head.settled, signature)

    def close(self) -> None:
        os.close(self._fd)


class HeadFile:
    """Appends heads, and keeps the file small."""

    def __init__(self, directory: Path, public_key: bytes) -> None:
        """Open it, or make one; a last line that was torn by a crash is dropped. Raises `OSError`."""
        self._path = directory / HEADS_FILE
        self._first_line = b'{"format":1,"key":"%b"}\n' % public_key.hex().encode()
        if not self._path.exists():
            self._path.write_bytes(self._first_line)
        self._fd = os.open(self._path, os.O_RDWR | os.O_APPEND | os.O_CLOEXEC)
        content = self._path.read_bytes()
        whole = content.rfind(b"\n") + 1
        if whole < len(content):
            os.ftruncate(self._fd, whole)
        self._lines = content.count(b"\n")
        self.last = max(
            (head for head, _ in read_heads(directory) if head), key=lambda head: head.seq, default=None
        )

    def append(self, head: Head, *, durable: bool) -> None:
        os.write(self._fd, head.line())
        if durable:
            os.fdatasync(self._fd)
        self.last = head
        self._lines += 1
        if self._lines > KEPT_HEADS + COMPACT_AFTER_HEADS:
            self._compact()

    def _compact(self) -> None:
        heads = [head for head, _ in read_heads(self._path.parent) if head]
        by_day = {head.at // _DAY_MS: head for head in heads[:-KEPT_HEADS]}
        kept = [*by_day.values(), *heads[-KEPT_HEADS:]]
        fresh = self._path.with_suffix(".new")
        with fresh.open("wb") as file:
            file.write(self._first_line + b"".join(head.line() for head in kept))
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self._path)
        os.close(self._fd)
        self._fd = os.open(self._path, os.O_RDWR | os.O_APPEND | os.O_CLOEXEC)
        self._lines = len(kept)

    def close(self) -> None:
        os.fdatasync(self._fd)
        os.close(self._fd)


def read_public_key(directory: Path) -> bytes | None:
    """The key that `ledger.heads` names, or None."""
    try:
        with (directory / HEADS_FILE).open("rb") as file:
            return bytes.fromhex(orjson.loads(file.readline())["key"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def read_heads(directory: Path) -> Iterator[tuple[Head | None, int]]:
    """Each head of the file with its line number; None for a line that is not a head. Signatures are not looked at."""
    try:
        file = (directory / HEADS_FILE).open("rb")
    except FileNotFoundError:
        return
    with file:
        for number, line in enumerate(file, 1):
            if number > 1 and line.endswith(b"\n"):
                yield _parse(line), number


def _parse(line: bytes) -> Head | None:
    try:
        data = orjson.loads(line)
        head = Head(data["seq"], data["hash"], data["at"], data["settled"], data["signature"])
    except (ValueError, KeyError, TypeError):
        return None
    numbers = (head.seq, head.at, head.settled)
    if not all(type(number) is int for number in numbers) or not isinstance(head.hash, str):
        return None
    return head
