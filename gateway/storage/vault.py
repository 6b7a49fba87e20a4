"""What drivers keep of their devices, sealed: this file never sees what is in it."""

from __future__ import annotations

from gateway.storage.database import Database


class VaultRepository:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def load(self, driver: str) -> dict[str, bytes]:
        """Device → what is sealed. Raises `sqlite3.Error`."""
        rows = await self._database.fetch_all("SELECT device, sealed FROM vault WHERE driver = ?", (driver,))
        return {str(device): sealed for device, sealed in rows if isinstance(sealed, bytes)}

    async def is_empty(self) -> bool:
        """Nothing is sealed. Raises `sqlite3.Error`."""
        return await self._database.fetch_one("SELECT 1 FROM vault WHERE sealed != x'' LIMIT 1") is None

    async def some(self) -> tuple[str, str, bytes] | None:
        """Driver, device and what is sealed of one of them; None where nothing is. Raises `sqlite3.Error`."""
        row = await self._database.fetch_one(
            "SELECT driver, device, sealed FROM vault WHERE sealed != x'' LIMIT 1"
        )
        return (str(row[0]), str(row[1]), row[2]) if row is not None and isinstance(row[2], bytes) else None

    async def save(self, driver: str, device: str, sealed: bytes) -> None:
        """Insert or replace it. Raises `sqlite3.Error`."""
        sql = (
            "INSERT INTO vault (driver, device, sealed) VALUES (?, ?, ?)"
            " ON CONFLICT (driver, device) DO UPDATE SET sealed = excluded.sealed"
        )
        await self._database.execute(sql, (driver, device, sealed))

    async def delete(self, driver: str, device: str) -> None:
        """Raises `sqlite3.Error`."""
        await self._database.execute("DELETE FROM vault WHERE driver = ? AND device = ?", (driver, device))
