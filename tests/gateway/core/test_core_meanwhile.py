"""Between the decision and the send, with a disk that fails, and after the caller has gone."""

from __future__ import annotations

import asyncio
import sqlite3
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from capabilities.readings import Contact
from capabilities.vocabulary import Json
from drivers.simulated.timeline import ManualTimeline
from gateway.commands import Execution, Outcome, Reason, Result
from gateway.ledger.chain import Chain
from gateway.ledger.entries import Sealed
from policies import compile_rules, parse
from tests.gateway.core.rig import (
    AGENT,
    CHILD,
    OWNER,
    HoldingLedger,
    Rig,
    device,
    how,
    lamp,
    opened,
    remade,
    until,
)


async def held(rig: Rig, what: str, value: Json = None, **more: Any) -> asyncio.Task[Outcome]:
    """A command whose dispatch is on disk, and which has not been sent yet."""
    ledger = cast("HoldingLedger", rig.gateway.ledger)
    ledger.hold = asyncio.Event()
    task = rig.begin(what, value, **more)
    async with asyncio.timeout(5):
        await ledger.written.wait()
    return task


def release(rig: Rig) -> None:
    hold = cast("HoldingLedger", rig.gateway.ledger).hold
    assert hold is not None
    hold.set()


async def test_a_token_revoked_meanwhile_stops_the_command(tmp_path: Path, holding: None) -> None:
    async with opened(tmp_path, [lamp()]) as rig:
        info, _ = await rig.gateway.identity.create_token(OWNER)
        task = await held(rig, "lamp.on", True, token=info.id)
        await rig.gateway.identity.revoke(info.id)
        release(rig)
        await changed_meanwhile(rig, task, "token was revoked")


async def test_rules_replaced_meanwhile_stop_the_command(tmp_path: Path, holding: None) -> None:
    async with opened(tmp_path, [lamp()]) as rig:
        task = await held(rig, "lamp.on", True)
        rig.gateway.policy = compile_rules(parse("format = 1\n", name="household"), [])
        release(rig)
        await changed_meanwhile(rig, task, "the rules were changed")


async def test_a_thing_announced_anew_meanwhile_stops_the_command(tmp_path: Path, holding: None) -> None:
    async with opened(tmp_path, [lamp()]) as rig:
        task = await held(rig, "lamp.on", True)
        rig.driver.announce(remade("lamp", "switch"))
        await until(lambda: rig.thing("lamp").suspended)
        release(rig)
        await changed_meanwhile(rig, task, "was changed")
        assert how(await rig.run("lamp.on", True)) == (Result.REFUSED, Reason.SUSPENDED)


async def test_a_thing_forgotten_meanwhile_stops_the_command(tmp_path: Path, holding: None) -> None:
    async with opened(tmp_path, [lamp()]) as rig:
        task = await held(rig, "lamp.on", True)
        await rig.gateway.registry.forget("lamp", by="anna")
        release(rig)
        await changed_meanwhile(rig, task, "was changed")


async def test_a_stop_of_everything_stops_the_command(tmp_path: Path, holding: None) -> None:
    async with opened(tmp_path, [lamp()]) as rig:
        task = await held(rig, "lamp.on", True)
        rig.gateway.executor._meanwhile._stops += 1
        release(rig)
        await changed_meanwhile(rig, task, "everything was stopped")


async def changed_meanwhile(rig: Rig, task: asyncio.Task[Outcome], why: str) -> None:
    outcome = await task
    assert how(outcome) == (Result.REFUSED, Reason.CHANGED_MEANWHILE)
    assert why in outcome.detail
    assert rig.received("lamp") == 0
    dispatch, ended = await rig.rows("dispatch", "outcome")
    assert (dispatch.execution, ended.body["reason"]) == (ended.execution, "changed-meanwhile")


async def test_a_driver_that_ends_meanwhile_sends_nothing(tmp_path: Path, holding: None) -> None:
    async with opened(tmp_path, [lamp()]) as rig:
        task = await held(rig, "lamp.on", True)
        rig.driver._observations.close()
        rig.driver._found.close()
        await until(lambda: not rig.gateway.drivers)
        release(rig)
        assert how(await task) == (Result.NOT_SENT, Reason.DEVICE_UNREACHABLE)
        assert rig.received("lamp") == 0
        assert [row.kind for row in await rig.rows("dispatch", "outcome")] == ["dispatch", "outcome"]


async def test_a_caller_who_leaves_before_the_send_leaves_nothing_open(tmp_path: Path, holding: None) -> None:
    async with opened(tmp_path, [lamp()]) as rig:
        task = await held(rig, "lamp.on", True, key="k")
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        release(rig)
        assert await rig.unsettled() == []
        assert [row.body["result"] for row in await rig.rows("outcome")] == ["not_sent"]
        assert rig.received("lamp") == 0
        assert how(await rig.run("lamp.on", True, key="k")) == (Result.CONFIRMED, Reason.NONE)


async def test_a_caller_who_does_not_wait_for_the_send_does_not_stop_it(
    tmp_path: Path, holding: None
) -> None:
    async with opened(tmp_path, [lamp()]) as rig:
        ledger = cast("HoldingLedger", rig.gateway.ledger)
        ledger.hold = asyncio.Event()
        task = asyncio.create_task(rig.gateway.executor.start(rig.command("lamp.on", True)))
        await ledger.written.wait()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        release(rig)
        await until(lambda: rig.told("action", "lamp"))
        assert [one["outcome"] for one in rig.told("action", "lamp")] == ["confirmed"]


