"""From what is found to what is a Thing, and what becomes of it."""

from __future__ import annotations

import asyncio
import sqlite3
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from capabilities.components import AffordanceDescription, ComponentDescription
from drivers.driver import Candidate, Endpoint
from drivers.simulated.device import Attribute, Device, Part
from drivers.simulated.memory import candidate as found_as
from gateway import inbox as inbox_module
from gateway.announcements import adopt_all, adopt_none, adopt_sensors
from gateway.commands import Reason, Result
from gateway.kinds import AdoptionError
from tests.gateway.core.rig import Rig, device, lamp, opened, remade, until

FOUND = ("simulated", "lamp")


def described(
    name: str, *affordances: AffordanceDescription, kind: str = "light", fingerprint: str = "1"
) -> Candidate:
    component = ComponentDescription("main", kind, affordances, fingerprint=fingerprint)
    return Candidate("simulated", name, Endpoint("test", name), name, (component,), fingerprint)


ON = AffordanceDescription("on", "p/on", writable=True)


# ---------------------------------------------------------------- who comes in


async def test_what_is_found_waits_for_a_person(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp(), device("kitchen-leak")], adopt="ask") as rig:
        registry = rig.gateway.registry
        assert list(registry.inbox) == [FOUND, ("simulated", "kitchen-leak")]
        assert len(registry) == 0
        adopted = await registry.adopt(registry.inbox[FOUND], title="Reading lamp", room="Study", by="anna")
        assert (adopted.id, adopted.title, adopted.room) == ("reading-lamp", "Reading lamp", "Study")
        assert list(registry.inbox) == [("simulated", "kitchen-leak")]
        rig.gateway.ingest.catch_up(*FOUND)
        assert rig.value("reading-lamp", "brightness") == 50.0
        assert (await rig.run("reading-lamp.on", True)).result is Result.CONFIRMED
        (row,) = await rig.rows("adoption")
        assert (row.principal, row.thing, row.body["device"]) == ("anna", "reading-lamp", "lamp")


async def test_a_room_in_other_letters_is_the_same_room(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp(), lamp("other"), lamp("third")], adopt="ask") as rig:
        registry = rig.gateway.registry
        rooms = {"lamp": "Living Room", "other": " living room", "third": "Study"}
        for name, room in rooms.items():
            await registry.adopt(registry.inbox["simulated", name], room=room, by="anna")
        assert [thing.room for thing in registry] == ["Living Room", "Living Room", "Study"]


async def test_only_what_moves_nothing_comes_in_by_itself(tmp_path: Path) -> None:
    devices = [lamp(), device("kitchen-leak"), device("bedroom-climate"), device("hallway-outlet")]
    async with opened(tmp_path, devices, adopt="sensors") as rig:
        assert {thing.id for thing in rig.gateway.registry} == {"kitchen-leak", "bedroom-climate"}
        assert {key[1] for key in rig.gateway.registry.inbox} == {"lamp", "hallway-outlet"}


def test_a_sensor_with_anything_to_set_is_none() -> None:
    reading = AffordanceDescription("temperature", "p/t")
    assert adopt_sensors(described("a", reading, kind="temperature"))
    assert not adopt_sensors(described("a", replace(reading, writable=True), kind="temperature"))
    calibrate = AffordanceDescription("calibrate", "p/c", role="action")
    assert not adopt_sensors(described("a", reading, calibrate, kind="temperature"))
    assert not adopt_sensors(described("a", reading, kind="thermostat"))
    assert adopt_all(described("a", ON))
    assert not adopt_none(described("a", reading, kind="temperature"))


async def test_a_device_becomes_one_thing(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp()], adopt="ask") as rig:
        registry = rig.gateway.registry
        found = registry.inbox[FOUND]
        both = await asyncio.gather(
            registry.adopt(found, title="One"), registry.adopt(found, title="Two"), return_exceptions=True
        )
        assert isinstance(both[1], AdoptionError)
        assert "adopted already, as one" in str(both[1])
        assert [thing.id for thing in registry] == ["one"]


