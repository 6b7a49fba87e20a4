"""The wall clock jumps while the gateway runs: by NTP after a start without a battery, by a battery that died, by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from drivers.simulated.timeline import ManualTimeline
from gateway.commands import Result
from gateway.ledger import verify
from tests.gateway.core.rig import AGENT, OWNER, opened, until
from tests.gateway.leases.fighters import AGENTS, claim, holder, house, passes
from tests.gateway.obligations.keeping import HEATER_OFF, Kept, heater, write

HOUR = 3600.0
YEAR = 365.25 * 24 * HOUR


class Jumping(ManualTimeline):
    """What the wall shows can be set; its time goes on."""

    jumped = 0.0

    def wall(self) -> float:
        return super().wall() + self.jumped


@pytest.mark.parametrize("years", [-40, -1, 1, 10])
async def test_what_must_not_run_for_ever_ends_when_it_should(tmp_path: Path, years: int) -> None:
    """Two hours are two hours, whatever the clock shows; the ledger goes on, and so do tokens."""
    timeline = Jumping()
    write(tmp_path, HEATER_OFF)
    async with opened(tmp_path, [heater()], timeline=timeline) as rig:
        kept = Kept(rig)
        _, secret = await rig.gateway.identity.create_token(OWNER)
        assert (await rig.run("heater.on", True, AGENT)).result is Result.CONFIRMED
        await kept.pass_time(HOUR)
        timeline.jumped = years * YEAR
        await kept.pass_time(HOUR - 1)
        assert rig.driver.devices["heater"].state["outlet"]["on"] is True, "not before its time"
        await kept.pass_time(1)
        await kept.off("heater")
        assert rig.gateway.identity.authenticate(secret) is not None
        assert (await rig.run("heater.on", True, OWNER)).result is Result.CONFIRMED
    found = verify(tmp_path / "state")
    assert found.ok, found.problems


async def test_what_was_going_on_before_a_jump_is_taken_up_after_a_restart(tmp_path: Path) -> None:
    """Forward it ends at once, for it may be true; back it lasts its own time at the most."""
    write(tmp_path, HEATER_OFF)
    device = heater()
    first = ManualTimeline()
    async with opened(tmp_path, [device], timeline=first) as rig:
        assert (await rig.run("heater.on", True, AGENT)).result is Result.CONFIRMED
    async with opened(tmp_path, [device], timeline=ManualTimeline(first.wall() - YEAR)) as rig:
        kept = Kept(rig)
        await until(kept.owed)
        await kept.pass_time(2 * HOUR)
        await kept.off("heater")
    assert verify(tmp_path / "state").ok


async def test_a_clock_that_is_set_back_prolongs_no_lease(tmp_path: Path) -> None:
    timeline = Jumping()
    async with house(tmp_path, timeline=timeline) as rig:
        await claim(rig, AGENTS[0], for_s=HOUR)
        assert holder(rig) == [AGENTS[0].id]
        timeline.jumped = -YEAR
        await passes(rig, 60)
        await passes(rig, HOUR + 60)
        assert holder(rig) == []
