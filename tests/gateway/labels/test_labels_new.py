"""What has just arrived: closed to software until a person opens it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from capabilities.components import AffordanceDescription, ComponentDescription
from drivers.driver import Candidate, Endpoint
from gateway.commands import Reason, Result
from policies import Role
from tests.gateway.api.desk import House, lamp, sensor
from tests.gateway.core.rig import AGENT, device, how, opened, until
from tests.gateway.core.rig import lamp as simulated_lamp


async def patch(client: Any, thing: str, body: object, **headers: str) -> tuple[int, dict[str, Any]]:
    async with client.patch(f"/things/{thing}", json=body, headers=headers) as answer:
        return answer.status, await answer.json()


async def adopt(client: Any, house: House, candidate: Candidate, body: object = None) -> dict[str, Any]:
    house.driver.find(candidate)
    await until(lambda: ("desk", candidate.id) in house.gateway.registry.inbox)
    async with client.post(f"/inbox/desk/{candidate.id}/adopt", json=body or {}) as answer:
        assert answer.status == 201
        made: dict[str, Any] = await answer.json()
        return made


async def test_what_can_move_something_is_new_and_a_sensor_is_not(house: House) -> None:
    anna = await house.owner()
    assert (await adopt(anna, house, lamp()))["labels"] == ["new"]
    assert (await adopt(anna, house, lamp("other"), {"labels": ["heater"]}))["labels"] == ["heater", "new"]
    assert (await adopt(anna, house, lamp("third"), {"open": True}))["labels"] == []
    assert (await adopt(anna, house, sensor()))["labels"] == []


async def test_an_agent_is_refused_a_person_opens_and_the_agent_succeeds(house: House) -> None:
    anna, coo = await house.owner(), await house.agent()
    await adopt(anna, house, lamp())
    async with coo.put("/things/lamp/properties/on", json=True) as answer:
        assert answer.status in {403, 404}
    assert house.driver.sent == []

    status, problem = await patch(anna, "lamp", {"labels": []})
    assert (status, problem["type"]) == (409, "urn:hearth:problem:widens")
    assert any(
        line.startswith("children, guests and agents may now use on, brightness") for line in problem["gains"]
    )
    async with coo.put("/things/lamp/properties/on", json=True) as answer:
        assert answer.status in {403, 404}, "nothing was changed"

    status, changed = await patch(anna, "lamp", {"labels": [], "confirm": True})
    assert (status, changed["labels"], changed["widened"]) == (200, [], problem["gains"])
    async with coo.put("/things/lamp/properties/on", json=True) as answer:
        assert answer.status == 204
    assert house.driver.sent == [("lamp/on", True)]
    rows = await house.gateway.ledger.entries(kinds=("thing",))
    assert [(row.principal, row.thing, row.body) for row in rows] == [
        ("anna", "lamp", {"labels": [["new"], []], "widened": problem["gains"]})
    ]


async def test_people_use_what_is_new(house: House) -> None:
    anna = await house.owner()
    await adopt(anna, house, lamp())
    async with anna.put("/things/lamp/properties/on", json=True) as answer:
        assert answer.status == 204


@pytest.mark.parametrize("role", [Role.CHILD, Role.GUEST, Role.AGENT, Role.GUEST_AGENT, Role.SERVICE])
async def test_only_owners_and_adults_arrange_things(house: House, role: Role) -> None:
    await house.adopt(lamp())
    client = await house.client("x", role, "" if role.is_person or role is Role.SERVICE else "anna")
    for body in ({"labels": [], "confirm": True}, {"title": "Mine"}, {"room": "Attic"}):
        assert (await patch(client, "lamp", body))[0] == 403
    assert house.gateway.registry["lamp"].labels == {"new"}


async def test_it_survives_a_restart_and_a_new_announcement(tmp_path: Path) -> None:
    async with opened(tmp_path, [simulated_lamp(), device("kitchen-leak")], label_new=True) as rig:
        assert rig.thing("lamp").labels == {"new"}
        assert rig.thing("kitchen-leak").labels == frozenset()
        rig.driver.announce(rig.driver.devices["lamp"])
        await rig.settle()
        assert rig.thing("lamp").labels == {"new"}
        outcome = await rig.run("lamp.on", True, AGENT)
        assert how(outcome) == (Result.REFUSED, Reason.POLICY)
    async with opened(tmp_path, [simulated_lamp(), device("kitchen-leak")], label_new=True) as rig:
        assert rig.thing("lamp").labels == {"new"}


async def test_the_configuration_may_leave_it_out(tmp_path: Path) -> None:
    async with opened(tmp_path, [simulated_lamp()], label_new=False) as rig:
        assert rig.thing("lamp").labels == frozenset()
        assert (await rig.run("lamp.on", True, AGENT)).result is Result.CONFIRMED


def grown(kind: str = "switch") -> Candidate:
    """The sensor of the attic, which turns out to have a motor."""
    temperature = ComponentDescription(
        "attic", "temperature", (AffordanceDescription("temperature", "attic/t"),)
    )
    motor = ComponentDescription("motor", kind, (AffordanceDescription("on", "attic/on", writable=True),))
    return Candidate("desk", "attic", Endpoint("desk", "attic"), "attic", (temperature, motor), "2")


async def test_a_sensor_that_grows_a_motor_is_new_when_it_is_accepted(house: House) -> None:
    anna, registry = await house.owner(), house.gateway.registry
    await adopt(anna, house, sensor())
    house.driver.find(grown())
    await until(lambda: ("desk", "attic") in registry.inbox)
    async with anna.post("/things/attic/accept") as answer:
        assert (answer.status, (await answer.json())["labels"]) == (200, ["new"])


async def test_what_is_accepted_as_another_kind_is_new_again(house: House) -> None:
    anna, registry = await house.owner(), house.gateway.registry
    await adopt(anna, house, grown("light"), {"open": True})
    assert registry["attic"].labels == frozenset()
    house.driver.find(grown("outlet"))
    await until(lambda: registry["attic"].suspended)
    await until(lambda: ("desk", "attic") in registry.inbox)
    async with anna.post("/things/attic/accept") as answer:
        assert (answer.status, (await answer.json())["labels"]) == (200, ["new"])


async def test_what_is_accepted_with_new_addresses_alone_stays_as_it_was(house: House) -> None:
    anna, registry = await house.owner(), house.gateway.registry
    await adopt(anna, house, lamp(), {"open": True})
    house.driver.find(lamp(fingerprint="2"))
    await until(lambda: registry["lamp"].suspended)
    async with anna.post("/things/lamp/accept") as answer:
        assert (answer.status, (await answer.json())["labels"]) == (200, [])
