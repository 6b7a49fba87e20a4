"""What stands in the way of an end: disks, bridges that say too much, people who cut in, switches that flicker."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from gateway.commands import Reason, Result
from gateway.ledger import LedgerUnavailable
from gateway.obligations.uses import Unkept
from tests.gateway.core.rig import AGENT, OWNER, hasten, how, until
from tests.gateway.obligations.keeping import Kept, heater, keeping

HOUR = 3600.0


async def test_what_cannot_be_promised_is_not_switched_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with keeping(tmp_path, [heater()]) as kept:

        async def full(*_: object) -> None:
            raise sqlite3.OperationalError("database or disk is full")

        monkeypatch.setattr(kept.rig.gateway.obligations._rows, "write", full)
        outcome = await kept.rig.run("heater.on", True, OWNER)
        assert how(outcome) == (Result.NOT_SENT, Reason.LEDGER_UNAVAILABLE)
        assert "disk is full" in outcome.detail
        assert (kept.rig.received("heater"), kept.owed()) == (0, [])


async def test_a_full_disk_keeps_no_heater_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with keeping(tmp_path, [heater()]) as kept:
        await kept.rig.run("heater.on", True, AGENT)
        await kept.quiet()

        async def full(*_: object) -> None:
            raise sqlite3.OperationalError("database or disk is full")

        def unavailable(*_: object) -> None:
            raise LedgerUnavailable("no space left")

        monkeypatch.setattr(kept.rig.gateway.obligations._rows, "write", full)
        monkeypatch.setattr(kept.rig.gateway.ledger, "append", unavailable)
        kept.rig.timeline.advance(2 * HOUR)
        await kept.off("heater")


@asynccontextmanager
async def hanging(kept: Kept, what: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
    gateway = kept.rig.gateway
    if what == "the database":
        released = threading.Event()
        blocked = asyncio.ensure_future(gateway.parts.database._open()._execute(released.wait))  # type: ignore[no-untyped-call]
        try:
            yield
        finally:
            released.set()
            await blocked
        return
    hung = asyncio.Event()

    async def hangs(*_: object, **__: object) -> list[object]:
        await hung.wait()
        return []

    with monkeypatch.context() as patch:
        patch.setattr(gateway.ledger, what, hangs)
        yield
        hung.set()


@pytest.mark.parametrize("what", ["the database", "commit", "entries"])
async def test_a_disk_that_hangs_keeps_no_heater_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    monkeypatch.setattr("gateway.dispatching.SLOWEST_DISK_S", 0.02)
    monkeypatch.setattr("gateway.obligations.carrying.SLOWEST_DISK_S", 0.02)
    async with keeping(tmp_path, [heater(), heater("other")]) as kept:
        await kept.rig.run("heater.on", True, AGENT)
        await kept.quiet()
        async with hanging(kept, what, monkeypatch):
            kept.by_hand("other", "outlet", "on", True)
            await until(lambda: len(kept.owed()) == 2)
            kept.rig.gateway.obligations._book.drop(kept.owed("other")[0])
            kept.rig.gateway.obligations.review()  # it is found on, and asked of the ledger
            await until(lambda: len(kept.owed()) == 2)
            kept.rig.timeline.advance(2 * HOUR)
            for name in ("heater", "other"):
                await kept.off(name)


async def test_a_mistake_of_ours_in_looking_keeps_no_heater_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with keeping(tmp_path, [heater()]) as kept:
        await kept.rig.run("heater.on", True, AGENT)

        def fails(*_: object) -> None:
            raise KeyError("on")

        monkeypatch.setattr(kept.rig.gateway.obligations._following, "scan", fails)
        kept.rig.timeline.advance(2 * HOUR)
        await kept.off("heater")


async def test_a_driver_that_never_comes_back_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.obligations.carrying.LONGEST_TRY_S", 0.02)
    async with keeping(tmp_path, [heater()]) as kept:
        await kept.rig.run("heater.on", True, AGENT)
        never, sender = asyncio.Event(), kept.rig.gateway.executor._sender
        with monkeypatch.context() as patch:
            patch.setattr(sender, "send", lambda *_: never.wait())
            kept.rig.timeline.advance(2 * HOUR)
            await until(lambda: kept.states() == ["failed"])
        await kept.pass_time(2)
        await kept.off("heater")


async def test_what_was_promised_in_part_is_let_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A group's second member cannot be ended: of the first nothing is left behind."""
    async with keeping(tmp_path, [heater()]) as kept:
        promising = kept.rig.gateway.obligations._promising
        of_use = promising._of_use

        def halfway(*what: object) -> Iterator[object]:
            yield from of_use(*what)  # type: ignore[arg-type]
            raise Unkept("nobody would see it")

        monkeypatch.setattr(promising, "_of_use", halfway)
        assert (await kept.rig.run("heater.on", True, AGENT)).result is Result.NOT_SENT
        assert (kept.owed(), promising._promised) == ([], {})


