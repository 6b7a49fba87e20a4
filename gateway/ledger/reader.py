"""Reading the ledger: queries over a read-only connection of their own."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import quote

import orjson

from gateway.ledger.entries import OPENING, Record
from gateway.ledger.store import COMMON_KINDS, LEDGER_FILE

# Rows of one answer; more is read page by page (`after`, `before`).
MAX_LIMIT: Final = 20_000

_CACHE_KIB: Final = 512
# Parameters of one look-up.
_EXECUTIONS_A_QUERY: Final = 500
_COLUMNS: Final = "seq, at, kind, execution, principal, thing, body, hash, private_hash, salt, private"


def connect(directory: Path) -> sqlite3.Connection:
    """A read-only connection, also while the gateway runs, and on a read-only medium. Raises `sqlite3.Error`."""
    path = directory / LEDGER_FILE
    uri = f"file:{quote(str(path))}?mode=ro"
    db = sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False, timeout=5.0)
    try:
        db.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    except sqlite3.OperationalError:
        db.close()
        if not path.exists() or path.with_name(f"{LEDGER_FILE}-wal").exists():
            raise
        # Without a write-ahead log, and with no permission to make one, the file is all there is.
        db = sqlite3.connect(f"{uri}&immutable=1", uri=True, isolation_level=None, check_same_thread=False)
    db.execute(f"PRAGMA cache_size=-{_CACHE_KIB}")
    return db


@dataclass(frozen=True, slots=True)
class Query:
    """Which records: `after` < number < `before`, and every other filter that is not empty."""

    after: int = 0
    before: int | None = None
    limit: int = 100
    kinds: Sequence[str] = ()
    execution: str = ""
    principal: str = ""
    thing: str = ""
    newest_first: bool = False


class Reader:
    """Synchronous; used by one thread at a time."""

    def __init__(self, directory: Path) -> None:
        self._db = connect(directory)

    def close(self) -> None:
        self._db.close()

    def find(self, query: Query) -> list[Record]:
        """The records in order, at most `limit` of them. Raises `sqlite3.Error`."""
        limit = min(query.limit, MAX_LIMIT)
        terms = _terms(query)
        if query.execution or not terms:
            return self._select(query, "entries", "", [], query.after, query.before, limit)
        posted = self._db.execute("SELECT coalesce(max(up_to), 0) FROM posted").fetchone()[0]
        old_before = posted + 1 if query.before is None else min(posted + 1, query.before)
        marks = ", ".join("?" * len(terms))
        old = (
            f"(SELECT seq AS posting FROM postings WHERE term IN ({marks})) JOIN entries ON seq = posting",  # noqa: S608
            "posting", terms, query.after, old_before,
        )  # fmt: skip
        new: tuple[str, str, list[str], int, int | None] = (
            "entries",
            "",
            [],
            max(query.after, posted),
            query.before,
        )
        found: list[Record] = []
        for source, key, values, after, before in (new, old) if query.newest_first else (old, new):
            if len(found) < limit:
                found += self._select(query, source, key, values, after, before, limit - len(found))
        return found

    def _select(  # noqa: PLR0917
        self,
        query: Query,
        source: str,
        key: str,
        values: Iterable[str],
        after: int,
        before: int | None,
        limit: int,
    ) -> list[Record]:
        seq = key or "seq"
        where, parameters = [f"{seq} > ?"], [*values, after]
        if before is not None:
            where.append(f"{seq} < ?")
            parameters.append(before)
        for column, value in (
            ("execution", query.execution),
            ("principal", query.principal),
            ("thing", query.thing),
        ):
            if value:
                where.append(f"{column} = ?")
                parameters.append(value)
        if query.execution:
            where.append("execution <> ''")  # the condition of the index, said so that SQLite sees it
        if query.kinds:
            where.append(f"kind IN ({', '.join('?' * len(query.kinds))})")
            parameters.extend(query.kinds)
        order = "DESC" if query.newest_first else "ASC"
        sql = f"SELECT {_COLUMNS} FROM {source} WHERE {' AND '.join(where)} ORDER BY {seq} {order} LIMIT ?"  # noqa: S608
        return [to_record(row) for row in self._db.execute(sql, (*parameters, limit))]

    def begun(self, executions: Sequence[str]) -> list[Record]:
        """The entries with which these executions began, in order. Raises `sqlite3.Error`."""
        found: list[Record] = []
        for start in range(0, len(executions), _EXECUTIONS_A_QUERY):
            chunk = executions[start : start + _EXECUTIONS_A_QUERY]
            sql = (
                f"SELECT {_COLUMNS} FROM entries WHERE execution <> '' AND execution IN ({', '.join('?' * len(chunk))})"  # noqa: S608
                f" AND kind IN {tuple(sorted(OPENING))}"
            )
            found += [to_record(row) for row in self._db.execute(sql, chunk)]
        return sorted(found, key=lambda record: record.seq)

    def all(self, after: int, before: int | None, page: int) -> Iterator[Record]:
        """Every record in order, `page` rows at a time (so that the write-ahead log is not held)."""
        while True:
            records = self.find(Query(after=after, before=before, limit=page))
            yield from records
            if len(records) < page:
                return
            after = records[-1].seq


def to_record(
    row: tuple[int, int, str, str, str, str, str, bytes, bytes | None, bytes | None, str | None],
) -> Record:
    seq, at, kind, execution, principal, thing, body, digest, private_hash, _, private = row
    return Record(
        seq=seq,
        at=at / 1000,
        kind=kind,
        execution=execution,
        principal=principal,
        thing=thing,
        body=orjson.loads(body),
        private=orjson.loads(private) if private is not None else None,
        hash=digest.hex(),
        private_hash=private_hash.hex() if private_hash is not None else "",
    )


def _terms(query: Query) -> list[str]:
    """The postings to look at: of the narrowest filter that has any."""
    if query.thing:
        return [f"t:{query.thing}"]
    if query.principal:
        return [f"p:{query.principal}"]
    if query.kinds and not set(query.kinds) & set(COMMON_KINDS):
        return [f"k:{kind}" for kind in dict.fromkeys(query.kinds)]
    return []
