"""When a start counts as recovered: what it waits for, and what it says where the gateway ends before."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import cast

import pytest

from gateway.clock import SystemClock
from gateway.ledger import Entry, Ledger
from gateway.messages import Messages
from gateway.notify import Notifier
from gateway.observers import Observers
from gateway.recovered import TimeToRecover, age_of_process
from gateway.recovery import Recovery
from tests.gateway.core.rig import lamp, opened


@pytest.mark.parametrize("met", [True, False])
async def test_what_is_overdue_is_waited_for(tmp_path: Path, met: bool) -> None:
    async with opened(tmp_path / "house", [lamp()]) as rig, Ledger(tmp_path, SystemClock()) as ledger:
        observers, messages = Observers(), rig.gateway.messages
        ledger.append(Entry("start", 1.0, {}))
        start = TimeToRecover(SystemClock(), ledger, observers)
        await start.look_back(None)
        assert start.is_due and not start.clean
        start.follow(["o1", "o2"])
        waiting = asyncio.create_task(_finish(start, messages, rig.gateway.parts.notifier))
        for one, change in (("o1", "done"), ("o2", "due")):
            observers.publish("obligation", ("lamp", "on"), 2.0, {"id": one, "change": change})
        await asyncio.sleep(0)
        assert not waiting.done()
        if met:
            observers.publish("obligation", ("lamp", "on"), 3.0, {"id": "o2", "change": "failed"})
        else:
            observers.close()
        async with asyncio.timeout(5):
            await waiting
        assert len(await ledger.entries(kinds=("recovered",))) == met
        assert observers.count == 0


async def _finish(start: TimeToRecover, messages: Messages, notifier: Notifier) -> None:
    recovery = cast("Recovery", type("Nothing", (), {"settled": {}, "done": asyncio.Event()})())
    await start.finish(recovery, messages, notifier)


def test_an_old_process_did_something_else_before() -> None:
    assert 0 <= age_of_process() <= 60
