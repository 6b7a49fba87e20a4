"""Whose a change is: what a command explains, what it does not, and that nobody hides a hand behind commands."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from capabilities.errors import SchemaError
from capabilities.thing import Operation
from capabilities.vocabulary import Json
from drivers.simulated.device import Attribute, Device, Part
from gateway.adopted import Adopted
from gateway.commands import Reason, Result
from tests.gateway.core.rig import Rig, device, hasten, how, lamp, until
from tests.gateway.leases.fighters import COO, house, passes
from tests.gateway.leases.test_takeovers import CALM_S, CONFLICT, by_hand, flip, takeovers


def two_gangs() -> Device:
    parts = [Part(name, "switch", (Attribute("on", "boolean", writable=True),)) for name in ("left", "right")]
    return Device(
        "gangs", "gangs", "Hall", parts, {"left": {"on": False}, "right": {"on": False}}, reaction_seconds=0.0
    )


async def reports(rig: Rig, name: str, part: str, **values: Json) -> None:
    """The device says so, whatever it is."""
    for attribute, value in values.items():
        await by_hand(rig, name, part, attribute, value)


async def test_a_write_of_what_is_so_hides_nobody(tmp_path: Path) -> None:
    async with house(tmp_path) as rig:
        await rig.run("lamp.on", True, by=COO)
        await passes(rig, CALM_S)
        for _ in range(4):
            assert (await rig.run("lamp.on", True, by=COO)).result is not Result.REFUSED
            await passes(rig, 1.5)
        await rig.run("lamp.on", True, by=COO)
        await flip(rig, False)
        assert len(await takeovers(rig)) == 1
        assert how(await rig.run("lamp.on", True, by=COO)) == CONFLICT


async def test_writes_of_something_else_hide_nobody(tmp_path: Path) -> None:
    async with house(tmp_path) as rig:
        await rig.run("lamp.on", True, by=COO)
        await passes(rig, CALM_S)
        await rig.run("lamp.brightness", 30, by=COO)
        await flip(rig, False)
        assert len(await takeovers(rig)) == 1


async def test_who_switches_back_at_once_does_not_hide_it(tmp_path: Path) -> None:
    async with house(tmp_path) as rig:
        await rig.run("lamp.on", True, by=COO)
        await flip(rig, False)
        assert await takeovers(rig) == [], "it may be an old state that is told again"
        await passes(rig, 1)
        await rig.run("lamp.on", True, by=COO)
        assert len(await takeovers(rig)) == 1
        await flip(rig, False)
        assert how(await rig.run("lamp.on", True, by=COO)) == CONFLICT


async def test_a_storm_of_writes_hides_nobody(tmp_path: Path) -> None:
    async with house(tmp_path) as rig:
        for number in range(100):
            await rig.run("lamp.on", number % 2 == 0, by=COO)
            if number % 10 == 4:
                await flip(rig, False)
            await passes(rig, 1.5)
        assert await takeovers(rig)


async def test_an_old_state_that_is_told_again_is_nobody(tmp_path: Path) -> None:
    async with house(tmp_path) as rig:
        await rig.run("lamp.on", True, by=COO)
        await flip(rig, False)
        await passes(rig, 1)
        await flip(rig, True)
        await passes(rig, 10)
        await rig.run("lamp.set()", {"on": True, "brightness": 80}, by=COO)
        await flip(rig, False)  # some lamps go dark for a moment
        await rig.run("lamp.brightness", 20, by=COO)
        await flip(rig, True)
        await passes(rig, 10)
        assert await takeovers(rig) == []


async def test_what_stays_away_is_somebody(tmp_path: Path) -> None:
    async with house(tmp_path) as rig:
        await rig.run("lamp.on", True, by=COO)
        await flip(rig, False)
        await passes(rig, 2)
        assert await takeovers(rig) == []
        await passes(rig, 2)
        assert len(await takeovers(rig)) == 1


async def test_a_fade_is_ours_and_going_beyond_it_is_not(tmp_path: Path) -> None:
    async with house(tmp_path, [lamp(on=True, brightness=10)]) as rig:
        await rig.run("lamp.brightness", 80, by=COO)  # a bridge says at once what will be
        for step in (20, 40, 60, 80):
            await reports(rig, "lamp", "light", brightness=step)
        await passes(rig, 20)
        assert await takeovers(rig) == []
        await passes(rig, CALM_S)
        await rig.run("lamp.brightness", 40, by=COO)
        await reports(rig, "lamp", "light", brightness=95)
        await passes(rig, 5)
        assert len(await takeovers(rig)) == 1


async def test_a_thermostat_that_snaps_and_one_whose_mode_moves_its_target(tmp_path: Path) -> None:
    async with house(tmp_path) as rig:
        await rig.run("heating.target", 23, by=COO)
        await reports(rig, "heating", "climate", target=23.5)
        await passes(rig, CALM_S)
        await rig.run("heating.mode", "off", by=COO)
        await reports(rig, "heating", "climate", target=7.0)
        await passes(rig, CALM_S)
        assert await takeovers(rig) == []
        await reports(rig, "heating", "climate", target=20.0)
        assert len(await takeovers(rig)) == 1


async def test_the_other_gang_is_ours_for_a_moment_only(tmp_path: Path) -> None:
    async with house(tmp_path, [two_gangs()]) as rig:
        adopted = rig.thing("gangs")
        left, right = sorted(adopted.slots)
        await rig.run(f"gangs.{left}", True, by=COO)
        await reports(rig, "gangs", "right", on=True)
        await passes(rig, 5)
        assert await takeovers(rig) == []
        await rig.run(f"gangs.{left}", False, by=COO)
        await passes(rig, 2.5)
        await reports(rig, "gangs", "right", on=False)
        (taken,) = await takeovers(rig)
        assert taken["property"] == right


async def test_a_blind_that_is_turned_back_on_its_way(tmp_path: Path) -> None:
    async with house(tmp_path, [device("bedroom-blind")]) as rig:
        start = rig.value("bedroom-blind", "position")
        assert isinstance(start, int | float)
        goal = 0 if start > 50 else 100
        task = rig.begin("bedroom-blind.position", goal, COO)
        await passes(rig, 1)
        beyond = min(start + 30, 100) if goal == 0 else max(start - 30, 0)
        await by_hand(rig, "bedroom-blind", "blind", "position", float(beyond))
        for _ in range(200):
            rig.timeline.advance(0.25)
            await rig.settle()
        assert len(await takeovers(rig)) == (1 if beyond != start else 0)
        task.cancel()
        await asyncio.wait([task])


# -------------------------------------------------------------------- nothing ordinary is taken for a hand


@pytest.mark.parametrize("fault", ["", "early", "late:2", "duplicate"])
async def test_nothing_that_an_agent_does_is_taken_for_a_hand(
    tmp_path: Path, fault: str, hurried: None
) -> None:
    """Every operation of the whole simulated house, with devices that report in every way there is."""
    from drivers.simulated.house import house as simulated

    async with house(tmp_path, simulated()) as rig:
        done = 0
        for adopted in list(rig.gateway.registry):
            rig.fault(adopted.device, fault)
            if not any(slot.property.name in {"position", "state"} for slot in adopted.slots.values()):
                hasten(adopted, 1.0)
            for operation in list(adopted.operations()):
                for value in list(values(adopted, operation))[:3]:
                    done += await carried_out(rig, adopted, operation, value)
        assert done > 30
        assert await takeovers(rig) == []


async def carried_out(rig: Rig, adopted: Adopted, operation: Operation, value: Json) -> bool:
    name = f"{adopted.id}.{operation.name}" + ("()" if operation.is_action else "")
    before = rig.received(adopted.device)
    task = rig.begin(name, value, COO)
    await until(lambda: task.done() or rig.received(adopted.device) > before)
    for _ in range(150):
        await rig.settle()
        if task.done():
            break
        rig.timeline.advance(0.5)
    outcome = await task
    for _ in range(60):
        rig.timeline.advance(0.5)
        await rig.settle()
    assert outcome.reason is not Reason.CONFLICT, outcome
    return outcome.result is not Result.REFUSED


def values(adopted: Adopted, operation: Operation) -> Iterator[Json]:
    """What it may be told to do: each of a few values that it takes."""
    if not operation.takes_input:
        yield None
        return
    now = [slot.reading.value for slot in adopted.slots.values() if slot.reading is not None]
    tried: list[Json] = [True, False, 20, 24, 3000, {"hue": 120, "saturation": 80}]
    tried += ["off", "heat", "auto", "low", "high", "1234", {"on": True, "brightness": 40}, *now]
    for value in tried:
        try:
            yield operation.check(value)
        except (SchemaError, ValueError):
            continue


async def test_who_says_it_again_means_it(tmp_path: Path) -> None:
    async with house(tmp_path) as rig:
        await rig.run("lamp.on", True, by=COO)
        await passes(rig, CALM_S)
        await flip(rig, False)
        assert (await rig.run("lamp.on", False)).result is not Result.REFUSED, "off already, says a person"
        assert how(await rig.run("lamp.on", True, by=COO)) == CONFLICT
        assert (await rig.run("lamp.on", True)).result is Result.CONFIRMED, "a person goes on"
        await passes(rig, CALM_S)
        assert (await rig.run("lamp.on", False, by=COO)).result is Result.CONFIRMED
