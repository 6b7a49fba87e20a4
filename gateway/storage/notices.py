"""Urgent notices that some channel has not delivered yet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gateway.storage.database import Database


@dataclass(frozen=True, slots=True)
class NoticeRow:
    """`body` is the notice as JSON; `at` seconds since the epoch."""

    id: str
    channel: str
    at: float
    body: str


class NoticeRepository:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def load(self) -> list[NoticeRow]:
        """The oldest first. Raises `sqlite3.Error`."""
        rows = await self._database.fetch_all("SELECT id, channel, at, body FROM notices ORDER BY at, id")
        return [
            NoticeRow(str(id_), str(channel), float(at or 0), str(body)) for id_, channel, at, body in rows
        ]

    async def change(self, added: Sequence[NoticeRow], removed: Sequence[tuple[str, str]]) -> None:
        """Adds rows, and removes those of (notice, channel): all or nothing. Raises `sqlite3.Error`."""
        async with self._database.transaction() as transaction:
            await transaction.execute_many(
                "INSERT OR REPLACE INTO notices (id, channel, at, body) VALUES (?, ?, ?, ?)",
                [(row.id, row.channel, row.at, row.body) for row in added],
            )
            await transaction.execute_many("DELETE FROM notices WHERE id = ? AND channel = ?", removed)
