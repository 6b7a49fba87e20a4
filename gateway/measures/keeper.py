"""The measures of a house: records of principals, and counts that outlive the process."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from typing import Final

from gateway.ledger import LedgerUnavailable
from gateway.measures.counting import Counts, count, of_json
from gateway.measures.reading import Busy, Measuring
from gateway.measures.track_record import Tally, record_of
from gateway.parts import Parts
from gateway.storage import SettingsRepository

REMEMBERED: Final = "measures"
"""Under this name the counts stand in hearth.db: after a restart only what came later is counted."""

REMEMBER_AFTER_ENTRIES: Final = 10_000
FRESH_S: Final = 1.0
"""For so long one count serves everybody who asks."""

log = logging.getLogger(__name__)


class Measures:
    """Nothing is read, and no thread made, before somebody asks."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._measuring = Measuring(parts.config.state_dir, parts.ledger)
        self._rows = SettingsRepository(parts.database)
        self._counts: Counts | None = None
        self._remembered = 0
        self._counted_at = float("-inf")
        self._counting = asyncio.Lock()

    async def record(self, principal: str, since: float) -> dict[str, Tally]:
        """What `principal` asked for since then, by capability, and what came of it. Raises `Busy`, `LedgerUnavailable`."""
        registry = self._parts.registry

        def named(thing: str, affordance: str) -> str:
            adopted = registry.get(thing)
            found = adopted.operations() if adopted is not None else ()
            return next((one.capability for one in found if one.name == affordance), "")

        return await self._measuring.ask(lambda db: record_of(db, principal, since, named))

    async def counts(self) -> Counts:
        """Everything up to now; of a large ledger that was never counted a part (`behind` tells). What cannot be read leaves
        the counts as they were.
        """
        async with self._counting:
            now = self._parts.clock.monotonic()
            before = self._counts if self._counts is not None else await self._recalled()
            if now - self._counted_at < FRESH_S:
                return before
            try:
                software = await self._software()
                self._counts = await self._measuring.ask(lambda db: count(db, before, software))
            except (Busy, LedgerUnavailable, sqlite3.Error) as error:
                log.warning("the ledger was not counted: %s", error)
                return before
            self._counted_at = now
            await self._remember(self._counts)
            return self._counts

    async def close(self) -> None:
        await self._measuring.close()

    # ---------------------------------------------------------------- inside

    async def _recalled(self) -> Counts:
        try:
            found = of_json(await self._rows.get(REMEMBERED))
        except sqlite3.Error as error:
            log.warning("the ledger is counted from its beginning: %s", error)
            return Counts()
        self._remembered = found.seq
        return found

    async def _remember(self, counts: Counts) -> None:
        if abs(counts.seq - self._remembered) < REMEMBER_AFTER_ENTRIES:
            return
        try:
            await self._rows.set(REMEMBERED, counts.to_json())
        except sqlite3.Error as error:
            log.warning("how far the ledger is counted could not be written: %s", error)
        else:
            self._remembered = counts.seq

    async def _software(self) -> set[str]:
        """The ids of all agents and services that ever had a token."""
        tokens = await self._parts.identity.list_tokens()
        return {info.principal.id for info in tokens if not info.principal.role.is_person}
