"""An answer of many pieces holds nothing for a reader that does not read. The server and its sockets are real."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp import web

from gateway.api.auth import SESSION
from gateway.api.slow_readers import send
from gateway.identity import Session
from policies import Principal, Role

PIECE = "x" * 65_536


class Kitchen:
    """Serves `pieces` of 64 kB; tells when an answer has ended, and how many it took."""

    def __init__(self, pieces: int, *, stall: float = 30.0, longest: float = 600.0) -> None:
        self.session = Session("token", Principal("coo", Role.AGENT))
        self.ended = asyncio.Event()
        self.made = 0
        self._pieces, self._stall, self._longest = pieces, stall, longest

    async def answer(self, request: web.Request) -> web.StreamResponse:
        request[SESSION] = self.session
        response = web.StreamResponse()
        await response.prepare(request)
        try:
            await send(request, response, self._each(), stall=self._stall, longest=self._longest)
        finally:
            self.ended.set()
        return response

    async def _each(self) -> AsyncIterator[str]:
        for _ in range(self._pieces):
            self.made += 1
            yield PIECE

    async def open(self) -> tuple[web.AppRunner, str]:
        app = web.Application()
        app.router.add_get("/", self.answer)
        runner = web.AppRunner(app)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        return runner, f"http://127.0.0.1:{runner.addresses[0][1]}/"


async def test_a_reader_gets_all() -> None:
    kitchen = Kitchen(40)
    runner, url = await kitchen.open()
    async with aiohttp.ClientSession() as http, http.get(url) as answer:
        assert len(await answer.read()) == 40 * len(PIECE)
    await runner.cleanup()


@pytest.mark.parametrize("limit", ["stall", "longest"])
async def test_a_reader_that_never_reads_is_let_go(limit: str) -> None:
    kitchen = Kitchen(10_000, **{limit: 0.05})
    runner, url = await kitchen.open()
    async with aiohttp.ClientSession() as http, http.get(url) as answer:
        async with asyncio.timeout(20):
            await kitchen.ended.wait()
        assert kitchen.made < 10_000
        with pytest.raises(aiohttp.ClientError):
            await answer.read()
    await runner.cleanup()


async def test_nothing_more_after_the_token_was_revoked() -> None:
    kitchen = Kitchen(10_000)
    runner, url = await kitchen.open()
    async with aiohttp.ClientSession() as http, http.get(url) as answer:
        await answer.content.readexactly(1)
        kitchen.session.revoked = True
        with pytest.raises(aiohttp.ClientError):
            await answer.read()
    assert kitchen.made < 10_000
    await runner.cleanup()
