"""The ledger's own thread: gathers what waits, flushes it as one group, and recovers when the disk failed."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Final

from capabilities.vocabulary import Json
from gateway.clock import Clock
from gateway.ledger.chain import SIGN_EVERY_S, Chain
from gateway.ledger.entries import Entry, LedgerUnavailable, Sealed, seal

# Entries that wait for a flush: half a second of the fastest load that the gateway takes. Beyond it `LedgerUnavailable`.
MAX_WAITING_ENTRIES: Final = 8192
# Entries of one flush: some 0.3 MB; more would only make the first of them wait longer.
MAX_GROUP_ENTRIES: Final = 1024
# Nobody came for this long: time for work that makes a command wait.
LULL_S: Final = 0.05
# How often a ledger that failed is tried again.
RETRY_EVERY_S: Final = 1.0

_log = logging.getLogger("hearth.ledger")

Ready = asyncio.Future[int]
Work = Callable[[Chain], int]


class Writer:
    """The event loop's thread calls `put`, `run`, `wake` and `close`; all else happens on the writer's own thread."""

    def __init__(
        self, directory: Path, clock: Clock, loop: asyncio.AbstractEventLoop, injected_flush_s: float
    ) -> None:
        self._directory = directory
        self._clock = clock
        self._loop = loop
        self._injected_flush_s = injected_flush_s
        self.available = False
        self.entries = self.groups = self.failures = 0
        self.last_error = ""
        self.chain: Chain | None = None
        self._entries: deque[tuple[Sealed, Ready | None]] = deque()
        self._works: deque[tuple[Work, Ready]] = deque()
        self._held: list[Sealed] = []  # what could not be written, and whose callers were not told
        self._doubtful = 0  # the first of these may have been written, when a flush failed at its end
        self._failed_at = self._refused = 0
        self._wake = (
            threading.Lock()
        )  # held while there is nothing to do: one thread releases it, the writer acquires it
        self._wake.acquire()
        self._closing = False
        self._in_flight = 0  # taken by the writer's thread, not on disk yet
        self._started: Ready = loop.create_future()
        self._thread = threading.Thread(target=self._run, name="hearth-ledger", daemon=True)

    async def start(self) -> None:
        """Open the files on the new thread. Raises `LedgerUnavailable`."""
        self._thread.start()
        await self._started

    def put(self, entry: Sealed, ready: Ready | None) -> None:
        """Queue an entry, without waking the writer. Never blocks. `ready` gets its number on the loop.

        Raises `LedgerUnavailable` while the ledger cannot be written, and when too much waits.
        """
        if not self.available or self._closing:
            raise LedgerUnavailable(self.why())
        if len(self._entries) >= MAX_WAITING_ENTRIES:
            self.failures += 1
            raise LedgerUnavailable(
                f"{MAX_WAITING_ENTRIES} ledger entries wait: the disk is too slow for this load"
            )
        self._entries.append((entry, ready))

    def run(self, work: Work) -> Ready:
        """Do `work` after what waits now; its answer, or the `LookupError` it raised. Raises `LedgerUnavailable`."""
        if not self.available or self._closing:
            raise LedgerUnavailable(self.why())
        ready: Ready = self._loop.create_future()
        self._works.append((work, ready))
        self.wake()
        return ready

    def wake(self) -> None:
        if self._wake.locked():
            self._wake.release()

    @property
    def waiting(self) -> int:
        """Entries that were accepted and are not known to be on disk."""
        return len(self._entries) + self._in_flight

    def why(self) -> str:
        return f"the ledger cannot be written: {self.last_error or 'it is closed'}"

    async def close(self) -> None:
        """Write what waits, sign, end the thread."""
        self._closing = True
        self.wake()
        await self._loop.run_in_executor(None, self._thread.join)

    # -- the writer's thread -------------------------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            chain = self.chain = Chain(self._directory, self._clock)
        except (OSError, sqlite3.Error, LedgerUnavailable) as error:
            self._tell(
                _fail,
                self._started,
                LedgerUnavailable(f"the ledger in {self._directory} cannot be opened: {error}"),
            )
            return
        self.available = True
        self._tell(_settle, [(self._started, chain.tail[0])])
        try:
            while not self._closing or (self.available and (self._entries or self._works)):
                self._wait(chain)
                self._turn(chain)
            self._rest(chain)
        except BaseException as error:
            self._fail([], error)
            _log.exception("the ledger's thread ended: nothing is recorded from now on")
        finally:
            self._end(chain)

    def _wait(self, chain: Chain) -> None:
        if self._entries or self._works or self._closing:
            return
        if not self.available:
            self._wake.acquire(timeout=RETRY_EVERY_S)
        elif chain.put_off:
            if not self._wake.acquire(timeout=LULL_S):
                self._guarded(chain.catch_up)
        elif chain.signed:
            self._wake.acquire()
        elif not self._wake.acquire(timeout=SIGN_EVERY_S):
            self._rest(chain)

    def _turn(self, chain: Chain) -> None:
        if not self.available:
            self._recover(chain)
        while self.available:
            # This first: then all that was put before the work is among the entries that are written now.
            is_asked = bool(self._works)
            self._write(chain)
            if is_asked and self.available:
                self._work(chain, *self._works.popleft())
            elif not self._works:
                return

    def _write(self, chain: Chain) -> None:
        while self._entries and self.available:
            self._in_flight = min(len(self._entries), MAX_GROUP_ENTRIES)
            group = [self._entries.popleft() for _ in range(self._in_flight)]
            try:
                self._flush(chain, group)
            except BaseException as error:  # whatever it is, nothing was promised yet
                self._fail(group, error)
                if not isinstance(error, Exception):
                    raise
            else:
                self._guarded(partial(chain.tidy, len(group)))
            finally:
                self._in_flight = 0

    def _flush(self, chain: Chain, group: Sequence[tuple[Sealed, Ready | None]]) -> None:
        first = chain.write([entry for entry, _ in group])
        if self._injected_flush_s:
            time.sleep(self._injected_flush_s)
        self.entries += len(group)
        self.groups += 1
        waiting = [(ready, seq) for seq, (_, ready) in enumerate(group, first) if ready is not None]
        if waiting:
            self._tell(_settle, waiting)

    def _work(self, chain: Chain, work: Work, ready: Ready) -> None:
        try:
            self._tell(_settle, [(ready, work(chain))])
        except LookupError as error:
            self._tell(_fail, ready, error)
        except Exception as error:
            self._tell(_fail, ready, LedgerUnavailable(f"the ledger cannot be written: {error}"))
            self._fail([], error)

    def _rest(self, chain: Chain) -> None:
        if self.available:
            self._guarded(chain.rest)

    def _guarded(self, tidy: Callable[[], None]) -> None:
        try:
            tidy()
        except Exception as error:
            self._fail([], error)

    # -- failure and recovery ------------------------------------------------------------------------------------------

    def _fail(self, group: Sequence[tuple[Sealed, Ready | None]], error: BaseException) -> None:
        """Tell whoever waits; hold back what nobody waits for."""
        if self.available:
            self._failed_at = round(self._clock.wall() * 1000)
            _log.error("the ledger cannot be written: %s", error)
        self.available = False
        self.failures += 1
        self.last_error = f"{type(error).__name__}: {error}"
        behind = [self._entries.popleft() for _ in range(len(self._entries))]
        waiting = [ready for _, ready in (*group, *behind) if ready is not None]
        self._doubtful += sum(ready is None for _, ready in group)
        self._held.extend(entry for entry, ready in (*group, *behind) if ready is None)
        while self._works:
            waiting.append(self._works.popleft()[1])
        self._refused += len(waiting)
        for ready in waiting:
            self._tell(_fail, ready, LedgerUnavailable(self.why()))

    def _recover(self, chain: Chain) -> None:
        """Start again from the file, and write what was held back, with an incident that tells of the failure."""
        body: dict[str, Json] = {
            "what": "the ledger could not be written",
            "error": self.last_error,
            "since": self._failed_at,
            "refused": self._refused,
        }
        try:
            if chain.reopen():
                del self._held[: self._doubtful]
            self._doubtful = 0
            chain.write([*self._held, seal(Entry("incident", self._clock.wall(), body))])
        except (OSError, sqlite3.Error) as error:
            self.last_error = f"{type(error).__name__}: {error}"
            self.failures += 1
            return
        self.entries += len(self._held) + 1
        self.groups += 1
        self._held.clear()
        self._refused = 0
        self.available = True
        _log.warning("the ledger can be written again")

    def _end(self, chain: Chain) -> None:
        if self.available:
            self.available = False
            self.last_error = ""
        lost = len(self._held) + len(self._entries)
        if lost:
            _log.error("%d ledger entries were lost: %s", lost, self.last_error)
        for _, ready in (*self._entries, *self._works):
            if ready is not None:
                self._tell(_fail, ready, LedgerUnavailable(self.why()))
        self._entries.clear()
        self._works.clear()
        with contextlib.suppress(OSError, sqlite3.Error):
            chain.close()

    def _tell(self, function: Callable[..., None], *arguments: object) -> None:
        with contextlib.suppress(RuntimeError):  # the loop was closed: nobody waits any more
            self._loop.call_soon_threadsafe(function, *arguments)


def _settle(settled: Sequence[tuple[Ready, int]]) -> None:
    for ready, seq in settled:
        if not ready.done():
            ready.set_result(seq)


def _fail(ready: Ready, error: Exception) -> None:
    if not ready.done():
        ready.set_exception(error)
