"""Waiting: it ends with the condition, with the time, and with the caller's rights."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from gateway.api.problems import Problem
from gateway.mcp.tools.patience import MOST_WAITS, PLACES
from policies import Role
from tests.gateway.api.desk import lamp, until
from tests.gateway.mcp.tools.toolbox import RULES, Toolbox


async def begin(box: Toolbox, **given: object) -> asyncio.Task[dict[str, object]]:
    caller, before = await box.caller(), box.gateway.observers.count
    task = asyncio.create_task(box.call("wait_for", caller, **given))
    await until(lambda: box.gateway.observers.count > before or task.done())
    return task


async def test_what_is_so_already_is_told_at_once(box: Toolbox) -> None:
    await box.house.adopt(lamp("desk"))
    await box.house.known("desk", "on", True)
    told = await box.call("wait_for", thing="desk", property="on", until={"equals": True})
    assert told["met"] is True
    assert told["reading"]["value"] is True
    late = await box.call("wait_for", thing="desk", property="on", until={"equals": False}, timeout_s=0)
    assert late["met"] is False
    assert late["reading"]["quality"] == "good"


async def test_it_ends_when_the_value_comes(box: Toolbox) -> None:
    await box.house.adopt(lamp("desk"))
    await box.house.known("desk", "brightness", 10)
    task = await begin(box, thing="desk", property="brightness", until={"minimum": 30}, timeout_s=60)
    await box.house.known("desk", "brightness", 20)
    assert not task.done()
    await box.house.known("desk", "brightness", 30)
    async with asyncio.timeout(5):
        told = await task
    assert told["met"] is True
    assert box.told
    changed = await begin(box, thing="desk", property="brightness", timeout_s=60)
    await box.house.known("desk", "brightness", 31)
    async with asyncio.timeout(5):
        assert (await changed)["met"] is True


async def test_a_revoked_token_ends_it_at_once_and_tells_nothing(box: Toolbox) -> None:
    await box.house.adopt(lamp("desk"))
    task = await begin(box, thing="desk", property="on", timeout_s=60)
    await box.gateway.identity.revoke(box.house.tokens["coo"])
    async with asyncio.timeout(1):
        try:
            answer: object = await task
        except Problem as problem:
            answer = problem.name
    assert answer == "unauthorized"


async def test_rights_that_end_end_it_and_the_answer_is_that_of_what_is_not_there(box: Toolbox) -> None:
    await box.house.adopt(lamp("desk"))
    task = await begin(box, thing="desk", property="on", timeout_s=60)
    box.rules(RULES.replace('see = ["light.*", "lock.state"]', 'see = ["lock.state"]'))
    await box.gateway.registry.forget("desk", by="test")
    async with asyncio.timeout(10):
        try:
            answer: object = await task
        except Problem as problem:
            answer = problem.name
    assert answer == "not-found"


async def test_nobody_takes_all_the_room(box: Toolbox) -> None:
    await box.house.adopt(lamp("desk"))
    tasks = [await begin(box, thing="desk", property="on", timeout_s=60) for _ in range(MOST_WAITS)]
    refused = await box.refused("wait_for", thing="desk", property="on", timeout_s=60)
    assert refused["status"] == 429
    other = await box.caller("other")
    assert (await box.call("wait_for", other, thing="desk", property="on", timeout_s=0))["met"] is False
    await box.house.known("desk", "on", True)
    async with asyncio.timeout(5):
        assert all([(await task)["met"] for task in tasks])
    assert len(PLACES) == 0


async def test_a_token_that_has_expired_waits_for_nothing(box: Toolbox) -> None:
    await box.house.adopt(lamp("desk"))
    caller = await box.caller("short", Role.AGENT)
    caller.session.expires_at = box.gateway.clock.wall() - 1
    assert (await box.refused("wait_for", replace(caller), thing="desk", property="on"))["status"] == 401
