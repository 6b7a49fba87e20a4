"""A mistake of ours in one part leaves nobody waiting, and keeps no other part from its work."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from gateway.clock import SystemClock
from gateway.commands import Execution, Outcome, Result
from tests.gateway.core.rig import lamp, opened, until


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


def test_the_time_for_which_a_computer_slept_has_passed() -> None:
    assert abs(SystemClock().monotonic() - time.clock_gettime(time.CLOCK_BOOTTIME)) < 1