async def test_what_cannot_be_kept_is_no_thing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with opened(tmp_path, [lamp()], adopt="ask") as rig:
        registry = rig.gateway.registry

        async def full(*_: object) -> None:
            raise sqlite3.OperationalError("database or disk is full")

        with monkeypatch.context() as patch:
            patch.setattr(registry._rows, "save", full)
            with pytest.raises(sqlite3.OperationalError):
                await registry.adopt(registry.inbox[FOUND])
        assert len(registry) == 0
        assert registry.by_device(*FOUND) is None
        assert FOUND in registry.inbox
        assert (await registry.adopt(registry.inbox[FOUND])).id == "lamp"


async def test_what_does_not_hold_together_stays_outside(tmp_path: Path) -> None:
    async with opened(tmp_path, [], adopt="all") as rig:
        registry = rig.gateway.registry
        with pytest.raises(AdoptionError, match="at least one component"):
            await registry.adopt(Candidate("simulated", "x", Endpoint("test", "x"), "Empty", (), ""))
        assert len(registry) == 0


async def test_names_that_are_taken_get_a_number(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp("a"), lamp("b"), lamp("c")], adopt="ask") as rig:
        registry = rig.gateway.registry
        for found in list(registry.inbox.values()):
            await registry.adopt(found, title="Lamp")
        assert [thing.id for thing in registry] == ["lamp", "lamp-2", "lamp-3"]


async def test_the_inbox_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inbox_module, "INBOX_CANDIDATES", 3)
    async with opened(tmp_path, [], adopt="ask") as rig:
        for i in range(6):
            await rig.gateway.registry.see(found_as("simulated", lamp(f"lamp-{i}")))
        assert [key[1] for key in rig.gateway.registry.inbox] == ["lamp-3", "lamp-4", "lamp-5"]
        await rig.gateway.registry.see(found_as("simulated", lamp("lamp-3")))
        await rig.gateway.registry.see(found_as("simulated", lamp("lamp-9")))
        assert [key[1] for key in rig.gateway.registry.inbox] == ["lamp-5", "lamp-3", "lamp-9"]


async def test_what_is_ignored_stays_away(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp(), lamp("other")], adopt="ask") as rig:
        registry = rig.gateway.registry
        await registry.ignore(*FOUND, by="anna")
        with pytest.raises(KeyError):
            await registry.ignore(*FOUND, by="anna")
        rig.driver.announce(lamp())
        await rig.settle()
        assert list(registry.inbox) == [("simulated", "other")]
    async with opened(tmp_path, [lamp(), lamp("other")], adopt="ask") as rig:
        assert list(rig.gateway.registry.inbox) == [("simulated", "other")]
    async with opened(tmp_path, [lamp()], adopt="sensors") as rig:
        assert len(rig.gateway.registry.inbox) == 0


# ---------------------------------------------------------------- over a restart


async def test_things_outlive_a_restart(tmp_path: Path) -> None:
    async with opened(tmp_path, [device("hallway-outlet"), lamp()]) as rig:
        registry = rig.gateway.registry
        before = {thing.id: list(thing.slots) for thing in registry}
        await registry.forget("lamp", by="anna")
        rig.driver.announce(lamp())
        await until(lambda: registry.get("lamp"))
        labelled = await registry.adopt(
            found_as("simulated", lamp("x")), room="Attic", labels=frozenset({"b", "a"})
        )
        assert labelled.labels == {"a", "b"}
        await rig.gateway.ledger.flush()
    async with opened(tmp_path, [], adopt="ask") as rig:
        registry = rig.gateway.registry
        assert {thing.id: list(thing.slots) for thing in registry if thing.id != "x"} == before
        attic = registry["x"]
        assert (attic.room, sorted(attic.labels), attic.device) == ("Attic", ["a", "b"], "x")
        assert all(thing.reach.reachable is None for thing in registry)
        assert all(slot.current is None for slot in rig.gateway.state)


