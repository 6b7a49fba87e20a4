"""What the database has to forget by and by: done in the background, and not missed if it is not done."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Coroutine
from typing import Final

from gateway.storage import StorageError

MOST_CHORES: Final = 1_000
"""That wait for the disk; what is left undone is found at the next start."""

log = logging.getLogger(__name__)


class Chores:
    """Small writes that nobody waits for."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()
        self._is_closed = False

    def do(self, name: str, chore: Coroutine[None, None, None]) -> None:
        if self._is_closed or len(self._tasks) >= MOST_CHORES:
            chore.close()
            log.warning("%s: not done before the end", name)
            return
        task = asyncio.create_task(self._done(name, chore), name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def finish(self) -> None:
        """Waits for all of them; further ones are not taken."""
        self._is_closed = True
        while self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _done(self, name: str, chore: Coroutine[None, None, None]) -> None:
        try:
            await chore
        except (sqlite3.Error, StorageError) as error:
            log.error("%s: %s", name, error)
