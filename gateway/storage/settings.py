"""Small facts by name: the house's mode, whether it is paired."""

from __future__ import annotations

from typing import cast

import orjson

from capabilities.vocabulary import Json
from gateway.storage.database import Database


class SettingsRepository:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def load_all(self) -> dict[str, Json]:
        """Raises `sqlite3.Error`."""
        rows = await self._database.fetch_all("SELECT key, value FROM settings")
        return {str(key): cast("Json", orjson.loads(str(value))) for key, value in rows}

    async def get(self, key: str, default: Json = None) -> Json:
        """Raises `sqlite3.Error`."""
        row = await self._database.fetch_one("SELECT value FROM settings WHERE key = ?", (key,))
        return cast("Json", orjson.loads(str(row[0]))) if row is not None else default

    async def set(self, key: str, value: Json) -> None:
        """Raises `sqlite3.Error`."""
        sql = "INSERT INTO settings (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value"
        await self._database.execute(sql, (key, orjson.dumps(value).decode()))

    async def delete(self, key: str) -> bool:
        """False if it was not set. Raises `sqlite3.Error`."""
        return await self._database.execute("DELETE FROM settings WHERE key = ?", (key,)) > 0
