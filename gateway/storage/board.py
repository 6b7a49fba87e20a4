"""The notices that people find in the app, and who has read each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gateway.storage.database import Database


@dataclass(frozen=True, slots=True)
class BoardRow:
    """`body` is the notice as JSON, `read_by` the ids of those who have read it, as JSON; `at` seconds since the epoch."""

    id: str
    at: float
    body: str
    read_by: str


class BoardRepository:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def load(self) -> list[BoardRow]:
        """The oldest first. Raises `sqlite3.Error`."""
        rows = await self._database.fetch_all("SELECT id, at, body, read_by FROM board ORDER BY at, id")
        return [BoardRow(str(id_), float(at or 0), str(body), str(read)) for id_, at, body, read in rows]

    async def change(self, put: Sequence[BoardRow], removed: Sequence[str]) -> None:
        """All or nothing. Raises `sqlite3.Error`."""
        async with self._database.transaction() as transaction:
            await transaction.execute_many(
                "INSERT OR REPLACE INTO board (id, at, body, read_by) VALUES (?, ?, ?, ?)",
                [(row.id, row.at, row.body, row.read_by) for row in put],
            )
            await transaction.execute_many("DELETE FROM board WHERE id = ?", [(one,) for one in removed])
