"""What one agent sends keeps nobody else waiting for long."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

import pytest

from gateway.mcp import turns
from gateway.mcp.turns import LARGEST_BYTES, WORKED_ON, Turns
from tests.gateway.api.desk import House
from tests.gateway.mcp.agents import modern, modern_headers


async def test_those_of_one_root_take_turns_and_others_do_not_wait() -> None:
    made = Turns()
    async with AsyncExitStack() as stack:
        for _ in range(WORKED_ON):
            await stack.enter_async_context(made.turn("coo", large=False))
        waits = asyncio.create_task(stack.enter_async_context(made.turn("coo", large=False)))
        async with made.turn("ada", large=True):
            assert not waits.done()
        waits.cancel()
        await asyncio.gather(waits, return_exceptions=True)
    assert len(made) == 0


async def test_what_only_waits_gives_its_turn_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "WORKED_ON_FOR_S", 0.01)
    made = Turns()
    async with AsyncExitStack() as stack, asyncio.timeout(5):
        for _ in range(3 * WORKED_ON):
            await stack.enter_async_context(made.turn("coo", large=True))
    assert len(made) == 0


async def test_who_gives_up_waiting_takes_nothing_along() -> None:
    made = Turns()
    async with made.turn("coo", large=True):
        gone = [asyncio.create_task(_through(made)) for _ in range(5)]
        await asyncio.sleep(0)
        for one in gone:
            one.cancel()
        await asyncio.gather(*gone, return_exceptions=True)
    async with asyncio.timeout(5):
        await _through(made)
    assert len(made) == 0


async def _through(made: Turns) -> None:
    async with made.turn("coo", large=True):
        pass


@pytest.mark.parametrize("chunked", [False, True])
async def test_a_message_is_no_larger_than_a_plan(house: House, *, chunked: bool) -> None:
    coo = await house.agent()
    body = str(modern("tools/call", {"name": "act", "arguments": {"value": "x" * LARGEST_BYTES}})).encode()

    async def pieces() -> object:
        yield body

    data = pieces() if chunked else body
    async with coo.post("/mcp", data=data, headers=modern_headers("tools/call", "act")) as answer:
        assert answer.status == 413
