"""Contracts over HTTP: who makes them, what they bind at once, how they end."""

from __future__ import annotations

from typing import Any

import pytest

from policies import Role, compile_rules, parse
from tests.gateway.api.desk import House, lamp, lock, sensor
from tests.gateway.contracts.hand_clock import HandClock

NAMED = """format = 1
[[allow]]
id = "all"
who = ["owner"]
may = ["*"]
see = ["*", "sensitive"]
why = "It is hers"
[[allow]]
id = "doors"
who = ["agent"]
see = ["lock.state"]
why = "It looks after the doors"
"""
SAVING = {"reader": "coo", "purpose": "save energy", "for": "30d"}


async def made(house: House, **more: object) -> dict[str, Any]:
    owner = await house.owner()
    await house.agent()
    async with owner.post("/contracts", json=SAVING | more) as answer:
        assert answer.status == 201, await answer.text()
        found: dict[str, Any] = await answer.json()
        return found


async def status(house: House, path: str) -> int:
    agent = await house.agent()
    async with agent.get(path) as answer:
        return answer.status


async def test_what_a_contract_gives_raw_is_all_that_is_read(house: House) -> None:
    await house.adopt(lamp(), sensor())
    await house.known("lamp", "on", True)
    await house.known("attic", "temperature", 21.5)
    assert await status(house, "/things/attic/properties/temperature") == 200
    contract = await made(house, raw=[{"see": ["light.*"]}])
    assert await status(house, "/things/lamp/properties/on") == 200
    assert await status(house, "/things/attic/properties/temperature") == 404
    assert await status(house, "/things/attic") == 404
    agent = await house.agent()
    async with agent.get(f"/contracts/{contract['id']}/context") as answer:
        assert answer.status == 200
        told = await answer.json()
        etag = answer.headers["ETag"]
    (state,) = [one for one in told["layers"]["snapshot"]["states"] if one["property"] == "on"]
    assert (state["value"], state["quality"], state["granularity"]) == (True, "good", "raw")
    assert state["age_s"] >= 0
    assert [one["id"] for one in told["layers"]["stable"]["things"]] == ["lamp"]
    async with agent.get(f"/contracts/{contract['id']}/context", headers={"If-None-Match": etag}) as answer:
        assert answer.status == 304
    async with agent.put("/things/lamp/properties/on", json=False) as answer:
        assert answer.status == 204


async def test_the_end_of_a_contract_gives_nothing_back_until_somebody_releases(
    house: House, clock: HandClock
) -> None:
    await house.adopt(sensor())
    await house.known("attic", "temperature", 21.5)
    contract = await made(house, raw=[{"see": ["temperature.*"]}], **{"for": "1h"})
    assert await status(house, "/things/attic/properties/temperature") == 200
    clock.move(3_600 - 1)
    assert await status(house, "/things/attic/properties/temperature") == 200
    clock.move(1)
    assert await status(house, "/things/attic/properties/temperature") == 404
    assert await status(house, f"/contracts/{contract['id']}/context") == 409
    owner = await house.owner()
    async with owner.delete("/contracts?reader=coo") as answer:
        assert answer.status == 204
    assert await status(house, "/things/attic/properties/temperature") == 200


async def test_a_revocation_holds_at_once(house: House) -> None:
    await house.adopt(sensor())
    await house.known("attic", "temperature", 21.5)
    contract = await made(house, raw=[{"see": ["temperature.*"]}])
    owner = await house.owner()
    async with owner.delete(f"/contracts/{contract['id']}") as answer:
        assert answer.status == 204
    assert await status(house, "/things/attic/properties/temperature") == 404
    async with owner.get("/contracts") as answer:
        assert await answer.json() == []
    async with owner.get("/contracts?all=1") as answer:
        (ended,) = await answer.json()
    assert (ended["state"], ended["because"]) == ("ended", "revoked by anna")


async def test_what_may_be_used_is_used_unseen(house: House) -> None:
    await house.adopt(lamp())
    await house.known("lamp", "on", True)
    await made(house, presence=[{"see": ["light.on"]}])
    agent = await house.agent()
    async with agent.get("/things/lamp") as answer:
        described = (await answer.json(content_type=None))["properties"]["on"]
    assert described["writeOnly"] is True
    async with agent.put("/things/lamp/properties/on", json=False) as answer:
        assert answer.status == 204
    assert house.driver.sent == [("lamp/on", False)]
    assert await status(house, "/things/lamp/properties/on") == 404