async def test_a_suspended_thing_is_switched_off(tmp_path: Path) -> None:
    async with keeping(tmp_path, [heater()]) as kept:
        await kept.rig.run("heater.on", True, AGENT)
        kept.rig.thing("heater").suspended = "its commands are others"
        await kept.pass_time(2 * HOUR)
        await kept.off("heater")


async def test_a_bridge_s_word_does_not_end_what_can_do_damage(tmp_path: Path) -> None:
    async with keeping(tmp_path, [heater()]) as kept:
        await kept.rig.run("heater.on", True, AGENT)
        hasten(kept.rig.thing("heater"))
        kept.rig.fault("heater", "optimistic:600")
        await kept.rig.run("heater.on", False, OWNER)
        assert kept.rig.value("heater", "on") is False, "so says the bridge"
        assert kept.states() == ["running"]
        kept.rig.fault("heater", "")
        await kept.pass_time(2 * HOUR)
        await kept.off("heater")


async def test_a_thing_that_is_gone_owes_nothing(tmp_path: Path) -> None:
    async with keeping(tmp_path, [heater()]) as kept:
        await kept.rig.run("heater.on", True, AGENT)
        await kept.rig.gateway.registry.forget("heater", by="anna")
        await kept.pass_time(2 * HOUR)
        await until(lambda: not kept.owed())
        assert (await kept.told())[-1] == "void"


async def test_a_person_who_cuts_in_when_it_is_due_has_it_on(tmp_path: Path) -> None:
    async with keeping(tmp_path, [heater()]) as kept:
        rig = kept.rig
        await rig.run("heater.on", True, AGENT)
        rig.fault("heater", "late:1")
        rig.timeline.advance(2 * HOUR)
        await until(lambda: rig.received("heater") == 2)
        rig.fault("heater", "")
        assert (await rig.run("heater.on", True, OWNER)).result in {Result.CONFIRMED, Result.ACKNOWLEDGED}
        await until(lambda: kept.states() == ["running"])
        assert await rig.rows("incident") == []


async def test_a_switch_that_flickers_fills_neither_ledger_nor_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with keeping(tmp_path, [heater()]) as kept:
        writes = []
        rows = kept.rig.gateway.obligations._rows
        write = rows.write

        async def counted(*what: object) -> None:
            writes.append(what)
            await write(*what)  # type: ignore[arg-type]

        monkeypatch.setattr(rows, "write", counted)
        for turn in range(100):
            kept.by_hand("heater", "outlet", "on", turn % 2 == 0)
            await kept.rig.settle()
        assert len(writes) <= 2
        assert len(await kept.rig.rows("obligation")) <= 12
        kept.by_hand("heater", "outlet", "on", True)
        await until(kept.owed)
        await kept.pass_time(2 * HOUR)
        await kept.off("heater")
