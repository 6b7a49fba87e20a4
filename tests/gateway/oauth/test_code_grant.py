"""The authorization code with PKCE (RFC 6749, section 4.1; RFC 7636), as a browser and the program beside it go through it."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest

from tests.gateway.api.desk import until
from tests.gateway.oauth.agents import BACK, CHALLENGE, VERIFIER, Agents


async def _code(house: Agents, client: str, **more: str) -> tuple[str, dict[str, str]]:
    """The code that a person lets the browser take back."""
    anna = await house.phone()
    status, begun = await house.begin(client, **more)
    assert status == 201, begun
    assert await house.look(begun) == (200, {"waits": True})
    assert (await house.accept(anna, begun["user_code"]))[0] == 201
    status, answer = await house.look(begun)
    assert status == 200
    assert answer["at_once"] is True
    assert (await house.look(begun))[1]["to"] == answer["to"]  # a page that asks twice is told the same
    parts = urlsplit(answer["to"])
    assert f"{parts.scheme}://{parts.netloc}{parts.path}" == more.get("redirect_uri", BACK)
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    return query["code"], query


def _agents(house: Agents) -> list[str]:
    return [one.id for one in house.gateway.identity.principals() if one.role == "agent"]


async def test_a_program_is_let_in_by_its_page(house: Agents) -> None:
    client = await house.register()
    code, query = await _code(house, client)
    assert (query["state"], query["iss"]) == ("xyz", house.url)
    status, got = await house.redeem(code, client, resource=f"{house.url}/mcp")
    assert status == 200, got
    assert (await house.whoami(got["access_token"]))[1]["principal"] == "an-inspector"


async def test_a_code_used_twice_ends_the_token(house: Agents) -> None:
    client = await house.register()
    code, _ = await _code(house, client)
    _, got = await house.redeem(code, client)
    assert (await house.redeem(code, client))[1]["error"] == "invalid_grant"
    assert (await house.whoami(got["access_token"]))[0] == 401


@pytest.mark.parametrize(
    "wrong",
    [
        {"code_verifier": "x" * 43},
        {"code_verifier": CHALLENGE},  # as if the method were plain
        {"code_verifier": ""},
        {"redirect_uri": "http://127.0.0.1:33418/other"},
        {"client_id": "somebody-else"},
    ],
)
async def test_a_code_that_somebody_else_brings_is_good_for_nobody(
    house: Agents, wrong: dict[str, str]
) -> None:
    client = await house.register()
    code, _ = await _code(house, client)
    other = {"client_id": client} | wrong
    assert (await house.redeem(code, **other))[1]["error"] == "invalid_grant"
    assert (await house.redeem(code, client))[1]["error"] == "invalid_grant"
    assert _agents(house) == []


async def test_a_code_lasts_a_minute(house: Agents) -> None:
    client = await house.register()
    code, _ = await _code(house, client)
    house.clock.turn(61)
    assert (await house.redeem(code, client))[1]["error"] == "invalid_grant"
    await until(lambda: not _agents(house))


async def test_any_port_of_the_same_computer(house: Agents) -> None:
    client = await house.register(
        "http://127.0.0.1/callback", "http://localhost:9/x?a=1", "com.example.app:/back"
    )
    for uri in ("http://127.0.0.1:50123/callback", "http://localhost:1/x?a=1"):
        assert (await house.begin(client, redirect_uri=uri))[0] == 201
    status, begun = await house.begin(client, redirect_uri="com.example.app:/back")
    assert status == 201
    await house.accept(await house.phone(), begun["user_code"])
    _, answer = await house.look(begun)
    assert answer["at_once"] is False  # a person follows the link
    assert answer["to"].startswith("com.example.app:/back?code=")


async def test_a_no_and_an_end_go_back_to_the_program(house: Agents) -> None:
    client, anna = await house.register(), await house.phone()
    _, denied = await house.begin(client)
    _, late = await house.begin(client)
    async with anna.client.post(f"/agents/requests/{denied['user_code']}", json={"answer": "deny"}) as answer:
        assert answer.status == 200
    house.clock.turn(601)
    for begun in (denied, late):
        query = parse_qs(urlsplit((await house.look(begun))[1]["to"]).query)
        assert (query["error"], query["state"], query["iss"]) == (["access_denied"], ["xyz"], [house.url])
        assert "code" not in query


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge": VERIFIER}, "invalid_request"),
        ({"resource": ["https://other.example/mcp"]}, "invalid_target"),
    ],
)
async def test_what_is_wrong_is_told_to_the_program(
    house: Agents, wrong: dict[str, object], error: str
) -> None:
    status, answer = await house.begin(await house.register(), **wrong)
    query = parse_qs(urlsplit(answer["to"]).query)
    assert (status, query["error"], query["iss"]) == (400, [error], [house.url])


async def test_the_pages_run_nothing_but_their_own_script(house: Agents) -> None:
    stranger = house.session()
    for path in ("/oauth/authorize?client_id=%3Cscript%3E", "/device"):
        async with stranger.get(
            path, headers={"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
        ) as answer:
            page, policy = await answer.text(), answer.headers["Content-Security-Policy"]
        assert (answer.status, answer.content_type) == (200, "text/html")
        assert "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert "<script>" not in page
    for path in ("authorize.js", "oauth.css"):
        async with stranger.get(f"/oauth/pages/{path}") as answer:
            assert answer.status == 200
    for path in ("authorize.html", "../desk.py", "..%2fdesk.py"):
        async with stranger.get(f"/oauth/pages/{path}") as answer:
            assert answer.status in {401, 404}
