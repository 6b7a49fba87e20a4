"""A mistake of ours in one part leaves nobody waiting, and keeps no other part from its work."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from gateway.clock import SystemClock
from gateway.commands import Execution, Outcome, Result
from gateway.obligations.restoring import Reviving
from gateway.recovered import TimeToRecover
from tests.gateway.core.rig import lamp, opened, until
from tests.gateway.core.test_core_recovery import leave_open


async def test_whoever_waits_with_the_same_key_is_answered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(tmp_path, [lamp()]) as rig:

        def fails(execution: Execution, outcome: Outcome) -> None:
            raise RuntimeError("a mistake of ours")

        rig.fault("lamp", "late:0.05")
        monkeypatch.setattr(rig.gateway.authors, "ended", fails)
        first = rig.begin("lamp.on", True, key="k1")
        await until(lambda: rig.received("lamp"))
        second = rig.begin("lamp.on", True, key="k1")
        with pytest.raises(RuntimeError):
            await first
        async with asyncio.timeout(2):
            assert (await second).result is Result.CONFIRMED


async def test_what_obligations_cannot_work_out_stops_no_driver(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(tmp_path, [lamp()]) as rig:
        obligations = rig.gateway.obligations

        def fails(*_: object) -> None:
            raise KeyError("on")

        monkeypatch.setattr(obligations._following, "changed", fails)
        monkeypatch.setitem(obligations._book.topics, ("lamp", "on"), {})
        assert (await rig.run("lamp.on", True)).result is Result.CONFIRMED
        assert rig.gateway.supervisor.conditions["driver simulated"].failures == 0


async def test_whoever_follows_reports_and_fails_stops_no_driver(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async with opened(tmp_path, [lamp()]) as rig:
        ingest, learned = rig.gateway.ingest, []

        def fails(*_: object) -> None:
            raise KeyError("on")

        monkeypatch.setattr(ingest, "_changed", (fails, lambda *_: learned.append(1)))
        for value in (True, False, True):
            assert (await rig.run("lamp.on", value)).result is Result.CONFIRMED
        assert rig.gateway.supervisor.conditions["driver simulated"].failures == 0
        assert len(learned) == ingest.counters["listener_mistakes"] >= 3
        assert caplog.text.count("a mistake of ours in") == 1


async def test_obligations_learn_the_end_though_nobody_else_can_be_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async with opened(tmp_path, [lamp()]) as rig:
        execution = await leave_open(rig, "lamp.on", True)

    def fails(*_: object) -> None:
        raise KeyError("on")

    learned: list[str] = []
    monkeypatch.setattr(TimeToRecover, "ended", fails)
    monkeypatch.setattr(Reviving, "recovered", lambda _, ident, *__: learned.append(ident))
    async with opened(tmp_path, [lamp(on=True)]) as rig:
        await until(lambda: f"a mistake while the end of {execution} was told" in caplog.text)
        assert learned == [execution]
        assert (await rig.run("lamp.on", False)).result is Result.CONFIRMED


def test_the_time_for_which_a_computer_slept_has_passed() -> None:
    assert abs(SystemClock().monotonic() - time.clock_gettime(time.CLOCK_BOOTTIME)) < 1
