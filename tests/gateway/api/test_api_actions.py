"""Actions, the table of outcomes, and status resources."""

from __future__ import annotations

import asyncio

import pytest

from policies import Role
from tests.gateway.api.desk import House, button, lamp

ASYNC = {"Prefer": "respond-async"}


@pytest.mark.parametrize(
    ("mood", "status", "outcome", "problem"),
    [
        ("answers", 204, "confirmed", ""),
        ("rejects", 502, "rejected", "rejected"),
        ("unreachable", 503, "not_sent", "device-unreachable"),
        ("uncertain", 504, "in_doubt", "in-doubt"),
        ("deaf", 504, "unconfirmed", "not-seen"),
    ],
)
async def test_each_outcome_has_its_status(
    house: House, mood: str, status: int, outcome: str, problem: str
) -> None:
    await house.adopt(lamp())
    house.hasten("lamp", 0.01)
    house.driver.mood = mood
    owner = await house.owner()
    async with owner.put("/things/lamp/properties/on", json=True) as answer:
        assert answer.status == status
        assert answer.headers["Hearth-Outcome"] == outcome
        document = await answer.json(content_type=None) if problem else None
    if document is not None:
        assert answer.content_type == "application/problem+json"
        assert document["type"] == f"urn:hearth:problem:{problem}"
        assert document["status"] == status
        assert document["execution"] == answer.headers["Hearth-Execution"]


async def test_what_cannot_be_seen_is_acknowledged(house: House) -> None:
    await house.adopt(button())
    owner = await house.owner()
    async with owner.post("/things/bell/actions/press") as answer:
        assert answer.status == 204
        assert answer.headers["Hearth-Outcome"] == "acknowledged"
        assert answer.headers["Hearth-Reason"] == "not-observable"


async def test_a_newer_command_takes_over(house: House) -> None:
    await house.adopt(lamp())
    owner = await house.owner()
    house.driver.mood = "deaf"
    async with owner.put("/things/lamp/properties/on", json=True, headers=ASYNC) as answer:
        first = answer.headers["Location"]
    async with owner.put("/things/lamp/properties/on", json=False, headers=ASYNC) as answer:
        assert answer.status == 202
    async with owner.get(first) as answer:
        status = await answer.json()
    assert (status["status"], status["reason"]) == ("failed", "superseded")
    assert status["error"]["status"] == 504


async def test_toggle_needs_the_present_state(house: House) -> None:
    await house.adopt(lamp())
    owner = await house.owner()
    async with owner.post("/things/lamp/actions/toggle") as answer:
        assert answer.status == 409
        assert (await answer.json(content_type=None))["type"] == "urn:hearth:problem:state-unknown"
    await house.known("lamp", "on", True)
    async with owner.post("/things/lamp/actions/toggle") as answer:
        assert answer.status == 204
    assert house.driver.sent == [("lamp/on", False)]


async def test_input_is_checked(house: House) -> None:
    await house.adopt(lamp())
    await house.known("lamp", "brightness", 50)
    owner = await house.owner()
    async with owner.post("/things/lamp/actions/step", json={"by": "much"}) as answer:
        assert answer.status == 400
    async with owner.post("/things/lamp/actions/step", json={"by": 10}) as answer:
        assert answer.status == 204
    assert house.driver.sent == [("lamp/brightness", 60)]


async def test_an_action_left_to_run_has_a_status_resource(house: House) -> None:
    await house.adopt(lamp())
    await house.known("lamp", "on", True)
    owner = await house.owner()
    async with owner.get("/things/lamp/actions/toggle") as answer:
        assert answer.status == 404
    house.driver.mood = "deaf"
    async with owner.post("/things/lamp/actions/toggle", headers=ASYNC) as answer:
        assert answer.status == 201
        place = answer.headers["Location"]
        status = await answer.json()
    assert place == f"/things/lamp/actions/toggle/{answer.headers['Hearth-Execution']}"
    assert status["status"] == "running"
    assert status["href"] == place
    async with owner.get("/things/lamp/actions/toggle") as answer:
        assert (await answer.json())["href"] == place
    async with owner.delete(place) as answer:
        assert answer.status == 409
        assert (await answer.json(content_type=None))["type"] == "urn:hearth:problem:not-cancellable"
    async with owner.get(place.replace("toggle", "step")) as answer:
        assert answer.status == 404


