"""What an answer tells of the state: what is known where a device is out of reach, and nothing that its caller may not see."""

from __future__ import annotations

from dataclasses import replace

import pytest

from policies import Principal, Role, Terms, compile_rules, parse
from tests.gateway.api.desk import House, lamp, until

BLIND = """format = 1
[[allow]]
id = "blind"
who = ["agent", "owner"]
may = ["*"]
see = ["temperature.*"]
why = "This agent operates, and looks at nothing"
[[limit]]
id = "steady"
on = ["light.on"]
value = { one_of = [true] }
why = "It stays on"
"""


async def lost(house: House, reason: str) -> None:
    house.driver.lose("lamp", reason)
    await until(lambda: house.gateway.registry["lamp"].reach.reachable is False)


@pytest.mark.parametrize("known", [True, False])
async def test_what_is_out_of_reach_is_said_at_once(house: House, known: bool) -> None:
    await house.adopt(lamp())
    if known:
        await house.known("lamp", "on", True)
        slot = house.gateway.registry["lamp"].slots["on"]
        assert slot.reading is not None
        slot.reading = replace(slot.reading, observed_at=slot.reading.observed_at - 250)
    await lost(house, "its publisher says so")
    owner = await house.owner()
    for method, path, value in (
        ("POST", "actions/toggle", None),
        ("PUT", "properties/on", False),
    ):
        async with owner.request(method, f"/things/lamp/{path}", json=value) as answer:
            assert answer.status == 503
            assert answer.headers["Hearth-Outcome"] == "not_sent"
            problem = await answer.json(content_type=None)
        assert problem["type"] == "urn:hearth:problem:device-unreachable"
        assert problem["detail"] == "its publisher says so" + ("; last seen on, 4 min ago" if known else "")
    assert house.driver.sent == []


async def test_a_toggle_without_a_state_in_reach_still_wants_to_know_it(house: House) -> None:
    await house.adopt(lamp())
    owner = await house.owner()
    async with owner.post("/things/lamp/actions/toggle") as answer:
        assert answer.status == 409
        assert "write on itself instead" in (await answer.json(content_type=None))["detail"]


async def test_no_answer_tells_a_reading_that_its_caller_may_not_see(house: House) -> None:
    await house.adopt(lamp())
    await house.known("lamp", "on", True)
    house.gateway.policy = compile_rules(parse(BLIND, name="household"), [])
    agent = await house.agent()
    async with agent.get("/things/lamp/properties/on") as answer:
        assert answer.status == 404
    for method, path, value in (
        ("POST", "actions/toggle", None),
        ("PUT", "properties/on", True),
    ):
        async with agent.request(method, f"/things/lamp/{path}?dry-run=1", json=value) as answer:
            preview = await answer.json()
        assert preview["unchanged"] is False
        assert preview["value"] is value
        assert [finding["seen"] for finding in preview["findings"] if finding["verdict"] == "deny"] in (
            [""],
            [],
        )
    async with agent.post("/things/lamp/actions/toggle") as answer:
        assert answer.status == 403
        assert [f["seen"] for f in (await answer.json(content_type=None))["findings"]] == [""]
    async with agent.put("/things/lamp/properties/on", json=True) as answer:
        assert answer.status == 204
        place = f"/executions/{answer.headers['Hearth-Execution']}"
    async with agent.get(place) as answer:
        status = await answer.json()
    assert (status["reason"], status["detail"]) == ("", ""), (
        "that it was so already is the state by another name"
    )
    assert "seen" not in status
    async with agent.get("/ledger?kind=outcome") as answer:
        (ended,) = await answer.json()
    assert not {"seen", "detail"} & ended["body"].keys()
    await lost(house, "gone")
    async with agent.post("/things/lamp/actions/toggle") as answer:
        assert answer.status == 503
        problem = await answer.json(content_type=None)
    assert "seen" not in problem
    assert "last seen" not in problem["detail"]


async def test_what_a_caller_may_not_know_of_is_not_out_of_reach_either(house: House) -> None:
    await house.adopt(lamp())
    await lost(house, "gone")
    house.gateway.policy = compile_rules(parse("format = 1\n", name="household"), [])
    agent = await house.agent()
    async with agent.post("/things/lamp/actions/toggle") as answer:
        assert answer.status == 404


async def test_a_detail_says_more_than_its_title(house: House) -> None:
    await house.adopt(lamp())
    await house.known("lamp", "on", True)
    owner, phone, box = await house.owner(), house.session(), house.box()
    key = {"Idempotency-Key": '"k"'}
    problems = []
    async with phone.post("/pairings/redeem", json={"code": "0000-0000"}) as answer:
        problems.append(await answer.json(content_type=None))
    async with box.post("/pairings", json={"principal": "anna", "role": "owner"}) as answer:
        assert answer.status == 201
    for _ in range(5):
        async with phone.post("/pairings/redeem", json={"code": "0000-0000"}) as answer:
            problems.append(await answer.json(content_type=None))
    async with owner.put("/things/lamp/properties/on", json=True, headers=key) as answer:
        assert answer.status == 204
    async with owner.post("/things/lamp/actions/toggle", headers=key) as answer:
        problems.append(await answer.json(content_type=None))
    async with owner.put("/things/lamp/properties/on", json=False, headers=key) as answer:
        problems.append(await answer.json(content_type=None))
    await lost(house, "gone")
    async with owner.put("/things/lamp/properties/on", json=False) as answer:
        problems.append(await answer.json(content_type=None))
    assert [problem["detail"] for problem in problems[:-1]] == [
        "open one at the box, or on a phone that is paired",
        *(["look at it again, and type it anew"] * 5),
        "'k' was used for lamp.on; a new request needs a new key",
        "'k' was used for lamp.on with another value; a new request needs a new key",
    ]
    for problem in problems:
        assert problem["title"].casefold() not in problem["detail"].casefold()


async def test_who_may_not_see_learns_nothing_from_what_is_so_already(house: House) -> None:
    """A right guess moves nothing: it must not tell that it was right."""
    await house.adopt(lamp())
    await house.known("lamp", "brightness", 40)
    await house.known("lamp", "on", True)
    blind = Terms.model_validate({"read": []})
    info, secret = await house.gateway.identity.create_token(
        Principal("blind", Role.AGENT, acts_for="anna"), mandate=blind
    )
    client = house.session({"Authorization": f"Bearer {secret}"})
    told = []
    for value in (True, False):
        async with client.put("/things/lamp/properties/on", json=value) as answer:
            execution, headers = answer.headers["Hearth-Execution"], answer.headers
            said = (answer.status, headers["Hearth-Outcome"], headers.get("Hearth-Reason"))
        async with client.get(f"/executions/{execution}") as answer:
            told.append((*said, "unchanged" in await answer.text()))
    assert told == [(204, "confirmed", None, False)] * 2
    await house.gateway.ledger.flush()
    async with client.get("/ledger?kind=outcome") as answer:
        assert "unchanged" not in await answer.text()
    assert info.mandate is not None
