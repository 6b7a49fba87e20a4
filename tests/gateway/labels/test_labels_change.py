"""Title, room and labels of a Thing are changed: what follows at once, and what is refused."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from capabilities.components import AffordanceDescription, ComponentDescription
from capabilities.vocabulary import Json
from drivers.driver import Candidate
from drivers.simulated.device import Device
from drivers.simulated.memory import candidate
from gateway.arranging import Arrangement
from gateway.commands import Reason, Result
from gateway.ledger import LedgerUnavailable
from gateway.ledger.chain import Chain
from gateway.ledger.entries import Sealed
from gateway.storage import ThingRepository, ThingRow
from policies import compile_rules, parse
from tests.gateway.api.desk import House, lamp
from tests.gateway.core.rig import AGENT, OWNER, HoldingLedger, Rig, how, opened, until
from tests.gateway.core.rig import lamp as simulated_lamp
from tests.gateway.labels.test_labels_new import patch

RULES = """
format = 1
[[allow]]
id = "all"
who = ["owner", "agent"]
may = ["light.*"]
see = ["*"]
why = "Lamps"
[[limit]]
id = "dim-at-night"
who = ["agent"]
on = ["light.brightness"]
rooms = ["Study"]
value = { max = 60 }
why = "Nobody is blinded"
[[limit]]
id = "slow"
who = ["agent"]
on = ["light.on"]
labels = ["old"]
at_most = "6/h"
why = "Old lamps break"
[[ask]]
id = "ask"
who = ["agent"]
on = ["light.on"]
labels = ["asks"]
approver = ["adult"]
valid = "2m"
why = "Ask first"
"""


@pytest.fixture
def broken_disk(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[bool]]:
    write, broken = Chain.write, list[bool]()

    def failing(chain: Chain, group: list[Sealed]) -> int:
        if broken:
            raise sqlite3.OperationalError("disk I/O error")
        return write(chain, group)

    monkeypatch.setattr(Chain, "write", failing)
    yield broken
    broken.clear()


async def arranged(rig: Rig, *, gains: tuple[str, ...] = (), **wanted: Any) -> None:
    await rig.gateway.registry.arrange("lamp", Arrangement(**wanted), lambda _, __: gains, by="anna")


async def study(house: House) -> Any:
    house.gateway.policy = compile_rules(parse(RULES, name="household"), [])
    await house.gateway.registry.adopt(lamp(), room="Study", open_=True, by="test")
    return await house.owner()


@pytest.mark.parametrize(
    ("before", "change", "gain"),
    [
        ({}, {"room": "Attic"}, "agents may now set brightness to anything (so far: up to 60)"),
        (
            {"labels": ["old"]},
            {"labels": []},
            'agents may now use on without the condition "only at most 6/h"',
        ),
        ({"labels": ["asks"]}, {"labels": []}, "agents may now use on without an approval"),
    ],
)
async def test_who_gains_is_told_in_plain_words(
    house: House, before: dict[str, Json], change: dict[str, Json], gain: str
) -> None:
    anna = await study(house)
    if before:
        assert (await patch(anna, "lamp", before))[0] == 200, "what narrows needs no second word"
    status, problem = await patch(anna, "lamp", change)
    assert status == 409
    assert gain in problem["gains"]
    status, changed = await patch(anna, "lamp", change | {"confirm": True})
    assert (status, changed["widened"]) == (200, problem["gains"])


async def test_somebody_named_by_id_is_told_of(house: House) -> None:
    anna = await study(house)
    await house.agent()
    named = RULES.replace(
        'who = ["agent"]\non = ["light.brightness"]', 'who = ["coo"]\non = ["light.brightness"]'
    )
    house.gateway.policy = compile_rules(parse(named, name="household"), [])
    _, problem = await patch(anna, "lamp", {"room": ""})
    assert problem["gains"] == ["coo may now set brightness to anything (so far: up to 60)"]


@pytest.mark.parametrize(
    ("bounds", "gain"),
    [
        ("", "agents may now use on without an approval"),
        (
            "value = { one_of = [false] }",
            "agents may now use on without an approval (needs approval by adult, but not with value false)",
        ),
    ],
)
async def test_where_it_goes_unasked_is_a_gain(house: House, bounds: str, gain: str) -> None:
    anna = await study(house)
    spare = f"""
