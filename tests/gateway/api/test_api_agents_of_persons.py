"""A child's agent can do no more than the child, whatever agents may; and it follows its person at once."""

from __future__ import annotations

import asyncio

import aiohttp
import pytest

from gateway.config import Config
from policies import Principal, Role
from tests.gateway.api.desk import House, lamp, lock

RULES = """
format = 1
[[allow]]
id = "agents"
who = ["agent", "owner", "adult"]
may = ["light.*", "lock.*"]
see = ["light.*", "lock.*"]
why = "Agents and the adults of the house"

[[allow]]
id = "children"
who = ["child"]
may = ["light.*"]
see = ["light.*"]
why = "Children"

[[limit]]
id = "children-dim"
who = ["child"]
on = ["light.brightness"]
value = { max = 50 }
why = "For children's eyes"
"""


@pytest.fixture
def config(config: Config) -> Config:
    folder = config.state_dir / "policies"
    folder.mkdir(parents=True)
    (folder / "household.toml").write_text(RULES)
    return config


async def seen(client: aiohttp.ClientSession) -> set[str]:
    async with client.get("/things?view=summary") as answer:
        return {thing["id"] for thing in await answer.json()}


async def brightness(client: aiohttp.ClientSession, value: int) -> int:
    async with client.put("/things/lamp/properties/brightness", json=value) as answer:
        return answer.status


async def unlock(client: aiohttp.ClientSession) -> int:
    async with client.post("/things/door/actions/unlock?dry-run=1") as answer:
        return answer.status


async def test_a_childs_agent_can_do_no_more_than_the_child(house: House) -> None:
    await house.adopt(lamp(), lock())
    tim = await house.client("tim", Role.CHILD)
    agent = await house.client("tims-coo", Role.AGENT, "tim")
    annas = await house.client("annas-coo", Role.AGENT, "anna")
    assert await seen(annas) == {"lamp", "door"}
    assert await seen(agent) == await seen(tim) == {"lamp"}
    assert await brightness(agent, 40) == await brightness(tim, 40) == 204
    assert await brightness(agent, 60) == await brightness(tim, 60) == 403
    assert await brightness(annas, 60) == 204
    assert await unlock(annas) == 200
    assert await unlock(agent) == await unlock(tim) == 404
    async with agent.get("/things/lamp") as answer:
        described = (await answer.json())["properties"]["brightness"]
    assert not described.get("readOnly")
    async with agent.get("/whoami") as answer:
        assert (await answer.json())["acts_for_role"] == "child"


async def test_whoever_pairs_as_a_child_binds_its_agent_at_once_streams_too(house: House) -> None:
    await house.adopt(lamp(), lock())
    agent = await house.client("coo", Role.AGENT, "tim")
    assert await seen(agent) == {"lamp", "door"}, "nobody knows tim yet: the box made it, for an owner"
    assert await brightness(agent, 60) == 204
    async with agent.get("/events?types=property") as events:
        await house.client("tim", Role.CHILD)
        assert await seen(agent) == {"lamp"}
        assert await brightness(agent, 60) == 403
        await house.known("door", "state", "unlocked")
        await house.known("lamp", "on", True)
        async with asyncio.timeout(5):
            while not (line := await events.content.readline()).startswith(b"data:"):
                pass
        while b'"thing":"lamp"' not in line:  # what was written before tim paired may still come
            assert b'"thing":"door"' not in line
            line = await events.content.readline()


async def test_rights_that_shrink_between_decision_and_send_stop_the_command(house: House) -> None:
    await house.adopt(lamp())
    agent = await house.client("coo", Role.AGENT, "tim")
    commit = house.gateway.ledger.commit
    written, hold = asyncio.Event(), asyncio.Event()

    async def held(entry: object) -> int:
        seq = await commit(entry)  # type: ignore[arg-type]
        written.set()
        await hold.wait()
        return seq

    house.gateway.ledger.commit = held  # type: ignore[method-assign]
    sending = asyncio.create_task(brightness(agent, 60))
    async with asyncio.timeout(5):
        await written.wait()
    await house.gateway.identity.create_token(Principal("tim", Role.CHILD))
    hold.set()
    assert await sending == 409
    assert house.driver.sent == []


async def test_the_last_token_of_a_person_ends_its_agents_and_their_streams(house: House) -> None:
    await house.adopt(lamp())
    await house.client("tim", Role.CHILD)
    agent = await house.client("coo", Role.AGENT, "tim")
    async with agent.get("/events") as events:
        async with house.box().delete(f"/tokens/{house.tokens['tim']}") as answer:
            assert answer.status == 204
        async with asyncio.timeout(5):
            assert b"event: revoked" in await events.content.read()
    async with agent.get("/things") as answer:
        assert answer.status == 401


async def test_a_token_that_acts_for_software_is_refused(house: House) -> None:
    await house.client("coo", Role.AGENT, "anna")
    async with house.box().post(
        "/tokens", json={"role": "agent", "principal": "sub", "acts_for": "coo"}
    ) as answer:
        assert answer.status == 403
        assert "a token acts for a person" in (await answer.json(content_type=None))["detail"]
