"""What a command made otherwise for a while is put back as it was, unless somebody changed it since."""

from __future__ import annotations

from pathlib import Path

import pytest

from capabilities.vocabulary import Json
from gateway.commands import Reason, Result
from tests.gateway.core.rig import AGENT, OWNER, how, lamp, until
from tests.gateway.obligations.keeping import BOOST_ENDS, keeping, thermostat

HOUR = 3600.0
START = 1_750_000_000.0

LAMP = """[[then]]
id = "light-ends"
on = ["light.set", "light.brightness"]
restore = "10m"
why = "Only a look"
"""


async def test_a_boost_ends(tmp_path: Path) -> None:
    async with keeping(tmp_path, [thermostat(target=19.0)], BOOST_ENDS) as kept:
        await kept.rig.run("radiator.target", 24, AGENT)
        (owed,) = kept.owed()
        assert (owed.kind, owed.step.value, owed.made) == ("restore", 19.0, [24])
        await kept.pass_time(HOUR)
        await until(lambda: not kept.owed())
        assert kept.rig.value("radiator", "target") == 19.0
        await kept.quiet()
        assert await kept.told() == ["promised", "begun", "due", "done"]


async def test_it_stands_back_where_somebody_changed_it_since(tmp_path: Path) -> None:
    async with keeping(tmp_path, [thermostat()], BOOST_ENDS) as kept:
        await kept.rig.run("radiator.target", 24, AGENT)
        kept.by_hand("radiator", "thermostat", "target", 21.0)
        await until(lambda: not kept.owed())
        await kept.pass_time(2 * HOUR)
        assert kept.rig.value("radiator", "target") == 21.0
        (row,) = [row for row in await kept.rig.rows("obligation") if row.body["change"] == "void"]
        assert row.body["detail"] == "its target was changed since: it stays as it is now"


async def test_a_second_boost_ends_where_the_first_began(tmp_path: Path) -> None:
    """Software prolongs nothing by it; a person does."""
    async with keeping(tmp_path, [thermostat(target=19.0)], BOOST_ENDS) as kept:
        await kept.rig.run("radiator.target", 24, AGENT)
        await kept.pass_time(HOUR / 2)
        await kept.rig.run("radiator.target", 26, AGENT)
        await kept.pass_time(HOUR / 4)
        await kept.rig.run("radiator.target", 23, OWNER)
        (owed,) = kept.owed()
        assert (owed.made, owed.step.value) == ([23], 19.0)
        await kept.pass_time(HOUR / 2)
        assert kept.states() == ["running"]
        await kept.pass_time(HOUR / 2)
        await until(lambda: not kept.owed())
        assert kept.rig.value("radiator", "target") == 19.0


async def test_a_second_boost_that_was_not_carried_out_changes_nothing(tmp_path: Path) -> None:
    async with keeping(tmp_path, [thermostat(target=19.0)], BOOST_ENDS) as kept:
        await kept.rig.run("radiator.target", 24, AGENT)
        kept.rig.fault("radiator", "rejecting")
        await kept.rig.run("radiator.target", 26, AGENT)
        kept.rig.fault("radiator", "")
        (owed,) = kept.owed()
        assert (owed.made, owed.pending) == ([24], {})
        await kept.pass_time(HOUR)
        await until(lambda: kept.rig.value("radiator", "target") == 19.0)


async def test_what_was_not_known_cannot_be_put_back(tmp_path: Path) -> None:
    async with keeping(tmp_path, [thermostat()], BOOST_ENDS) as kept:
        kept.rig.thing("radiator").slots["target"].reading = None
        outcome = await kept.rig.run("radiator.target", 24, AGENT)
        assert how(outcome) == (Result.REFUSED, Reason.OBLIGATION)
        assert outcome.detail == (
            "rule household/boost-ends wants it to be so that it is put back as it was after 3600 s, and that cannot be "
            "kept: there is no good reading of radiator's target, so nobody knows what it was"
        )
        assert kept.rig.received("radiator") == 0


@pytest.mark.parametrize("was_on", [False, True])
async def test_a_lamp_is_off_again_or_as_bright_as_it_was(tmp_path: Path, was_on: bool) -> None:
    async with keeping(tmp_path, [lamp(on=was_on, brightness=50.0)], LAMP) as kept:
        value: Json = {"on": True, "brightness": 80}
        assert (await kept.rig.run("lamp.set()", value, AGENT)).result is Result.CONFIRMED
        (owed,) = kept.owed()
        await kept.pass_time(600)
        await until(lambda: not kept.owed())
        assert kept.rig.value("lamp", "on") is was_on
        assert (owed.step.name, owed.step.value) == (("brightness", 50.0) if was_on else ("on", False))


async def test_after_a_restart_it_is_put_back(tmp_path: Path) -> None:
    device = thermostat(target=19.0)
    async with keeping(tmp_path, [device], BOOST_ENDS) as kept:
        await kept.rig.run("radiator.target", 24, AGENT)
        await kept.quiet()
    async with keeping(tmp_path, [device], BOOST_ENDS, at=START + 2 * HOUR) as kept:
        await until(lambda: not kept.owed())
        await until(lambda: kept.rig.value("radiator", "target") == 19.0)


async def test_after_a_restart_it_stands_back_as_well(tmp_path: Path) -> None:
    device = thermostat(target=19.0)
    async with keeping(tmp_path, [device], BOOST_ENDS) as kept:
        await kept.rig.run("radiator.target", 24, AGENT)
        await kept.quiet()
    device.state["thermostat"]["target"] = 17.0
    async with keeping(tmp_path, [device], BOOST_ENDS, at=START + 2 * HOUR) as kept:
        await until(lambda: not kept.owed())
        await kept.quiet()
        assert device.received == 1
        assert (await kept.told())[-1] == "void"