@pytest.fixture
def broken_disk(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """While it holds something, no ledger can be written."""
    write, broken = Chain.write, list[bool]()

    def failing(chain: Chain, group: list[Sealed]) -> int:
        if broken:
            raise sqlite3.OperationalError("disk I/O error")
        return write(chain, group)

    monkeypatch.setattr(Chain, "write", failing)
    return broken


async def test_what_cannot_be_recorded_is_not_sent(tmp_path: Path, broken_disk: list[bool]) -> None:
    async with opened(tmp_path, [lamp(), device("bedroom-blind")]) as rig:
        broken_disk.append(True)
        for by in (OWNER, AGENT):
            outcome = await rig.run("lamp.on", True, by)
            assert how(outcome) == (Result.NOT_SENT, Reason.LEDGER_UNAVAILABLE)
            assert "disk I/O error" in outcome.detail
        outcome = await rig.run("bedroom-blind.stop()", by=AGENT)
        assert how(outcome) == (Result.NOT_SENT, Reason.LEDGER_UNAVAILABLE)
        assert len(rig.driver.log.entries) == 0
        broken_disk.clear()


async def test_a_person_may_make_it_safer_all_the_same_and_is_told(
    tmp_path: Path, broken_disk: list[bool]
) -> None:
    async with opened(tmp_path, [device("bedroom-blind")], timeline=ManualTimeline()) as rig:
        opening = rig.begin("bedroom-blind.close()")
        await until(lambda: rig.received("bedroom-blind") == 1)
        rig.timeline.advance(1.0)
        await until(lambda: rig.value("bedroom-blind", "state") == "closing")
        broken_disk.append(True)
        stopping = rig.begin("bedroom-blind.stop()")
        await until(lambda: rig.received("bedroom-blind") == 2)
        rig.timeline.advance(0.1)
        outcome = await stopping
        assert how(outcome) == (Result.CONFIRMED, Reason.LEDGER_UNAVAILABLE)
        assert "could not be recorded" in outcome.detail
        assert how(await opening) == (Result.UNCONFIRMED, Reason.SUPERSEDED)
        broken_disk.clear()


async def test_numbers_that_no_ledger_can_hold_go_nowhere(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp()]) as rig:
        outcome = await rig.run("lamp.on", True, evidence={"counter": 2**60})
        assert how(outcome) == (Result.NOT_SENT, Reason.LEDGER_UNAVAILABLE)
        assert rig.received("lamp") == 0
        refused = await rig.run("lamp.on", True, replace(AGENT, role=CHILD.role.SERVICE), evidence=2**60)
        assert how(refused) == (Result.REFUSED, Reason.POLICY)


async def test_start_returns_once_it_is_sent(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp()], timeline=ManualTimeline()) as rig:
        rig.driver.devices["lamp"].reaction_seconds = 1.0
        execution = await rig.gateway.executor.start(rig.command("lamp.on", True))
        assert (execution.outcome, execution.ended_at) == (None, None)
        assert execution.dispatched_at is not None
        rig.timeline.advance(1.0)
        await until(lambda: execution.outcome)
        assert how(execution.outcome) == (Result.CONFIRMED, Reason.NONE)
        assert rig.gateway.executor.executions.get(execution.command.id) is execution


async def test_start_returns_once_it_is_refused(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp(), device("front-door")]) as rig:
        execution = await rig.gateway.executor.start(rig.command("front-door.unlock()", by=CHILD))
        assert how(execution.outcome) == (Result.REFUSED, Reason.APPROVAL_REQUIRED)


async def test_a_failure_of_our_own_still_ends_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(tmp_path, [lamp()]) as rig:

        async def broken(*_: object) -> None:
            raise ZeroDivisionError

        with monkeypatch.context() as patch:
            patch.setattr("gateway.watching.Watch.result", broken)
            with pytest.raises(ZeroDivisionError):
                await rig.run("lamp.on", True, key="k")
        assert await rig.unsettled() == []
        again = await rig.run("lamp.on", True, key="k")
        assert how(again) == (Result.IN_DOUBT, Reason.NONE)
        assert again.replayed
        assert rig.received("lamp") == 1


async def test_what_is_kept_of_the_past_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.executions.KEPT_EXECUTIONS", 3)
    async with opened(tmp_path, [lamp()]) as rig:
        ids = [(await rig.execute("lamp.on", bool(i % 2))).command.id for i in range(5)]
        recent: list[Execution] = list(rig.gateway.executor.executions.recent())
        assert [execution.command.id for execution in recent] == ids[:1:-1]
        assert rig.gateway.executor.executions.get(ids[0]) is None
        assert sum(rig.gateway.executor.executions.counters.values()) == 5


async def test_a_device_lost_is_lost_for_its_commands_only(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp(), lamp("other")], timeline=ManualTimeline()) as rig:
        for name in ("lamp", "other"):
            rig.driver.devices[name].reaction_seconds = 1.0
        lost, kept = rig.begin("lamp.on", True), rig.begin("other.on", True)
        await until(lambda: len(rig.gateway.executor.executions.dispatch_latencies) == 2)
        rig.gateway.ingest.contact("simulated", Contact("lamp", reachable=False, at=0, reason="its battery"))
        rig.timeline.advance(1.0)
        assert how(await lost) == (Result.IN_DOUBT, Reason.NONE)
        assert how(await kept) == (Result.CONFIRMED, Reason.NONE)
