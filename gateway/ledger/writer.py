"""The ledger's own thread: gathers what waits, flushes it as one group, signs heads, and recovers from a disk that failed."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from gateway.clock import Clock
from gateway.ledger.entries import OPENING, SETTLING, Entry, LedgerUnavailable, Sealed, seal
from gateway.ledger.heads import Head, HeadFile, Signer
from gateway.ledger.store import (
    CHECKPOINT_AT_ONCE_BYTES,
    CHECKPOINT_BYTES,
    POST_AFTER_ENTRIES,
    POST_AT_ONCE_ENTRIES,
    Store,
)

# Entries that wait for a flush: half a second of the fastest load that the gateway takes. Beyond it `LedgerUnavailable`.
MAX_WAITING_ENTRIES: Final = 8192
# Entries of one flush: some 0.3 MB; more would only make the first of them wait longer.
MAX_GROUP_ENTRIES: Final = 1024
# The least time between two signed heads.
SIGN_EVERY_S: Final = 1.0
# How often a ledger that failed is tried again.
RETRY_EVERY_S: Final = 1.0
# Executions that have begun and not ended, as far as they are followed. Beyond it a restart only has to look further back.
MAX_OPEN_EXECUTIONS: Final = 10_000

_log = logging.getLogger("hearth.ledger")

Done = Callable[[int, BaseException | None], None]
"""Called on the writer's thread: the entry's number, or why it is not there."""
Ready = asyncio.Future[int]
Work = Callable[[Store], Sealed | None]


class Writer:
    """Owns the store, the key and the heads. `put` and `close` are for one other thread (the event loop's), the rest is its own."""

    def __init__(self, directory: Path, clock: Clock, loop: asyncio.AbstractEventLoop, injected_flush_s: float) -> None:
        self._directory = directory
        self._clock = clock
        self._loop = loop
        self._injected_flush_s = injected_flush_s
        self.available = False
        self.entries = self.groups = self.failures = 0
        self.last_error = ""
        self.open: dict[str, int] = {}  # execution -> number of its first entry, oldest first
        self._untracked_from: int | None = None  # the first execution that did not fit in `open`
        self._waiting: deque[tuple[Sealed | Work, Ready | None]] = deque()
        self._held: list[Sealed] = []  # what could not be written, and nobody was told
        self._failed_at = 0
        self._lost = 0
        self._wake = threading.Lock()  # held: nothing to do. One thread releases it, the writer acquires it.
        self._wake.acquire()
        self._closing = False
        self._started: asyncio.Future[None] = loop.create_future()
        self._store: Store | None = None
        self._signer: Signer | None = None
        self._heads: HeadFile | None = None
        self._signed_at = 0.0
        self._signed_seq = 0
        self._checkpointed_seq = 0
        self._thread = threading.Thread(target=self._run, name="hearth-ledger", daemon=True)

    async def start(self) -> None:
        """Start the thread and open the files. Raises `LedgerUnavailable` if they cannot be opened."""
        self._thread.start()
        await self._started

    def put(self, item: Sealed | Work, ready: Ready | None) -> None:
        """Queue an entry, or work on the store; `ready` is settled on the loop. Does not wake the writer. Never blocks.

        Raises `LedgerUnavailable` while the ledger cannot be written, or when too much waits.
        """
        if not self.available:
            raise LedgerUnavailable(self.why())
        if len(self._waiting) >= MAX_WAITING_ENTRIES:
            self.failures += 1
            raise LedgerUnavailable(f"{MAX_WAITING_ENTRIES} ledger entries wait for the disk: it is too slow for this load")
        self._waiting.append((item, ready))

    def wake(self) -> None:
        if self._wake.locked():
            self._wake.release()

    def waiting(self) -> int:
        return len(self._waiting)

    def why(self) -> str:
        return f"the ledger cannot be written: {self.last_error or 'it is closed'}"

    @property
    def head(self) -> Head | None:
        return self._heads.last if self._heads else None

    async def close(self) -> None:
        """Write what waits, sign, and end the thread."""
        self._closing = True
        self.wake()
        await self._loop.run_in_executor(None, self._thread.join)

    # -- the writer's thread ----------------------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            self._open()
        except (OSError, sqlite3.Error, LedgerUnavailable) as error:
            self._release()
            failure = error if isinstance(error, LedgerUnavailable) else LedgerUnavailable(f"{self._directory}: {error}")
            self._call(_fail, self._started, failure)
            return
        self._call(_succeed, self._started, None)
        try:
            while not self._closing or self._waiting:
                self._wait()
                self._turn()
            self._rest()
        except BaseException as error:
            self._fail([], error)
            _log.exception("the ledger's thread ended: nothing is recorded from now on")
            raise
        finally:
            self.available = False
            self._abandon()
            self._release()

    def _open(self) -> None:
        self._signer = Signer(self._directory)
        self._heads = HeadFile(self._directory, self._signer.public_key)
        self._load()
        head = self._heads.last
        store = self._db()
        if head is not None and head.seq > store.last_seq:
            self._record_missing_tail(store, head)
        self._signed_seq = min(head.seq, store.last_seq) if head else 0
        self.available = True

    def _load(self) -> None:
        """Open the store, and find what a crash left unsettled."""
        self._store = Store(self._directory)
        settled = self._heads.last.settled if self._heads and self._heads.last else 0
        self.open = self._store.open_executions(settled)

    def _record_missing_tail(self, store: Store, head: Head) -> None:
        """The ledger was signed further than it reaches. Its numbers are not used again: the gap stays visible."""
        _log.error("entries %d to %d of the ledger are missing", store.last_seq + 1, head.seq)
        what = "the ledger's tail is missing: it was signed further than it reaches"
        body = {"what": what, "last": store.last_seq, "signed": head.seq, "signed_hash": head.hash}
        store.skip_to(head.seq)
        store.write([seal(Entry("incident", self._clock.wall(), body))])

    def _db(self) -> Store:
        if self._store is None:
            raise LedgerUnavailable(self.why())
        return self._store

    def _wait(self) -> None:
        if self._waiting:
            return
        if not self.available:
            self._wake.acquire(timeout=RETRY_EVERY_S)
        elif self._unsigned():
            if not self._wake.acquire(timeout=SIGN_EVERY_S) and not self._waiting:
                self._rest()
        else:
            self._wake.acquire()

    def _turn(self) -> None:
        if not self.available:
            self._recover()
        while self._waiting and self.available:
            group = [self._waiting.popleft() for _ in range(min(len(self._waiting), MAX_GROUP_ENTRIES))]
            try:
                self._write(group)
                self._tidy_under_load()
            except Exception as error:
                self._fail(group, error)

    def _write(self, group: Sequence[tuple[Sealed | Work, Ready | None]]) -> None:
        """Flush one group; work on the store splits it."""
        entries = [(item, ready) for item, ready in group if isinstance(item, Sealed)]
        if entries:
            self._flush(entries)
        for item, ready in group:
            if not isinstance(item, Sealed):
                self._work(item, ready)

    def _flush(self, entries: Sequence[tuple[Sealed, Ready | None]]) -> None:
        store = self._db()
        first = store.last_seq + 1
        store.write([entry for entry, _ in entries])
        if self._injected_flush_s:
            time.sleep(self._injected_flush_s)
        settled = [(ready, seq) for seq, (_, ready) in enumerate(entries, first) if ready is not None]
        if settled:
            self._call(_settle, settled)
        self.entries += len(entries)
        self.groups += 1
        for seq, (entry, _) in enumerate(entries, first):
            self._follow(seq, entry.kind, entry.execution)

    def _work(self, work: Work, ready: Ready | None) -> None:
        store = self._db()
        try:
            work(store)
        except LookupError as error:
            self._call(_fail, ready, error)
        else:
            self._call(_succeed, ready, store.last_seq)

    def _follow(self, seq: int, kind: str, execution: str) -> None:
        if kind in SETTLING:
            self.open.pop(execution, None)
        elif kind in OPENING and execution and execution not in self.open:
            if len(self.open) < MAX_OPEN_EXECUTIONS:
                self.open[execution] = seq
            elif self._untracked_from is None:
                self._untracked_from = seq

    def _settled(self) -> int:
        """The last entry before which every execution is settled."""
        first = next(iter(self.open.values()), self._db().last_seq + 1)
        return min(first, self._untracked_from or first) - 1

    # -- heads, postings, the write-ahead log ------------------------------------------------------------------------

    def _unsigned(self) -> bool:
        return self._store is not None and self._store.last_seq > self._signed_seq

    def _tidy_under_load(self) -> None:
        store = self._db()
        now = self._clock.monotonic()
        if now - self._signed_at < SIGN_EVERY_S:
            return
        self._sign(durable=False)
        if store.last_seq - store.posted > POST_AT_ONCE_ENTRIES:
            store.post()
        if store.log_bytes() > CHECKPOINT_AT_ONCE_BYTES:
            store.checkpoint()

    def _rest(self) -> None:
        """Nobody waits: what was put off is done now."""
        if not self.available:
            return
        try:
            store = self._db()
            if self._unsigned():
                self._sign(durable=True)
            if store.last_seq - store.posted > POST_AFTER_ENTRIES:
                store.post()
            if store.last_seq > self._checkpointed_seq and store.log_bytes() > CHECKPOINT_BYTES:
                store.checkpoint()
                self._checkpointed_seq = store.last_seq
        except (OSError, sqlite3.Error) as error:
            self._fail([], error)

    def _sign(self, *, durable: bool) -> None:
        store = self._db()
        if self._signer is None or self._heads is None or not self._unsigned():
            return
        at = round(self._clock.wall() * 1000)
        head = Head(store.last_seq, store.last_hash.hex(), at, self._settled())
        self._heads.append(self._signer.sign(head), durable=durable)
        self._signed_at = self._clock.monotonic()
        self._signed_seq = store.last_seq

    # -- failure and recovery ----------------------------------------------------------------------------------------

    def _fail(self, group: Sequence[tuple[Sealed | Work, Ready | None]], error: BaseException) -> None:
        """Tell whoever waits; keep what nobody was promised an answer for; start again from the file."""
        if self.available:
            self._failed_at = round(self._clock.wall() * 1000)
            _log.error("the ledger cannot be written: %s", error)
        self.available = False
        self.failures += 1
        self.last_error = f"{type(error).__name__}: {error}"
        behind = [self._waiting.popleft() for _ in range(len(self._waiting))]
        failure = LedgerUnavailable(self.why())
        for item, ready in (*group, *behind):
            if ready is not None:
                self._lost += 1
                self._call(_fail, ready, failure)
            elif isinstance(item, Sealed):
                self._held.append(item)
        if self._store is not None:
            with contextlib.suppress(sqlite3.Error):
                self._store.close()
            self._store = None

    def _recover(self) -> None:
        """Open again, and write what was held back, with an incident that tells of the failure."""
        body = {"what": "the ledger could not be written", "error": self.last_error, "since": self._failed_at, "refused": self._lost}
        incident = seal(Entry("incident", self._clock.wall(), body))
        try:
            self._load()
            store = self._db()
            store.write([*self._held, incident])
        except (OSError, sqlite3.Error) as error:
            self._fail([], error)
            return
        self.entries += len(self._held) + 1
        self.groups += 1
        self._held.clear()
        self._lost = 0
        self.open = store.open_executions(self._settled_mark())
        self.available = True
        _log.warning("the ledger can be written again")

    def _settled_mark(self) -> int:
        return self._heads.last.settled if self._heads and self._heads.last else 0

    def _abandon(self) -> None:
        """At the end: nobody may wait for ever, and what is lost is said."""
        lost = len(self._held)
        while self._waiting:
            _, ready = self._waiting.popleft()
            lost += 1
            if ready is not None:
                self._call(_fail, ready, LedgerUnavailable(self.why()))
        if lost:
            _log.error("%d ledger entries were lost: %s", lost, self.last_error)

    def _release(self) -> None:
        for part in (self._store, self._heads, self._signer):
            if part is not None:
                with contextlib.suppress(OSError, sqlite3.Error):
                    part.close()

    def _call(self, function: Callable[..., None], *arguments: object) -> None:
        with contextlib.suppress(RuntimeError):  # the loop was closed: nobody waits any more
            self._loop.call_soon_threadsafe(function, *arguments)


def _settle(settled: Sequence[tuple[Ready, int]]) -> None:
    for ready, seq in settled:
        if not ready.done():
            ready.set_result(seq)


def _succeed(future: asyncio.Future[int | None], result: int | None) -> None:
    if not future.done():
        future.set_result(result)


def _fail(future: asyncio.Future[int], error: BaseException) -> None:
    if not future.done():
        future.set_exception(error)
