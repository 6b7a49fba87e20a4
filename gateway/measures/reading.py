"""A reader of the ledger of its own: what looks at a hundred thousand entries does not keep others waiting for theirs."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Final, TypeVar

from gateway.ledger import Ledger, LedgerUnavailable
from gateway.ledger.reader import connect

MOST_WAITING: Final = 8
"""Questions that wait; each takes up to a second."""

_T = TypeVar("_T")


class Busy(Exception):
    """Too many ask at once."""


class Measuring:
    """Answers questions one after the other, in a thread of its own, which is made for the first of them."""

    def __init__(self, directory: Path, ledger: Ledger) -> None:
        self._directory = directory
        self._ledger = ledger
        self._thread: ThreadPoolExecutor | None = None
        self._db: sqlite3.Connection | None = None
        self._waiting = 0

    async def ask(self, question: Callable[[sqlite3.Connection], _T]) -> _T:
        """The answer, with all that was appended until now. Raises `Busy`, `LedgerUnavailable`."""
        if self._waiting >= MOST_WAITING:
            raise Busy("too many look at the whole ledger just now; ask again in a few seconds")
        if self._thread is None:
            self._thread = ThreadPoolExecutor(1, thread_name_prefix="hearth-measures")
        self._waiting += 1
        try:
            with suppress(LedgerUnavailable):  # what cannot be written is not there to be counted
                await self._ledger.flush()
            return await asyncio.get_running_loop().run_in_executor(self._thread, self._answer, question)
        except sqlite3.Error as error:
            raise LedgerUnavailable(f"the ledger cannot be read: {error}") from error
        finally:
            self._waiting -= 1

    async def close(self) -> None:
        if self._thread is not None:
            thread, self._thread = self._thread, None
            await asyncio.get_running_loop().run_in_executor(thread, self._close)
            thread.shutdown(wait=False)

    def _answer(self, question: Callable[[sqlite3.Connection], _T]) -> _T:
        if self._db is None:
            self._db = connect(self._directory)
        return question(self._db)

    def _close(self) -> None:
        if self._db is not None:
            self._db.close()
            self._db = None
