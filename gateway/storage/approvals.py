"""What people are asked, what they have just refused, and what they allowed for a while."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.storage.database import Database, Row


@dataclass(frozen=True, slots=True)
class ApprovalRow:
    """`waits` is the execution or plan; `state` is asked or denied; `expires_at` in seconds since the epoch; `body` is JSON."""

    id: str
    waits: str
    state: str
    expires_at: float
    body: str


@dataclass(frozen=True, slots=True)
class GrantRow:
    """`until` in seconds since the epoch; `body` is JSON."""

    id: str
    until: float
    body: str


class ApprovalRepository:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def load(self) -> list[ApprovalRow]:
        """Raises `sqlite3.Error`."""
        rows = await self._database.fetch_all(
            "SELECT id, waits, state, expires_at, body FROM approvals ORDER BY id"
        )
        return [
            ApprovalRow(str(id_), str(waits), str(state), float(at or 0), str(body))
            for id_, waits, state, at, body in rows
        ]

    async def save(self, row: ApprovalRow) -> None:
        """In place of an earlier one. Raises `sqlite3.Error`."""
        await self._database.execute(
            "INSERT OR REPLACE INTO approvals (id, waits, state, expires_at, body) VALUES (?, ?, ?, ?, ?)",
            (row.id, row.waits, row.state, row.expires_at, row.body),
        )

    async def deny(self, approval: str, until: float) -> None:
        """Raises `sqlite3.Error`."""
        await self._database.execute(
            "UPDATE approvals SET state = 'denied', expires_at = ? WHERE id = ?", (until, approval)
        )

    async def delete(self, approval: str) -> None:
        """Raises `sqlite3.Error`."""
        await self._database.execute("DELETE FROM approvals WHERE id = ?", (approval,))


class GrantRepository:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def load(self) -> list[GrantRow]:
        """Raises `sqlite3.Error`."""
        return [
            _grant(row)
            for row in await self._database.fetch_all("SELECT id, until, body FROM grants ORDER BY id")
        ]

    async def save(self, row: GrantRow) -> None:
        """Raises `sqlite3.Error`."""
        await self._database.execute(
            "INSERT OR REPLACE INTO grants (id, until, body) VALUES (?, ?, ?)", (row.id, row.until, row.body)
        )

    async def delete(self, grant: str) -> None:
        """Raises `sqlite3.Error`."""
        await self._database.execute("DELETE FROM grants WHERE id = ?", (grant,))


def _grant(row: Row) -> GrantRow:
    id_, until, body = row
    return GrantRow(str(id_), float(until or 0), str(body))
