"""Actions as the Web of Things knows them: asynchronous by a form alone, with a status that is asked for and taken back."""

from __future__ import annotations

from typing import Any

from policies import Role, compile_rules, parse
from tests.gateway.api.desk import House, lamp, until

ASKS = """format = 1
[[allow]]
id = "all"
who = ["owner", "agent"]
may = ["*"]
see = ["*"]
why = "All of it"
[[ask]]
id = "asked"
who = ["agent"]
on = ["light.on"]
approver = ["owner"]
valid = "5m"
why = "Somebody says yes to each"
"""


async def forms(house: House, name: str, role: Role) -> tuple[Any, ...]:
    session = await house.client(name, role, "anna" if role is Role.AGENT else "")
    async with session.get("/things/lamp") as answer:
        return session, *(await answer.json(content_type=None))["actions"]["toggle"]["forms"]


async def test_a_form_alone_starts_it_and_tells_of_it(house: House) -> None:
    await house.adopt(lamp())
    await house.known("lamp", "on", False)
    owner, ended, started, status = await forms(house, "anna", Role.OWNER)
    async with owner.post(ended["href"]) as answer:
        assert answer.status == 204
    async with owner.post(started["href"]) as answer:
        assert answer.status == started["response"]["htv:statusCodeValue"] == 201
        assert answer.content_type == started["response"]["contentType"]
        begun, location = await answer.json(), answer.headers["Location"]
    assert begun["status"] in {"pending", "running", "completed"}
    assert begun["href"] == location
    execution = house.gateway.executor.executions.get(begun["execution"])
    assert execution is not None
    await until(lambda: execution.outcome is not None)
    for href in (location, status["href"]):
        async with owner.get(href) as answer:
            told = await answer.json()
        assert told["execution"] == begun["execution"]
        assert told["status"] == "completed"
        assert told["timeRequested"] <= told["timeEnded"]
    for href in (location, status["href"]):
        async with owner.delete(href) as answer:
            assert answer.status == 409
            assert (await answer.json(content_type=None))["type"] == "urn:hearth:problem:not-cancellable"


async def test_what_failed_says_why(house: House) -> None:
    await house.adopt(lamp())
    await house.known("lamp", "on", False)
    house.driver.mood = "rejects"
    owner, _, started, status = await forms(house, "anna", Role.OWNER)
    async with owner.post(started["href"]) as answer:
        execution = house.gateway.executor.executions.get((await answer.json())["execution"])
    assert execution is not None
    await until(lambda: execution.outcome is not None)
    async with owner.get(status["href"]) as answer:
        told = await answer.json()
    assert told["status"] == "failed"
    assert told["error"]["type"] == "urn:hearth:problem:rejected"


async def test_what_waits_for_a_person_is_taken_back_by_its_asker_alone(house: House) -> None:
    await house.adopt(lamp())
    await house.known("lamp", "on", False)
    house.gateway.policy = compile_rules(parse(ASKS, name="household"), [])
    await house.owner()
    agent, _, started, status = await forms(house, "coo", Role.AGENT)
    async with agent.post(started["href"]) as answer:
        assert answer.status == 201, await answer.text()
        assert answer.headers["Hearth-Waits-For"] == "approval"
        begun = await answer.json()
    assert begun["status"] == "pending"
    other, *_ = await forms(house, "other", Role.AGENT)
    for href in (status["href"], begun["href"]):
        async with other.delete(href) as answer:
            assert answer.status == 404
    async with (await house.owner()).delete(status["href"]) as answer:
        assert answer.status == 404  # the owner has invoked nothing, and takes back by its own path
    async with agent.delete(status["href"]) as answer:
        assert answer.status == 204
    async with agent.get(begun["href"]) as answer:
        assert (await answer.json())["status"] == "failed"
    assert house.driver.sent == []


async def test_no_one_tells_of_an_action_that_may_not_be_used(house: House) -> None:
    await house.adopt(lamp())
    house.gateway.policy = compile_rules(parse(ASKS, name="household"), [])
    guest = await house.client("gast", Role.GUEST)
    told: list[tuple[int, object]] = []
    for name in ("toggle", "none"):
        for method in ("DELETE", "GET"):
            async with guest.request(method, f"/things/lamp/actions/{name}") as answer:
                told.append((answer.status, await answer.json(content_type=None)))
    assert told == [told[0]] * 4
    assert told[0][0] == 404
