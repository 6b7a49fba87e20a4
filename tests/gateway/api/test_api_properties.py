"""Properties: read, written, written together."""

from __future__ import annotations

from policies import Role
from tests.gateway.api.desk import House, lamp, sensor


async def test_a_reading_is_a_bare_value_with_its_quality_beside(house: House) -> None:
    await house.adopt(lamp())
    await house.known("lamp", "brightness", 40)
    owner = await house.owner()
    async with owner.get("/things/lamp/properties/brightness") as answer:
        assert answer.status == 200
        assert await answer.json() == 40
        assert answer.headers["Hearth-Quality"] == "good"
        assert answer.headers["Hearth-Evidence"] == "device"
        assert answer.headers["Hearth-Observed-At"].endswith("Z")
        assert answer.headers["Cache-Control"] == "no-store"


async def test_detail_says_everything(house: House) -> None:
    await house.adopt(lamp())
    await house.known("lamp", "brightness", 40)
    owner = await house.owner()
    async with owner.get("/things/lamp/properties/brightness?detail=1") as answer:
        shown = await answer.json()
    assert {name: shown[name] for name in ("value", "unit", "quality", "uncertainty", "evidence")} == {
        "value": 40,
        "unit": "%",
        "quality": "good",
        "uncertainty": None,
        "evidence": "device",
    }
    async with owner.get("/things/lamp/properties?detail=1") as answer:
        both = await answer.json()
    assert both["brightness"] == shown
    assert both["on"] == {"value": None, "quality": "unknown", "unit": None}


async def test_no_reading_is_unavailable_not_absent(house: House) -> None:
    await house.adopt(lamp())
    owner = await house.owner()
    async with owner.get("/things/lamp/properties/on") as answer:
        assert answer.status == 503
        assert answer.content_type == "application/problem+json"
        assert answer.headers["Retry-After"]
        assert (await answer.json(content_type=None))["type"] == "urn:hearth:problem:no-reading"
    async with owner.get("/things/lamp/properties/nothing") as answer:
        assert answer.status == 404
    async with owner.get("/things/lamp/properties") as answer:
        assert await answer.json() == {}


async def test_what_is_out_of_reach_is_stale(house: House) -> None:
    await house.adopt(lamp())
    await house.known("lamp", "on", True)
    observer = house.gateway.observers.subscribe(None)
    house.driver.lose("lamp", "unplugged")
    await observer.batch()
    owner = await house.owner()
    async with owner.get("/things/lamp/properties/on") as answer:
        assert answer.headers["Hearth-Quality"] == "stale"
    async with owner.put("/things/lamp/properties/on", json=False) as answer:
        assert answer.status == 503
        assert answer.headers["Hearth-Outcome"] == "not_sent"
        assert "unplugged" in (await answer.json(content_type=None))["detail"]


async def test_a_write_is_done_when_its_effect_was_seen(house: House) -> None:
    await house.adopt(lamp())
    owner = await house.owner()
    async with owner.put("/things/lamp/properties/on", json=True) as answer:
        assert answer.status == 204
        assert answer.headers["Hearth-Outcome"] == "confirmed"
        execution = answer.headers["Hearth-Execution"]
    assert house.driver.sent == [("lamp/on", True)]
    async with owner.get(f"/executions/{execution}") as answer:
        status = await answer.json()
    assert status["status"] == "completed"
    assert status["seen"]["value"] is True
    assert status["seen"]["evidence"] == "device"


async def test_a_value_that_does_not_fit_is_explained(house: House) -> None:
    await house.adopt(lamp())
    owner = await house.owner()
    async with owner.put("/things/lamp/properties/brightness", json=140) as answer:
        assert answer.status == 400
        problem = await answer.json(content_type=None)
    assert problem["type"] == "urn:hearth:problem:bad-input"
    assert "100" in problem["detail"]
    async with owner.put("/things/lamp/properties/brightness", data=b"") as answer:
        assert answer.status == 400
    async with owner.put("/things/lamp/properties/brightness", data=b"{", headers=_JSON) as answer:
        assert answer.status == 400
    async with owner.put("/things/lamp/properties/brightness", data=b"40") as answer:
        assert answer.status == 415
    assert house.driver.sent == []


