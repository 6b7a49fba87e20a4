"""Whether the ledger still holds, known at any time: what was checked once is not checked again, but it must still be there.

Unlike `verify`, which is one pass over all of it from outside, this goes on from where it was, in a thread that yields.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from gateway.clock import Clock
from gateway.ledger.entries import GENESIS
from gateway.ledger.heads import Head, read_public_key
from gateway.ledger.reader import connect
from gateway.ledger.verification import MAX_PROBLEMS, Problem, Verification, Walk, good_heads, rows

PAGE_ROWS: Final = 100
"""Rows that are looked at without a pause: 1 ms."""

PAUSE_S: Final = 0.004
"""After each page, so that a long ledger takes a fifth of a core at the most: a million entries take a minute."""

FRESH_S: Final = 20.0
"""What was checked so short a time ago is not asked for again."""

NICENESS: Final = 19


@dataclass(frozen=True, slots=True)
class Standing:
    """`through`: the entry up to which all is checked, whose hash is `hash`; `signed`: the last one of those under a good
    signature. `at`: when, in seconds since the epoch (None: never yet). `problems` stay until all of it is looked at again.
    """

    at: float | None = None
    through: int = 0
    hash: bytes = GENESIS
    signed: int = 0
    entries: int = 0
    erased: int = 0
    problems: tuple[Problem, ...] = ()
    key: bytes | None = None  # the public one, as it was at the first look


class Watchman:
    """Checks the ledger in `directory`, at most one pass at a time."""

    def __init__(self, directory: Path, clock: Clock) -> None:
        self.standing = Standing()
        self._directory = directory
        self._clock = clock
        self._ends = threading.Event()
        self._running: asyncio.Task[None] | None = None

    @property
    def is_looking(self) -> bool:
        return self._running is not None and not self._running.done()

    def look(self, *, anew: bool = False) -> None:
        """Begins to look at what is new, or at all of it `anew`; not where it is being looked at, or was just now."""
        at = self.standing.at
        is_fresh = at is not None and 0 <= self._clock.wall() - at < FRESH_S
        if not self.is_looking and not self._ends.is_set() and (anew or not is_fresh):
            self._running = asyncio.create_task(self._look(anew=anew), name="ledger-verification")

    async def looked(self) -> Standing:
        """The standing when what is being looked at is done."""
        if self._running is not None:
            await asyncio.shield(self._running)
        return self.standing

    async def close(self) -> None:
        """Ends within a page."""
        self._ends.set()
        if self._running is not None:
            await self._running

    async def hash_of(self, seq: int) -> str | None:
        """The hash that entry `seq` has now, in hexadecimal digits; None where there is no such entry."""
        return await asyncio.to_thread(_looked_up, self._directory, seq)

    async def _look(self, *, anew: bool) -> None:
        start = Standing() if anew else self.standing
        loop = asyncio.get_running_loop()
        # A thread of its own: it is made slow, and only the superuser could make it hasty again.
        with ThreadPoolExecutor(1, thread_name_prefix="hearth-ledger-verification") as own:
            found = await loop.run_in_executor(
                own, _Pass(self._directory, start, self._ends, self._clock).run
            )
        if found is not None:
            self.standing = found


@dataclass(slots=True)
class _Pass:
    directory: Path
    start: Standing
    ends: threading.Event
    clock: Clock
    found: Verification = field(default_factory=Verification)

    def run(self) -> Standing | None:
        """None where it was ended."""
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)  # of this thread alone, on Linux
        start, found = self.start, self.found
        found.last_seq, found.head_seq = start.through, start.signed
        found.entries, found.erased = start.entries, start.erased
        heads = good_heads(self.directory, start.key, found, after=start.signed)
        try:
            with closing(connect(self.directory)) as db:
                self._holds(db, heads)
                if found.problems:
                    return self._standing(start.hash)
                walk = Walk(found, heads, start.hash)
                for count, row in enumerate(rows(db, start.through, PAGE_ROWS), 1):
                    walk.check(row)
                    if count % PAGE_ROWS == 0 and self.ends.wait(PAUSE_S):
                        return None
                walk.finish()
                return self._standing(walk.previous)
        except sqlite3.Error as error:
            where = f"ledger.db cannot be read behind entry {found.last_seq}: {error}"
            found.add(found.last_seq, "file", where)
            return self._standing(start.hash)

    def _holds(self, db: sqlite3.Connection, heads: dict[int, Head]) -> None:
        """Whether the entry up to which all was checked is still that one, and what was signed since of those before it."""
        start, found = self.start, self.found
        if start.through == 0:
            return
        is_now = _hash_of(db, start.through)
        if is_now is None:
            text = f"the tail was cut: entry {start.through}, which was checked before, is gone"
            found.add(start.through, "tail", text)
        elif is_now != start.hash.hex():
            text = f"entry {start.through} is another than the one that was checked: the ledger was rewritten"
            found.add(start.through, "row", text)
        for seq in sorted(seq for seq in heads if seq <= start.through):
            if _hash_of(db, seq) != heads.pop(seq).hash:
                found.add(seq, "head", f"entry {seq} is not the one that was signed")
            else:
                found.head_seq = seq

    def _standing(self, digest: bytes) -> Standing:
        found, start, now = self.found, self.start, self.clock.wall()
        kept = (*start.problems, *(one for one in found.problems if one not in start.problems))[:MAX_PROBLEMS]
        key = start.key or read_public_key(self.directory)
        if found.problems:  # what comes behind a fault is looked at again, and the fault is not forgotten
            return replace(start, at=now, problems=kept, key=key)
        checked = (found.last_seq, digest, found.head_seq, found.entries, found.erased)
        return Standing(now, *checked, kept, key)


def _hash_of(db: sqlite3.Connection, seq: int) -> str | None:
    row = db.execute("SELECT hash FROM entries WHERE seq = ?", (seq,)).fetchone()
    return None if row is None else bytes(row[0]).hex()


def _looked_up(directory: Path, seq: int) -> str | None:
    with closing(connect(directory)) as db:
        return _hash_of(db, seq)