async def test_what_was_refused_is_refused_at_once(house: House) -> None:
    await house.adopt(lamp())
    service = await house.client("panel", Role.SERVICE)
    async with service.put("/things/lamp/properties/on", json=True, headers=ASYNC) as answer:
        assert answer.status == 403


async def test_an_execution_is_its_principals(house: House) -> None:
    await house.adopt(lamp())
    agent, other, owner = (
        await house.agent(),
        await house.client("else", Role.AGENT, "anna"),
        await house.owner(),
    )
    async with agent.put("/things/lamp/properties/on", json=True) as answer:
        place = f"/executions/{answer.headers['Hearth-Execution']}"
    for session, status in ((agent, 200), (other, 404), (owner, 200)):
        async with session.get(place) as answer:
            assert answer.status == status


async def test_an_execution_outlives_the_memory_of_it(house: House) -> None:
    await house.adopt(lamp())
    agent, other = await house.agent(), await house.client("else", Role.AGENT, "anna")
    async with agent.put(
        "/things/lamp/properties/on", json=True, headers={"Hearth-Purpose": "light"}
    ) as answer:
        place = f"/executions/{answer.headers['Hearth-Execution']}"
    house.gateway.executor.executions._recent.clear()  # as after a restart
    async with agent.get(place) as answer:
        assert answer.status == 200
        status = await answer.json()
    assert (status["status"], status["outcome"], status["purpose"]) == ("completed", "confirmed", "light")
    assert status["input"] is True
    async with other.get(place) as answer:
        assert answer.status == 404


async def test_the_same_key_is_one_command(house: House) -> None:
    await house.adopt(lamp())
    owner = await house.owner()
    headers = {"Idempotency-Key": '"once"'}

    async def put(value: bool) -> tuple[int, str, bool]:
        async with owner.put("/things/lamp/properties/on", json=value, headers=headers) as answer:
            replayed = "Idempotent-Replayed" in answer.headers
            return answer.status, answer.headers.get("Hearth-Execution", ""), replayed

    first, second = await asyncio.gather(put(True), put(True))
    assert first[:2] == second[:2]
    assert {first[2], second[2]} == {True, False}
    assert house.driver.sent == [("lamp/on", True)]
    assert (await put(False))[0] == 422


@pytest.mark.parametrize("key", ["", '""', '"unclosed', "two words", f'"{"x" * 256}"'])
async def test_a_malformed_key_is_told(house: House, key: str) -> None:
    await house.adopt(lamp())
    owner = await house.owner()
    async with owner.put("/things/lamp/properties/on", json=True, headers={"Idempotency-Key": key}) as answer:
        assert answer.status == 400
    assert house.driver.sent == []


async def test_purpose_and_trace_reach_the_ledger(house: House) -> None:
    await house.adopt(lamp())
    owner = await house.owner()
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    headers = {"Hearth-Purpose": "f%C3%BCr%20Anna", "traceparent": trace}
    async with owner.put("/things/lamp/properties/on", json=True, headers=headers) as answer:
        assert answer.status == 204
    (record,) = await house.gateway.ledger.entries(kinds=("dispatch",))
    assert record.private == {"purpose": "für Anna"}
    assert record.body["trace"] == trace
    for purpose in ("%ff", "x" * 501):
        async with owner.put(
            "/things/lamp/properties/on", json=True, headers={"Hearth-Purpose": purpose}
        ) as answer:
            assert answer.status == 400
