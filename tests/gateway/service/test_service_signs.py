"""Signs of life are the parts' own, and cost nothing that a card would feel."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from drivers.mailbox import FAIR_SHARE_ITEMS, Mailbox
from gateway.clock import SystemClock
from gateway.ledger import Entry, Ledger
from gateway.service import signs
from gateway.service.signs import NoSign


async def test_the_ledgers_thread_answers_without_writing(tmp_path: Path) -> None:
    async with Ledger(tmp_path, SystemClock()) as ledger:
        ledger.append(Entry("start", 1.0, {}))
        await ledger.flush()
        before = ledger.stats
        for _ in range(20):
            await signs.of_ledger(ledger, 5.0)
        assert ledger.stats == before


async def test_a_ledger_that_fails_and_tries_again_lives() -> None:
    ledger = _FailingLedger(tries=True)
    await signs.of_ledger(cast(Any, ledger), 5.0)
    with pytest.raises(NoSign, match="its thread did not answer within"):
        await signs.of_ledger(cast(Any, _FailingLedger(tries=False)), 0.01)


@dataclass
class _FailingLedger:
    tries: bool
    failures: int = 0
    asked: int = field(default=0)

    @property
    def stats(self) -> SimpleNamespace:
        return SimpleNamespace(failures=self.failures)

    async def pulse(self) -> None:
        from gateway.ledger import LedgerUnavailable

        self.failures += self.tries
        raise LedgerUnavailable("the disk is full")


async def test_a_reader_gives_a_sign_when_it_comes_back() -> None:
    box: Mailbox[str] = Mailbox(10_000, lambda _: None)
    gate = asyncio.Event()

    async def read() -> None:
        async for item in box:
            if item == "stop":
                await gate.wait()

    reader = asyncio.create_task(read())
    ingest = cast(Any, SimpleNamespace(inlets={"mqtt": box}))
    await signs.of_ingest(ingest, 5.0)
    for number in range(3 * FAIR_SHARE_ITEMS):
        box.put_nowait(str(number))
    while len(box):
        await signs.of_ingest(ingest, 5.0)  # busy, and alive
    box.put_nowait("stop")
    with pytest.raises(NoSign, match="nobody reads what is reported by mqtt"):
        await signs.of_ingest(ingest, 0.01)
    gate.set()
    await signs.of_ingest(ingest, 5.0)
    box.close()
    await reader


async def test_without_drivers_there_is_nothing_to_miss() -> None:
    await signs.of_ingest(cast(Any, SimpleNamespace(inlets={})), 0.01)


async def test_a_command_that_stands_still_is_told_at_the_second_look() -> None:
    line: set[str] = set()
    running = [_Execution("c1"), _Execution("c2", waits_for="approval"), _Execution("c3", dispatched_at=1.0)]
    executor = SimpleNamespace(
        executions=SimpleNamespace(recent=lambda: running), in_line=lambda command: command.id in line
    )
    commands = signs.Commands(cast(Any, executor))
    await commands.sign(0.0)
    with pytest.raises(NoSign, match="the command c1 was taken"):
        await commands.sign(0.0)
    line.add("c1")  # it waits for its turn
    await commands.sign(0.0)
    line.clear()
    running[0].dispatched_at = 2.0
    await commands.sign(0.0)
    await commands.sign(0.0)


@dataclass
class _Execution:
    id: str
    waits_for: str = ""
    dispatched_at: float | None = None
    outcome: None = None

    @property
    def command(self) -> SimpleNamespace:
        return SimpleNamespace(id=self.id)
