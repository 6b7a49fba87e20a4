"""Leases: those that are held, those that stand in line, and the counter of their fences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gateway.storage.database import Database

_FENCE = "leases.fence"


@dataclass(frozen=True, slots=True)
class LeaseRow:
    """`state` is held, waiting or suspended; `body` the lease as JSON."""

    id: str
    thing: str
    state: str
    version: int
    body: str


class LeaseRepository:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def load(self) -> tuple[list[LeaseRow], int]:
        """All of them, and the highest fence that was ever given. Raises `sqlite3.Error`."""
        found = await self._database.fetch_all(
            "SELECT id, thing, state, version, body FROM leases ORDER BY id"
        )
        rows = [
            LeaseRow(str(name), str(thing), str(state), int(version or 0), str(body))
            for name, thing, state, version, body in found
        ]
        fence = await self._database.fetch_one("SELECT value FROM settings WHERE key = ?", (_FENCE,))
        return rows, int(str(fence[0])) if fence is not None else 0

    async def change(self, kept: Sequence[LeaseRow], ended: Sequence[str], fence: int) -> None:
        """Writes rows, and removes those that ended: all or nothing. `fence` never falls. Raises `sqlite3.Error`."""
        async with self._database.transaction() as transaction:
            await transaction.execute_many(
                "INSERT OR REPLACE INTO leases (id, thing, state, version, body) VALUES (?, ?, ?, ?, ?)",
                [(row.id, row.thing, row.state, row.version, row.body) for row in kept],
            )
            await transaction.execute_many("DELETE FROM leases WHERE id = ?", [(name,) for name in ended])
            await transaction.execute(
                "INSERT INTO settings (key, value) VALUES (?, ?) ON CONFLICT (key) "
                "DO UPDATE SET value = max(CAST(value AS INTEGER), CAST(excluded.value AS INTEGER))",
                (_FENCE, str(fence)),
            )
