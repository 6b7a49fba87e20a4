"""The notices that people find when they open the app: the newest of each matter, and who has read it.

Whom a notice is for is decided when somebody asks, by the rights of then.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final

import orjson

from gateway.clock import Clock
from gateway.notify.keeping import to_the_end
from gateway.notify.notice import Notice
from gateway.notify.timer import Alarm
from gateway.notify.written import read, written
from gateway.storage import Database, StorageError
from gateway.storage.board import BoardRepository, BoardRow

MOST_NOTICES: Final = 400
"""In the house: some 0.6 MB. The ledger has what was urgent, for good."""

KEPT_S: Final = 30 * 86_400.0
"""Nobody reads older ones here."""

MOST_READERS: Final = 64
"""Of one notice. Who comes after them finds it unread."""

WRITTEN_AFTER_S: Final = 5.0
"""What happens within it is written at once: a memory card minds each write. A crash loses as much of what is not urgent, and
what is urgent and still so is told again by whoever it is of.
"""

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Pinned:
    """`read_by`: the ids of the persons who have read it."""

    notice: Notice
    read_by: set[str] = field(default_factory=set)

    def is_over(self, now: float) -> bool:
        """Nobody needs it any more. `now` in seconds since the epoch."""
        return bool(self.notice.until and now > self.notice.until)


class Board:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._rows = BoardRepository(database)
        self._clock = clock
        self._pinned: dict[str, Pinned] = {}  # by the notice's id, the oldest first
        self._by_tag: dict[str, str] = {}
        self._changed: set[str] = set()
        self._removed: set[str] = set()
        self._wake = asyncio.Event()
        self._alarm = Alarm(clock, self._wake.set)
        self._is_set = False

    def __len__(self) -> int:
        return len(self._pinned)

    async def restore(self) -> None:
        """Raises `sqlite3.Error`."""
        for row in await self._rows.load():
            notice = read(row.id, row.at, row.body)
            if notice is None:
                self._removed.add(row.id)
            else:
                self._pin(Pinned(notice, _readers(row.read_by)))
        self._tidy()

    def take(self, notice: Notice) -> None:
        """Puts it up, in the place of an earlier one with its id or tag."""
        before = self._by_tag.get(notice.tag) if notice.tag else None
        for ident in {notice.id, before} - {None}:
            self._drop(str(ident))
        self._pin(Pinned(notice))
        self._change(notice.id)
        self._tidy()

    def seen_by(self, told: Callable[[Notice], bool]) -> list[Pinned]:
        """Those of which `told` says that they are for the one who asks, the newest first."""
        self._tidy()
        return [one for one in reversed(self._pinned.values()) if told(one.notice)]

    def read(self, reader: str, notices: Iterable[str]) -> None:
        """`reader` has read these; those that there are not any more count as read."""
        for ident in notices:
            one = self._pinned.get(ident)
            if one is not None and reader not in one.read_by and len(one.read_by) < MOST_READERS:
                one.read_by.add(reader)
                self._change(ident)

    async def run(self) -> None:
        """Writes, until it is cancelled; then what is left."""
        try:
            while True:
                await self._wake.wait()
                await to_the_end(asyncio.create_task(self._write(), name="board to disk"))
        finally:
            self._alarm.stop()
            await self._write()

    # ---------------------------------------------------------------- inside

    def _pin(self, one: Pinned) -> None:
        self._pinned[one.notice.id] = one
        self._removed.discard(one.notice.id)
        if one.notice.tag:
            self._by_tag[one.notice.tag] = one.notice.id

    def _drop(self, ident: str) -> None:
        gone = self._pinned.pop(ident, None)
        if gone is None:
            return
        if self._by_tag.get(gone.notice.tag) == ident:
            del self._by_tag[gone.notice.tag]
        self._changed.discard(ident)
        self._removed.add(ident)
        self._soon()

    def _tidy(self) -> None:
        oldest = self._clock.wall() - KEPT_S
        for ident, one in list(self._pinned.items()):
            if len(self._pinned) <= MOST_NOTICES and one.notice.at >= oldest:
                break  # they are in the order in which they came
            self._drop(ident)

    def _change(self, ident: str) -> None:
        self._changed.add(ident)
        self._soon()

    def _soon(self) -> None:
        if not self._is_set:  # the first change sets the time; later ones do not put it off
            self._is_set = True
            self._alarm.set(WRITTEN_AFTER_S)

    async def _write(self) -> None:
        self._wake.clear()
        self._is_set = False
        changed, removed = self._changed, self._removed
        self._changed, self._removed = set(), set()
        rows = [
            BoardRow(ident, one.notice.at, written(one.notice), orjson.dumps(sorted(one.read_by)).decode())
            for ident in changed
            if (one := self._pinned.get(ident)) is not None
        ]
        if not rows and not removed:
            return
        try:
            await self._rows.change(rows, [*removed])
        except (sqlite3.Error, StorageError) as error:
            log.error("notices in the app are not kept over a restart: %s", error)
            self._changed |= {ident for ident in changed if ident in self._pinned}
            self._removed |= {ident for ident in removed if ident not in self._pinned}
            self._soon()


def _readers(text: str) -> set[str]:
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError:
        return set()
    return {str(one) for one in found[:MOST_READERS]} if isinstance(found, list) else set()