async def test_names_are_kept_when_components_come_and_go(tmp_path: Path) -> None:
    async with opened(tmp_path, [device("hallway-outlet")]) as rig:
        before = set(rig.thing("hallway-outlet").slots)
        assert before == {"on", "power", "energy"}
    fewer = device("hallway-outlet")
    del fewer.parts["power"]
    more = Part("light", "light", (Attribute("on", "boolean", writable=True),), title="Night light")
    grown = Device(
        "hallway-outlet",
        "Other",
        "Attic",
        [more, *fewer.parts.values()],
        fewer.state | {"light": {"on": False}},
    )
    async with opened(tmp_path, [grown], adopt="ask") as rig:
        await until(lambda: bool(rig.gateway.registry.inbox))
        assert set(rig.thing("hallway-outlet").slots) == before, "what can move something waits for a person"
        await rig.gateway.registry.accept("hallway-outlet", by="ada")
        rig.gateway.ingest.catch_up("simulated", "hallway-outlet")
        assert not rig.gateway.registry.inbox
        adopted = rig.thing("hallway-outlet")
        added = set(adopted.slots) - before
        assert before < set(adopted.slots)
        assert len(added) == 1
        assert (adopted.title, adopted.suspended) == ("hallway-outlet", "")
        (name,) = added
        assert adopted.slots[name].property.capability == "light.on"
        await until(lambda: rig.value("hallway-outlet", name) is False)
        assert rig.value("hallway-outlet", "on") is True
    async with opened(tmp_path, [], adopt="ask") as rig:
        assert set(rig.thing("hallway-outlet").slots) == before | added


async def test_what_is_no_thing_any_more_does_not_keep_the_house_down(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp(), device("kitchen-leak")]) as rig:
        row = await rig.gateway.registry._rows.get("lamp")
        assert row is not None
        await rig.gateway.registry._rows.save(replace(row, description=b'[{"kind": "teleporter"}]'))
    async with opened(tmp_path, [lamp(), device("kitchen-leak")], adopt="ask") as rig:
        registry = rig.gateway.registry
        assert [thing.id for thing in registry] == ["kitchen-leak"]
        assert (await registry.adopt(registry.inbox[FOUND])).id == "lamp"


# ---------------------------------------------------------------- announced anew


async def test_a_device_that_changed_its_kind_is_suspended_until_accepted(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp()]) as rig:
        registry = rig.gateway.registry
        rig.driver.announce(remade("lamp", "switch"))
        await rig.suspended("lamp")
        assert rig.thing("lamp").thing.kind == "light"
        refused = await rig.run("lamp.on", True)
        assert (refused.result, refused.reason) == (Result.REFUSED, Reason.SUSPENDED)
        (incident,) = await rig.rows("incident")
        assert incident.thing == "lamp"
        assert FOUND in registry.inbox
        assert (await registry.accept("lamp", by="anna")).thing.kind == "switch"
        assert FOUND not in registry.inbox
        assert (await rig.run("lamp.on", True)).result is Result.CONFIRMED
        assert [row.principal for row in await rig.rows("thing")] == ["anna"]


@pytest.mark.parametrize(
    ("again", "suspended"),
    [
        (described("x", ON, fingerprint="2"), True),
        (described("x", ON, kind="switch"), True),
        (described("x", ON), False),
        (described("x", replace(ON, title="On and off")), False),
    ],
    ids=["commands", "kind", "same", "title"],
)
async def test_the_fingerprint_says_whether_commands_changed(
    tmp_path: Path, again: Candidate, suspended: bool
) -> None:
    async with opened(tmp_path, [], adopt="all") as rig:
        adopted = await rig.gateway.registry.adopt(described("x", ON))
        await rig.gateway.registry.see(again)
        assert bool(rig.thing(adopted.id).suspended) is suspended


@pytest.mark.parametrize(
    ("affordances", "suspended"),
    [
        ((replace(ON, point="q/on"),), True),
        ((ON, AffordanceDescription("brightness", "p/b", writable=True)), True),
        ((ON, AffordanceDescription("set", "p/s", role="action")), True),
        ((ON, AffordanceDescription("color_mode", "p/m")), False),
        ((ON,), False),
    ],
    ids=["address", "write", "action", "reading", "same"],
)
async def test_without_a_fingerprint_the_commands_themselves_are_compared(
    tmp_path: Path, affordances: tuple[AffordanceDescription, ...], suspended: bool
) -> None:
    async with opened(tmp_path, [], adopt="all") as rig:
        adopted = await rig.gateway.registry.adopt(described("x", ON, fingerprint=""))
        await rig.gateway.registry.see(described("x", *affordances, fingerprint=""))
        assert bool(rig.thing(adopted.id).suspended) is suspended
        assert set(rig.thing(adopted.id).slots) == {
            a.name for a in ((ON,) if suspended else affordances) if a.role == "property"
        }


