"""`/openapi.json` and `/openapi` over HTTP; and the answers for what is not there, not so, or not JSON."""

from __future__ import annotations

import asyncio
import re

import aiohttp
import pytest
from aiohttp import web

from tests.gateway.api.conftest import config, house
from tests.gateway.api.desk import House, lamp

__all__ = ["config", "house"]

PROBLEM = "application/problem+json"


async def test_strangers_may_read_it_and_ask_whether_it_changed(house: House) -> None:
    async with aiohttp.ClientSession(house.url) as stranger:
        async with stranger.get("/openapi.json") as answer:
            document = await answer.json()
            etag = answer.headers["ETag"]
        assert document["openapi"] == "3.1.1"
        async with stranger.get("/openapi.json", headers={"If-None-Match": etag}) as answer:
            assert (answer.status, await answer.read()) == (304, b"")
        async with stranger.get("/openapi") as answer:
            shown = await answer.text()
            assert answer.headers["Content-Security-Policy"].startswith(
                "default-src 'none'; style-src 'sha256-"
            )
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "properties_write" in shown


async def test_it_is_made_once_for_many_who_ask_at_once(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    from gateway.api.openapi import routes

    made: list[web.Application] = []
    make = routes._make

    def counted(app: web.Application) -> routes.Made:
        made.append(app)
        return make(app)

    monkeypatch.setattr(routes, "_make", counted)
    async with aiohttp.ClientSession(house.url) as stranger:
        answers = await asyncio.gather(*(stranger.get("/openapi.json") for _ in range(8)))
        assert {answer.status for answer in answers} == {200}
        for answer in answers:
            answer.release()
    assert len(made) == 1


async def test_it_tells_nothing_of_the_house(house: House) -> None:
    await house.adopt(lamp("secret-lamp"), room="secret-room")
    async with aiohttp.ClientSession(house.url) as stranger:
        for path in ("/openapi.json", "/openapi"):
            async with stranger.get(path) as answer:
                text = await answer.text()
            assert not re.search(r"secret-lamp|secret-room", text)
            assert str(house.socket.parent) not in text


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nothing", 404),
        ("POST", "/mode", 405),
        ("DELETE", "/openapi.json", 405),
        ("PATCH", "/tokens", 405),
    ],
)
async def test_what_is_not_there_is_a_problem(house: House, method: str, path: str, status: int) -> None:
    owner = await house.owner()
    async with owner.request(method, path) as answer:
        assert (answer.status, answer.content_type) == (status, PROBLEM)
        assert (await answer.json())["status"] == status
        if status == 405:
            assert {"GET"} <= {one.strip() for one in answer.headers["Allow"].split(",")}
            assert method not in answer.headers["Allow"]


async def test_what_is_not_json_is_a_problem(house: House) -> None:
    owner = await house.owner()
    async with owner.put("/mode", data=b"mode=away") as answer:
        assert (answer.status, answer.content_type) == (415, PROBLEM)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ('{"mode": "home", "why": "a"}', 200),
        ("null", 400),
        ("[]", 400),
        ('{"mode": "home", "why": ' + "[" * 200 + "]" * 200 + "}", 400),
        ('{"mode": "home", "why": "\\ud800"}', 400),
    ],
)
async def test_bodies_are_read_as_json_schema_reads_them(house: House, body: str, status: int) -> None:
    owner = await house.owner()
    async with owner.put("/mode", data=body, headers={"Content-Type": "application/json"}) as answer:
        assert answer.status == status, await answer.text()


async def test_a_whole_number_may_have_a_point(house: House) -> None:
    owner = await house.owner()
    for seconds, status in ((60.0, 201), (60.5, 400), (1e300, 400), (True, 400)):
        async with owner.post(
            "/tokens", json={"role": "agent", "name": "x", "expires_in": seconds}
        ) as answer:
            assert answer.status == status, await answer.text()


@pytest.mark.parametrize(
    "query", ["detail=2", "detail=", "detail=yes", "detail=%00", "detail=TRUE", "detail=2&detail=1"]
)
async def test_a_flag_is_yes_or_no(house: House, query: str) -> None:
    await house.adopt(lamp())
    owner = await house.owner()
    async with owner.get(f"/things/lamp/properties?{query}") as answer:
        assert (answer.status, answer.content_type) == (400, PROBLEM)


@pytest.mark.parametrize("segment", ["%00", "%ff", "%F0%9F%92%A1", "a%2Fb", "%0d%0aX:y", "-1", "x" * 3000])
async def test_odd_ids_are_simply_not_there(house: House, segment: str) -> None:
    owner = await house.owner()
    for path in (
        f"/things/{segment}",
        f"/things/{segment}/properties/on",
        f"/executions/{segment}",
        f"/plans/{segment}",
    ):
        async with owner.get(path) as answer:
            assert (answer.status, answer.content_type) in {(404, PROBLEM), (400, PROBLEM)}
