"""What every request must be: the right host, no foreign page, a known caller, and errors that are problem documents."""

from __future__ import annotations

import asyncio
from urllib.parse import urlsplit

import pytest

from policies import Role
from tests.gateway.api.desk import House, lamp


async def test_nobody_is_anybody(house: House) -> None:
    for headers in ({}, {"Authorization": "Bearer hearth_wrong"}, {"Authorization": "Basic YTpi"}):
        async with house.session(headers).get("/things") as answer:
            assert answer.status == 401
            assert answer.headers["WWW-Authenticate"].startswith('Bearer realm="hearth"')
            assert answer.content_type == "application/problem+json"
            assert (await answer.json(content_type=None))["type"] == "urn:hearth:problem:unauthorized"
            assert ("invalid_token" in answer.headers["WWW-Authenticate"]) is bool(headers)


async def test_nobody_learns_which_paths_exist(house: House) -> None:
    anybody = house.session()
    for path in ("/things", "/nothing", "/things/lamp/properties/on"):
        async with anybody.get(path) as answer:
            assert answer.status == 401


async def test_a_revoked_token_is_refused(house: House) -> None:
    agent = await house.agent()
    async with agent.get("/whoami") as answer:
        assert answer.status == 200
    await house.gateway.identity.revoke(house.tokens["coo"])
    async with agent.get("/whoami") as answer:
        assert answer.status == 401


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example:80", ""])
async def test_a_foreign_host_is_misdirected(house: House, host: str) -> None:
    owner = await house.owner()
    async with owner.get("/things", headers={"Host": host}) as answer:
        assert answer.status == 421
        assert (await answer.json(content_type=None))["type"] == "urn:hearth:problem:misdirected"


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:1234", "127.0.0.1", "[::1]:8420"])
async def test_loopback_has_many_names(house: House, host: str) -> None:
    owner = await house.owner()
    async with owner.get("/whoami", headers={"Host": host}) as answer:
        assert answer.status == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"},
    ],
)
async def test_a_foreign_page_is_refused(house: House, headers: dict[str, str]) -> None:
    owner = await house.owner()
    for path in ("/things", "/health", "/.well-known/wot"):
        async with owner.get(path, headers=headers) as answer:
            assert answer.status == 403
            assert (await answer.json(content_type=None))["type"] == "urn:hearth:problem:cross-site"
            assert "Access-Control-Allow-Origin" not in answer.headers


async def test_our_own_page_is_not_foreign(house: House) -> None:
    owner = await house.owner()
    headers = {"Origin": house.url, "Sec-Fetch-Site": "same-origin"}
    async with owner.get("/whoami", headers=headers) as answer:
        assert answer.status == 200
    async with house.session().get(
        "/", headers={"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    ) as answer:
        assert answer.status == 200  # somebody followed a link to it


async def test_what_is_not_there_is_a_problem(house: House) -> None:
    owner = await house.owner()
    async with owner.get("/nothing") as answer:
        assert answer.status == 404
        assert (await answer.json(content_type=None))["type"] == "urn:hearth:problem:not-found"
    async with owner.post("/things") as answer:
        assert answer.status == 405
        assert answer.headers["Allow"] == "GET, HEAD"
        assert answer.content_type == "application/problem+json"


async def test_a_large_body_is_refused(house: House) -> None:
    await house.adopt(lamp())
    owner = await house.owner()
    async with owner.put("/things/lamp/properties", json={"on": "x" * 300_000}) as answer:
        assert answer.status == 413
        assert (await answer.json(content_type=None))["type"] == "urn:hearth:problem:too-large"


async def test_a_malformed_request_ends_the_connection(house: House) -> None:
    parts = urlsplit(house.url)
    for raw in (
        b"GARBAGE\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"A: " + b"x" * 20_000 + b"\r\n\r\n",
    ):
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
        writer.write(raw)
        assert b" 400 " in await reader.readline()
        writer.close()
        await writer.wait_closed()


async def test_a_fault_is_told_without_its_inside(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> bool:
        raise RuntimeError("a secret")

    monkeypatch.setattr(house.gateway.identity, "pairing_open", broken)
    owner = await house.owner()
    async with owner.get("/pairings") as answer:
        assert answer.status == 500
        assert "secret" not in await answer.text()
        assert answer.content_type == "application/problem+json"


async def test_the_box_needs_no_token(house: House) -> None:
    await house.adopt(lamp())
    box = house.box()
    async with box.get("/whoami") as answer:
        me = await answer.json()
    assert (me["principal"], me["role"], me["at_box"]) == ("box", "owner", True)
    async with box.put("/things/lamp/properties/on", json=True) as answer:
        assert answer.status == 204
    secret = await house.secret("coo", Role.AGENT, "anna")
    async with box.get("/whoami", headers={"Authorization": f"Bearer {secret}"}) as answer:
        assert (await answer.json())["principal"] == "coo"
    async with box.get("/whoami", headers={"Authorization": "Bearer wrong"}) as answer:
        assert answer.status == 401


async def test_only_admins_come_to_the_box(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.api.auth.os.getuid", lambda: 4242)
    monkeypatch.setattr("gateway.api.auth.ROOT", 4243)
    async with house.box().get("/whoami") as answer:
        assert answer.status == 403


def test_the_socket_is_closed_to_others(house: House) -> None:
    assert house.socket.stat().st_mode & 0o777 == 0o660
