"""What a client finds out by itself, registers, and takes back: RFC 8414, 9728, 7591, 7009, 8707."""

from __future__ import annotations

import pytest

from policies import Role
from tests.gateway.oauth.agents import DEVICE, Agents, said


async def test_the_documents_name_the_address_that_was_asked(house: Agents) -> None:
    stranger = house.session()
    port = house.url.rpartition(":")[2]
    for base in (house.url, f"http://localhost:{port}"):
        _, server = await said(await stranger.get(f"{base}/.well-known/oauth-authorization-server"))
        assert server["issuer"] == base
        assert all(
            str(url).startswith(f"{base}/") for name, url in server.items() if name.endswith("_endpoint")
        )
        assert server["code_challenge_methods_supported"] == ["S256"]
        assert server["client_id_metadata_document_supported"] is False
        for path in ("", "/mcp"):
            _, resource = await said(await stranger.get(f"{base}/.well-known/oauth-protected-resource{path}"))
            assert (resource["resource"], resource["authorization_servers"]) == (f"{base}{path}", [base])


async def test_a_stranger_is_told_where_to_ask(house: Agents) -> None:
    for headers in ({}, {"Authorization": "Bearer hearth_wrong"}):
        async with house.session(headers).get("/things") as answer:
            challenge = answer.headers["WWW-Authenticate"]
        assert f'resource_metadata="{house.url}/.well-known/oauth-protected-resource"' in challenge


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"redirect_uris": ["https://other.example/back"]}, "invalid_redirect_uri"),
        ({"redirect_uris": ["javascript:alert(1)"]}, "invalid_redirect_uri"),
        ({"redirect_uris": "http://127.0.0.1/"}, "invalid_redirect_uri"),
        ({"redirect_uris": ["http://127.0.0.1/x"] * 6}, "invalid_redirect_uri"),
        ({"redirect_uris": ["http://127.0.0.1/" + "x" * 300]}, "invalid_redirect_uri"),
        ({"client_name": 3}, "invalid_client_metadata"),
        ([], "invalid_client_metadata"),
    ],
)
async def test_what_cannot_be_registered(house: Agents, body: object, error: str) -> None:
    status, answer = await said(await house.session().post("/oauth/register", json=body))
    assert (status, answer["error"]) == (400, error)


async def test_a_client_outlives_a_restart_and_takes_no_room(house: Agents) -> None:
    client = await house.register(name="\x1b[31m\u202eevil\nname " + "x" * 300)
    from gateway.oauth.desk import AgentDesk

    again = await AgentDesk(house.gateway).clients()  # as after a restart: it knows the key alone
    found = again.find(client)
    assert found is not None
    assert found.name.isprintable()
    assert len(found.name) <= 100
    assert again.find(client[:-1] + ("A" if client[-1] != "A" else "B")) is None
    assert again.any("hearth.W10.AAAA") is None


async def test_an_agent_takes_its_token_back(house: Agents) -> None:
    anna, asked = await house.phone(), await house.knock()
    await house.accept(anna, asked["user_code"])
    _, got = await house.poll(asked)
    assert await house.form("/oauth/revoke", token=got["access_token"], token_type_hint="access_token") == (
        200,
        {},
    )
    assert (await house.whoami(got["access_token"]))[0] == 401
    assert await house.form("/oauth/revoke", token=got["access_token"]) == (200, {})  # RFC 7009, section 2.2
    assert await house.form("/oauth/revoke", token="x") == (200, {})
    assert (await house.form("/oauth/revoke"))[1]["error"] == "invalid_request"


async def test_a_persons_token_is_nothing_that_oauth_takes_back(house: Agents) -> None:
    secret = await house.secret("ben", Role.ADULT)
    assert (await house.form("/oauth/revoke", token=secret))[0] == 200
    assert (await house.whoami(secret))[0] == 200


async def test_a_token_is_for_this_gateway(house: Agents) -> None:
    for good in (house.url, f"{house.url}/", f"{house.url}/mcp", house.url.upper().replace("HTTP", "http")):
        await house.knock(resource=good)
    for bad in (
        "https://other.example/mcp",
        f"{house.url}/mcpx",
        f"{house.url}@evil",
        f"{house.url}/mcp#x",
        "x",
    ):
        status, body = await house.form("/oauth/device_authorization", client_id="x", resource=bad)
        assert (status, body["error"]) in {(400, "invalid_target"), (429, "temporarily_unavailable")}


async def test_forms_alone_and_each_member_once(house: Agents) -> None:
    stranger = house.session()
    for sent, status, error in (
        ({"json": {"client_id": "x"}}, 400, "invalid_request"),
        ({"data": "client_id=a&client_id=b", "headers": _FORM}, 400, "invalid_request"),
        ({"data": "client_id=", "headers": _FORM}, 400, "invalid_request"),
        ({"data": "client_id=" + "x" * 17_000, "headers": _FORM}, 400, "invalid_request"),
        ({"data": "client_id=%ff", "headers": _FORM}, 400, "invalid_request"),
        ({"data": "client_id=x", "headers": _FORM | {"Authorization": "Basic eDp5"}}, 401, "invalid_client"),
    ):
        answered, body = await said(await stranger.post("/oauth/device_authorization", **sent))
        assert (answered, body["error"]) == (status, error), sent
    assert (await house.form("/oauth/token", grant_type="client_credentials"))[1][
        "error"
    ] == "unsupported_grant_type"
    assert (await house.form("/oauth/token", grant_type="refresh_token"))[1][
        "error"
    ] == "unsupported_grant_type"
    status, body = await house.form("/oauth/token", grant_type=DEVICE, client_id="x", device_code="x")
    assert (status, body["error"]) == (400, "invalid_grant")


_FORM = {"Content-Type": "application/x-www-form-urlencoded"}
