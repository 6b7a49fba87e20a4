"""Urgent notices over a restart: a row for each channel that has not delivered one, written and removed on the side.

A notice is told and written at the same time, neither waits for the other. What dies in between is told again by whoever it is
of: an approval that still waits is reminded of after a start.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from typing import Final

from gateway.clock import Clock
from gateway.failpoints import failpoint
from gateway.notify.notice import Notice
from gateway.notify.timer import Alarm
from gateway.notify.written import read, written
from gateway.storage import StorageError
from gateway.storage.notices import NoticeRepository, NoticeRow

DISK_AGAIN_S: Final = 5.0
"""What cannot be written is tried again after this long."""

PUSHED: Final = "push:"
"""So begins the name of a channel that is a browser's; no configured one can be called so."""

log = logging.getLogger(__name__)


class Kept:
    """The rows, and what is still to be written of them: those of the configured channels, or (`pushed`) of Web Push."""

    def __init__(self, rows: NoticeRepository, clock: Clock, *, pushed: bool = False) -> None:
        self._rows = rows
        self._pushed = pushed
        self._on_disk: set[tuple[str, str]] = set()
        self._to_add: dict[tuple[str, str], NoticeRow] = {}
        self._to_remove: set[tuple[str, str]] = set()
        self._wake = asyncio.Event()
        self._again = Alarm(clock, self._wake.set)

    async def restore(self) -> list[tuple[str, Notice]]:
        """(channel, notice) of all that an earlier run left, the oldest first. Raises `sqlite3.Error`."""
        rows = [row for row in await self._rows.load() if row.channel.startswith(PUSHED) is self._pushed]
        self._on_disk = {(row.id, row.channel) for row in rows}
        found = [(row, read(row.id, row.at, row.body)) for row in rows]
        for row, notice in found:
            if notice is None:
                self.remove(row.id, row.channel)
        return [(row.channel, notice) for row, notice in found if notice is not None]

    def add(self, notice: Notice, channel: str) -> None:
        key = (notice.id, channel)
        self._to_remove.discard(key)
        self._to_add[key] = NoticeRow(notice.id, channel, notice.at, written(notice))
        self._wake.set()

    def remove(self, notice: str, channel: str) -> None:
        key = (notice, channel)
        added = self._to_add.pop(key, None)
        if added is None or key in self._on_disk:
            self._to_remove.add(key)
            self._wake.set()

    async def run(self) -> None:
        """Writes, until it is cancelled; then what is left."""
        try:
            while True:
                await self._wake.wait()
                await to_the_end(asyncio.create_task(self._write(), name="notices to disk"))
        finally:
            await self._write()
            self._again.stop()

    async def _write(self) -> None:
        self._wake.clear()
        added, removed = self._to_add, self._to_remove & self._on_disk
        self._to_add, self._to_remove = {}, set()
        if not added and not removed:
            return
        self._on_disk |= added.keys()  # from here on a removal must be written, too
        try:
            await self._rows.change([*added.values()], [*removed])
        except (sqlite3.Error, StorageError) as error:
            self._put_back(added, removed)
            log.error("urgent notices are not kept over a restart: %s", error)
            self._again.set(DISK_AGAIN_S)
            return
        self._on_disk -= removed
        if added:
            failpoint("notice_kept")

    def _put_back(self, added: dict[tuple[str, str], NoticeRow], removed: set[tuple[str, str]]) -> None:
        """What was not written is written with what comes next, unless it was settled meanwhile."""
        self._to_add = {key: row for key, row in added.items() if key not in self._to_remove} | self._to_add
        self._to_remove |= removed - self._to_add.keys()


async def to_the_end(writing: asyncio.Task[None]) -> None:
    """The gateway's end waits for a write that has begun."""
    try:
        await asyncio.shield(writing)
    except asyncio.CancelledError:
        await writing
        raise
