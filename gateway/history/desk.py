"""The history's own thread: the file is opened and used there, and numpy loaded."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType
from typing import Final, TypeVar

from gateway.history.file import HistoryFile, NewerFile, StoredSeries, opened

T = TypeVar("T")

DISK_ERRORS: Final = (sqlite3.Error, OSError, NewerFile)


class Unavailable(Exception):
    """The file cannot be read now; the text says why."""


async def told(doing: Awaitable[T]) -> T:
    """Raises `Unavailable` for what the disk did."""
    try:
        return await doing
    except DISK_ERRORS as error:
        raise Unavailable(f"the history cannot be read now: {error}") from error


class Desk:
    """One thing after the other, in the order in which it was asked for."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._thread: ThreadPoolExecutor | None = None
        self._is_closed = False
        self.file: HistoryFile | None = None

    @property
    def is_there(self) -> bool:
        return self._path.exists()

    async def open(self) -> tuple[list[StoredSeries], float | None]:
        """What the file has, and until when the run before had looked. Raises `NewerFile`, `sqlite3.Error`, `OSError`."""
        if self._is_closed:
            raise OSError("the history is closed")
        if self._thread is None:
            self._thread = ThreadPoolExecutor(1, thread_name_prefix="history")

        def begin() -> tuple[HistoryFile, list[StoredSeries], float | None]:
            file = opened(self._path)
            return file, file.series(), file.ran_until()

        self.file, found, until = await asyncio.get_running_loop().run_in_executor(self._thread, begin)
        return found, until

    async def do(self, what: Callable[[HistoryFile], T]) -> T:
        """Raises what `what` raises. It must be open."""
        if self._thread is None or self.file is None:
            raise OSError("the history is closed")
        return await asyncio.get_running_loop().run_in_executor(self._thread, what, self.file)

    async def close(self) -> None:
        self._is_closed = True
        if self._thread is None:
            return
        file, self.file = self.file, None
        if file is not None:
            await asyncio.get_running_loop().run_in_executor(self._thread, file.close)
        self._thread.shutdown()
        self._thread = None


def work() -> ModuleType:
    """What needs numpy: to be called in the thread. One core is enough for it."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from gateway.history import work as found  # noqa: PLC0415  13 MB, which a house that nobody looks at does not need

    return found
