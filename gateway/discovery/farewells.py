"""Devices that are being let go: remembered until nothing of them is kept, so that a power cut in between leaves no secret."""

from __future__ import annotations

import logging
import sqlite3
from typing import Final

from gateway.storage.vault import VaultRepository

_NAMED: Final = " (let go)"

log = logging.getLogger(__name__)


class Farewells:
    """Rows of the vault's table, without a secret. What cannot be written is said, and stops nobody who forgets a Thing."""

    def __init__(self, rows: VaultRepository) -> None:
        self._rows = rows

    async def begin(self, driver: str, device: str) -> None:
        try:
            await self._rows.save(driver + _NAMED, device, b"")
        except sqlite3.Error as error:
            log.error("that %s (%s) is let go cannot be written down: %s", device, driver, error)

    async def done(self, driver: str, device: str) -> None:
        try:
            await self._rows.delete(driver + _NAMED, device)
        except sqlite3.Error as error:
            log.error("that %s (%s) was let go cannot be written down: %s", device, driver, error)

    async def unfinished(self, driver: str) -> list[str]:
        try:
            return sorted(await self._rows.load(driver + _NAMED))
        except sqlite3.Error as error:
            log.error("which devices of %s are to be let go cannot be read: %s", driver, error)
            return []
