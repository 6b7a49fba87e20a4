"""`/things`: what the caller may see, and nothing else."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from jsonschema import Draft7Validator

from capabilities.components import AffordanceDescription
from policies import Role, compile_rules, parse
from tests.gateway.api.desk import House, button, camera, lamp, lock, sensor, smoke_alarm

TD_SCHEMA = Path(__file__).parents[3] / "../shared/standards/td-json-schema-1.1.json"


async def test_things_are_listed_by_id(house: House) -> None:
    await house.adopt(lamp(), sensor(), lock())
    owner = await house.owner()
    async with owner.get("/things") as answer:
        assert answer.status == 200
        assert answer.content_type == "application/json"
        things = await answer.json()
    assert [thing["id"] for thing in things] == [
        house.gateway.names.urn(one) for one in ("attic", "door", "lamp")
    ]


async def test_pages_link_to_the_next(house: House) -> None:
    await house.adopt(lamp("a"), lamp("b"), lamp("c"))
    owner = await house.owner()
    async with owner.get("/things?limit=2") as answer:
        assert [thing["title"] for thing in await answer.json()] == ["a", "b"]
        link = answer.links["next"]["url"]
    async with owner.get(link) as answer:
        assert [thing["title"] for thing in await answer.json()] == ["c"]
        assert "Link" not in answer.headers
    async with owner.get("/things?limit=many") as answer:
        assert answer.status == 400


async def test_summary_shows_state(house: House) -> None:
    await house.adopt(lamp())
    await house.known("lamp", "on", True)
    owner = await house.owner()
    async with owner.get("/things?view=summary") as answer:
        assert await answer.json() == [
            {
                "id": "lamp",
                "title": "lamp",
                "kind": "light",
                "room": "study",
                "labels": [],
                "state": {"on": True},
                "reachable": None,
                "out_of_reach": "",
                "suspended": "",
                "members": [],
                "unconfirmed": [],
                "uncertain": False,
                "waiting": None,
            }
        ]
    async with owner.get("/things/lamp?view=summary") as answer:
        assert (await answer.json())["state"] == {"on": True}
    async with owner.get("/things?view=everything") as answer:
        assert answer.status == 400


async def test_a_description_is_a_valid_td(house: House) -> None:
    if not TD_SCHEMA.exists():
        pytest.skip("the JSON schema of TD 1.1 is not here")
    validator = Draft7Validator(json.loads(TD_SCHEMA.read_text()))
    await house.adopt(lamp(), sensor(), lock(), button())
    owner, agent, anybody = await house.owner(), await house.agent(), house.session()
    for session in (owner, agent):
        async with session.get("/things") as answer:
            for thing in await answer.json():
                validator.validate(thing)
    async with anybody.get("/.well-known/wot") as answer:
        validator.validate(await answer.json(content_type=None))


async def test_a_description_has_forms_for_the_caller(house: House) -> None:
    await house.adopt(lamp(), button())
    owner = await house.owner()
    async with owner.get("/things/lamp") as answer:
        assert answer.content_type == "application/td+json"
        td = await answer.json(content_type=None)
    base = f"{house.url}/things/lamp"
    plain, longpoll, sse, socket = td["properties"]["on"]["forms"]
    assert plain["href"] == f"{base}/properties/on"
    assert plain["op"] == ["readproperty", "writeproperty"]
    assert (longpoll["href"], longpoll["subprotocol"]) == (f"{base}/properties/on/observe", "longpoll")
    assert (sse["subprotocol"], sse["contentType"]) == ("sse", "text/event-stream")
    assert (socket["href"], socket["subprotocol"]) == (f"ws{base[4:]}/properties/on/observe", "events.hearth")
    assert "synchronous" not in td["actions"]["toggle"]  # it would be untrue of one of its forms
    ended, started, status = td["actions"]["toggle"]["forms"]
    assert ended["op"] == started["op"] == ["invokeaction"]
    assert (ended["hearth:synchronous"], started["hearth:synchronous"]) == (True, False)
    assert started["response"]["htv:statusCodeValue"] == 201
    assert status["op"] == ["queryaction", "cancelaction"]
    assert td["securityDefinitions"][td["security"]]["scheme"] == "bearer"
    assert td["hearth:room"] == "study"
    async with owner.get("/things/bell") as answer:
        event = (await answer.json(content_type=None))["events"]["pressed"]
    longpoll, sse, socket = event["forms"]
    assert longpoll["href"] == f"{house.url}/things/bell/events/pressed/next"
    assert sse["href"] == f"{house.url}/things/bell/events/pressed"
    assert socket["href"] == f"ws{house.url[4:]}/things/bell/events/pressed"


HALF_BLIND = """format = 1
[[allow]]
id = "whole"
who = ["owner"]
may = ["*"]
see = ["*"]
why = "An agent gets no further than its person"
[[allow]]
id = "half"
who = ["agent"]
may = ["light.*"]
see = ["light.brightness"]
why = "This agent sees how bright it is, not whether it is on"
"""


async def test_a_description_names_no_property_that_is_not_to_be_seen(house: House) -> None:
    whole = lamp()
    (component,) = whole.components
    set_ = AffordanceDescription("set", "lamp/set", role="action")
    component = replace(component, affordances=(*component.affordances, set_))
    await house.adopt(replace(whole, components=(component,)))
    owner, agent = await house.owner(), await house.agent()
    async with owner.get("/things/lamp") as answer:
        actions = (await answer.json(content_type=None))["actions"]
    assert actions["toggle"]["hearth:absolute"]["property"] == "on"
    assert actions["step"]["hearth:absolute"]["property"] == "brightness"
    assert {"on", "brightness"} <= set(actions["set"]["hearth:parts"].values())
    house.gateway.policy = compile_rules(parse(HALF_BLIND, name="household"), [])
    async with agent.get("/things/lamp") as answer:
        actions = (await answer.json(content_type=None))["actions"]
    assert "hearth:absolute" not in actions["toggle"]
    assert "hearth:effect" not in actions["toggle"]
    assert actions["step"]["hearth:absolute"]["property"] == "brightness"
    assert actions["set"]["hearth:parts"] == {"brightness": "brightness"}


async def test_both_forms_of_an_id_name_the_thing(house: House) -> None:
    await house.adopt(lamp())
    owner = await house.owner()
    async with owner.get("/things/lamp") as plain, owner.get("/things/urn:hearth:lamp") as urn:
        assert await plain.read() == await urn.read()


async def test_a_description_is_not_sent_twice(house: House) -> None:
    await house.adopt(lamp())
    owner = await house.owner()
    async with owner.get("/things/lamp") as answer:
        etag = answer.headers["ETag"]
    async with owner.get("/things/lamp", headers={"If-None-Match": etag}) as answer:
        assert answer.status == 304
    await house.adopt(lamp("other"))
    async with owner.get("/things/lamp", headers={"If-None-Match": etag}) as answer:
        assert answer.status == 304  # rights were computed anew, the description is the same


async def test_an_agent_gets_only_what_it_may_use(house: House) -> None:
    await house.adopt(lamp(), lock(), camera(), smoke_alarm())
    agent = await house.agent()
    async with agent.get("/things") as answer:
        things = {house.gateway.names.plain(thing["id"]): thing for thing in await answer.json()}
    assert "eye" not in things  # what a camera sees is sensitive, and it is a person's to use
    assert things["lamp"]["actions"].keys() >= {"toggle"}
    assert things["door"]["actions"].keys() == {"lock", "unlock"}  # it may propose them
    assert "properties" not in things["door"]
    assert "smoke" in things["ceiling"]["properties"]
    assert "actions" not in things["ceiling"]


async def test_what_may_only_be_read_is_read_only(house: House) -> None:
    await house.adopt(lamp())
    service = await house.client("panel", Role.SERVICE)
    async with service.get("/things/lamp") as answer:
        td = await answer.json(content_type=None)
    assert td["properties"]["on"]["readOnly"] is True
    assert td["properties"]["on"]["forms"][0]["op"] == ["readproperty"]
    assert "actions" not in td


async def test_forbidden_and_absent_answer_alike(house: House) -> None:
    await house.adopt(camera())
    agent = await house.agent()
    answers = []
    for method, path in (
        ("GET", "/things/{}"),
        ("GET", "/things/{}/properties"),
        ("GET", "/things/{}/properties/state"),
        ("PUT", "/things/{}/properties/state"),
        ("POST", "/things/{}/actions/snapshot"),
        ("GET", "/things/{}/actions/snapshot"),
        ("GET", "/things/{}/why"),
        ("GET", "/things/{}/events/motion"),
        ("DELETE", "/things/{}"),
    ):
        for thing in ("eye", "nothing"):
            async with agent.request(
                method, path.format(thing), json=None if method == "GET" else {}
            ) as answer:
                answers.append((answer.status, await answer.read(), answer.content_type))
    assert len(set(answers)) == 1
    assert answers[0][0] == 404


async def test_a_denied_attempt_on_the_hidden_is_recorded(house: House) -> None:
    await house.adopt(camera())
    agent = await house.agent()
    async with agent.post("/things/eye/actions/snapshot") as answer:
        assert answer.status == 404
    records = await house.gateway.ledger.entries(kinds=("denied",))
    assert [(r.principal, r.thing, r.body["affordance"]) for r in records] == [("coo", "eye", "snapshot")]


async def test_a_person_removes_a_thing_and_an_agent_does_not(house: House) -> None:
    await house.adopt(lamp())
    owner, agent = await house.owner(), await house.agent()
    async with agent.delete("/things/lamp") as answer:
        assert answer.status == 403
    async with owner.delete("/things/lamp") as answer:
        assert answer.status == 204
    async with owner.get("/things/lamp") as answer:
        assert answer.status == 404


async def test_a_suspended_thing_is_accepted_by_a_person(house: House) -> None:
    await house.adopt(lamp())
    owner = await house.owner()
    await house.gateway.registry.see(lamp(fingerprint="2"))
    async with owner.put("/things/lamp/properties/on", json=True) as answer:
        assert answer.status == 409
        assert (await answer.json(content_type=None))["type"] == "urn:hearth:problem:suspended"
    async with owner.post("/inbox/desk/lamp/adopt", json={}) as answer:
        assert answer.status == 409
        assert "/things/lamp/accept" in (await answer.json(content_type=None))["detail"]
    async with owner.post("/things/lamp/accept", json={}) as answer:
        assert answer.status == 200
        assert (await answer.json())["suspended"] == ""
    async with owner.put("/things/lamp/properties/on", json=True) as answer:
        assert answer.status == 204
