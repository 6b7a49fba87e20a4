"""`hearth.db`: opened, migrated, and shared by all repositories."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, closing
from pathlib import Path
from types import TracebackType
from typing import Final, Self, TypeAlias

import aiosqlite

from gateway.storage.migrating import migrating

MIGRATIONS: Final = Path(__file__).with_name("migrations")

Value: TypeAlias = str | bytes | int | float | None
Row: TypeAlias = tuple[Value, ...]

# How long a statement waits for another process (a backup, `sqlite3` on the console) to let go.
_BUSY_TIMEOUT_S: Final = 5.0
# Page cache: everything that is read is read at the start.
_CACHE_KIB: Final = 512


class StorageError(Exception):
    """The database cannot be opened or migrated. The text says what to do."""


class Transaction:
    """Statements of one transaction; made by `Database.transaction`."""

    def __init__(self, connection: aiosqlite.Connection) -> None:
        self._connection = connection

    async def execute(self, sql: str, parameters: Sequence[Value] = ()) -> int:
        """How many rows were changed. Raises `sqlite3.Error`."""
        async with self._connection.execute(sql, parameters) as cursor:
            return cursor.rowcount

    async def execute_many(self, sql: str, rows: Sequence[Sequence[Value]]) -> None:
        await self._connection.executemany(sql, rows)


class Database:
    """One connection for everyone: an async context manager. Writes are durable when they return."""

    def __init__(self, path: Path, *, migrations: Path = MIGRATIONS) -> None:
        self._path = path
        self._migrations = migrations
        self._writing = asyncio.Lock()
        self._connection: aiosqlite.Connection | None = None

    async def __aenter__(self) -> Self:
        """Opens it, brings its schema up to date. Raises `StorageError`."""
        try:
            await asyncio.to_thread(migrate, self._path, self._migrations)
            self._connection = await aiosqlite.connect(
                self._path, isolation_level=None, timeout=_BUSY_TIMEOUT_S
            )
            for pragma in ("foreign_keys=ON", "synchronous=FULL", f"cache_size=-{_CACHE_KIB}"):
                await self._connection.execute(f"PRAGMA {pragma}")
        except (sqlite3.Error, OSError) as error:
            raise StorageError(f"{self._path} cannot be opened: {error}") from error
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._connection is not None:
            await self._connection.close()
            self._connection = None

    async def fetch_all(self, sql: str, parameters: Sequence[Value] = ()) -> list[Row]:
        """Raises `sqlite3.Error`."""
        return [tuple(row) for row in await self._open().execute_fetchall(sql, parameters)]

    async def fetch_one(self, sql: str, parameters: Sequence[Value] = ()) -> Row | None:
        """Raises `sqlite3.Error`."""
        async with self._open().execute(sql, parameters) as cursor:
            row = await cursor.fetchone()
            return tuple(row) if row is not None else None

    async def execute(self, sql: str, parameters: Sequence[Value] = ()) -> int:
        """One statement, as a transaction of its own; how many rows it changed. Raises `sqlite3.Error`."""
        async with self._writing:
            return await Transaction(self._open()).execute(sql, parameters)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        """Several statements, all or none. One transaction at a time: others wait."""
        connection = self._open()
        async with self._writing:
            try:
                await connection.execute("BEGIN IMMEDIATE")  # who is cancelled here has begun it all the same
                yield Transaction(connection)
                await connection.execute("COMMIT")
            except BaseException:
                await asyncio.shield(connection.rollback())
                raise

    def _open(self) -> aiosqlite.Connection:
        if self._connection is None:
            raise StorageError(f"{self._path} is not open")
        return self._connection


def migrate(path: Path, migrations: Path = MIGRATIONS) -> None:
    """Make the file if there is none, and apply the migrations it lacks, each in a transaction of its own.

    An existing file is copied to `<name>.before-<number>` first. Raises `StorageError`, `sqlite3.Error`, `OSError`.
    """
    os.close(os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600))
    with closing(sqlite3.connect(path, isolation_level=None, timeout=_BUSY_TIMEOUT_S)) as db:
        db.execute("PRAGMA journal_mode=WAL")
        version: int = db.execute("PRAGMA user_version").fetchone()[0]
        numbered = _numbered(migrations)
        if version > len(numbered):
            raise StorageError(
                f"{path} was written by a newer Hearth (schema {version}, this one knows {len(numbered)}): "
                f"install that version again, or restore the copy {path.name}.before-{len(numbered) + 1:04d}"
            )
        if 0 < version < len(numbered):
            _back_up(db, path.with_name(f"{path.name}.before-{version + 1:04d}"))
        with migrating(path.name):
            for number, script in enumerate(numbered[version:], version + 1):
                _apply(db, number, script)


def _numbered(migrations: Path) -> list[Path]:
    scripts = sorted(migrations.glob("[0-9][0-9][0-9][0-9]_*.sql"))
    for number, script in enumerate(scripts, 1):
        if int(script.name[:4]) != number:
            raise StorageError(
                f"migration {number:04d} is missing in {migrations}: found {script.name} in its place"
            )
    return scripts


def _apply(db: sqlite3.Connection, number: int, script: Path) -> None:
    sql = script.read_text(encoding="utf-8")
    try:
        db.executescript(f"BEGIN IMMEDIATE;\n{sql}\n;PRAGMA user_version={number};\nCOMMIT;")
    except sqlite3.Error as error:
        if db.in_transaction:
            db.rollback()
        raise StorageError(f"migration {script.name} failed, nothing of it was kept: {error}") from error


def _back_up(db: sqlite3.Connection, target: Path) -> None:
    fresh = target.with_name(f"{target.name}.new")
    fresh.unlink(missing_ok=True)
    os.close(os.open(fresh, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC, 0o600))
    with closing(sqlite3.connect(fresh)) as copy:
        db.backup(copy)
    fresh.replace(target)
