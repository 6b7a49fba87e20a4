"""The history's own thread: the file is opened and used there, and numpy loaded."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType
from typing import TypeVar

from gateway.history.file import HistoryFile, StoredSeries, opened

T = TypeVar("T")


class Desk:
    """One thing after the other, in the order in which it was asked for."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._thread: ThreadPoolExecutor | None = None
        self.file: HistoryFile | None = None

    async def open(self) -> tuple[list[StoredSeries], float | None]:
        """What the file has, and until when the run before had looked. Raises `NewerFile`, `sqlite3.Error`, `OSError`."""
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
