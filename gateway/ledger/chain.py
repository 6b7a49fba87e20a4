"""The chain on disk: entries, signed heads, what is not settled yet. Synchronous; used by the writer's thread alone."""

from __future__ import annotations

import contextlib
import logging
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from capabilities.vocabulary import Json
from gateway.clock import Clock
from gateway.ledger.entries import OPENING, SETTLING, Entry, Sealed, seal
from gateway.ledger.heads import Head, HeadFile, Signer
from gateway.ledger.store import Store

# The least time between two signed heads.
SIGN_EVERY_S: Final = 1.0
# Executions that have begun and not ended, as far as they are followed. Beyond it a restart only has to look further back.
MAX_OPEN_EXECUTIONS: Final = 10_000
# Entries that get their postings in one transaction, in a lull: some 10 ms in which a command has to wait.
POST_ENTRIES: Final = 4000
# Entries that may wait for postings while there is no lull: what a query has to scan (0.1 s).
POST_AT_ONCE_ENTRIES: Final = 200_000
# The write-ahead log is copied back in a lull, or behind a small group, when this much is in it (most of its room) …
CHECKPOINT_BYTES: Final = 3 * 1024 * 1024
# … and otherwise at this size. A small one takes 1 ms, a large one 10 to 50 ms.
CHECKPOINT_AT_ONCE_BYTES: Final = 16 * 1024 * 1024
# A group after which copying back is cheap, and does not make many wait.
_SMALL_GROUP_ENTRIES: Final = 4

_log = logging.getLogger("hearth.ledger")


class Chain:
    """`open` maps executions that are not settled to their first entry, oldest first (it may be read from other threads)."""

    def __init__(self, directory: Path, clock: Clock) -> None:
        """Open the files, or make them. Raises `OSError`, `sqlite3.Error`, `LedgerUnavailable` (held by another process)."""
        self._directory = directory
        self._clock = clock
        self._signed_at = float("-inf")
        self._untracked_from: int | None = None  # the first entry of an execution that did not fit in `open`
        self._scrub_due = False  # an erased part may still be in the write-ahead log
        with contextlib.ExitStack() as stack:
            self._signer = Signer(directory)
            stack.callback(self._signer.close)
            self._heads = HeadFile(directory, self._signer.public_key)
            stack.callback(self._heads.close)
            self._store = Store(directory)
            stack.callback(self._close_store)
            self._look()
            self._opened = stack.pop_all()

    def reopen(self) -> bool:
        """Start again from what is on disk, after a failure. Whether the group that failed arrived there all the same.

        Raises `sqlite3.Error`.
        """
        attempted = self._store.attempted
        with contextlib.suppress(sqlite3.Error):
            self._store.close()
        self._store = Store(self._directory)
        self._store.attempted = attempted
        self._look()
        return self._store.last_hash == attempted

    def _look(self) -> None:
        """See what is unsettled, and whether entries are missing."""
        head = self._heads.last
        self.open = self._store.open_executions(head.settled if head else 0)
        self._untracked_from = None
        self._signed = min(head.seq, self._store.last_seq) if head else 0
        if head is not None and head.seq > self._store.last_seq:
            self._record_missing_tail(head)

    def _record_missing_tail(self, head: Head) -> None:
        """Signed further than it reaches: the numbers of what is missing are not used again, so the gap stays visible."""
        last = self._store.last_seq
        _log.error("entries %d to %d of the ledger are missing", last + 1, head.seq)
        what = "the ledger's tail is missing: it was signed further than it reaches"
        self._store.skip_to(head.seq)
        body: dict[str, Json] = {"what": what, "last": last, "signed": head.seq, "signed_hash": head.hash}
        self._store.write([seal(Entry("incident", self._clock.wall(), body))])

    @property
    def head(self) -> Head | None:
        return self._heads.last

    @property
    def tail(self) -> tuple[int, bytes]:
        """The number and the hash of the last entry."""
        return self._store.last_seq, self._store.last_hash

    @property
    def posted(self) -> int:
        return self._store.posted

    @property
    def signed(self) -> bool:
        return self._store.last_seq == self._signed

    def write(self, group: Sequence[Sealed]) -> int:
        """Append `group` durably, all or nothing; the first one's number. Raises `sqlite3.Error`: then `reopen`."""
        first = self._store.last_seq + 1
        self._store.write(group)
        for seq, entry in enumerate(group, first):
            if entry.kind in SETTLING:
                self.open.pop(entry.execution, None)
            elif entry.kind in OPENING:
                self._follow(seq, entry.execution)
        return first

    def _follow(self, seq: int, execution: str) -> None:
        if not execution or execution in self.open:
            return
        if len(self.open) < MAX_OPEN_EXECUTIONS:
            self.open[execution] = seq
        elif self._untracked_from is None:
            self._untracked_from = seq

    def erase(self, seq: int) -> int:
        """Forget the private part of entry `seq`; the number of the entry that records it.

        Raises `LookupError`, `sqlite3.Error`.
        """
        if not self._store.has_private(seq):
            raise LookupError(f"ledger entry {seq} has no private part (any more)")
        self._scrub_due = True
        self._store.erase(seq, seal(Entry("erase", self._clock.wall(), {"seq": seq})))
        self._scrub_due = not self._store.scrub()
        return self._store.last_seq

    def tidy(self, group_entries: int) -> None:
        """After a group: sign once a second, and what must not wait. Raises `OSError`, `sqlite3.Error`."""
        now = self._clock.monotonic()
        if now - self._signed_at >= SIGN_EVERY_S:
            self._sign(durable=False)
        small = group_entries <= _SMALL_GROUP_ENTRIES
        if self._store.log_bytes > (CHECKPOINT_BYTES if small else CHECKPOINT_AT_ONCE_BYTES):
            self._store.checkpoint()
        if self._store.last_seq - self._store.posted > POST_AT_ONCE_ENTRIES:
            self._store.post(POST_ENTRIES)

    @property
    def put_off(self) -> bool:
        """Whether `catch_up` has something to do."""
        return (
            self._store.log_bytes > CHECKPOINT_BYTES
            or self._store.last_seq - self._store.posted >= POST_ENTRIES
        )

    def catch_up(self) -> None:
        """In a lull: one piece of what was put off. Raises `OSError`, `sqlite3.Error`."""
        if self._store.last_seq - self._store.posted >= POST_ENTRIES:
            self._store.post(POST_ENTRIES)
        else:
            self._store.checkpoint()

    def rest(self) -> None:
        """Nobody has come for a while. Raises `OSError`, `sqlite3.Error`."""
        if not self.signed:
            self._sign(durable=True)
        if self._scrub_due:
            self._scrub_due = not self._store.scrub()
        self._store.make_room()

    def _sign(self, *, durable: bool) -> None:
        seq, digest = self.tail
        first_open = next(iter(self.open.values()), seq + 1)
        settled = min(first_open, self._untracked_from or first_open) - 1
        head = Head(seq, digest.hex(), round(self._clock.wall() * 1000), settled)
        self._heads.append(self._signer.sign(head), durable=durable)
        self._signed_at, self._signed = self._clock.monotonic(), seq

    def close(self) -> None:
        self._opened.close()

    def _close_store(self) -> None:
        self._store.close()  # the one of now: `reopen` replaces it