async def test_software_asks_and_a_person_gives_less(house: House) -> None:
    await house.adopt(lamp(), sensor())
    agent, owner = await house.agent(), await house.owner()
    body = {"purpose": "comfort", "for": "2d", "raw": [{"see": ["light.*"]}, {"see": ["temperature.*"]}]}
    async with agent.post("/contracts", json=body) as answer:
        assert answer.status == 202
        asked = await answer.json()
    assert (asked["reader"], asked["state"], asked["binds"]) == ("coo", "asked", False)
    assert "remarks" not in asked  # what there is that it may not know of is not found out by asking for it
    place = f"/contracts/{asked['id']}"
    for method, path in (("POST", f"{place}/accept"), ("GET", f"{place}/context")):
        async with agent.request(method, path) as answer:
            assert answer.status in {403, 409}
    async with owner.post(f"{place}/accept", json={"leave_out": {"raw": [1]}, "for": "1d"}) as answer:
        assert answer.status == 200, await answer.text()
        given = await answer.json()
    assert (given["state"], given["maker"]) == ("in-force", "anna")
    assert [one["see"] for one in given["terms"]["raw"]] == [["light.*"]]
    assert await status(house, "/things/attic") == 404
    async with owner.post(f"{place}/accept") as answer:
        assert answer.status == 409


async def test_asking_is_bounded(house: House) -> None:
    agent = await house.agent()
    statuses = []
    for _ in range(4):
        async with agent.post("/contracts", json={"purpose": "curious", "raw": [{"see": ["*"]}]}) as answer:
            statuses.append(answer.status)
    assert statuses == [202, 202, 202, 429]


@pytest.mark.parametrize(
    ("name", "role", "reader", "expected"),
    [
        ("mia", Role.CHILD, "coo", 404),
        ("mia", Role.CHILD, "toy", 201),
        ("ben", Role.ADULT, "coo", 201),
        ("ben", Role.ADULT, "anna", 403),
        ("ben", Role.ADULT, "nobody", 404),
        ("coo", Role.AGENT, "toy", 403),
    ],
)
async def test_who_makes_contracts(house: House, name: str, role: Role, reader: str, expected: int) -> None:
    await house.owner()
    await house.agent()
    await house.client("mia", Role.CHILD)
    await house.client("toy", Role.AGENT, "mia")
    who = await house.client(name, role, "anna" if role is Role.AGENT else "")
    async with who.post("/contracts", json={"reader": reader, "purpose": "try"}) as answer:
        assert answer.status == expected, await answer.text()


async def test_a_child_gives_its_agent_nothing_that_others_kept_back(house: House) -> None:
    await house.client("toy", Role.AGENT, "mia")
    mia, owner = await house.client("mia", Role.CHILD), await house.owner()
    async with owner.post("/contracts", json={"reader": "toy", "purpose": "play"}) as answer:
        assert answer.status == 201
        place = f"/contracts/{(await answer.json())['id']}"
    async with mia.post(
        "/contracts", json={"reader": "toy", "purpose": "more", "raw": [{"see": ["*"]}]}
    ) as answer:
        assert answer.status == 403
    async with mia.delete("/contracts?reader=toy") as answer:
        assert answer.status == 403
    async with mia.get(place) as answer:
        assert answer.status == 200


async def test_others_contracts_are_not_there(house: House) -> None:
    contract = await made(house)
    other = await house.client("spy", Role.AGENT, "ben")
    absent = []
    for ident in (contract["id"], "0" * 20):
        for method, path in (
            ("GET", ""),
            ("DELETE", ""),
            ("POST", "/accept"),
            ("GET", "/context"),
            ("GET", "/notes"),
        ):
            async with other.request(method, f"/contracts/{ident}{path}") as answer:
                absent.append((answer.status, await answer.text()))
    assert absent[:5] == absent[5:]
    assert {status for status, _ in absent} == {404}
    async with other.get("/contracts?all=1") as answer:
        assert await answer.json() == []


async def test_what_is_sensitive_must_be_named(house: House) -> None:
    await house.adopt(lock())
    await house.known("door", "state", "locked")
    house.gateway.policy = compile_rules(parse(NAMED, name="household"), [])
    await house.agent()
    first = await made(house, raw=[{"see": ["lock.*"]}])
    assert await status(house, "/things/door/properties/state") == 404
    second = await made(house, raw=[{"see": ["lock.state"]}])
    assert await status(house, "/things/door/properties/state") == 200
    assert "lock.state is sensitive: name it exactly to give it raw" in first["remarks"]
    assert second["remarks"] == []
