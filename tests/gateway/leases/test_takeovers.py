"""Somebody at the device: what is taken for that, what is not, and how software stands back."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any, cast

import pytest

from capabilities.vocabulary import Json
from drivers.simulated.device import Order
from drivers.simulated.timeline import ManualTimeline
from gateway.commands import Outcome, Reason, Result
from tests.gateway.core.rig import OWNER, Rig, bell, device, how, lamp, until
from tests.gateway.leases.fighters import (
    ANNA,
    COLD,
    COO,
    ECO,
    MINUTE,
    TIM,
    claim,
    heating,
    holder,
    house,
    lease_of,
    passes,
)

CONFLICT = (Result.REFUSED, Reason.CONFLICT)
CONFIRMED = (Result.CONFIRMED, Reason.NONE)

CALM_S = 60.0
"""After this long no command explains anything any more."""


async def by_hand(rig: Rig, name: str, part: str, attribute: str, value: Json) -> None:
    """Somebody works the device."""
    rig.driver.use(rig.driver.devices[name], Order(part, attribute, value))
    await rig.settle()


async def flip(rig: Rig, on: bool, name: str = "lamp") -> None:
    await by_hand(rig, name, "light", "on", on)


async def takeovers(rig: Rig) -> list[dict[str, Json]]:
    return [row.body for row in await rig.rows("takeover")]


def told(outcome: Outcome) -> dict[str, Json]:
    assert outcome.conflict is not None
    return dict(outcome.conflict)


async def test_software_stands_back_for_a_person_at_the_device(tmp_path: Path) -> None:
    async with house(tmp_path) as rig:
        await claim(rig, COO, what="lamp")
        await flip(rig, True)
        (taken,) = await takeovers(rig)
        assert (taken["property"], taken["value"], taken["before"]) == ("on", True, False)
        refused = await rig.run("lamp.on", False, by=COO)
        assert how(refused) == CONFLICT
        assert told(refused) == {
            "kind": "takeover",
            "thing": "lamp",
            "until": told(refused)["until"],
            "free_in_s": 900,
            "holder": "a person at the device",
            "property": "on",
            "value": True,
            "at": told(refused)["at"],
            "counter_proposal": {"property": "on", "value": True},
        }
        assert (
            "a person set lamp on to on at the device 0 s ago; software stands back for another 15 min"
            in refused.detail
        )
        assert how(await rig.run("lamp.brightness", 20, by=ECO)) == CONFLICT, (
            "what is about the same lamp, too"
        )
        assert how(await rig.run("lamp.on", True, by=COO))[1] is not Reason.CONFLICT, "the same value passes"
        assert lease_of(rig, COO, "lamp").state == "suspended"
        events = [e for e in rig.events if e.data.get("change") == "takeover"]
        assert [(e.kind, e.topic) for e in events] == [("thing", ("lamp", "on"))]
        await passes(rig, 15 * MINUTE + 1)
        assert holder(rig, "lamp") == ["coo"]
        assert how(await rig.run("lamp.on", False, by=COO)) == CONFIRMED


async def test_a_person_passes_and_ends_it(tmp_path: Path) -> None:
    async with house(tmp_path) as rig:
        await claim(rig, COO, what="lamp")
        await flip(rig, True)
        assert how(await rig.run("lamp.brightness", 30, by=TIM)) == CONFIRMED
        await rig.gateway.leases.advance()
        assert holder(rig, "lamp") == ["coo"]
        assert how(await rig.run("lamp.on", False, by=COO)) == CONFIRMED
        assert [row.get("ended", False) for row in await takeovers(rig)] == [False, True]


async def test_our_own_commands_are_nobody_s(tmp_path: Path) -> None:
    async with house(tmp_path) as rig:
        assert how(await rig.run("lamp.set()", {"on": True, "brightness": 80}, by=COO)) == CONFIRMED
        await rig.run("heating.target", 23, by=ANNA)
        await flip(rig, False)  # a device that bounces right after
        await flip(rig, True)
        await passes(rig, 5)
        assert await takeovers(rig) == []
        await passes(rig, CALM_S)
        await flip(rig, False)
        assert len(await takeovers(rig)) == 1


async def test_a_burst_is_one(tmp_path: Path) -> None:
    async with house(tmp_path) as rig:
        for step in (55, 60, 65, 70, 80):
            await by_hand(rig, "lamp", "light", "brightness", step)
            await passes(rig, 2)
        assert len(await takeovers(rig)) == 1
        refused = await rig.run("lamp.brightness", 20, by=COO)
        assert told(refused)["value"] == 80 and told(refused)["free_in_s"] == 898


async def test_a_device_that_flickers_does_not_fill_the_ledger(tmp_path: Path) -> None:
    async with house(tmp_path) as rig:
        for number in range(40):
            await flip(rig, number % 2 == 0)
            await passes(rig, 15)
        assert 8 <= len(await takeovers(rig)) <= 11
        assert how(await rig.run("lamp.on", True, by=COO)) == CONFLICT


async def test_what_comes_after_a_silence_is_no_hand(tmp_path: Path) -> None:
    timeline = ManualTimeline()
    async with house(tmp_path, timeline=timeline) as rig:
        rig.driver.cut_link()
        await rig.settle()
        rig.timeline.advance(60)
        rig.driver.devices["lamp"].state["light"]["on"] = True
        rig.driver.restore_link()
        await rig.settle()
        assert rig.value("lamp", "on") is True
        assert await takeovers(rig) == []
        rig.timeline.advance(60)
        await flip(rig, False)
        assert len(await takeovers(rig)) == 1
    lit = lamp(on=True)
    async with house(tmp_path, [heating(), lit], timeline=timeline, rules=None) as rig:
        assert len(await takeovers(rig)) == 1
        assert how(await rig.run("lamp.brightness", 20, by=COO)) == CONFLICT, (
            "it is remembered over a restart"
        )
        await passes(rig, 16 * MINUTE)
        assert how(await rig.run("lamp.brightness", 20, by=COO)) == CONFIRMED


@pytest.mark.parametrize(
    ("state", "attribute", "value", "count"),
    [
        ({}, "target", 24.0, 1),
        ({}, "target", 21.2, 0),
        ({"mode": "auto"}, "target", 24.0, 0),
        ({"mode": "heat"}, "mode", "off", 1),
        ({}, "mode", "auto", 0),
    ],
)
async def test_a_thermostat_s_own_programme_is_no_person(
    tmp_path: Path, state: dict[str, Json], attribute: str, value: Json, count: int
) -> None:
    async with house(tmp_path, [heating(**cast("dict[str, Any]", state))]) as rig:
        await by_hand(rig, "heating", "climate", attribute, value)
        assert len(await takeovers(rig)) == count


async def test_a_blind_counts_once_and_not_where_it_was_ours(tmp_path: Path) -> None:
    async with house(tmp_path, [device("bedroom-blind")]) as rig:
        task = rig.begin("bedroom-blind.position", 20, COO)
        while not task.done():
            rig.timeline.advance(0.25)
            await rig.settle()
        assert how(task.result()) == CONFIRMED
        assert await takeovers(rig) == []
        await passes(rig, CALM_S)
        rig.driver.use(rig.driver.devices["bedroom-blind"], Order("blind", "position", 90.0))
        for _ in range(40):
            rig.timeline.advance(0.25)
            await rig.settle()
        (taken,) = await takeovers(rig)
        assert taken["property"] == "position"
        assert how(await rig.run("bedroom-blind.close()", by=COO)) == CONFLICT
        assert (await rig.run("bedroom-blind.stop()", by=COO)).reason is not Reason.CONFLICT, (
            "toward the safe state"
        )


async def test_a_group_s_command_explains_its_members(tmp_path: Path) -> None:
    async with house(tmp_path, [lamp("a"), lamp("b"), lamp("both")]) as rig:
        rig.thing("both").members = ("a", "b")
        await rig.run("both.on", True, by=COO)
        await flip(rig, True, "a")
        await flip(rig, True, "b")
        assert await takeovers(rig) == []
        await passes(rig, CALM_S)
        await flip(rig, False, "a")
        assert len(await takeovers(rig)) == 1
        assert how(await rig.run("both.on", False, by=COO)) == CONFIRMED, "that leaves it as it is"
        await passes(rig, CALM_S)
        assert how(await rig.run("both.on", True, by=COO)) == CONFLICT


async def test_a_scene_explains_what_it_moves(tmp_path: Path) -> None:
    async with house(tmp_path, [bell("scene"), lamp()]) as rig:
        await rig.run("scene.press()", by=COO)
        await flip(rig, True)
        assert await takeovers(rig) == []
        await passes(rig, CALM_S)
        await flip(rig, False)
        assert len(await takeovers(rig)) == 1


async def test_a_late_effect_is_ours(tmp_path: Path) -> None:
    async with house(tmp_path) as rig:
        rig.fault("lamp", "deaf")
        task = rig.begin("lamp.on", True, COO)
        await until(lambda: rig.received("lamp"))
        rig.gateway.ingest.driver_stopped("simulated", "gone")
        assert how(await task) == (Result.IN_DOUBT, Reason.NONE)
        rig.fault("lamp", "")
        rig.driver.restore_link()
        await rig.settle()
        await by_hand(rig, "lamp", "light", "brightness", 51.0)  # within the tolerance: nobody
        await passes(rig, 120)
        await flip(rig, True)
        assert await takeovers(rig) == []
        await passes(rig, 5)
        await flip(rig, False)
        assert len(await takeovers(rig)) == 1


async def test_in_flight_is_not_sent_after_a_hand(tmp_path: Path, holding: None) -> None:
    from tests.gateway.core.rig import HoldingLedger

    async with house(tmp_path) as rig:
        ledger = rig.gateway.ledger
        assert isinstance(ledger, HoldingLedger)
        ledger.hold = asyncio.Event()
        task = rig.begin("lamp.brightness", 80, COO)
        await ledger.written.wait()
        await flip(rig, True)
        ledger.hold.set()
        assert how(await task) == CONFLICT
        assert rig.received("lamp") == 0


async def test_a_person_who_cuts_in_has_the_last_word(tmp_path: Path, holding: None) -> None:
    from tests.gateway.core.rig import HoldingLedger

    async with house(tmp_path) as rig:
        ledger = rig.gateway.ledger
        assert isinstance(ledger, HoldingLedger)
        ledger.hold = held = asyncio.Event()
        task = rig.begin("heating.target", 19, COO)
        await ledger.written.wait()
        ledger.hold = None
        assert how(await rig.run("heating.target", 23, by=OWNER)) == CONFIRMED
        held.set()
        outcome = await task
        assert how(outcome) == (Result.REFUSED, Reason.CHANGED_MEANWHILE) and "anna" in outcome.detail
        assert rig.value("heating", "target") == 23


async def corrections(rig: Rig) -> list[dict[str, Json]]:
    return [row.body for row in await rig.rows("correction")]


async def test_a_reversal_soon_after_is_a_correction(tmp_path: Path) -> None:
    async with house(tmp_path) as rig:
        execution = await rig.execute("lamp.on", True, by=COO)
        await passes(rig, 3 * MINUTE)
        await flip(rig, False)
        (corrected,) = await corrections(rig)
        assert corrected == {
            "execution": execution.command.id,
            "principal": "coo",
            "capability": "light.on",
            "property": "on",
            "set": True,
            "value": False,
            "by": "device",
            "after_s": 180,
        }
        await passes(rig, 20 * MINUTE)
        await rig.run("lamp.on", True, by=COO)
        await passes(rig, 11 * MINUTE)
        await flip(rig, False)
        assert len(await corrections(rig)) == 1, "so late it is another wish"


async def test_a_person_s_command_corrects_too_and_software_keeps_off(tmp_path: Path) -> None:
    async with house(tmp_path) as rig:
        await rig.run("heating.target", 19, by=COO)
        assert how(await rig.run("heating.target", 22, by=TIM)) == CONFIRMED
        (corrected,) = await corrections(rig)
        assert (corrected["by"], corrected["set"], corrected["value"]) == ("tim", 19, 22)
        assert how(await rig.run("heating.target", 19, by=COO)) == CONFLICT
        await rig.run("heating.target", 18, by=TIM)
        assert len(await corrections(rig)) == 1


@pytest.mark.parametrize(
    ("was", "by_coo", "by_tim", "count"),
    [(21, 19, 17, 0), (21, 19, 20, 1), (21, 24, 24.5, 0), (21, 24, 26, 0), (21, 24, 19, 1)],
)
async def test_going_on_is_no_correction(
    tmp_path: Path, was: float, by_coo: float, by_tim: float, count: int
) -> None:
    async with house(tmp_path, [heating(target=was)]) as rig:
        await rig.run("heating.target", by_coo, by=COO)
        await rig.run("heating.target", by_tim, by=TIM)
        assert len(await corrections(rig)) == count
        assert how(await rig.run("heating.target", 21, by=ECO)) == (CONFLICT if count else CONFIRMED)


async def test_a_schedule_and_another_agent_correct_nobody(tmp_path: Path) -> None:
    async with house(tmp_path) as rig:
        await rig.run("heating.target", 19, by=COO)
        await rig.run("heating.target", 24, by=ECO)
        await rig.run("heating.target", 19, by=ANNA, scheduled=True)
        assert await corrections(rig) == []


async def test_without_standing_back_a_takeover_is_only_told(tmp_path: Path) -> None:
    async with house(tmp_path, stand_back="0") as rig:
        await claim(rig, COO, COLD)
        await by_hand(rig, "heating", "climate", "target", 24.0)
        assert len(await takeovers(rig)) == 1
        assert how(await rig.run("heating.target", 19, by=COO)) == CONFIRMED
