"""Contracts and their notes in `hearth.db`."""

from __future__ import annotations

import logging
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from gateway.contracts.contract import Contract, State
from gateway.contracts.terms import terms_from
from gateway.storage.database import Database, Row

KEPT_ENDED: Final = 200
"""Contracts that ended, and the newest of each reader who is still bound; the ledger has all of them."""

_NOTES: Final = ("contract_notes", "plan_notes")

_COLUMNS: Final = "id, reader, maker, state, made_at, begins_at, expires_at, ended_at, because, binds, terms"

log = logging.getLogger(__name__)


class ContractRows:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def load(self) -> list[Contract]:
        """The oldest first. What cannot be read is left out: it gives nothing. Raises `sqlite3.Error`."""
        rows = await self._database.fetch_all(f"SELECT {_COLUMNS} FROM contracts ORDER BY made_at, id")  # noqa: S608
        return [one for row in rows if (one := _from_row(row)) is not None]

    async def readers(self) -> list[str]:
        """Who is bound, also by what cannot be read any more. Raises `sqlite3.Error`."""
        rows = await self._database.fetch_all("SELECT DISTINCT reader FROM contracts WHERE binds = 1")
        return [str(row[0]) for row in rows]

    async def save(self, contract: Contract) -> None:
        """Raises `sqlite3.Error`."""
        await self._database.execute(
            f"INSERT OR REPLACE INTO contracts ({_COLUMNS}) VALUES ({', '.join('?' * 11)})",  # noqa: S608
            (
                contract.id,
                contract.reader,
                contract.maker,
                contract.state,
                contract.made_at,
                contract.begins_at,
                contract.expires_at,
                contract.ended_at,
                contract.because,
                int(contract.binds),
                contract.terms.text(),
            ),
        )

    async def release(self, reader: str) -> None:
        """Raises `sqlite3.Error`."""
        await self._database.execute("UPDATE contracts SET binds = 0 WHERE reader = ?", (reader,))

    async def prune(self) -> None:
        """Raises `sqlite3.Error`."""
        await self._database.execute(
            "DELETE FROM contracts WHERE state = 'ended'"
            " AND (binds = 0 OR EXISTS (SELECT 1 FROM contracts newer"
            " WHERE newer.reader = contracts.reader AND newer.binds = 1 AND newer.made_at > contracts.made_at))"
            " AND id NOT IN (SELECT contract FROM contract_notes) AND id NOT IN"
            " (SELECT id FROM contracts WHERE state = 'ended' ORDER BY ended_at DESC LIMIT ?)",
            (KEPT_ENDED,),
        )

    # ---------------------------------------------------------------- notes

    async def notes(self, contract: str) -> str | None:
        """JSON. Raises `sqlite3.Error`."""
        row = await self._database.fetch_one(
            "SELECT body FROM contract_notes WHERE contract = ?", (contract,)
        )
        return str(row[0]) if row is not None else None

    async def put_notes(self, contract: str, body: str) -> None:
        """What stood there before is overwritten. Raises `sqlite3.Error`."""
        await self._overwriting()
        await self._database.execute(
            "INSERT INTO contract_notes (contract, body) VALUES (?, ?)"
            " ON CONFLICT (contract) DO UPDATE SET body = excluded.body",
            (contract, body),
        )

    async def erase_notes(self, contract: str) -> bool:
        """Not only forgotten: their bytes are overwritten. Whether there were any. Raises `sqlite3.Error`."""
        await self._overwriting()
        if not await self._database.execute("DELETE FROM contract_notes WHERE contract = ?", (contract,)):
            return False
        # The log beside the database still has the pages: it is taken in, and cut off.
        await self._database.fetch_all("PRAGMA wal_checkpoint(TRUNCATE)")
        return True

    async def noted(self) -> list[str]:
        """The contracts that have notes. Raises `sqlite3.Error`."""
        return [str(row[0]) for row in await self._database.fetch_all("SELECT contract FROM contract_notes")]

    async def plan_is_over(self, plan: str) -> bool:
        """Whether a plan ended, or was never committed. Raises `sqlite3.Error`."""
        row = await self._database.fetch_one("SELECT ended_at FROM plans WHERE id = ?", (plan,))
        return row is None or row[0] is not None

    async def _overwriting(self) -> None:
        """What is deleted from now on is overwritten with zeros (SQLite, `secure_delete`)."""
        await self._database.fetch_all("PRAGMA secure_delete = ON")


def erase_in_copies(directory: Path) -> int:
    """Overwrites the notes of contracts and plans in the copies of the database that were made before migrations: whoever takes
    one up again gets no working set of then. How many had some. What cannot be read is left as it is.
    """
    count = 0
    for path in sorted(directory.glob("hearth.db.before-*")):
        try:
            with closing(sqlite3.connect(path, isolation_level=None)) as copy:
                copy.execute("PRAGMA secure_delete = ON")
                tables = {
                    str(row[0]) for row in copy.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")
                }
                gone = sum(copy.execute(f"DELETE FROM {one}").rowcount for one in _NOTES if one in tables)  # noqa: S608
                copy.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        except sqlite3.Error as error:
            log.warning("%s may still have notes of plans and contracts: %s", path, error)
        else:
            count += bool(gone)
    return count


def _from_row(row: Row) -> Contract | None:
    ident, reader, maker, state, made, begins, expires, ended, because, binds, terms = row
    try:
        return Contract(
            id=str(ident),
            reader=str(reader),
            maker=str(maker),
            state=State(str(state)),
            made_at=float(made or 0),
            begins_at=float(begins or 0),
            expires_at=float(expires or 0),
            terms=terms_from(str(terms)),
            ended_at=None if ended is None else float(ended),
            because=str(because),
            binds=bool(binds),
        )
    except (ValidationError, ValueError):
        return None
