"""Candidates that a person does not want to be asked about again."""

from __future__ import annotations

from gateway.storage.database import Database


class IgnoredCandidates:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def load_all(self) -> set[tuple[str, str]]:
        """Pairs of driver and candidate. Raises `sqlite3.Error`."""
        rows = await self._database.fetch_all("SELECT driver, candidate FROM ignored_candidates")
        return {(str(driver), str(candidate)) for driver, candidate in rows}

    async def add(self, driver: str, candidate: str, *, at: float, by: str) -> None:
        """`at` in seconds since the epoch, `by` a principal's id. Raises `sqlite3.Error`."""
        sql = "INSERT OR REPLACE INTO ignored_candidates (driver, candidate, ignored_at, ignored_by) VALUES (?, ?, ?, ?)"
        await self._database.execute(sql, (driver, candidate, at, by))

    async def remove(self, driver: str, candidate: str) -> bool:
        """False if it was not ignored. Raises `sqlite3.Error`."""
        sql = "DELETE FROM ignored_candidates WHERE driver = ? AND candidate = ?"
        return await self._database.execute(sql, (driver, candidate)) > 0
