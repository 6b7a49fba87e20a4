"""`/ledger/verification`: for people, with the head that their phones keep."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp

from policies import Role
from tests.gateway.api.desk import House


async def standing(client: aiohttp.ClientSession, query: str = "") -> dict[str, Any]:
    async with asyncio.timeout(5):
        while True:
            async with client.get(f"/ledger/verification{query}") as answer:
                assert answer.status == 200
                found: dict[str, Any] = await answer.json()
            if not found["looking"]:
                return found


async def test_people_learn_that_it_holds_and_keep_a_head(house: House) -> None:
    owner = await house.owner()
    found = await standing(owner)
    assert found["ok"] is True
    assert found["problems"] == []
    head = found["head"]
    again = await standing(owner, f"?seq={head['seq']}")
    assert again["entry"] == {"seq": head["seq"], "hash": head["hash"]}
    assert (await standing(owner, "?seq=999999"))["entry"] == {"seq": 999999, "hash": None}
    async with owner.post("/ledger/verification") as answer:
        assert answer.status == 202


async def test_software_does_not_and_children_do_not_begin_it(house: House) -> None:
    agent, child = await house.agent(), await house.client("kid", Role.CHILD)
    async with agent.get("/ledger/verification") as answer:
        assert answer.status == 403
    async with child.post("/ledger/verification") as answer:
        assert answer.status == 403
    assert (await standing(child))["ok"] is True
