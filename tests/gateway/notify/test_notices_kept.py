"""Notices on disk, where the disk fails for a while."""

from __future__ import annotations

import asyncio
import sqlite3

from drivers.simulated.timeline import ManualTimeline
from gateway.notify import Notice, Urgency
from gateway.notify.keeping import DISK_AGAIN_S, Kept
from gateway.storage.notices import NoticeRepository, NoticeRow
from tests.gateway.core.rig import until


class Rows(NoticeRepository):
    """The disk is full the first time."""

    def __init__(self) -> None:
        self.tries = 0
        self.tried = asyncio.Event()
        self.added: list[str] = []

    async def change(self, added: list[NoticeRow], removed: list[tuple[str, str]]) -> None:  # type: ignore[override]
        self.tries += 1
        self.tried.set()
        if self.tries == 1:
            raise sqlite3.OperationalError("database or disk is full")
        self.added += [row.id for row in added]


async def test_what_the_disk_did_not_take_is_written_without_a_further_notice() -> None:
    timeline, rows = ManualTimeline(), Rows()
    kept = Kept(rows, timeline)
    task = asyncio.create_task(kept.run())
    try:
        async with asyncio.timeout(5):
            kept.add(Notice("n1", 1.0, "Asked", "one", urgency=Urgency.HIGH), "hook")
            await rows.tried.wait()
            rows.tried.clear()
            await until(lambda: kept._to_add)
            timeline.advance(DISK_AGAIN_S)
            await rows.tried.wait()
        assert rows.added == ["n1"]
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
