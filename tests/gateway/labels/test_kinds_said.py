"""A person says what a device is: what holds at once, who gains by it, and what becomes of it later."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from capabilities.components import AffordanceDescription, ComponentDescription
from capabilities.vocabulary import Hazard, Json
from drivers.driver import Withdrawn
from gateway.arranging import Arrangement
from gateway.kinds import KindError
from policies import Role, compile_rules, parse
from tests.gateway.api.desk import House, lamp, until
from tests.gateway.core.rig import opened
from tests.gateway.labels.relays import again, candidate, found, relay, setting
from tests.gateway.labels.test_labels_new import adopt, patch

RULES = """
format = 1
[[allow]]
id = "lamps"
who = ["owner", "agent"]
may = ["light.*"]
see = ["*"]
why = "Lamps"
[[allow]]
id = "owners"
who = ["owner"]
may = ["*"]
privilege = "manage"
why = "Owners"
"""


async def with_rules(house: House) -> Any:
    house.gateway.policy = compile_rules(parse(RULES, name="household"), [])
    return await house.owner()


async def test_the_inbox_tells_what_is_a_guess(house: House) -> None:
    anna = await house.owner()
    await found(house, candidate(relay(), relay("usb", "USB socket", "")))
    async with anna.get("/inbox") as answer:
        (shown,) = await answer.json()
    first, second = shown["components"]
    assert (first["kind"], first["certain"], first["proposal"]) == ("switch", False, "light")
    assert (
        first["means"]
        == "taken for a switch until somebody says what it feeds (hazard 2: it may do damage); its name says light"
    )
    assert (
        second["means"] == "taken for a switch until somebody says what it feeds (hazard 2: it may do damage)"
    )
    assert {"light", "outlet", "switch"} < set(first["kinds"])


async def test_a_kind_is_given_at_adoption(house: House) -> None:
    anna = await house.owner()
    made = await adopt(anna, house, candidate(relay()), {"kinds": {"": "light"}})
    assert (made["kind"], made["unconfirmed"]) == ("light", [])
    thing = house.gateway.registry["relay"]
    assert thing.thing.writes["on"].capability == "light.on"
    assert thing.thing.writes["on"].hazard is Hazard.COMFORT
    assert thing.components[0].kind == "switch", "the driver's own description stays"
    (row,) = await house.gateway.ledger.entries(kinds=("adoption",))
    assert row.body["kinds"] == {"relay": "light"}


async def test_without_one_the_guess_is_met_with_care_and_shown(house: House) -> None:
    anna = await house.owner()
    made = await adopt(anna, house, candidate(relay()))
    assert [one["proposal"] for one in made["unconfirmed"]] == ["light"]
    assert house.gateway.registry["relay"].thing.writes["on"].hazard is Hazard.PROPERTY
    async with anna.get("/things?view=summary") as answer:
        assert (await answer.json())[0]["unconfirmed"] == made["unconfirmed"]


@pytest.mark.parametrize("kinds", [{"": "lock"}, {"relay": "lock"}, {"cellar": "light"}])
async def test_a_kind_that_does_not_fit_is_refused_with_those_that_do(
    house: House, kinds: dict[str, Json]
) -> None:
    anna = await house.owner()
    await found(house, candidate(relay()))
    async with anna.post("/inbox/desk/relay/adopt", json={"kinds": kinds}) as answer:
        problem = await answer.json()
    assert (answer.status, problem["type"]) == (422, "urn:hearth:problem:bad-kind")
    assert ("light" in problem["known"]) is ("cellar" not in kinds)
    assert len(house.gateway.registry) == 0


async def test_a_kind_given_later_tells_who_gains_and_is_undone(house: House) -> None:
    anna = await with_rules(house)
    await adopt(anna, house, candidate(relay()), {"open": True})
    status, problem = await patch(anna, "relay", {"kinds": {"": "light"}})
    assert (status, problem["type"]) == (409, "urn:hearth:problem:widens")
    assert problem["gains"] == ["agents may now use on, toggle"]
    status, changed = await patch(anna, "relay", {"kinds": {"on": "light"}, "confirm": True})
    assert (status, changed["kind"], changed["unconfirmed"]) == (200, "light", [])
    coo = await house.agent()
    async with coo.put("/things/relay/properties/on", json=True) as answer:
        assert answer.status == 204
    status, changed = await patch(anna, "relay", {"kinds": {"": None}})
    assert (status, changed["kind"], len(changed["unconfirmed"])) == (200, "switch", 1)
    async with coo.put("/things/relay/properties/on", json=True) as answer:
        assert answer.status == 403
    rows = await house.gateway.ledger.entries(kinds=("thing",))
    assert [row.body["kinds"] for row in rows] == [{"relay": [None, "light"]}, {"relay": ["light", None]}]
    assert rows[0].body["widened"] == problem["gains"]


async def test_the_guess_itself_may_be_confirmed(house: House) -> None:
    anna = await house.owner()
    await adopt(anna, house, candidate(replace(relay(), kind="fan")), {"open": True})
    assert house.gateway.registry["relay"].thing.writes["on"].hazard is Hazard.PROPERTY
    status, changed = await patch(anna, "relay", {"kinds": {"relay": "fan"}, "confirm": True})
    assert (status, changed["kind"], changed["unconfirmed"]) == (200, "fan", [])
    assert house.gateway.registry["relay"].thing.writes["on"].hazard < Hazard.PROPERTY


async def test_a_certain_kind_may_be_another_and_to_say_what_it_is_changes_nothing(house: House) -> None:
    anna = await house.owner()
    await adopt(anna, house, lamp(), {"open": True})
    assert (await patch(anna, "lamp", {"kinds": {"lamp": "light"}}))[0] == 200
    assert house.gateway.registry["lamp"].kinds == {}
    assert await house.gateway.ledger.entries(kinds=("thing",)) == []


@pytest.mark.parametrize("role", [Role.CHILD, Role.GUEST, Role.AGENT, Role.GUEST_AGENT, Role.SERVICE])
async def test_only_owners_and_adults_say_what_things_are(house: House, role: Role) -> None:
    await house.adopt(candidate(relay()))
    client = await house.client("x", role, "" if role.is_person or role is Role.SERVICE else "anna")
    assert (await patch(client, "relay", {"kinds": {"": "light"}, "confirm": True}))[0] == 403
    async with client.get("/things/relay/kinds") as answer:
        assert answer.status in {403, 404}
    assert house.gateway.registry["relay"].thing.kind == "switch"


async def test_what_is_known_is_kept_under_its_new_name(house: House) -> None:
    anna = await house.owner()
    await adopt(anna, house, candidate(relay(), setting()), {"open": True})
    assert list(house.gateway.registry["relay"].slots) == ["on", "pump"]
    await house.known("relay", "pump", True)
    before = house.gateway.registry["relay"].slots["pump"]
    status, _ = await patch(anna, "relay", {"kinds": {"pump": "outlet"}, "confirm": True})
    assert status == 200
    thing = house.gateway.registry["relay"]
    assert list(thing.slots) == ["on", "pump_on"]
    after = thing.slots["pump_on"]
    assert (after.reading, after.live, after.expectations is before.expectations) == (
        before.reading,
        True,
        True,
    )
    await house.known("relay", "pump_on", False)
    async with anna.put("/things/relay/properties/pump_on", json=True) as answer:
        assert answer.status == 204
    assert house.driver.sent == [("pump/value", True)]


async def test_others_keep_their_names(house: House) -> None:
    """A name that another component has is not taken from it."""
    anna = await house.owner()
    other = replace(relay("x", "Pump on", ""), certain=True, kind="outlet")
    await adopt(anna, house, candidate(relay(), setting(), other), {"open": True})
    names = {name: slot.property.point for name, slot in house.gateway.registry["relay"].slots.items()}
    assert (await patch(anna, "relay", {"kinds": {"pump": "outlet"}, "confirm": True}))[0] == 200
    now = {name: slot.property.point for name, slot in house.gateway.registry["relay"].slots.items()}
    assert {name: now[name] for name in names if name != "pump"} == {
        name: point for name, point in names.items() if name != "pump"
    }


async def test_announced_as_something_else_it_is_suspended_and_what_no_longer_fits_is_dropped(
    house: House,
) -> None:
    anna = await house.owner()
    first = candidate(relay())
    await adopt(anna, house, first, {"kinds": {"": "light"}})
    house.driver.find(again(first, "outlet"))
    await until(lambda: house.gateway.registry["relay"].suspended)
    assert house.gateway.registry["relay"].thing.kind == "light"
    async with anna.post("/things/relay/accept") as answer:
        assert (await answer.json())["kinds_dropped"] == {}
    assert house.gateway.registry["relay"].thing.kind == "light", "a socket may feed a lamp, too"
    lock = replace(again(first, "lock"), components=(lock_component(),))
    house.driver.find(lock)
    await until(lambda: house.gateway.registry["relay"].suspended)
    async with anna.post("/things/relay/accept") as answer:
        assert (await answer.json())["kinds_dropped"] == {"relay": "light"}
    assert (house.gateway.registry["relay"].thing.kind, house.gateway.registry["relay"].kinds) == ("lock", {})
    row = (await house.gateway.ledger.entries(kinds=("thing",), newest_first=True))[0]
    changes = ["relay is announced as a lock, was an outlet", "relay has more: state, lock, unlock"]
    changes.append("relay has no more: on")
    assert row.body == {"accepted": True, "changes": changes, "kinds": {"relay": ["light", None]}}


async def test_an_announcement_alone_makes_nothing_certain(house: House) -> None:
    anna = await house.owner()
    first = candidate(relay())
    await adopt(anna, house, first)
    sure = replace(first, components=(replace(relay(), certain=True, proposal=""),))
    await house.gateway.registry.see(sure)
    thing = house.gateway.registry["relay"]
    assert (thing.suspended, thing.components[0].certain) == ("", False)
    assert (await patch(anna, "relay", {"kinds": {"": "light"}, "confirm": True}))[0] == 200


async def test_what_no_longer_fits_without_a_command_being_another_is_dropped_and_told(house: House) -> None:
    anna = await house.owner()
    reading = AffordanceDescription("value", "s/value", schema={"type": "number"})
    sensor = ComponentDescription("s", "other", (reading,), certain=False, proposal="temperature")
    await adopt(anna, house, candidate(sensor), {"kinds": {"": "temperature"}})
    words = replace(reading, schema={"type": "string"})
    await house.gateway.registry.see(candidate(replace(sensor, affordances=(words,))))
    assert house.gateway.registry["relay"].thing.kind == "other"
    (row,) = await house.gateway.ledger.entries(kinds=("thing",))
    assert (row.principal, row.body) == ("gateway", {"kinds": {"s": ["temperature", None]}})


def lock_component() -> Any:
    from tests.gateway.api.desk import lock

    (component,) = lock().components
    return replace(component, key="relay", fingerprint="3")


async def test_it_survives_a_restart(tmp_path: Path) -> None:
    async with opened(tmp_path, [], adopt="ask") as rig:
        registry = rig.gateway.registry
        await registry.adopt(candidate(relay(), setting()), kinds={"relay": "light"}, by="anna")
        await registry.arrange("relay", Arrangement(kinds={"pump": "fan"}), lambda _, __: (), by="anna")
        before = rig.thing("relay")
        with pytest.raises(KindError, match="it can be"):
            await registry.arrange("relay", Arrangement(kinds={"pump": "lock"}), lambda _, __: (), by="anna")
        with pytest.raises(KindError, match="say which component: relay, Pump"):
            await registry.arrange("relay", Arrangement(kinds={"": "fan"}), lambda _, __: (), by="anna")
    async with opened(tmp_path, [], adopt="ask") as rig:
        after = rig.thing("relay")
        assert after.thing.document == before.thing.document
        assert after.kinds == {"relay": "light", "pump": "fan"}


async def test_what_was_waved_away_comes_back(house: House) -> None:
    anna, registry = await house.owner(), house.gateway.registry
    await found(house, candidate(relay()))
    async with anna.delete("/inbox/desk/relay") as answer:
        assert answer.status == 204
    house.driver.find(candidate(relay("other")))
    await until(lambda: registry.inbox.ignored["desk", "relay"])
    async with anna.get("/inbox?ignored=1") as answer:
        (shown,) = await answer.json()
    assert (shown["id"], shown["components"][0]["key"]) == ("relay", "other"), "as it is announced now"
    async with anna.post("/inbox/desk/relay/restore") as answer:
        assert answer.status == 204
    assert list(registry.inbox) == [("desk", "relay")]
    async with anna.post("/inbox/desk/relay/restore") as answer:
        assert answer.status == 404


async def test_what_was_waved_away_and_withdrawn_comes_when_it_is_announced(house: House) -> None:
    anna, registry = await house.owner(), house.gateway.registry
    await found(house, candidate(relay()))
    async with anna.delete("/inbox/desk/relay") as answer:
        assert answer.status == 204
    registry.withdraw(Withdrawn("desk", "relay"))
    async with anna.get("/inbox?ignored=1") as answer:
        assert [(one["id"], one["components"]) for one in await answer.json()] == [("relay", [])]
    async with anna.post("/inbox/desk/relay/restore") as answer:
        assert answer.status == 204
    assert not registry.inbox
    await found(house, candidate(relay()))
    registry.withdraw(Withdrawn("desk", "relay"))
    assert not registry.inbox
