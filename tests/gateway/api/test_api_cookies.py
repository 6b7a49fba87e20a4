"""Browsers of people: a cookie instead of a token, good for the gateway's own pages alone."""

from __future__ import annotations

from collections.abc import AsyncIterator

import aiohttp
import pytest

from gateway.api.cookies import NAME
from policies import Role
from tests.gateway.api.desk import House, lamp

OWN = {"Sec-Fetch-Site": "same-origin"}


async def paired(house: House, role: Role = Role.ADULT) -> dict[str, str]:
    """The headers of a browser that came in."""
    code = await house.gateway.identity.open_pairing(role, f"the-{role}")
    body = {"code": code, "title": "browser", "cookie": True}
    async with house.session().post("/pairings/redeem", json=body, headers=OWN) as answer:
        assert answer.status == 201
        assert "secret" not in await answer.json()
        said = answer.headers["Set-Cookie"]
    attributes = {part.strip().lower() for part in said.split(";")[1:]}
    assert {"httponly", "secure", "samesite=strict", "path=/"} <= attributes
    assert not any(part.startswith("domain") for part in attributes)
    return {"Cookie": said.partition(";")[0]}


@pytest.fixture
async def browser(house: House) -> AsyncIterator[aiohttp.ClientSession]:
    jar = aiohttp.DummyCookieJar()
    async with aiohttp.ClientSession(house.url, headers=await paired(house), cookie_jar=jar) as session:
        yield session


async def test_a_browser_is_its_person(house: House, browser: aiohttp.ClientSession) -> None:
    await house.adopt(lamp())
    async with browser.get("/whoami") as answer:
        assert (await answer.json())["principal"] == "the-adult"
        assert answer.headers["Set-Cookie"].startswith(f"{NAME}=hearth_"), "its time begins anew"
    async with browser.put("/things/lamp/properties/on", json=True, headers=OWN) as answer:
        assert answer.status == 204


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Sec-Fetch-Site": "none"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "https://evil.example", "Sec-Fetch-Site": "same-origin"},
    ],
)
async def test_a_foreign_page_cannot_use_it(
    house: House, browser: aiohttp.ClientSession, headers: dict[str, str]
) -> None:
    """Cross-site request forgery, also by a browser that says nothing of where the request came from."""
    await house.adopt(lamp())
    for method, path, json in (
        ("PUT", "/things/lamp/properties/on", True),
        ("POST", "/things/lamp/actions/toggle", None),
        ("POST", "/panic", {}),
        ("POST", "/logout", None),
        ("DELETE", "/pairings", None),
    ):
        async with browser.request(method, path, json=json, headers=headers) as answer:
            assert answer.status == 403
            assert (await answer.json(content_type=None))["type"] == "urn:hearth:problem:cross-site"
    assert house.driver.sent == []


async def test_a_foreign_page_cannot_open_a_socket_with_it(
    house: House, browser: aiohttp.ClientSession
) -> None:
    """Cross-site WebSocket hijacking: a handshake is a GET."""
    for headers in ({"Origin": "https://evil.example"}, {}):
        with pytest.raises(aiohttp.WSServerHandshakeError) as raised:
            await browser.ws_connect("/events", headers=headers)
        assert raised.value.status == 403
    async with browser.ws_connect("/events", headers={"Origin": house.url}):
        pass


async def test_a_form_of_another_site_is_no_request(house: House, browser: aiohttp.ClientSession) -> None:
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
        async with browser.post("/tokens", data=b"{}", headers=OWN | {"Content-Type": kind}) as answer:
            assert answer.status == 415


async def test_mcp_takes_no_cookie(house: House, browser: aiohttp.ClientSession) -> None:
    async with browser.post("/mcp", json={}, headers=OWN) as answer:
        assert answer.status == 401


async def test_software_has_no_cookies(house: House) -> None:
    """A token that an agent holds is none in a cookie: what is meant for people's pages is not opened by it."""
    secret = await house.secret("coo", Role.AGENT, "anna")
    async with house.session({"Cookie": f"{NAME}={secret}"}).get("/whoami") as answer:
        assert answer.status == 401
    code = await house.gateway.identity.open_pairing(Role.SERVICE, "boiler")
    async with house.session().post("/pairings/redeem", json={"code": code, "cookie": True}) as answer:
        assert answer.status == 400
        assert "Set-Cookie" not in answer.headers


async def test_a_token_is_stronger_than_a_cookie(house: House, browser: aiohttp.ClientSession) -> None:
    secret = await house.secret("tim", Role.CHILD)
    async with browser.get("/whoami", headers={"Authorization": f"Bearer {secret}"}) as answer:
        assert (await answer.json())["principal"] == "tim"
    async with browser.get("/whoami", headers={"Authorization": "Bearer wrong"}) as answer:
        assert answer.status == 401


async def test_logging_out_ends_the_token(house: House, browser: aiohttp.ClientSession) -> None:
    async with browser.post("/logout", headers=OWN) as answer:
        assert answer.status == 204
        assert f'{NAME}=""' in answer.headers["Set-Cookie"]
    async with browser.get("/whoami") as answer:
        assert answer.status == 401
    async with house.box().post("/logout") as answer:
        assert answer.status == 403
