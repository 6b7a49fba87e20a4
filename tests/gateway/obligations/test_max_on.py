"""What a rule lets run for a while is switched off, whoever switched it on."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from gateway.commands import Reason, Result
from tests.gateway.core.rig import AGENT, OWNER, how, until
from tests.gateway.obligations.keeping import heater, keeping

HOUR = 3600.0


async def test_a_heater_is_switched_off_after_its_time(tmp_path: Path) -> None:
    async with keeping(tmp_path, [heater()]) as kept:
        assert (await kept.rig.run("heater.on", True, AGENT)).result is Result.CONFIRMED
        (owed,) = kept.owed()
        assert (owed.state, owed.term.seconds, owed.principal) == ("running", 2 * HOUR, "coo")
        await kept.pass_time(2 * HOUR - 1)
        assert kept.rig.received("heater") == 1
        await kept.pass_time(1)
        await kept.off("heater")
        await kept.quiet()
        assert await kept.told() == ["promised", "begun", "due", "done"]
        (dispatch,) = (row for row in await kept.rig.rows("dispatch") if row.principal == "house")
        assert (dispatch.body["affordance"], dispatch.body["value"]) == ("on", False)
        assert dispatch.body["findings"] == ["house/max_on"]
        assert dispatch.private == {
            "purpose": "rule household/heater-off",
            "evidence": {"obligation": owed.id, "cause": owed.execution},
        }


async def test_it_is_switched_off_whoever_switched_it_on(tmp_path: Path) -> None:
    async with keeping(tmp_path, [heater()]) as kept:
        kept.by_hand("heater", "outlet", "on", True)
        await until(kept.owed)
        await kept.pass_time(2 * HOUR)
        await kept.off("heater")


async def test_what_is_seen_off_is_owed_no_longer(tmp_path: Path) -> None:
    async with keeping(tmp_path, [heater()]) as kept:
        await kept.rig.run("heater.on", True, OWNER)
        kept.by_hand("heater", "outlet", "on", False)
        await until(lambda: not kept.owed())
        await kept.pass_time(5 * HOUR)
        assert kept.rig.received("heater") == 1
        assert await kept.told() == ["promised", "begun", "done"]


async def test_software_prolongs_nothing(tmp_path: Path) -> None:
    """Two agents that switch it on in turn keep no heater on for ever."""
    async with keeping(tmp_path, [heater()]) as kept:
        await kept.rig.run("heater.on", True, AGENT)
        for _ in range(7):
            await kept.pass_time(HOUR / 4)
            await kept.rig.run("heater.on", True, AGENT)
        assert kept.rig.driver.devices["heater"].state["outlet"]["on"] is True
        await kept.pass_time(HOUR / 4)
        await kept.off("heater")


async def test_a_person_who_switches_it_on_again_has_not_forgotten_it(tmp_path: Path) -> None:
    async with keeping(tmp_path, [heater()]) as kept:
        await kept.rig.run("heater.on", True, AGENT)
        await kept.pass_time(HOUR)
        await kept.rig.run("heater.on", True, OWNER)
        await kept.pass_time(1.5 * HOUR)
        assert kept.states() == ["running"]
        await kept.pass_time(HOUR / 2)
        await kept.off("heater")


async def test_what_was_not_sent_is_forgotten(tmp_path: Path) -> None:
    async with keeping(tmp_path, [heater()]) as kept:
        kept.rig.fault("heater", "rejecting")
        assert (await kept.rig.run("heater.on", True, AGENT)).result is Result.REJECTED
        assert not kept.owed()
        kept.rig.driver.cut_link()
        await kept.quiet()
        assert (await kept.rig.run("heater.on", True, AGENT)).result is Result.NOT_SENT
        assert not kept.owed()


async def test_what_fails_is_tried_again_told_and_keeps_software_away(tmp_path: Path) -> None:
    async with keeping(tmp_path, [heater()]) as kept:
        rig = kept.rig
        await rig.run("heater.on", True, AGENT)
        rig.fault("heater", "rejecting")
        await kept.pass_time(2 * HOUR)
        await until(lambda: kept.states() == ["failed"])
        await kept.quiet()
        (incident,) = await rig.rows("incident")
        assert (incident.thing, incident.body["outcome"]) == ("heater", "rejected")
        (notice,) = (e.data for e in rig.events if e.kind == "notice")
        assert (notice["kind"], notice["urgency"]) == ("incident", "high")
        assert notice["title"] == "heater could not be switched off"

        assert how(await rig.run("heater.on", True, AGENT)) == (Result.REFUSED, Reason.OBLIGATION)
        for sent, pause in enumerate((2, 5, 10, 30, 60), rig.received("heater") + 1):
            await kept.pass_time(pause)
            await until(partial(kept.has_received, "heater", sent))
            await kept.quiet()
        assert len(await rig.rows("incident")) == 1, "once is enough"

        rig.fault("heater", "")
        await kept.pass_time(120)
        await kept.off("heater")
        await kept.quiet()
        assert (await kept.told())[-1] == "done"
        await kept.pass_time(HOUR / 5)
        assert (await rig.run("heater.on", True, AGENT)).result is Result.CONFIRMED


async def test_software_may_switch_off_what_could_not_be_switched_off(tmp_path: Path) -> None:
    async with keeping(tmp_path, [heater()]) as kept:
        await kept.rig.run("heater.on", True, AGENT)
        kept.rig.fault("heater", "rejecting")
        await kept.pass_time(2 * HOUR)
        await until(lambda: kept.states() == ["failed"])
        kept.rig.fault("heater", "")
        assert (await kept.rig.run("heater.on", False, AGENT)).result is Result.CONFIRMED
        await kept.off("heater")


async def test_a_person_may_always_switch_it_off(tmp_path: Path) -> None:
    async with keeping(tmp_path, [heater()]) as kept:
        await kept.rig.run("heater.on", True, AGENT)
        kept.rig.fault("heater", "rejecting")
        await kept.pass_time(2 * HOUR)
        await until(lambda: kept.states() == ["failed"])
        kept.rig.fault("heater", "")
        assert (await kept.rig.run("heater.on", False, OWNER)).result is Result.CONFIRMED
        await kept.off("heater")


async def test_what_is_out_of_reach_is_done_as_soon_as_it_is_back(tmp_path: Path) -> None:
    async with keeping(tmp_path, [heater()]) as kept:
        await kept.rig.run("heater.on", True, AGENT)
        kept.rig.driver.cut_link()
        await kept.pass_time(2 * HOUR)
        await until(lambda: kept.states() == ["failed"])
        kept.rig.driver.restore_link()
        await kept.off("heater")
