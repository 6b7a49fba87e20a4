"""`history.db`: its series, its journal, its pieces. Used from one thread of its own; every call may raise `sqlite3.Error`."""

from __future__ import annotations

import contextlib
import logging
import os
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeAlias

import orjson

from gateway.history.levels import LEVELS, Level, Type

SCHEMA: Final = Path(__file__).with_name("schema.sql")
SCHEMA_VERSION: Final = 1

BUSY_TIMEOUT_S: Final = 2.0
"""How long a statement waits for another process, as a backup."""

CACHE_KIB: Final = 1_024
"""Page cache: a plot reads a few pages, and seldom the same ones."""

LARGEST_LOG_BYTES: Final = 1024 * 1024
"""Of the write-ahead log, after a checkpoint."""

Row: TypeAlias = "tuple[Any, ...]"

log = logging.getLogger(__name__)


@dataclass(slots=True)
class StoredSeries:
    """What the file knows of a series. `id` is 0 until it was written."""

    thing: str
    name: str
    place: str
    unit: str | None
    type: Type
    sensitive: bool
    first: float
    words: list[str] = field(default_factory=list)
    id: int = 0

    def is_like(self, other: StoredSeries) -> bool:
        """Whether what was measured can stand in one series."""
        return self.unit == other.unit and self.type == other.type


class Piece(NamedTuple):
    """Packed rows or points: from the first to where the last one begins before, in seconds since the epoch."""

    begins: float
    ends: float
    rows: int
    data: bytes


class NewerFile(Exception):
    """A newer Hearth wrote it."""


class HistoryFile:
    """Opened with `opened`. Writes are transactions; `written` counts the bytes that they handed to the system, into the
    log and, at its checkpoints, into the file.
    """

    def __init__(self, db: sqlite3.Connection, path: Path) -> None:
        self.db = db
        self.path = path
        self.written = 0

    @contextlib.contextmanager
    def transaction(self) -> Any:
        """All or nothing."""
        before = _bytes_written()
        self.db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self.db.execute("COMMIT")
        except BaseException:
            if self.db.in_transaction:
                self.db.execute("ROLLBACK")
            raise
        self.written += _bytes_written() - before

    def close(self) -> None:
        self.db.close()

    def size(self) -> int:
        """Bytes of the file."""
        pages, width = self._one("PRAGMA page_count"), self._one("PRAGMA page_size")
        return int(pages[0]) * int(width[0])

    # ---------------------------------------------------------------- series

    def series(self) -> list[StoredSeries]:
        found = self.db.execute(
            "SELECT thing, name, place, unit, type, sensitive, first, words, id FROM series ORDER BY id"
        )
        return [
            StoredSeries(
                *(thing, name, place, unit, kind, bool(sensitive), first), list(orjson.loads(words)), ident
            )
            for thing, name, place, unit, kind, sensitive, first, words, ident in found
        ]

    def put_series(self, one: StoredSeries) -> None:
        values = (
            *(one.thing, one.name, one.place, one.unit, one.type, int(one.sensitive), one.first),
            orjson.dumps(one.words).decode(),
        )
        if one.id:
            self.db.execute(
                "UPDATE series SET thing=?, name=?, place=?, unit=?, type=?, sensitive=?, first=?, words=? WHERE id=?",
                (*values, one.id),
            )
            return
        done = self.db.execute(
            "INSERT INTO series (thing, name, place, unit, type, sensitive, first, words) VALUES (?,?,?,?,?,?,?,?)",
            values,
        )
        one.id = int(done.lastrowid or 0)

    # ---------------------------------------------------------------- journal

    def put_block(self, until: float, points: int, data: bytes) -> None:
        self.db.execute("INSERT INTO journal (until, points, data) VALUES (?,?,?)", (until, points, data))

    def blocks(self) -> list[bytes]:
        """The oldest first."""
        return [row[0] for row in self.db.execute("SELECT data FROM journal WHERE points > 0 ORDER BY id")]

    def points(self) -> int:
        """In the journal."""
        return int(self._one("SELECT ifnull(sum(points), 0) FROM journal")[0])

    def put_sign(self, until: float) -> None:
        """The gateway ran, and there was nothing to write."""
        self.db.execute("UPDATE journal SET until=? WHERE id=(SELECT max(id) FROM journal)", (until,))

    def ran_until(self) -> float | None:
        found: float | None = self._one("SELECT max(until) FROM journal")[0]
        return found

    # ---------------------------------------------------------------- pieces

    def put_piece(self, series: int, level: Level, piece: Piece) -> None:
        self.db.execute(
            "INSERT OR REPLACE INTO piece (series, level, begins, ends, rows, data) VALUES (?,?,?,?,?,?)",
            (series, LEVELS.index(level), *piece),
        )

    def pieces(self, series: int, level: Level, begin: float, end: float) -> list[bytes]:
        """Those that have rows of `begin <= t < end`, and the one before them; the oldest first."""
        number = LEVELS.index(level)
        found = self.db.execute(
            "SELECT data FROM piece WHERE series=? AND level=? AND begins < ? AND begins >= ifnull("
            " (SELECT max(begins) FROM piece WHERE series=? AND level=? AND begins < ?), ?) ORDER BY begins",
            (series, number, end, series, number, begin, begin),
        )
        return [row[0] for row in found]

    def rows(self, series: int, level: Level, begin: float, end: float) -> int:
        """In the pieces that have something of that time."""
        found = self.db.execute(
            "SELECT ifnull(sum(rows), 0) FROM piece WHERE series=? AND level=? AND begins < ? AND ends > ?",
            (series, LEVELS.index(level), end, begin),
        ).fetchone()
        return int(found[0])

    def get(self, name: str) -> Any:
        found = self.db.execute("SELECT value FROM kept WHERE name=?", (name,)).fetchone()
        return found[0] if found is not None else None

    def put(self, name: str, value: float | bytes | str) -> None:
        self.db.execute("INSERT OR REPLACE INTO kept (name, value) VALUES (?,?)", (name, value))

    # ---------------------------------------------------------------- marks

    def put_marks(self, marks: Iterable[tuple[int, float, float | None, str]]) -> None:
        self.db.executemany("INSERT OR REPLACE INTO mark (series, at, value, reason) VALUES (?,?,?,?)", marks)

    def marks(self, series: int, begin: float, end: float, most: int) -> Sequence[Row]:
        """The newest `most`: when, the value, and why; the oldest of them first."""
        found = self.db.execute(
            "SELECT at, value, reason FROM mark WHERE series=? AND at>=? AND at<? ORDER BY at DESC LIMIT ?",
            (series, begin, end, most),
        ).fetchall()
        return found[::-1]

    def _one(self, sql: str) -> Row:
        row: Row = self.db.execute(sql).fetchone()
        return row