[[allow]]
id = "always"
who = ["agent"]
may = ["light.*"]
rooms = ["Hall"]
unasked = ["ask"]
why = "Anna said always"
{bounds}
"""
    house.gateway.policy = compile_rules(parse(RULES + spare, name="household"), [])
    assert (await patch(anna, "lamp", {"labels": ["asks"]}))[0] == 200
    status, problem = await patch(anna, "lamp", {"room": "Hall"})
    assert status == 409
    assert gain in problem["gains"]


async def test_a_title_lets_nobody_do_more_and_is_kept_beside_the_chain(house: House) -> None:
    anna = await study(house)
    status, changed = await patch(anna, "lamp", {"title": " Reading lamp "})
    assert (status, changed["title"], changed["id"], changed["widened"]) == (200, "Reading lamp", "lamp", [])
    async with anna.get("/things/lamp") as answer:
        assert (await answer.json())["title"] == "Reading lamp"
    (row,) = await house.gateway.ledger.entries(kinds=("thing",))
    assert (row.body, row.private) == ({"renamed": True}, {"title": ["lamp", "Reading lamp"]})


async def test_nothing_new_is_no_change(house: House) -> None:
    anna = await study(house)
    assert (await patch(anna, "lamp", {"room": "Study", "labels": [], "title": "lamp"}))[0] == 200
    assert await house.gateway.ledger.entries(kinds=("thing",)) == []


async def test_a_room_is_spelled_as_the_house_does_unless_nothing_else_is_in_it(house: House) -> None:
    anna = await study(house)
    status, problem = await patch(anna, "lamp", {"room": "study"})
    assert (status, problem["type"]) == (409, "urn:hearth:problem:widens"), "a rule names the Study"
    await house.gateway.registry.adopt(lamp("other"), room="Attic", open_=True, by="test")
    assert (await patch(anna, "other", {"room": "STUDY "}))[1]["room"] == "Study"


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"labels": ["Heater"]},
        {"labels": ["x"]},
        {"labels": ["a b"]},
        {"labels": ["heater" * 10]},
        {"labels": [f"label-{n}" for n in range(17)]},
        {"title": ""},
        {"title": "  "},
        {"room": "r" * 101},
        {"kind": "light"},
    ],
)
async def test_what_is_malformed_is_named(house: House, body: dict[str, Json]) -> None:
    anna = await study(house)
    status, problem = await patch(anna, "lamp", body)
    assert (status, problem["type"]) == (400, "urn:hearth:problem:bad-request")


async def test_if_match_keeps_two_people_from_overwriting_each_other(house: House) -> None:
    anna = await study(house)
    async with anna.get("/things/lamp") as answer:
        etag = answer.headers["ETag"]
    assert (await patch(anna, "lamp", {"labels": ["old"]}, **{"If-Match": etag}))[0] == 200
    status, problem = await patch(anna, "lamp", {"labels": ["asks"]}, **{"If-Match": etag})
    assert (status, problem["type"]) == (412, "urn:hearth:problem:precondition-failed")
    async with anna.get("/things/lamp") as answer:
        fresh = answer.headers["ETag"]
        assert (await answer.json())["hearth:labels"] == ["old"]
    assert (await patch(anna, "lamp", {"labels": ["old", "asks"]}, **{"If-Match": fresh}))[0] == 200


async def test_of_what_is_not_there_nothing_is_changed(house: House) -> None:
    anna = await study(house)
    assert (await patch(anna, "no-lamp", {"labels": []}))[0] == 404


async def test_a_command_on_its_way_meets_the_new_labels(tmp_path: Path, holding: None) -> None:
    async with opened(tmp_path, [simulated_lamp()]) as rig:
        ledger = rig.gateway.ledger
        assert isinstance(ledger, HoldingLedger)
        ledger.hold = asyncio.Event()
        task = rig.begin("lamp.on", True, by=AGENT)
        await until(ledger.written.is_set)
        await arranged(rig, labels=frozenset({"essential"}))
        ledger.hold.set()
        assert how(await task) == (Result.REFUSED, Reason.CHANGED_MEANWHILE)
        assert rig.received("lamp") == 0
        assert (await rig.run("lamp.on", True, by=AGENT)).reason is Reason.POLICY


async def test_what_is_known_of_a_thing_outlives_the_change(tmp_path: Path) -> None:
    async with opened(tmp_path, [simulated_lamp(on=False)]) as rig:
        before = rig.thing("lamp").slots["on"]
        await arranged(rig, room="Attic")
        thing, after = rig.thing("lamp"), rig.thing("lamp").slots["on"]
        assert (thing.room, thing.version) == ("Attic", 1)
        assert (after.reading, after.off_since, after.live) == (before.reading, before.off_since, before.live)
        assert thing.reach.heard == before.reach.heard
        assert thing.reach.heard is not None
        assert (await rig.run("lamp.on", True, OWNER)).result is Result.CONFIRMED


async def test_it_survives_a_restart(tmp_path: Path) -> None:
    async with opened(tmp_path, [simulated_lamp()]) as rig:
        await arranged(rig, title="Reading lamp", room="Attic", labels=frozenset({"old", "heater"}))
        rig.driver.announce(rig.driver.devices["lamp"])
        await rig.settle()
    async with opened(tmp_path, [simulated_lamp()]) as rig:
        thing = rig.thing("lamp")
        assert (thing.title, thing.room, thing.labels) == (
            "Reading lamp",
            "Attic",
            frozenset({"old", "heater"}),
        )


async def test_an_announcement_meanwhile_overwrites_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The row is read, and saved, by one at a time."""
    async with opened(tmp_path, [simulated_lamp()]) as rig:
        save, go, held = ThingRepository.save, asyncio.Event(), asyncio.Event()

        async def slow(self: ThingRepository, row: ThingRow) -> None:
            held.set()
            await go.wait()
            await save(self, row)

        monkeypatch.setattr(ThingRepository, "save", slow)
        change = asyncio.create_task(arranged(rig, labels=frozenset({"essential"})))
        await held.wait()
        grown = rig.driver.devices["lamp"]
        announced = asyncio.create_task(rig.gateway.registry.see(_with_more(grown)))
        go.set()
        await asyncio.gather(change, announced)
        assert rig.thing("lamp").labels == {"essential"}
        assert "battery_level" in rig.thing("lamp").slots
        row = await rig.gateway.registry._row(rig.thing("lamp"))
        assert (row.labels, len(row.names)) == (("essential",), 2)


def _with_more(device: Device) -> Candidate:
    found = candidate("simulated", device)
    battery = ComponentDescription(
        "battery", "battery", (AffordanceDescription("level", "lamp/battery/level"),)
    )
    return replace(found, components=(*found.components, battery))


async def test_what_cannot_be_recorded_is_not_opened(tmp_path: Path, broken_disk: list[bool]) -> None:
    async with opened(tmp_path, [simulated_lamp()], label_new=True) as rig:
        broken_disk.append(True)
        assert (await rig.run("lamp.on", True)).result is Result.NOT_SENT
        with pytest.raises(LedgerUnavailable):
            await arranged(rig, labels=frozenset(), gains=("agents may now use on",))
        assert rig.thing("lamp").labels == {"new"}
        await arranged(rig, labels=frozenset({"new", "essential"}))  # what narrows happens all the same
        assert rig.thing("lamp").labels == {"new", "essential"}
