"""What stands in the way of an end: disks, bridges that say too much, people who cut in, switches that flicker."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from gateway.commands import Reason, Result
from gateway.ledger import LedgerUnavailable
from tests.gateway.core.rig import AGENT, OWNER, hasten, how, until
from tests.gateway.obligations.keeping import heater, keeping

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