def _bytes_written() -> int:
    """By this thread so far (proc(5), `wchar`); 0 where the system does not count."""
    try:
        with Path("/proc/thread-self/io").open("rb", buffering=0) as file:
            return int(file.read().split(b"wchar: ")[1].split(None, 1)[0])
    except (OSError, IndexError, ValueError):
        return 0


def opened(path: Path) -> HistoryFile:
    """Made if there is none; one that is damaged is put aside (`.damaged`) and begun anew: a history is no reason not to
    run. Raises `NewerFile`, `sqlite3.Error`, `OSError`.
    """
    try:
        return _opened(path)
    except sqlite3.DatabaseError as error:
        if isinstance(error, sqlite3.OperationalError):  # full, locked, not to be written: it may pass
            raise
        aside = path.with_name(f"{path.name}.damaged")
        log.error(
            "%s is damaged (%s); it is kept as %s, and the history begins anew", path, error, aside.name
        )
        for end in ("-wal", "-shm"):
            Path(f"{path}{end}").unlink(missing_ok=True)
        path.replace(aside)
        return _opened(path)


def _opened(path: Path) -> HistoryFile:
    os.close(os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600))
    db = sqlite3.connect(path, isolation_level=None, timeout=BUSY_TIMEOUT_S, check_same_thread=False)
    try:
        for pragma in (
            "journal_mode=WAL",
            "synchronous=NORMAL",  # the file stays whole; a power cut takes what the system had not written yet
            f"cache_size=-{CACHE_KIB}",
            f"journal_size_limit={LARGEST_LOG_BYTES}",
            "foreign_keys=ON",
            "secure_delete=FAST",
        ):
            db.execute(f"PRAGMA {pragma}").fetchall()
        version = db.execute("PRAGMA user_version").fetchone()[0]
        if version > SCHEMA_VERSION:
            raise NewerFile(
                f"{path} was written by a newer Hearth: install that version again, or move it away"
            )
        if version == 0:
            db.executescript(f"BEGIN IMMEDIATE;\n{SCHEMA.read_text(encoding='utf-8')}\nCOMMIT;")
    except BaseException:
        db.close()
        raise
    return HistoryFile(db, path)
