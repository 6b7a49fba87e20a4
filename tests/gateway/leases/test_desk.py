"""What changes while the disk writes is written next."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from gateway.leases.claims import Wish
from gateway.leases.ranges import Range
from tests.gateway.core.rig import AGENT, Rig, lamp, opened


async def _claimed(rig: Rig) -> str:
    answer = await rig.gateway.leases.claim(AGENT, Wish("lamp", "brightness", Range(10, 30)))
    return answer.lease.id


async def test_a_change_during_a_write_is_not_lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with opened(tmp_path, [lamp()]) as rig:
        desk = rig.gateway.leases._desk
        ident = await _claimed(rig)
        inside, go, change = asyncio.Event(), asyncio.Event(), desk.rows.change

        async def slow(*given: Any) -> None:
            inside.set()
            await go.wait()
            await change(*given)

        monkeypatch.setattr(desk.rows, "change", slow)
        desk._dirty.add(ident)
        writing = asyncio.create_task(desk.flush())
        await inside.wait()
        desk._dirty.add(ident)
        go.set()
        await writing
        assert desk._dirty == {ident}


async def test_what_the_disk_did_not_take_stays_to_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(tmp_path, [lamp()]) as rig:
        desk = rig.gateway.leases._desk
        ident = await _claimed(rig)

        async def broken(*given: Sequence[object]) -> None:
            raise sqlite3.OperationalError("disk full")

        desk._dirty.add(ident)
        with monkeypatch.context() as patched:
            patched.setattr(desk.rows, "change", broken)
            with pytest.raises(sqlite3.OperationalError):
                await desk.flush()
        assert desk._dirty == {ident}
