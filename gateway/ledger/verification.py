"""Checking a ledger from the outside: read-only, one pass, little memory, also while the gateway runs."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from gateway.ledger.entries import GENESIS, chained, framing, private_digest
from gateway.ledger.heads import KEY_FILE, Head, read_heads, read_public_key
from gateway.ledger.reader import connect

# Rows read at once. Each page is a short read, so that the write-ahead log is not held back.
_PAGE_ROWS: Final = 1000
# Problems that are told; a ledger that was overwritten as a whole would name every row.
MAX_PROBLEMS: Final = 100

_COLUMNS: Final = "seq, at, kind, execution, principal, thing, body, hash, private_hash, salt, private"

_Row = tuple[int, int, str, str, str, str, str, bytes, bytes | None, bytes | None, str | None]


@dataclass(frozen=True, slots=True)
class Problem:
    """`place` is `row` (its content differs from its hash), `hash`, `gap`, `private`, `head`, `tail`, `key` or `file`.

    `seq` is the entry it is about (0: none).
    """

    seq: int
    place: str
    what: str


@dataclass(slots=True)
class Verification:
    """What was found. `head_seq` is the last entry under a good signature: what stands behind it is chained, not yet signed."""

    entries: int = 0
    last_seq: int = 0
    head_seq: int = 0
    heads: int = 0
    erased: int = 0  # private parts that were forgotten
    problems: list[Problem] = field(default_factory=list)
    more_problems: int = 0  # beyond the first 100

    @property
    def ok(self) -> bool:
        return not self.problems

    def add(self, seq: int, place: str, what: str) -> None:
        if len(self.problems) < MAX_PROBLEMS:
            self.problems.append(Problem(seq, place, what))
        else:
            self.more_problems += 1


def verify(directory: Path, *, public_key: bytes | None = None) -> Verification:
    """Check every entry, private part and head of the ledger in `directory`.

    `public_key` is the key that somebody noted elsewhere. Without it the one that ledger.heads names is believed, and a
    change by someone who could replace that file and sign anew goes unseen. Never raises for what it finds.
    """
    found = Verification()
    heads = good_heads(
        directory, public_key, found
    )  # before the rows: a head that is written meanwhile is not missed then
    try:
        db = connect(directory)
    except sqlite3.Error as error:
        found.add(0, "file", f"ledger.db cannot be opened: {error}")
        return found
    try:
        walk = Walk(found, heads)
        for row in rows(db):
            walk.check(row)
        walk.finish()
    except sqlite3.Error as error:
        found.add(found.last_seq, "file", f"ledger.db cannot be read behind entry {found.last_seq}: {error}")
    finally:
        db.close()
    return found


def good_heads(
    directory: Path, public_key: bytes | None, found: Verification, *, after: int = 0
) -> dict[int, Head]:
    """The heads behind entry `after` with a good signature, by entry."""
    key = read_public_key(directory)
    if public_key is not None and key != public_key:
        found.add(0, "key", "ledger.heads names another key than the one that was noted")
    key = public_key or key
    good: dict[int, Head] = {}
    if key is None:
        if (directory / KEY_FILE).exists():
            found.add(
                0, "head", "ledger.heads is missing or names no key: nothing vouches for the ledger's length"
            )
        return good
    for head, line in read_heads(directory):
        if head is None:
            found.add(0, "head", f"line {line} of ledger.heads is not a head")
        elif head.seq <= after:
            continue
        elif not head.signed_by(key):
            found.add(
                head.seq,
                "head",
                f"the signature in line {line} of ledger.heads, for entry {head.seq}, is wrong",
            )
        else:
            good[head.seq] = head
    found.heads = len(good)
    return good


def rows(db: sqlite3.Connection, after: int = -(2**63), page_rows: int = _PAGE_ROWS) -> Iterator[_Row]:
    while True:
        page = db.execute(
            f"SELECT {_COLUMNS} FROM entries WHERE seq > ? ORDER BY seq LIMIT {page_rows}",  # noqa: S608
            (after,),
        ).fetchall()
        yield from page
        if len(page) < page_rows:
            return
        after = page[-1][0]


class Walk:
    """One pass over the rows. After a problem it goes on from what is stored, so that one change is one problem."""

    def __init__(self, found: Verification, heads: dict[int, Head], previous: bytes = GENESIS) -> None:
        """`previous`: the hash of the entry `found.last_seq`, behind which it begins."""
        self._found = found
        self._heads = heads
        self.previous = previous
        self._suspect: tuple[int, bytes] | None = (
            None  # a row that did not fit, and the hash that its content has
        )
        self._unexplained: set[int] = set()  # private parts that are gone, and whose erasure was not seen yet

    def check(self, row: _Row) -> None:
        found, (seq, at, kind, execution, principal, thing, body, digest, private_hash, salt, private) = (
            self._found,
            row,
        )
        gap = seq != found.last_seq + 1
        if gap:
            self._gap(found.last_seq + 1, seq - 1)
        try:
            before, after = framing(at, kind, execution, principal, thing, body.encode(), private_hash)
            content = chained(self.previous, before, seq, after)
        except (TypeError, ValueError, AttributeError):
            content = b""  # not even of the right type
        if content != digest:
            content = self._misfit(seq, content, digest, (before, after) if content else None, gap)
        elif self._suspect is not None:
            self._name_suspect("row", "was changed: its content does not match its hash")
        self._private(seq, private_hash, salt, private)
        if kind == "erase":
            self._erased(body)
        self._signed(seq, digest)
        found.entries += 1
        found.last_seq = seq
        self.previous = digest

    def _misfit(
        self, seq: int, content: bytes, digest: bytes, frame: tuple[bytes, bytes] | None, gap: bool
    ) -> bytes:
        """The row does not follow from what is stored before it. Whose fault it is, the next row tells."""
        if self._suspect is not None:
            (_, computed), self_fits = self._suspect, False
            if frame is not None:
                self_fits = chained(computed, frame[0], seq, frame[1]) == digest
            if self_fits:  # it follows from what the row before should have had: that row's hash was changed, not this one
                self._name_suspect("hash", "was changed in its hash")
                return digest
            self._name_suspect("row", "was changed: its content does not match its hash")
        if not gap:  # behind a gap the entry before is not known: it cannot fit
            self._suspect = (seq, content)
        return content

    def _name_suspect(self, place: str, what: str) -> None:
        if self._suspect is not None:
            self._found.add(self._suspect[0], place, f"entry {self._suspect[0]} {what}")
        self._suspect = None

    def _gap(self, first: int, last: int) -> None:
        self._name_suspect("row", "was changed: its content does not match its hash")
        if last < first:
            self._found.add(last + 1, "gap", f"entry {last + 1} is not numbered from 1 on")
            return
        what = f"entry {first} is missing" if first == last else f"entries {first} to {last} are missing"
        covered = [seq for seq in self._heads if first <= seq <= last]
        for seq in covered:
            del self._heads[seq]
        if covered:
            what += f"; a signed head shows that entry {max(covered)} was there"
        self._found.add(first, "gap", what)

    def _private(self, seq: int, private_hash: bytes | None, salt: bytes | None, private: str | None) -> None:
        if private_hash is None:
            if salt is not None or private is not None:
                self._found.add(
                    seq, "private", f"entry {seq} has a private part that the chain does not know"
                )
            return
        if salt is None and private is None:
            self._found.erased += 1
            self._unexplained.add(seq)
        elif not isinstance(salt, bytes) or not isinstance(private, str):
            self._found.add(seq, "private", f"the private part of entry {seq} was removed in part")
        elif private_digest(salt, private.encode()) != private_hash:
            self._found.add(seq, "private", f"the private part of entry {seq} was changed")

    def _erased(self, body: str) -> None:
        import orjson  # noqa: PLC0415

        try:
            self._unexplained.discard(orjson.loads(body)["seq"])
        except (ValueError, KeyError, TypeError):
            return

    def _signed(self, seq: int, digest: bytes) -> None:
        head = self._heads.pop(seq, None)
        if head is None:
            return
        if not isinstance(digest, bytes) or digest.hex() != head.hash:
            what = f"entry {seq} is not the one that was signed: the ledger was rewritten behind entry {self._found.head_seq}"
            self._found.add(seq, "head", what)
        else:
            self._found.head_seq = seq

    def finish(self) -> None:
        found = self._found
        self._name_suspect("row", "was changed: its content does not match its hash")
        for seq in sorted(self._unexplained):
            found.add(seq, "private", f"the private part of entry {seq} is gone, and no entry tells of it")
        if self._heads:
            last = max(self._heads)
            what = f"the tail was cut: the ledger ends at entry {found.last_seq}, and was signed up to entry {last}"
            found.add(found.last_seq + 1, "tail", what)
