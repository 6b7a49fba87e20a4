"""Short breaks stretch no time; a person begins it anew."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from gateway.commands import Command, Reason, Result
from gateway.ids import new_id
from gateway.obligations.resting import rest_of
from policies.decision import Principal
from tests.gateway.core.rig import AGENT, OWNER, Rig, how, lamp, until
from tests.gateway.obligations.keeping import HEATER_OFF, heater, keeping

HOUR, MINUTE = 3600.0, 60.0
LAMP_OFF = HEATER_OFF.replace("outlet.on", "light.on")


def is_on(rig: Rig) -> bool:
    return rig.driver.devices["heater"].state["outlet"]["on"] is True


async def by_schedule(rig: Rig, value: bool, whose: Principal = OWNER) -> None:
    now = rig.gateway.clock.wall()
    command = Command(new_id(now), whose, "heater", "on", False, value, received_at=now, scheduled=True)
    await rig.gateway.executor.run(command)


@pytest.mark.parametrize(("seconds", "rest"), [(5, 5), (300, 60), (2 * HOUR, HOUR / 5)])
def test_it_rests_for_a_tenth_and_a_minute_at_least(seconds: float, rest: float) -> None:
    assert rest_of(seconds) == rest


async def test_short_breaks_of_software_stretch_nothing(tmp_path: Path) -> None:
    async with keeping(tmp_path, [heater()]) as kept:
        rig, on, due = kept.rig, 0, {7, 16}
        for quarter in range(24):  # 6 h: off for a moment every quarter of an hour
            await rig.run("heater.on", True, AGENT)
            await kept.pass_time(HOUR / 4)
            if quarter in due:
                await kept.off("heater")
            on += is_on(rig)
            await rig.run("heater.on", False, AGENT)
            await kept.pass_time(1)
        assert on == 20, "two hours, a rest, two hours, a rest, two hours"
        refused = [row for row in await rig.rows("outcome") if row.body.get("reason") == "obligation"]
        assert "it has to be off for 12 min" in str(refused[0].body["detail"])


async def test_what_was_switched_off_by_its_rule_rests(tmp_path: Path) -> None:
    async with keeping(tmp_path, [heater()]) as kept:
        await kept.rig.run("heater.on", True, AGENT)
        await kept.pass_time(2 * HOUR)
        await kept.off("heater")
        outcome = await kept.rig.run("heater.on", True, AGENT)
        assert how(outcome) == (Result.REFUSED, Reason.OBLIGATION)
        assert "a person may at any time" in outcome.detail
        (resting,) = kept.rig.gateway.obligations.resting()
        assert (resting.used, resting.term.seconds) == (2 * HOUR, 12 * MINUTE)
        await kept.pass_time(12 * MINUTE)
        assert not list(kept.rig.gateway.obligations.resting())
        assert not len(kept.rig.gateway.obligations._book), "what has rested is forgotten"
        assert (await kept.rig.run("heater.on", True, AGENT)).result is Result.CONFIRMED
        assert kept.owed()[0].used == 0


async def test_the_rest_of_its_time_is_left_after_a_short_break(tmp_path: Path) -> None:
    async with keeping(tmp_path, [heater()]) as kept:
        await kept.rig.run("heater.on", True, AGENT)
        await kept.pass_time(1.5 * HOUR)
        await kept.rig.run("heater.on", False, AGENT)
        await kept.pass_time(11 * MINUTE)
        await kept.rig.run("heater.on", True, AGENT)
        await kept.pass_time(HOUR / 2 - 1)
        assert is_on(kept.rig)
        await kept.pass_time(1)
        await kept.off("heater")


async def test_after_a_rest_it_begins_anew(tmp_path: Path) -> None:
    async with keeping(tmp_path, [heater()]) as kept:
        await kept.rig.run("heater.on", True, AGENT)
        await kept.pass_time(1.5 * HOUR)
        await kept.rig.run("heater.on", False, AGENT)
        await kept.pass_time(12 * MINUTE)
        await kept.rig.run("heater.on", True, AGENT)
        await kept.pass_time(2 * HOUR - 1)
        assert is_on(kept.rig)


async def test_a_person_begins_anew(tmp_path: Path) -> None:
    async with keeping(tmp_path, [heater()]) as kept:
        await kept.rig.run("heater.on", True, AGENT)
        await kept.pass_time(2 * HOUR)
        await kept.off("heater")
        assert (await kept.rig.run("heater.on", True, OWNER)).result is Result.CONFIRMED
        await kept.pass_time(2 * HOUR - 1)
        assert is_on(kept.rig)


async def test_a_hand_at_the_device_begins_anew(tmp_path: Path) -> None:
    async with keeping(tmp_path, [heater()]) as kept:
        await kept.rig.run("heater.on", True, AGENT)
        await kept.pass_time(2 * HOUR)
        await kept.off("heater")
        await kept.pass_time(30)
        kept.by_hand("heater", "outlet", "on", True)
        await until(kept.owed)
        await kept.pass_time(2 * HOUR - 1)
        assert is_on(kept.rig)


async def test_a_schedule_is_software_whoever_made_it(tmp_path: Path) -> None:
    async with keeping(tmp_path, [heater()]) as kept:
        for _ in range(6):
            await by_schedule(kept.rig, True)
            await kept.pass_time(20 * MINUTE)
        await kept.off("heater")
        await by_schedule(kept.rig, True)
        assert not kept.owed()
        assert not is_on(kept.rig)


async def test_another_way_on_is_no_way_around(tmp_path: Path) -> None:
    """The rule is about `on`; the brightness switches a lamp on as well."""
    device = lamp()
    device.reaction_seconds = 0.0
    async with keeping(tmp_path, [device], LAMP_OFF) as kept:
        await kept.rig.run("lamp.on", True, AGENT)
        await kept.pass_time(1.5 * HOUR)
        await kept.rig.run("lamp.on", False, AGENT)
        await kept.pass_time(20)
        await kept.rig.run("lamp.brightness", 80, AGENT)
        await until(kept.owed)
        assert kept.owed()[0].used == 1.5 * HOUR


async def test_a_restart_is_no_rest(tmp_path: Path) -> None:
    device, start = heater(), 1_750_000_000.0
    async with keeping(tmp_path, [device], at=start) as kept:
        await kept.rig.run("heater.on", True, AGENT)
        await kept.pass_time(2 * HOUR)
        await kept.off("heater")
    later = start + 2 * HOUR + 5 * MINUTE
    async with keeping(tmp_path, [device], at=later) as kept:
        await kept.quiet()
        assert (await kept.rig.run("heater.on", True, AGENT)).result is Result.REFUSED
        await kept.pass_time(7 * MINUTE)
        assert (await kept.rig.run("heater.on", True, AGENT)).result is Result.CONFIRMED


async def test_a_restart_keeps_what_was_used(tmp_path: Path) -> None:
    device, start = heater(), 1_750_000_000.0
    async with keeping(tmp_path, [device], at=start) as kept:
        await kept.rig.run("heater.on", True, AGENT)
        await kept.pass_time(HOUR)
        await kept.rig.run("heater.on", False, AGENT)
        await kept.rig.run("heater.on", True, AGENT)
        await kept.quiet()
    async with keeping(tmp_path, [device], at=start + 1.5 * HOUR) as kept:
        await kept.quiet()
        assert [one.used for one in kept.owed()] == [HOUR]
        await kept.pass_time(HOUR / 2 - 1)
        assert is_on(kept.rig)
        await kept.pass_time(1)
        await kept.off("heater")


async def test_what_ends_while_it_comes_on_again_has_not_rested(tmp_path: Path) -> None:
    """An "on" that is under way when it is seen off is no new beginning."""
    async with keeping(tmp_path, [heater()]) as kept:
        rig = kept.rig
        await rig.run("heater.on", True, AGENT)
        await kept.pass_time(HOUR)
        rig.fault("heater", "late:1")
        again = rig.begin("heater.on", True, replace(AGENT, id="eve"))
        await until(lambda: bool(kept.owed()[0].pending) or again.done())
        kept.by_hand("heater", "outlet", "on", False)
        await kept.quiet()
        await kept.pass_time(1)
        await again
        assert sum(one.on_for(rig.gateway.clock.monotonic()) for one in kept.owed()) >= HOUR or not is_on(rig)
