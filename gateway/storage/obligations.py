"""What is owed, as it is stored."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import orjson

from capabilities.vocabulary import Json
from gateway.storage.database import Database


@dataclass(frozen=True, slots=True)
class ObligationRow:
    """One obligation. `since` in seconds since the epoch; `body` is JSON."""

    id: str
    kind: str
    thing: str
    state: str
    since: float
    body: dict[str, Json]


class ObligationRepository:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def load_all(self) -> list[ObligationRow]:
        """In the order in which they were made. Raises `sqlite3.Error`."""
        rows = await self._database.fetch_all(
            "SELECT id, kind, thing, state, since, body FROM obligations ORDER BY id"
        )
        return [
            ObligationRow(
                str(ident), str(kind), str(thing), str(state), float(since or 0), orjson.loads(str(body))
            )
            for ident, kind, thing, state, since, body in rows
        ]

    async def write(self, rows: Iterable[ObligationRow], gone: Iterable[str] = ()) -> None:
        """Inserts or replaces `rows` and deletes those with the ids `gone`, all or none. Raises `sqlite3.Error`."""
        saved = [
            (row.id, row.kind, row.thing, row.state, row.since, orjson.dumps(row.body).decode())
            for row in rows
        ]
        async with self._database.transaction() as transaction:
            await transaction.execute_many(
                "INSERT OR REPLACE INTO obligations (id, kind, thing, state, since, body)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                saved,
            )
            await transaction.execute_many(
                "DELETE FROM obligations WHERE id = ?", [(ident,) for ident in gone]
            )
