"""Finding, describing and reading: short answers, each value with how well it is known, nothing that is not the caller's."""

from __future__ import annotations

from dataclasses import replace

import orjson
import pytest

from policies import Role
from tests.gateway.api.desk import lamp, lock, sensor
from tests.gateway.mcp.tools.toolbox import Toolbox


async def house_of_four(box: Toolbox) -> None:
    await box.house.adopt(lamp("desk"), lamp("floor"), sensor("attic"), room="study")
    await box.house.adopt(lock("door"), room="hallway")
    await box.house.known("desk", "on", True)
    await box.house.known("floor", "on", False)
    await box.house.known("door", "state", "locked")


async def test_find_by_words_room_kind_capability_and_state(box: Toolbox) -> None:
    await house_of_four(box)
    for given, ids in (
        ({}, ["desk", "door", "floor"]),
        ({"words": "DESK study"}, ["desk"]),
        ({"room": "hall"}, ["door"]),
        ({"kind": "light"}, ["desk", "floor"]),
        ({"capability": "lock.state"}, ["door"]),
        ({"where": [{"property": "on", "equals": True}]}, ["desk"]),
        ({"where": [{"property": "light.on", "not_equals": True}]}, ["floor"]),
        ({"where": [{"property": "brightness", "minimum": 0}]}, []),
        ({"reachable": False}, []),
    ):
        found = await box.call("find_things", **given)
        assert [one["id"] for one in found["things"]] == ids, given
        assert found["total"] == len(ids)
    shown = (await box.call("find_things", words="desk", show=["on", "brightness"]))["things"][0]
    assert shown["title"] == {"untrusted": "desk"}
    assert shown["uri"] == "hearth://things/desk"
    assert shown["reads"] == ["brightness", "on"]
    assert {"on", "toggle"} <= set(shown["uses"])
    assert [(one["property"], one["quality"]) for one in shown["readings"]] == [
        ("on", "good"),
        ("brightness", "unknown"),
    ]


async def test_mistakes_in_a_search_are_named(box: Toolbox) -> None:
    wrong = await box.refused("find_things", kind="lamp")
    assert "light" in wrong["detail"]
    wrong = await box.refused("find_things", where=[{"property": "on"}])
    assert "equals" in wrong["detail"]


async def test_what_is_not_known_well_meets_no_condition(box: Toolbox) -> None:
    await house_of_four(box)
    box.driver.lose("desk", "the battery is empty")
    await box.house.known("floor", "on", True)
    found = await box.call("find_things", where=[{"property": "on", "equals": True}])
    assert [one["id"] for one in found["things"]] == ["floor"]
    read = await box.call("read", things=["desk"], properties=["on"])
    assert read["readings"][0]["quality"] == "stale"


async def test_a_page_of_a_large_house_is_small_and_leads_to_the_next(box: Toolbox) -> None:
    await box.house.adopt(*(lamp(f"lamp-{number:03}") for number in range(200)))
    ids: list[str] = []
    cursor = ""
    while True:
        page = await box.call("find_things", limit=50, cursor=cursor)
        assert len(orjson.dumps(page)) < 20_000
        assert page["total"] == 200
        ids += [one["id"] for one in page["things"]]
        if "next" not in page:
            break
        cursor = page["next"]
    assert ids == [f"lamp-{number:03}" for number in range(200)]
    assert len(orjson.dumps(await box.call("find_things"))) < 8_000
    assert len(orjson.dumps(await box.call("what_may_i_do", limit=20))) < 40_000
    everything = await box.call("read", things=ids[:50], limit=100)
    assert len(orjson.dumps(everything)) < 20_000
    await box.session("anna", Role.OWNER, "")


async def test_a_reading_says_how_well_it_is_known(box: Toolbox) -> None:
    await house_of_four(box)
    slot = box.gateway.registry["desk"].slots["on"]
    assert slot.reading is not None
    slot.reading = replace(slot.reading, observed_at=slot.reading.observed_at - 90, uncertainty=0.5)
    answer = await box.call("read", things=["desk", "/things/floor", "hearth://things/door", "gone"])
    first = answer["readings"][0]
    assert first["value"] is True
    assert first["quality"] == "good"
    assert first["uncertainty"] == 0.5
    assert first["age_s"] == pytest.approx(90, abs=5)
    assert first["observed_at"].endswith("Z")
    assert {one["thing"] for one in answer["readings"]} == {"desk", "floor", "door"}
    assert answer["missing"] == ["gone"]
    short = await box.call("read", things=["desk"], properties=["on"], fields=[])
    assert set(short["readings"][0]) == {"thing", "property", "value", "quality"}
    first_page = await box.call("read", things=["desk", "floor"], limit=1)
    assert len(first_page["readings"]) == 1
    second = await box.call("read", things=["desk", "floor"], limit=1, cursor=first_page["next"])
    assert second["readings"] != first_page["readings"]


async def test_describing_tells_bounds_approvers_and_what_stands_against_it(box: Toolbox) -> None:
    await house_of_four(box)
    told = await box.call("describe_thing", thing="desk")
    properties = {one["name"]: one for one in told["properties"]}
    assert properties["brightness"]["use"]["accepted"] == {"minimum": 5, "maximum": 40}
    assert properties["brightness"]["of"]["unit"] == "%"
    assert properties["on"]["use"]["verdict"] == "permit"
    door = await box.call("describe_thing", thing="door")
    unlock = next(one for one in door["actions"] if one["name"] == "unlock")
    assert unlock["use"]["verdict"] == "needs-approval"
    assert unlock["use"]["approvers"] == ["adult"]
    assert unlock["use"]["hazard"] >= 2
    one = await box.call("describe_thing", thing="desk", names=["on"])
    assert [found["name"] for found in one["properties"]] == ["on"]
    assert one["actions"] == []


async def test_what_may_i_do_is_compact_and_in_pages(box: Toolbox) -> None:
    await house_of_four(box)
    told = await box.call("what_may_i_do", limit=2)
    assert told["you"] == {"id": "coo", "role": "agent", "acts_for": "anna"}
    assert [one["id"] for one in told["things"]] == ["desk", "door"]
    rest = await box.call("what_may_i_do", cursor=told["next"])
    assert [one["id"] for one in rest["things"]] == ["floor"]
    one = await box.call("what_may_i_do", thing="door")
    uses = {use["name"]: use["verdict"] for use in one["things"][0]["uses"]}
    assert uses == {"lock": "permit", "unlock": "needs-approval"}