_JSON = {"Content-Type": "application/json"}


async def test_what_can_only_be_read_is_not_written(house: House) -> None:
    await house.adopt(sensor(), lamp())
    owner = await house.owner()
    async with owner.put("/things/attic/properties/temperature", json=20) as answer:
        assert answer.status == 405
        assert answer.headers["Allow"] == "GET, HEAD"
    service = await house.client("panel", Role.SERVICE)
    async with service.put("/things/lamp/properties/on", json=True) as answer:
        assert answer.status == 403
        problem = await answer.json(content_type=None)
    assert problem["type"] == "urn:hearth:problem:policy"
    assert problem["outcome"] == "refused"
    assert problem["execution"] == answer.headers["Hearth-Execution"]
    assert problem["findings"]


async def test_a_dry_run_moves_nothing(house: House) -> None:
    await house.adopt(lamp())
    owner = await house.owner()
    async with owner.put("/things/lamp/properties/brightness?dry-run=1", json=30) as answer:
        assert answer.status == 200
        preview = await answer.json()
    assert preview["verdict"] == "permit"
    assert preview["value"] == 30
    service = await house.client("panel", Role.SERVICE)
    async with service.put("/things/lamp/properties/brightness?dry-run=1", json=30) as answer:
        assert answer.status == 200
        assert (await answer.json())["verdict"] == "deny"
    assert house.driver.sent == []


async def test_several_are_written_in_order(house: House) -> None:
    await house.adopt(lamp())
    owner = await house.owner()
    async with owner.put("/things/lamp/properties", json={"on": True, "brightness": 30}) as answer:
        assert answer.status == 204
        assert answer.headers["Hearth-Outcome"] == "confirmed"
        assert len(answer.headers["Hearth-Execution"].split(", ")) == 2
    assert house.driver.sent == [("lamp/on", True), ("lamp/brightness", 30)]
    async with owner.get("/things/lamp/properties") as answer:
        assert await answer.json() == {"on": True, "brightness": 30}


async def test_several_are_checked_before_the_first_moves(house: House) -> None:
    await house.adopt(lamp())
    owner = await house.owner()
    for values in ({"on": True, "brightness": 300}, {"on": True, "nothing": 1}, {}, [1]):
        async with owner.put("/things/lamp/properties", json=values) as answer:
            assert answer.status in {400, 404}, values
    service = await house.client("panel", Role.SERVICE)
    async with service.put("/things/lamp/properties", json={"on": True, "brightness": 30}) as answer:
        assert answer.status == 403
        report = (await answer.json(content_type=None))["properties"]
    assert report["on"]["outcome"] == "refused"
    assert report["brightness"] == {"outcome": "not_sent"}
    assert house.driver.sent == []


async def test_several_stop_at_the_first_failure(house: House) -> None:
    await house.adopt(lamp())
    owner = await house.owner()
    house.driver.mood = "rejects"
    async with owner.put("/things/lamp/properties", json={"on": True, "brightness": 30}) as answer:
        assert answer.status == 502
        problem = await answer.json(content_type=None)
    assert problem["properties"]["on"]["outcome"] == "rejected"
    assert problem["properties"]["brightness"]["outcome"] == "not_sent"


async def test_a_write_may_be_left_to_run(house: House) -> None:
    await house.adopt(lamp())
    owner = await house.owner()
    house.driver.mood = "deaf"
    async with owner.put(
        "/things/lamp/properties/on", json=True, headers={"Prefer": "respond-async"}
    ) as answer:
        assert answer.status == 202
        assert answer.headers["Preference-Applied"] == "respond-async"
        place = answer.headers["Location"]
    async with owner.get(place) as answer:
        assert (await answer.json())["status"] == "running"
    observer = house.gateway.observers.subscribe(None, kinds=frozenset({"action"}))
    house.driver.report("lamp/on", True)
    await observer.batch()
    async with owner.get(place) as answer:
        status = await answer.json()
    assert (status["status"], status["outcome"]) == ("completed", "confirmed")
