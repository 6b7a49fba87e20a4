"""The ledger's file: groups of entries in, the chain's tail out. Used by one thread at a time."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from gateway.ledger.entries import GENESIS, OPENING, SETTLING, Sealed, chained

LEDGER_FILE: Final = "ledger.db"

# Rows of one INSERT statement; larger groups take several within one transaction. One step of SQLite means one release of
# the GIL, where executemany makes one for each row. A statement is prepared once for each power of two.
_ROWS_A_STATEMENT: Final = 64
# Page cache. The inserts touch the last pages only.
_CACHE_KIB: Final = 512
# The write-ahead log's file has this size from the start on, zeros first: a flush that also has to record a new file size
# takes two writes of the file system's journal more (on this measure 40 % longer).
_LOG_ROOM_BYTES: Final = 4 * 1024 * 1024
# What that file keeps when it starts over after a load.
_LOG_LIMIT_BYTES: Final = 16 * 1024 * 1024

# What a group writes to the write-ahead log besides its entries: the last pages of the table and of the index, once more.
_GROUP_LOG_BYTES: Final = 3 * 4096

COMMON_KINDS: Final = (*sorted(OPENING), *sorted(SETTLING))
"""Kinds without postings of their own: most entries are of these."""

_PLAIN: Final = ("seq", "at", "kind", "execution", "principal", "thing", "body", "hash")
_FULL: Final = (*_PLAIN, "private_hash", "salt", "private")


class Store:
    """`last_seq` and `last_hash` are the chain's tail; `posted` is the last entry that has its postings."""

    def __init__(self, directory: Path) -> None:
        """Open or make the file; what a crash left in the write-ahead log is replayed. Raises `sqlite3.Error`."""
        self._path = directory / LEDGER_FILE
        self._log = directory / f"{LEDGER_FILE}-wal"
        self._db = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False, timeout=5.0)
        try:
            self._open()
        except sqlite3.Error:
            self._db.close()
            raise

    def _open(self) -> None:
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "wal_autocheckpoint=0",
            f"journal_size_limit={_LOG_LIMIT_BYTES}",
            f"cache_size=-{_CACHE_KIB}",
        ):
            self._db.execute(f"PRAGMA {pragma}")
        if self._db.execute("PRAGMA user_version").fetchone()[0] == 0:
            script = Path(__file__).with_name("schema.sql").read_text(encoding="utf-8")
            self._db.executescript(f"BEGIN IMMEDIATE;{script};PRAGMA user_version=1;COMMIT")
        row = self._db.execute("SELECT seq, hash FROM entries ORDER BY seq DESC LIMIT 1").fetchone()
        self.last_seq: int = row[0] if row else 0
        self.last_hash: bytes = row[1] if row else GENESIS
        self.log_bytes = 0  # written to the write-ahead log since it was copied back, about
        self.attempted = b""  # the tail as it will be when the `write` under way has arrived
        self.posted: int = self._db.execute("SELECT coalesce(max(up_to), 0) FROM posted").fetchone()[0]

    def write(self, group: Sequence[Sealed]) -> None:
        """Append `group`, durably, all or nothing. Raises `sqlite3.Error`; then the tail must be loaded again."""
        seq, digest = self.last_seq, self.last_hash
        rows: list[tuple[object, ...]] = []
        private = False
        for entry in group:
            seq += 1
            digest = chained(digest, entry.before_seq, seq, entry.after_seq)
            private = private or entry.private_hash is not None
            rows.append((seq, *entry[:6], digest, *entry[6:9]))
        if not private:
            rows = [row[:8] for row in rows]
        self.attempted = digest
        self._insert(rows, _FULL if private else _PLAIN)
        self.log_bytes += _GROUP_LOG_BYTES + 2 * sum(len(entry.before_seq) for entry in group)
        self.last_seq, self.last_hash, self.attempted = seq, digest, b""

    def _insert(self, rows: list[tuple[object, ...]], columns: tuple[str, ...]) -> None:
        if len(rows) <= _ROWS_A_STATEMENT:
            self._db.execute(*_statement(rows, columns))
            return
        self._db.execute("BEGIN IMMEDIATE")
        try:
            for start in range(0, len(rows), _ROWS_A_STATEMENT):
                self._db.execute(*_statement(rows[start : start + _ROWS_A_STATEMENT], columns))
            self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise

    def skip_to(self, seq: int) -> None:
        """Leave a gap: the next entry is `seq + 1`. For entries that are known to be lost."""
        self.last_seq = seq

    def open_executions(self, after: int) -> dict[str, int]:
        """Executions that began after entry `after` and were not settled, each with the number of its first entry."""
        opened: dict[str, int] = {}
        rows = self._db.execute(
            "SELECT seq, kind, execution FROM entries WHERE seq > ? AND execution <> '' ORDER BY seq",
            (after,),
        )
        for seq, kind, execution in rows:
            if kind in OPENING:
                opened.setdefault(execution, seq)
            elif kind in SETTLING:
                opened.pop(execution, None)
        return opened

    def erase(self, seq: int, record: Sealed) -> None:
        """Forget the private part of entry `seq`, leaving no trace of it in the files, and append `record` with it."""
        self._db.execute("PRAGMA secure_delete=ON")
        self._db.execute("BEGIN IMMEDIATE")
        try:
            self._db.execute("UPDATE entries SET salt = NULL, private = NULL WHERE seq = ?", (seq,))
            digest = chained(self.last_hash, record.before_seq, self.last_seq + 1, record.after_seq)
            row = (self.last_seq + 1, *record[:6], digest)
            self._db.execute(*_statement([row], _PLAIN))
            self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise
        finally:
            self._db.execute("PRAGMA secure_delete=OFF")
        self.last_seq, self.last_hash = self.last_seq + 1, digest

    def scrub(self) -> bool:
        """Remove what erased parts left in the write-ahead log. False while a reader holds it. Raises `sqlite3.Error`."""
        busy: int = self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        self.log_bytes = 0
        return not busy

    def has_private(self, seq: int) -> bool:
        row = self._db.execute("SELECT private IS NOT NULL FROM entries WHERE seq = ?", (seq,)).fetchone()
        return bool(row and row[0])

    def post(self, limit: int) -> None:
        """Give the next `limit` entries that wait for them their postings. Raises `sqlite3.Error`."""
        up_to = min(self.posted + limit, self.last_seq)
        bounds = {"after": self.posted, "up_to": up_to}
        window = "seq > :after AND seq <= :up_to"
        self._db.execute("BEGIN IMMEDIATE")
        try:
            self._db.execute(
                f"INSERT INTO postings SELECT 't:' || thing AS term, seq FROM entries WHERE {window} AND thing <> ''"  # noqa: S608
                f" UNION ALL SELECT 'p:' || principal, seq FROM entries WHERE {window} AND principal <> ''"
                f" UNION ALL SELECT 'k:' || kind, seq FROM entries WHERE {window} AND kind NOT IN {COMMON_KINDS}"
                " ORDER BY 1, 2",
                bounds,
            )
            self._db.execute("DELETE FROM posted")
            self._db.execute("INSERT INTO posted VALUES (:up_to)", {"up_to": up_to})
            self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise
        self.posted = up_to

    def checkpoint(self) -> None:
        """Copy the write-ahead log back; readers do not stop it, and it does not stop them. Raises `sqlite3.Error`."""
        self._db.execute("PRAGMA wal_checkpoint(PASSIVE)")
        self.log_bytes = 0

    def make_room(self) -> None:
        """Lengthen the write-ahead log's file, if it is short (once after a start)."""
        with (
            contextlib.suppress(OSError),
            self._log.open("r+b") as log,
        ):  # without it, flushes are slower, and that is all
            size = log.seek(0, os.SEEK_END)
            if size < _LOG_ROOM_BYTES:
                log.write(bytes(_LOG_ROOM_BYTES - size))
                log.flush()
                os.fsync(log.fileno())

    def close(self) -> None:
        self._db.close()


def _statement(rows: list[tuple[object, ...]], columns: tuple[str, ...]) -> tuple[str, list[object]]:
    """One INSERT, padded with rows of nulls (which it leaves out) to a power of two, so that few are ever prepared."""
    size = 1 << (len(rows) - 1).bit_length()
    values: list[object] = [value for row in rows for value in row]
    values.extend([None] * (len(columns) * (size - len(rows))))
    return _text(size, columns), values


_texts: dict[tuple[int, int], str] = {}


def _text(size: int, columns: tuple[str, ...]) -> str:
    text = _texts.get((size, len(columns)))
    if text is None:
        names = ", ".join(columns)
        row = f"({', '.join('?' * len(columns))})"
        text = f"INSERT INTO entries ({names}) SELECT * FROM (VALUES {', '.join([row] * size)}) WHERE column1 IS NOT NULL"  # noqa: S608
        _texts[size, len(columns)] = text
    return text
