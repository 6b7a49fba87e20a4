"""The ledger as the gateway uses it."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, Self, TypeVar

from gateway.clock import Clock
from gateway.failpoints import hang
from gateway.ledger.chain import Chain
from gateway.ledger.entries import Entry, LedgerUnavailable, Record, seal
from gateway.ledger.heads import Head
from gateway.ledger.reader import Query, Reader
from gateway.ledger.writer import Writer

# How long an appended entry waits for a group to ride with, at the most (the promise is 50 ms, with the flush).
RIDE_S: Final = 0.04

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Stats:
    """Counts since the start. `failures` counts failed flushes, retries, and entries that found the queue full."""

    entries: int
    groups: int
    failures: int
    waiting: int
    last_error: str


class Ledger:
    """Append-only, hash-chained, signed; an async context manager, used from one event loop's thread.

    One process writes a ledger: entering raises `LedgerUnavailable` if another one does, or if the files cannot be opened.
    """

    def __init__(self, directory: Path, clock: Clock, *, injected_flush_s: float = 0.0) -> None:
        """`directory` holds ledger.db, ledger.heads and ledger.key. `injected_flush_s` lengthens each flush (for tests)."""
        self._directory = directory
        self._clock = clock
        self._injected_flush_s = injected_flush_s
        self._writer: Writer | None = None
        self._ride: asyncio.TimerHandle | None = None
        self._reader: Reader | None = None
        self._reading = ThreadPoolExecutor(1, thread_name_prefix="hearth-ledger-reader")

    async def __aenter__(self) -> Self:
        self._loop = asyncio.get_running_loop()
        writer = Writer(self._directory, self._clock, self._loop, self._injected_flush_s)
        await writer.start()
        self._writer = writer
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Flushes what waits, and signs it."""
        if self._ride is not None:
            self._ride.cancel()
        try:
            await self._loop.run_in_executor(self._reading, self._close_reader)
        finally:
            self._reading.shutdown(wait=False)
            if self._writer is not None:
                await self._writer.close()

    @property
    def available(self) -> bool:
        """Whether entries are accepted now. After a failure it is tried again by itself, every second."""
        return self._writer is not None and self._writer.available

    @property
    def stats(self) -> Stats:
        writer = self._writer
        if writer is None:
            return Stats(0, 0, 0, 0, "")
        return Stats(writer.entries, writer.groups, writer.failures, writer.waiting, writer.last_error)

    @property
    def head(self) -> Head | None:
        """The last signed head."""
        chain = self._writer.chain if self._writer else None
        return chain.head if chain else None

    def append(self, entry: Entry) -> None:
        """Record `entry` with the next group, 50 ms from now at the latest. Never blocks.

        Raises `LedgerUnavailable`, and `ValueError` if it is not JSON. An accepted entry outlives a failure of the disk,
        but not a crash within those 50 ms.
        """
        self._open_writer().put(seal(entry), None)
        if self._ride is None:
            self._ride = self._loop.call_later(RIDE_S, self._flush_riders)

    async def commit(self, entry: Entry) -> int:
        """Record `entry`; it is on disk when its number is returned.

        Raises `LedgerUnavailable`, and `ValueError` if it is not JSON. When it is cancelled, or the disk failed while it was
        being written, the entry may be there all the same.
        """
        ready: asyncio.Future[int] = self._loop.create_future()
        writer = self._open_writer()
        writer.put(seal(entry), ready)
        writer.wake()
        return await ready

    async def flush(self) -> None:
        """Return when everything appended so far is on disk. Raises `LedgerUnavailable`."""
        await self._open_writer().run(lambda chain: chain.tail[0])

    async def pulse(self) -> None:
        """Return when the writer's thread has answered; nothing is written for that. Raises `LedgerUnavailable`."""
        await self._open_writer().run(_answer)

    async def entries(
        self,
        *,
        after: int = 0,
        before: int | None = None,
        limit: int = 100,
        kinds: Sequence[str] = (),
        execution: str = "",
        principal: str = "",
        thing: str = "",
        newest_first: bool = False,
    ) -> list[Record]:
        """Records with `after` < number < `before` that pass every filter given, appended ones included.

        At most `limit` (and never more than 20,000). Raises `LedgerUnavailable` if the file cannot be read.
        """
        query = Query(after, before, limit, kinds, execution, principal, thing, newest_first)
        await self._settle_appended()
        return await self._read(lambda reader: reader.find(query))

    async def unsettled(self) -> list[Record]:
        """The `intent` and `dispatch` records of executions that have neither an `outcome` nor were `denied`, in order.

        After a start: what a crash left behind. Later: also what is on its way.
        """
        await self._settle_appended()
        chain = self._writer.chain if self._writer else None
        executions = list(chain.open) if chain else []
        return await self._read(lambda reader: reader.begun(executions)) if executions else []

    async def erase(self, seq: int) -> None:
        """Forget the private part of entry `seq`, also in the files' free space; that it was erased is recorded.

        Raises `LookupError` if it has none, `LedgerUnavailable`.
        """
        await self._open_writer().run(lambda chain: chain.erase(seq))

    def _open_writer(self) -> Writer:
        if self._writer is None:
            raise LedgerUnavailable("the ledger is not open")
        return self._writer

    def _close_reader(self) -> None:
        if self._reader is not None:
            self._reader.close()
            self._reader = None

    def _flush_riders(self) -> None:
        self._ride = None
        if self._writer is not None:
            self._writer.wake()

    async def _settle_appended(self) -> None:
        if self._writer is not None and self._writer.waiting and self._writer.available:
            await self.flush()

    async def _read(self, ask: Callable[[Reader], _T]) -> _T:
        def job() -> _T:
            if self._reader is None:
                self._reader = Reader(self._directory)
            return ask(self._reader)

        try:
            return await self._loop.run_in_executor(self._reading, job)
        except sqlite3.Error as error:
            raise LedgerUnavailable(f"the ledger cannot be read: {error}") from error


def _answer(chain: Chain) -> int:
    hang("ledger_hangs")
    return chain.tail[0]
