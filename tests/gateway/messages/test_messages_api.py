"""`/messages` and `/schemas` over HTTP: who may give whom a task, who hears what, what is refused and how."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
import pytest

from gateway.config import Config
from gateway.messages.posting import MOST_POSTED
from policies import Principal, Role
from policies.decision import Verdict
from tests.gateway.api.desk import House, lamp, lock
from tests.gateway.messages.talk import LAMP_ON

LATER, EARLIER = "2050-01-01T12:00:00Z", "2020-01-01T12:00:00Z"


RULES = """
format = 1
[[allow]]
id = "all"
who = ["owner", "child", "agent"]
may = ["light.*"]
see = ["light.*"]
why = "Lamps, and nothing else"
"""


@pytest.fixture
def config(config: Config) -> Config:
    folder = config.state_dir / "policies"
    folder.mkdir(parents=True)
    (folder / "household.toml").write_text(RULES)
    return config


async def post(client: aiohttp.ClientSession, kind: str, body: object, **more: object) -> tuple[int, Any]:
    async with client.post("/messages", json={"type": kind, "body": body, **more}) as answer:
        return answer.status, await answer.json(content_type=None)


async def get(client: aiohttp.ClientSession, path: str) -> tuple[int, Any]:
    async with client.get(path) as answer:
        return answer.status, await answer.json(content_type=None)


async def assign(client: aiohttp.ClientSession, to: str = "coo", **body: object) -> tuple[int, Any]:
    return await post(client, "task-assignment", {"what": "Make it cosy", **body}, to=[to])


async def test_a_task_and_what_becomes_of_it(house: House) -> None:
    await house.adopt(lamp())
    owner, agent = await house.owner(), await house.agent()
    status, task = await assign(owner, things=["lamp"], deadline=LATER, expires=LATER)
    assert status == 201
    assert task["thread"] == task["id"]
    assert task["body"]["what"] == {"by": "anna", "text": "Make it cosy"}
    assert task["body"]["things"] == ["/things/lamp"]
    status, yes = await post(
        agent, "commitment", {"until": LATER, "said": "by\u202e eight"}, thread=task["thread"]
    )
    assert status == 201
    assert (yes["to"], yes["in_reply_to"], yes["body"]["task"]) == (["anna"], task["id"], task["id"])
    assert yes["body"]["said"] == {"by": "coo", "text": "by eight"}
    steps = [{"step": "1", "result": "confirmed", "thing": "lamp"}]
    status, report = await post(
        agent, "execution-report", {"result": "done", "steps": steps}, thread=task["thread"]
    )
    assert status == 201
    assert await get(agent, f"/messages?thread={task['thread']}") == (200, [task, yes, report])
    assert await get(owner, "/messages?with=coo&limit=2") == (200, [yes, report])


async def test_the_plan_shows_the_task_for_which_it_is_made(house: House) -> None:
    owner, agent = await house.owner(), await house.agent()
    _, task = await assign(owner)
    coo = Principal("coo", Role.AGENT, acts_for="anna")
    house.gateway.messages.proposal("plan1", coo, [LAMP_ON], task=task["thread"])
    house.gateway.messages.policy_decision("plan1", coo, Verdict.PERMIT, [LAMP_ON])
    status, told = await get(agent, "/messages?plan=plan1")
    assert status == 200
    assert [one["type"] for one in told] == ["task-assignment", "proposal", "policy-decision"]


async def test_what_does_not_concern_one_is_not_there(house: House) -> None:
    owner = await house.owner()
    other, child = await house.client("toy", Role.AGENT, "tim"), await house.client("tim", Role.CHILD)
    _ = await house.agent()
    _, task = await assign(owner)
    nothing = await get(other, "/messages?thread=nothing")
    assert nothing[0] == 404
    for client in (other, child):
        assert await get(client, f"/messages?thread={task['thread']}") == nothing
        assert await get(client, f"/messages?plan={task['thread']}") == nothing
        assert await get(client, "/messages?with=coo") == (200, [])
        refused = await post(client, "commitment", {}, thread=task["thread"])
        assert refused == await post(client, "commitment", {}, thread="nothing")
        assert refused[0] == 404


async def test_persons_hear_what_their_agents_say(house: House) -> None:
    child, _ = await house.client("tim", Role.CHILD), await house.client("toy", Role.AGENT, "tim")
    toy = Principal("toy", Role.AGENT, acts_for="tim", acts_for_role=Role.CHILD)
    house.gateway.messages.policy_decision("p", toy, Verdict.DENY, [LAMP_ON])
    status, told = await get(child, "/messages?thread=p")
    assert status == 200
    assert told[0]["cc"] == ["tim"]


async def test_who_may_give_whom_a_task(house: House) -> None:
    owner, agent = await house.owner(), await house.agent()
    child, toy = await house.client("tim", Role.CHILD), await house.client("toy", Role.AGENT, "tim")
    async with agent.post("/tokens", json={"principal": "helper", "role": "agent"}) as answer:
        assert answer.status == 201
    for client, to, expected in (
        (owner, "tim", 201),
        (owner, "anna", 400),
        (owner, "nobody", 400),
        (owner, "gateway", 400),
        (child, "toy", 201),
        (child, "coo", 400),
        (agent, "helper", 201),
        (agent, "anna", 400),
        (agent, "toy", 400),
        (toy, "toy", 400),
    ):
        assert (await assign(client, to))[0] == expected, to
    unknown, foreign = await assign(child, "nobody"), await assign(child, "coo")
    assert unknown[1]["detail"].replace("nobody", "coo") == foreign[1]["detail"]


async def test_things_that_one_may_not_see_are_no_things(house: House) -> None:
    await house.adopt(lock())
    child, _ = await house.client("tim", Role.CHILD), await house.client("toy", Role.AGENT, "tim")
    hidden, missing = (
        await assign(child, "toy", things=["door"]),
        await assign(child, "toy", things=["dooor"]),
    )
    assert hidden[0] == missing[0] == 400
    assert hidden[1]["detail"] == missing[1]["detail"].replace("dooor", "door")


async def test_a_task_that_is_over_is_only_reported_on(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    owner, agent = await house.owner(), await house.agent()
    assert (await assign(owner, expires=EARLIER))[0] == 400
    _, task = await assign(owner, expires="2049-01-01T00:00:00Z")
    now = house.gateway.clock.wall() + 30 * 366 * 86_400
    monkeypatch.setattr(house.gateway.clock, "wall", lambda: now)
    assert (await post(agent, "commitment", {}, thread=task["thread"]))[0] == 409
    assert (await post(agent, "execution-report", {"result": "expired"}, thread=task["thread"]))[0] == 201


async def test_nobody_says_too_much(house: House) -> None:
    owner, agent = await house.owner(), await house.agent()
    async with agent.post("/tokens", json={"principal": "helper", "role": "agent"}) as answer:
        secret = (await answer.json())["secret"]
    helper = house.session({"Authorization": f"Bearer {secret}"})
    _, task = await assign(owner)
    for number in range(MOST_POSTED):
        client = agent if number % 2 else helper
        status, _ = await post(client, "escalation", {"because": "hm"}, thread=task["thread"])
        assert status == (201 if number % 2 else 404)
    status, answer = await post(agent, "escalation", {"because": "hm"}, thread=task["thread"])
    assert status == 429
    assert "at most" in answer["detail"]
    assert (await assign(owner))[0] == 201


@pytest.mark.parametrize(
    ("message", "told"),
    [
        ({}, "type must be one of"),
        ([1], "type must be one of"),
        ({"type": "proposal", "body": {}}, "type must be one of"),
        ({"type": ["commitment"]}, "type must be one of"),
        ({"type": "task-assignment", "to": ["coo"], "body": {"what": "x" * 501}}, "body.what"),
        ({"type": "task-assignment", "to": ["coo"], "body": {"what": ""}}, "body.what"),
        ({"type": "task-assignment", "to": [], "body": {"what": "x"}}, "to"),
        (
            {"type": "task-assignment", "to": ["coo"], "body": {"what": "x", "deadline": "soon"}},
            "body.deadline",
        ),
        ({"type": "commitment", "body": {}}, "thread"),
        ({"type": "commitment", "thread": "x", "from": "anna", "body": {}}, "from"),
        ({"type": "escalation", "thread": "x", "body": {"because": "Not a word"}}, "body.because"),
        (
            {"type": "escalation", "thread": "x", "body": {"because": "x", "look_at": ["http://x"]}},
            "body.look_at",
        ),
        (
            {"type": "counter-proposal", "thread": "x", "body": {"because": "x", "nearest": {"a": 1}}},
            "body.nearest",
        ),
    ],
)
async def test_what_is_wrong_is_named(house: House, message: object, told: str) -> None:
    async with (await house.owner()).post("/messages", json=message) as answer:
        assert answer.status == 400
        assert told in (await answer.json())["detail"]


async def test_replies_stay_in_their_thread(house: House) -> None:
    owner, agent = await house.owner(), await house.agent()
    _, task = await assign(owner)
    _, other = await assign(owner)
    for more in ({"in_reply_to": other["id"]}, {"to": ["tim"]}):
        status, _ = await post(agent, "commitment", {}, thread=task["thread"], **more)
        assert status == 400
    status, mine = await post(agent, "escalation", {"because": "stuck"}, thread=task["thread"])
    assert mine["to"] == ["anna", "owner", "adult"]


async def test_schemas_are_served_as_they_are(house: House) -> None:
    client = await house.agent()
    _, listed = await get(client, "/schemas")
    assert {one["type"] for one in listed} >= {"proposal", "task-assignment", "escalation"}
    for one in listed:
        async with client.get(one["href"]) as answer:
            assert answer.content_type == "application/schema+json"
            schema = await answer.json(content_type=None)
            kind = "plan" if one["type"] == "plan" else f"message:{one['type']}"
            assert schema["$id"] == f"urn:hearth:{kind}"
    for nonsense in ("nothing", "..%2Fmodels"):
        assert (await get(client, f"/schemas/{nonsense}"))[0] == 404
    assert (await get(client, "/messages?x=1"))[0] == 400


async def test_a_command_for_a_task_is_reported_in_its_thread(house: House) -> None:
    await house.adopt(lamp())
    owner, agent = await house.owner(), await house.agent()
    stranger = await house.client("toy", Role.AGENT, "anna")
    _, task = await assign(owner)
    heard = house.gateway.observers.subscribe(None, kinds=frozenset({"message"}))
    for client, thread, status in (
        (stranger, task["thread"], 204),  # moves the lamp, and is not heard in a thread of others
        (agent, "nothing", 204),
        (agent, "Not an id", 400),
        (agent, task["thread"], 204),
    ):
        headers = {"Hearth-Task": thread}
        value = client is not agent or thread != task["thread"]
        async with client.put("/things/lamp/properties/on", json=value, headers=headers) as answer:
            assert answer.status == status
    async with asyncio.timeout(5):
        await heard.batch()
    _, told = await get(agent, f"/messages?thread={task['thread']}")
    assert [one["type"] for one in told] == ["task-assignment", "execution-report"]
    assert (told[1]["from"], told[1]["to"]) == ("gateway", ["anna", "coo"])
    (step,) = told[1]["body"]["steps"]
    assert (step["thing"], step["result"]) == ("lamp", "confirmed")
    (row,) = [r for r in await house.gateway.ledger.entries(kinds=("dispatch",)) if r.principal == "coo"][-1:]
    assert row.body["task"] == task["thread"]
