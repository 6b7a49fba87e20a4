"""What a person could have answered, and is over: for a list of what was answered lately."""

from __future__ import annotations

from typing import Any

import aiohttp

from policies import Role
from tests.gateway.approvals.people import Doors


async def answered(client: aiohttp.ClientSession, most: str = "5") -> Any:
    async with client.get("/approvals", params={"answered": most}) as found:
        return (await found.json()).get("answered")


async def test_the_last_that_was_answered_comes_first_to_those_who_could_have(doors: Doors) -> None:
    anna, tim = await doors.phone(), await doors.phone("tim", Role.CHILD)
    for reason in ("not now", "not today"):
        await doors.ask()
        (document,) = await anna.to_answer()
        async with await anna.answer(document, "deny", why=reason) as said:
            assert said.status == 200
        doors.gateway.approvals.book._denials.clear()  # a no holds for 15 minutes
    found = await answered(anna.client)
    assert [(one["state"], one["why"], one["by"]) for one in found] == [
        ("denied", "not today", "anna"),
        ("denied", "not now", "anna"),
    ]
    assert await answered(anna.client, "1") == found[:1]
    assert await answered(anna.client, "0") is None, "none is told unless it is asked for"
    assert await answered(tim.client) == []
    assert await answered(await doors.agent()) is None
