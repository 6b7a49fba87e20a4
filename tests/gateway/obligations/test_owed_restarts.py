"""A heater stays on because the process that would switch it off was restarted: not here."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from drivers.simulated.device import Device
from gateway.commands import Result
from gateway.ledger import Entry
from tests.gateway.core.rig import AGENT, until
from tests.gateway.obligations.keeping import HEATER_OFF, heater, keeping

HOUR = 3600.0
START = 1_750_000_000.0


async def switch_on(tmp_path: Path, device: Device) -> None:
    async with keeping(tmp_path, [device]) as kept:
        assert (await kept.rig.run("heater.on", True, AGENT)).result is Result.CONFIRMED
        await kept.quiet()


async def test_a_restart_keeps_the_time(tmp_path: Path) -> None:
    device = heater()
    await switch_on(tmp_path, device)
    async with keeping(tmp_path, [device], at=START + HOUR) as kept:
        await kept.quiet()
        assert (kept.states(), device.received) == (["running"], 1)
        await kept.pass_time(HOUR - 10)
        assert device.received == 1
        await kept.pass_time(10)
        await kept.off("heater")


async def test_what_fell_due_meanwhile_is_done_at_once(tmp_path: Path) -> None:
    device = heater()
    await switch_on(tmp_path, device)
    async with keeping(tmp_path, [device], at=START + 9 * HOUR) as kept:
        await kept.off("heater")
        await kept.quiet()
        assert await kept.told("incident") == []


async def test_what_was_switched_off_meanwhile_is_left_alone(tmp_path: Path) -> None:
    device = heater()
    await switch_on(tmp_path, device)
    device.state["outlet"]["on"] = False
    async with keeping(tmp_path, [device], at=START + 9 * HOUR) as kept:
        await until(lambda: not kept.owed())
        await kept.quiet()
        assert device.received == 1
        assert (await kept.told())[-1] == "done"


async def test_a_clock_that_was_set_back_prolongs_nothing(tmp_path: Path) -> None:
    """A box without a battery wakes up in the past. The ledger's last entry says how much has passed at least."""
    device = heater()
    async with keeping(tmp_path, [device]) as kept:
        await kept.rig.run("heater.on", True, AGENT)
        await kept.pass_time(1.5 * HOUR)
        kept.rig.gateway.ledger.append(Entry("mode", kept.rig.gateway.clock.wall(), {}))
        await kept.quiet()
    async with keeping(tmp_path, [device], at=0.0) as kept:
        await kept.quiet()
        await kept.pass_time(HOUR / 2 - 10)
        assert device.received == 1
        await kept.pass_time(10)
        await kept.off("heater")


async def test_a_clock_that_ran_ahead_ends_it_early_rather_than_late(tmp_path: Path) -> None:
    device = heater()
    async with keeping(tmp_path, [device], at=START + 1e6) as kept:
        await kept.rig.run("heater.on", True, AGENT)
        await kept.quiet()
    async with keeping(tmp_path, [device], at=START) as kept:
        await kept.quiet()
        await kept.pass_time(2 * HOUR)
        await kept.off("heater")


async def test_what_is_found_on_counts_from_the_start(tmp_path: Path) -> None:
    device = heater(on=True)
    async with keeping(tmp_path, [device], rules="") as kept:
        await kept.quiet()
    async with keeping(tmp_path, [device], at=START + HOUR) as kept:
        await until(kept.owed)
        await kept.pass_time(2 * HOUR - 1)
        assert device.received == 0
        await kept.pass_time(1)
        await kept.off("heater")


async def test_what_the_ledger_knows_to_be_on_for_longer_counts_from_then(tmp_path: Path) -> None:
    device = heater()
    async with keeping(tmp_path, [device], rules="") as kept:
        await kept.rig.run("heater.on", True, AGENT)
        await kept.quiet()
    async with keeping(tmp_path, [device], at=START + HOUR) as kept:
        await until(kept.owed)
        await kept.pass_time(HOUR)
        await kept.off("heater")


@pytest.mark.parametrize("was_dispatched", [False, True])
async def test_a_promise_counts_only_if_its_command_may_have_gone_out(
    tmp_path: Path, was_dispatched: bool
) -> None:
    """The process ends between the promise and the dispatch, or between that and the bytes."""
    device = heater()
    async with keeping(tmp_path, [device]) as kept:
        keeper, executor = kept.rig.gateway.obligations, kept.rig.gateway.executor
        never = asyncio.Event()
        if was_dispatched:
            executor._sender.send = lambda *_: never.wait()  # type: ignore[method-assign,assignment]
        else:
            executor._write_dispatch = lambda *_: never.wait()  # type: ignore[method-assign,assignment]
        task = kept.rig.begin("heater.on", True, AGENT)
        await until(lambda: kept.states() == ["promised"])
        await kept.quiet()
        executor._give_up = lambda *_: None  # type: ignore[method-assign]
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert list(keeper.owed())
    device.state["outlet"]["on"] = was_dispatched
    async with keeping(tmp_path, [device], at=START + 1) as kept:
        await kept.quiet()
        assert kept.states() == (["running"] if was_dispatched else [])


async def test_an_incident_outlasts_a_restart(tmp_path: Path) -> None:
    device = heater()
    async with keeping(tmp_path, [device]) as kept:
        await kept.rig.run("heater.on", True, AGENT)
        kept.rig.fault("heater", "rejecting")
        await kept.pass_time(2 * HOUR)
        await until(lambda: kept.states() == ["failed"])
        await kept.quiet()
    async with keeping(tmp_path, [device], at=START + 3 * HOUR) as kept:
        assert (await kept.rig.run("heater.on", True, AGENT)).result is Result.REFUSED
        await kept.quiet()
        assert len(await kept.rig.rows("incident")) == 1
        device.fault = None
        await kept.pass_time(300)
        await kept.off("heater")


async def test_what_is_under_way_at_the_end_is_no_failure(tmp_path: Path) -> None:
    """The drivers end after whoever needs them: what is due is done by the next run."""
    device = heater()
    async with keeping(tmp_path, [device]) as kept:
        await kept.rig.run("heater.on", True, AGENT)
        kept.rig.fault("heater", "late:60")
        kept.rig.timeline.advance(2 * HOUR)
        await until(lambda: kept.states() == ["due"])
    device.fault = None
    async with keeping(tmp_path, [device], at=START + 2 * HOUR) as kept:
        await kept.off("heater")
        await kept.quiet()
        assert await kept.rig.rows("incident") == []


async def test_what_came_on_while_nobody_looked_is_seen_without_a_report(tmp_path: Path) -> None:
    """A broker keeps that it is on, and the live report says nothing new."""
    device = heater(on=True)
    async with keeping(tmp_path, [device], rules=HEATER_OFF) as kept:
        await until(kept.owed)
        slot = kept.rig.thing("heater").slots["on"]
        (owed,) = kept.owed()
        kept.rig.gateway.obligations._book.drop(owed)
        slot.live = False
        await kept.pass_time(61)
        await until(kept.owed)
