"""Commands take a shorter way through the server than other requests: from outside it is the same one."""

from __future__ import annotations

import asyncio
from urllib.parse import urlsplit

import pytest
from yarl import URL

from policies import Role
from tests.gateway.api.desk import House, lamp, lock


async def exchange(house: House, request: str, *headers: str, body: str = "true") -> bytes:
    """Sends one request as these bytes, and reads until the gateway closes."""
    secret = await house.secret("anna", Role.OWNER)
    where = urlsplit(house.url)
    reader, writer = await asyncio.open_connection(where.hostname, where.port)
    head = (
        request,
        f"Host: {where.netloc}",
        f"Authorization: Bearer {secret}",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        *headers,
    )
    writer.write("\r\n".join((*head, "", body)).encode())
    try:
        async with asyncio.timeout(5):
            return await reader.read()
    finally:
        writer.close()
        await writer.wait_closed()


@pytest.mark.parametrize("version", ["1.1", "1.0"])
async def test_a_connection_that_shall_end_ends(house: House, version: str) -> None:
    await house.adopt(lamp())
    answer = await exchange(house, f"PUT /things/lamp/properties/on HTTP/{version}", "Connection: close")
    assert answer.startswith(f"HTTP/{version} 204 ".encode())
    assert b"Hearth-Outcome: confirmed" in answer


async def test_a_connection_is_used_again(house: House) -> None:
    await house.adopt(lamp())
    owner = await house.owner()
    for value in (True, False, True):
        async with owner.put("/things/lamp/properties/on", json=value) as answer:
            assert (answer.status, await answer.read()) == (204, b"")
            assert "Content-Length" not in answer.headers
            assert answer.headers["Date"].endswith(" GMT")
            assert "Connection" not in answer.headers
    assert [value for _, value in house.driver.sent] == [True, False, True]


async def test_who_has_no_token_gets_no_further(house: House) -> None:
    await house.adopt(lamp(), lock())
    stranger = house.session({"Authorization": "Bearer nobody"})
    async with stranger.put("/things/lamp/properties/on", json=True) as answer:
        assert answer.status == 401
    async with stranger.post("/things/door/actions/unlock") as answer:
        assert answer.status == 401
        assert (await answer.json(content_type=None))["type"] == "urn:hearth:problem:unauthorized"
    owner = await house.owner()
    async with owner.put("/things/lamp/properties/on", json=True, headers={"Host": "evil.example"}) as answer:
        assert answer.status == 421
    async with owner.put("/things/lamp/properties/on", json=True, headers={"Origin": "http://a.b"}) as answer:
        assert answer.status == 403
    assert not house.driver.sent


async def test_a_method_that_means_nothing_is_told_what_would(house: House) -> None:
    await house.adopt(lamp())
    owner = await house.owner()
    async with owner.delete("/things/lamp/properties/on") as answer:
        assert answer.status == 405
        assert "PUT" in answer.headers["Allow"]


async def test_an_answer_on_the_way_has_no_body(house: House) -> None:
    await house.adopt(lamp())
    owner = await house.owner()
    headers = {"Prefer": "respond-async"}
    async with owner.put("/things/lamp/properties/on", json=True, headers=headers) as answer:
        assert answer.status == 202
        assert answer.headers["Content-Length"] == "0"
        assert answer.headers["Location"] == f"/executions/{answer.headers['Hearth-Execution']}"
        assert await answer.read() == b""


@pytest.mark.parametrize("path", ["/things/l%61mp/properties/on", "/things/urn:hearth:lamp/properties/on"])
async def test_another_spelling_is_the_same_property(house: House, path: str) -> None:
    await house.adopt(lamp())
    owner = await house.owner()
    async with owner.put(URL(house.url + path, encoded=True), json=True) as answer:
        assert answer.status == 204
    assert house.driver.sent == [("lamp/on", True)]