async def test_a_new_description_keeps_state_and_waiting_commands(tmp_path: Path) -> None:
    async with opened(tmp_path, [], adopt="all") as rig:
        registry, observers = rig.gateway.registry, rig.gateway.observers
        adopted = await registry.adopt(described("x", ON))
        slot = adopted.slots["on"]
        waiting: list[Any] = slot.expectations
        version, seen = registry.version, observers.last_id
        await registry.see(described("x", ON, AffordanceDescription("brightness", "p/b")))
        fresh = rig.thing("x")
        assert fresh is not adopted
        assert fresh.version == adopted.version + 1
        assert registry.version > version
        assert observers.last_id > seen
        assert fresh.slots["on"].expectations is waiting
        assert registry.points("simulated")["p/on"] is fresh.slots["on"]
        assert rig.gateway.state.slot("x", "on") is fresh.slots["on"]


async def test_an_event_that_is_gone_is_not_heard_any_more(tmp_path: Path) -> None:
    async with opened(tmp_path, [], adopt="all") as rig:
        pressed = AffordanceDescription("pressed", "p/pressed", role="event")
        registry = rig.gateway.registry
        await registry.adopt(described("x", pressed, kind="button"))
        assert "p/pressed" in registry.points("simulated")
        await registry.see(
            described("x", AffordanceDescription("press", "p/press", role="action"), kind="button")
        )
        assert "p/pressed" not in registry.points("simulated")


# ---------------------------------------------------------------- gone


async def test_a_withdrawn_device_is_out_of_reach(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp()]) as rig:
        rig.driver.withdraw(rig.driver.devices["lamp"], "sold")
        await until(lambda: rig.thing("lamp").reach.reachable is False)
        assert rig.thing("lamp").reach.reason == "sold"
        assert {"change": "unreachable", "reason": "sold"} in rig.told("thing", "lamp")
        outcome = await rig.run("lamp.on", True)
        assert (outcome.result, outcome.reason) == (Result.NOT_SENT, Reason.DEVICE_UNREACHABLE)
        rig.driver.announce(lamp())
        await until(lambda: rig.thing("lamp").reach.reachable)
        assert (await rig.run("lamp.on", True)).result is Result.CONFIRMED


async def test_a_withdrawn_candidate_leaves_the_inbox(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp()], adopt="ask") as rig:
        rig.driver.withdraw(rig.driver.devices["lamp"])
        await until(lambda: not rig.gateway.registry.inbox)


async def test_a_forgotten_thing_leaves_nothing_behind(tmp_path: Path) -> None:
    async with opened(tmp_path, [lamp()], adopt="all") as rig:
        registry = rig.gateway.registry
        await registry.forget("lamp", by="anna")
        assert (len(registry), len(rig.gateway.state), registry.points("simulated")) == (0, 0, {})
        assert registry.by_device(*FOUND) is None
        assert rig.told("thing", "lamp")[-1]["change"] == "deleted"
        with pytest.raises(KeyError):
            await registry.forget("lamp", by="anna")
    async with opened(tmp_path, [], adopt="ask") as rig:
        assert len(rig.gateway.registry) == 0


async def test_an_id_stays_its_device_s(tmp_path: Path) -> None:
    """Rules and history name Things by id: another device must not slip into them."""

    async def adopt(rig: Rig, name: str) -> str:
        return (
            await rig.gateway.registry.adopt(rig.gateway.registry.inbox["simulated", name], title="Lamp")
        ).id

    async with opened(tmp_path, [lamp("a")], adopt="ask") as rig:
        assert await adopt(rig, "a") == "lamp"
        await rig.gateway.registry.forget("lamp", by="anna")
    async with opened(tmp_path, [lamp("b"), lamp("a")], adopt="ask") as rig:
        assert await adopt(rig, "b") == "lamp-2"
        assert await adopt(rig, "a") == "lamp"
