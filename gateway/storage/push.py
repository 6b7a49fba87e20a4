"""Whose browser is told by which push service, and what each person wants to be told."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.storage.database import Database


@dataclass(frozen=True, slots=True)
class SubscriptionRow:
    """One browser of one token. `created_at` in seconds since the epoch."""

    id: str
    token: str
    endpoint: str
    p256dh: bytes
    auth: bytes
    created_at: float


class PushRepository:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def load(self) -> list[SubscriptionRow]:
        """The oldest first. Raises `sqlite3.Error`."""
        rows = await self._database.fetch_all(
            "SELECT id, token, endpoint, p256dh, auth, created_at FROM push_subscriptions ORDER BY created_at, id"
        )
        return [
            SubscriptionRow(
                str(id_), str(token), str(endpoint), _bytes(p256dh), _bytes(auth), float(created or 0)
            )
            for id_, token, endpoint, p256dh, auth, created in rows
        ]

    async def insert(self, row: SubscriptionRow) -> None:
        """Raises `sqlite3.Error`."""
        await self._database.execute(
            "INSERT INTO push_subscriptions (id, token, endpoint, p256dh, auth, created_at) VALUES (?, ?, ?, ?, ?, ?)",
            (row.id, row.token, row.endpoint, row.p256dh, row.auth, row.created_at),
        )

    async def delete(self, subscription: str) -> None:
        """Raises `sqlite3.Error`."""
        await self._database.execute("DELETE FROM push_subscriptions WHERE id = ?", (subscription,))

    async def preferences(self) -> dict[str, str]:
        """Principal → JSON. Raises `sqlite3.Error`."""
        rows = await self._database.fetch_all("SELECT principal, body FROM push_preferences")
        return {str(principal): str(body) for principal, body in rows}

    async def prefer(self, principal: str, body: str) -> None:
        """Raises `sqlite3.Error`."""
        sql = (
            "INSERT INTO push_preferences (principal, body) VALUES (?, ?)"
            " ON CONFLICT (principal) DO UPDATE SET body = excluded.body"
        )
        await self._database.execute(sql, (principal, body))


def _bytes(value: object) -> bytes:
    return value if isinstance(value, bytes) else b""
