"""Plans where the clock is set back, or our own code fails."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from gateway.plans.holding import Holder
from gateway.plans.plan import Step
from gateway.plans.stepping import Stepper
from tests.gateway.core.rig import lamp, opened, until
from tests.gateway.plans.desk_of_plans import begin, over, prepare, write


class SetBack:
    """A clock that can be set."""

    def __init__(self) -> None:
        self.by = 0.0

    def wall(self) -> float:
        return time.time() - self.by

    def monotonic(self) -> float:
        return time.monotonic()


async def test_a_clock_that_is_set_back_prolongs_no_pause(tmp_path: Path) -> None:
    clock = SetBack()
    async with opened(tmp_path, [lamp()], clock=clock) as rig:
        tools = rig.gateway.plans.desk._tools(prepare(rig, write("lamp", True)).plan)
        tools.patient_until = clock.monotonic() + 0.01
        pauses = asyncio.gather(tools.rest(0.01), tools.nap(0.01))
        await asyncio.sleep(0)  # both have begun
        clock.by = 3600.0
        async with asyncio.timeout(5):
            await pauses
        assert tools.patience() <= 0


@pytest.mark.parametrize("mishap", [asyncio.CancelledError, ZeroDivisionError])
async def test_where_our_own_code_fails_it_is_held_and_can_be_resumed(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    mishap: type[BaseException],
) -> None:
    closed: list[Holder] = []
    close, carry_out = Holder.close, Stepper.carry_out

    async def seen(holder: Holder) -> None:
        closed.append(holder)
        await close(holder)

    async def broken(stepper: Stepper, step: Step) -> None:
        raise mishap

    monkeypatch.setattr(Holder, "close", seen)
    monkeypatch.setattr(Stepper, "carry_out", broken)
    async with opened(tmp_path, [lamp()]) as rig:
        plan = await begin(rig, write("lamp", True))
        await until(lambda: plan.paused_by)
        assert (plan.paused_by, len(closed)) == ("gateway", 1)
        assert "failed in our own code" in caplog.text
        monkeypatch.setattr(Stepper, "carry_out", carry_out)
        plan.paused_by = ""
        rig.gateway.plans.desk._go_on(rig.gateway.plans.desk._running[plan.id][0])
        assert (await over(rig, plan)).state == "done"
