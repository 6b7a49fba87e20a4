"""What is written, what is read back, and how an entry is hashed.

The hash of an entry is SHA-256 over the hash of the entry before it (32 zero bytes before the first) and the entry's
canonical JSON (RFC 8785):

    {"at":…,"body":{…},"execution":"…","kind":"…","principal":"…","private":"<hex>","seq":…,"thing":"…"}

`at` is in milliseconds since the epoch. `private` is there only if the entry has a private part; it is SHA-256 over a random
salt and the private part's canonical JSON, so the part itself can be forgotten and the chain still verifies.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

from capabilities.vocabulary import Json
from gateway.ledger.canonical import canonical, quoted

GENESIS: Final = bytes(32)
"""Stands for the hash before the first entry."""

# One entry. A body is a command with its findings (0.3 kB) or a change of rules (tens of kB); more is a mistake upstream.
MAX_ENTRY_BYTES: Final = 256 * 1024

_SALT_BYTES: Final = 16

OPENING: Final = frozenset({"intent", "dispatch"})
"""Kinds that begin an execution …"""
SETTLING: Final = frozenset({"outcome", "denied"})
"""… and those that settle it."""


class LedgerUnavailable(Exception):
    """The entry was not recorded: the ledger cannot be written (disk full, I/O error), is closed, or too much waits."""


class Entry(NamedTuple):
    """Something to record. `kind` is one word: start stop intent dispatch outcome denied login token adoption thing panic rules
    rules-refused mode consent rest incident notice message approval grant lease takeover correction plan obligation recovered
    erase contract read restored. Entries of a plan, a lease, a contract or a thread of messages have its id in `execution`.
    `at` is
    in seconds since the epoch (kept to the millisecond). `body` goes into the chain for good; `private` lies beside it and
    can be erased: texts by and about persons belong there.
    """

    kind: str
    at: float
    body: Mapping[str, Json]
    execution: str = ""
    principal: str = ""
    thing: str = ""
    private: Mapping[str, Json] | None = None


@dataclass(frozen=True, slots=True)
class Record:
    """A stored entry. `private` is None if there is none, or if it was erased (then `private_hash` is still there)."""

    seq: int
    at: float  # seconds since the epoch
    kind: str
    execution: str
    principal: str
    thing: str
    body: dict[str, Json]
    private: dict[str, Json] | None
    hash: str  # 64 hexadecimal digits
    private_hash: str = ""


class Sealed(NamedTuple):
    """An entry made ready on the caller's side: all that the writer still adds is its number and its hash."""

    at: int  # milliseconds
    kind: str
    execution: str
    principal: str
    thing: str
    body: str
    private_hash: bytes | None
    salt: bytes | None
    private: str | None
    before_seq: bytes
    after_seq: bytes


def seal(entry: Entry) -> Sealed:
    """Freeze `entry` as it is now. Raises `ValueError` if it is not JSON, or too large."""
    body = canonical(entry.body)
    salt = private = digest = None
    if entry.private is not None:
        salt = secrets.token_bytes(_SALT_BYTES)
        private_json = canonical(entry.private)
        private, digest = private_json.decode(), private_digest(salt, private_json)
    at = round(entry.at * 1000)
    before, after = framing(at, entry.kind, entry.execution, entry.principal, entry.thing, body, digest)
    if len(before) + len(private or "") > MAX_ENTRY_BYTES:
        raise ValueError(f"a ledger entry of kind {entry.kind!r} has more than {MAX_ENTRY_BYTES} bytes")
    return Sealed(
        at, entry.kind, entry.execution, entry.principal, entry.thing, body.decode(),
        digest, salt, private, before, after,
    )  # fmt: skip


def framing(  # noqa: PLR0917 (in the order of the file's columns)
    at: int, kind: str, execution: str, principal: str, thing: str, body: bytes, private_hash: bytes | None
) -> tuple[bytes, bytes]:
    """The canonical JSON of an entry, as what stands before and after its number. `at` in milliseconds, `body` canonical."""
    private = b',"private":"%b"' % private_hash.hex().encode() if private_hash is not None else b""
    before = b'{"at":%d,"body":%b,"execution":%b,"kind":%b,"principal":%b%b,"seq":' % (
        at, body, quoted(execution), quoted(kind), quoted(principal), private,
    )  # fmt: skip
    return before, b',"thing":%b}' % quoted(thing)


def chained(previous: bytes, before_seq: bytes, seq: int, after_seq: bytes) -> bytes:
    """The hash of entry number `seq`, framed as by `framing`, after the hash `previous`."""
    return hashlib.sha256(b"%b%b%d%b" % (previous, before_seq, seq, after_seq)).digest()


def private_digest(salt: bytes, private_json: bytes) -> bytes:
    return hashlib.sha256(salt + private_json).digest()
