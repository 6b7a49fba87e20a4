"""What nobody can do over `/mcp`: use another's session, come in with a cookie, stay after the token, or take all the room."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from functools import partial
from typing import Any

import aiohttp
import pytest

from gateway.clock import SystemClock
from gateway.mcp.calls import CALLS_PER_ROOT
from gateway.mcp.routes import McpRoutes
from gateway.mcp.sessions import SESSIONS_PER_TOKEN, Held, Sessions
from gateway.mcp.traffic import REQUESTS_PER_ROOT
from policies import Principal, Role
from tests.gateway.api.desk import House, until
from tests.gateway.mcp.agents import INITIALIZE, JSON_HEADERS, Waiting, modern, modern_headers
from tests.gateway.mcp.raw import STREAM, ask_in, call, in_session, listen, open_session

WITHIN_S = 1.0
EXPIRES_S = 0.5


async def _second_token(house: House) -> aiohttp.ClientSession:
    """Another token of the same agent."""
    _, secret = await house.gateway.identity.create_token(Principal("coo", Role.AGENT, acts_for="anna"))
    return house.session({"Authorization": f"Bearer {secret}"})


async def test_anothers_session_is_as_unknown_as_none(house: House) -> None:
    agent, owner, sibling = await house.agent(), await house.owner(), await _second_token(house)
    theirs = await open_session(agent)
    for stranger in (owner, sibling):
        assert await ask_in(stranger, theirs) == await ask_in(stranger, "0" * 32)
        assert (await ask_in(stranger, theirs))[0] == 404
        async with stranger.get("/mcp", headers=in_session(theirs) | STREAM) as answer:
            assert answer.status == 404
        async with stranger.delete("/mcp", headers=in_session(theirs)) as answer:
            assert answer.status == 404
    status, answered = await ask_in(agent, theirs)
    assert status == 200 and answered["result"]["tools"]


async def test_the_library_too_holds_a_session_to_its_token(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Were our own table of sessions wrong, `user` in the scope would still bind it."""
    agent, sibling = await house.agent(), await _second_token(house)
    theirs = await open_session(agent)

    def anybodys(self: Sessions, identifier: str, session: object) -> Held | None:
        return self._held.get(identifier)

    monkeypatch.setattr(Sessions, "of", anybodys)
    assert (await ask_in(sibling, theirs))[0] == 404


@pytest.mark.parametrize("kind", ["session", "listen", "call"])
async def test_an_open_stream_ends_with_its_token(house: House, waiting: Waiting, kind: str) -> None:
    agent = await house.agent()
    answering = await _open(agent, kind, waiting)
    await house.gateway.identity.revoke(house.tokens["coo"])
    await _ends(agent, answering, time.monotonic())


async def test_an_open_stream_ends_when_its_token_expires(house: House, waiting: Waiting) -> None:
    coo = Principal("coo", Role.AGENT, acts_for="anna")
    ends = time.monotonic() + EXPIRES_S
    _, secret = await house.gateway.identity.create_token(coo, expires_at=SystemClock.wall() + EXPIRES_S)
    agent = house.session({"Authorization": f"Bearer {secret}"})
    await _ends(agent, await _open(agent, "listen", waiting), ends)


async def _open(agent: aiohttp.ClientSession, kind: str, waiting: Waiting) -> asyncio.Task[None]:
    """Something that stays open: its reading, once it has begun."""
    if kind == "session":
        opened = agent.get("/mcp", headers=in_session(await open_session(agent)) | STREAM)
    elif kind == "listen":
        opened = listen(agent)
    else:
        opened = call(agent, "wait", {"until": "never"})
    begun: list[int] = []
    answering = asyncio.create_task(_all_of(opened, begun))
    await until(lambda: begun or "never" in waiting.begun)
    assert not answering.done()
    return answering


async def _ends(agent: aiohttp.ClientSession, answering: asyncio.Task[None], due: float) -> None:
    async with asyncio.timeout(10):
        await answering
    assert due - 0.1 < time.monotonic() < due + WITHIN_S
    async with agent.get("/whoami") as answer:
        assert answer.status == 401


async def _all_of(opened: Any, begun: list[int]) -> None:
    try:
        async with opened as answer:
            begun.append(answer.status)
            await answer.read()
    except aiohttp.ClientError:
        pass  # cut off: as good


async def test_a_cookie_is_nobody_and_nobody_is_at_the_box(house: House) -> None:
    secret = await house.secret("anna", Role.OWNER)
    cookies = {"Cookie": f"__Host-hearth={secret}; hearth={secret}; token={secret}"}
    for client, headers in ((house.session(), cookies), (house.box(), {}), (house.session(), {})):
        async with client.post("/mcp", json=INITIALIZE, headers=JSON_HEADERS | headers) as answer:
            assert answer.status == 401
            challenge = answer.headers["WWW-Authenticate"]
            assert challenge.startswith('Bearer realm="hearth", resource_metadata="http://')
            assert challenge.endswith('/.well-known/oauth-protected-resource/mcp"')
    async with house.box().post(
        "/mcp", json=INITIALIZE, headers=JSON_HEADERS | {"Authorization": f"Bearer {secret}"}
    ) as answer:
        assert answer.status == 200
        await answer.read()


async def test_the_challenge_leads_to_who_gives_tokens(house: House) -> None:
    anybody = house.session()
    async with anybody.post("/mcp", json=INITIALIZE, headers=JSON_HEADERS) as answer:
        address = answer.headers["WWW-Authenticate"].split('resource_metadata="')[1].rstrip('"')
    async with anybody.get(address) as answer:
        document = await answer.json()
    assert document["resource"] == f"{house.url}/mcp"
    assert document["authorization_servers"]


async def test_a_token_in_the_query_is_nobody(house: House) -> None:
    secret = await house.secret("anna", Role.OWNER)
    for name in ("token", "access_token"):
        async with house.session().post(
            f"/mcp?{name}={secret}", json=INITIALIZE, headers=JSON_HEADERS
        ) as answer:
            assert answer.status == 401


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Host": "evil.example"}, 421),
    ],
)
async def test_a_foreign_page_or_name_is_refused(house: House, headers: dict[str, str], status: int) -> None:
    agent = await house.agent()
    async with agent.post("/mcp", json=INITIALIZE, headers=JSON_HEADERS | headers) as answer:
        assert answer.status == status
        assert "Access-Control-Allow-Origin" not in answer.headers
    async with agent.options("/mcp", headers={"Origin": house.url}) as answer:
        assert answer.status == 405


@pytest.mark.parametrize("headers", [JSON_HEADERS, modern_headers("tools/call", "echo")])
async def test_a_huge_body_is_refused(house: House, headers: dict[str, str]) -> None:
    agent = await house.agent()
    body = modern("tools/call", {"name": "echo", "arguments": {"words": "x" * 300_000}})
    async with agent.post("/mcp", json=body, headers=headers) as answer:
        assert answer.status == 413


async def test_nonsense_is_an_error_and_no_fault(house: House, caplog: pytest.LogCaptureFixture) -> None:
    agent = await house.agent()
    for body in (b"", b"{", b"[]", b"null", b'{"jsonrpc":"2.0"}', b"[" * 100_000, b"1" * 10_000, b"\xff\xfe"):
        for headers in (
            JSON_HEADERS,
            modern_headers("tools/list"),
            JSON_HEADERS | {"MCP-Protocol-Version": "x"},
        ):
            async with agent.post("/mcp", data=body, headers=headers) as answer:
                assert 400 <= answer.status < 500, (body[:20], headers)
    assert "Traceback" not in caplog.text


async def test_a_flood_of_sessions_costs_only_whoever_makes_it(house: House) -> None:
    agent, owner = await house.agent(), await house.owner()
    owners = await open_session(owner)
    opened = [await open_session(agent) for _ in range(SESSIONS_PER_TOKEN + 3)]
    known = [(await ask_in(agent, one))[0] for one in opened]
    assert known == [404] * 3 + [200] * SESSIONS_PER_TOKEN
    assert (await ask_in(owner, owners))[0] == 200


async def test_a_flood_of_requests_locks_nobody_else_out(house: House, waiting: Waiting) -> None:
    agent, owner = await house.agent(), await house.owner()
    listeners = [await agent.post("/mcp", json=_listening(n), headers=modern_headers("subscriptions/listen"))
                 for n in range(REQUESTS_PER_ROOT)]  # fmt: skip
    assert {one.status for one in listeners} == {200}
    for one in (agent, await _second_token(house)):
        async with call(one, "echo", {"words": "me"}) as answer:
            assert answer.status == 429
    async with call(owner, "echo", {"words": "me"}) as answer:
        assert answer.status == 200
    for listener in listeners:
        listener.close()

    async def served() -> bool:
        async with call(agent, "echo", {"words": "me"}) as answer:
            return bool(answer.status == 200)

    async with asyncio.timeout(5):
        while not await served():
            pass


def _listening(number: int) -> dict[str, Any]:
    return modern("subscriptions/listen", {"notifications": {"toolsListChanged": True}}, number)


async def test_who_hangs_up_leaves_nothing_running_but_what_moves(house: House, waiting: Waiting) -> None:
    agent = await house.agent()
    for name, tool in (("looked", "wait"), ("moved", "move")):
        hanging = asyncio.create_task(_all_of(call(agent, tool, {"until": name}), []))
        await until(partial(waiting.begun.__contains__, name))
        hanging.cancel()
        await asyncio.wait({hanging})
    await until(lambda: "looked" in waiting.cancelled)
    waiting.events["moved"].set()
    await until(lambda: "moved" in waiting.ended)


async def test_calls_that_nobody_waits_for_are_bounded(house: House, waiting: Waiting) -> None:
    """In a session a call outlives its request: whoever hangs up and calls again would have any number of them."""
    agent = await house.agent()
    session = await open_session(agent)
    headers = in_session(session)
    for number in range(CALLS_PER_ROOT):
        params = {"name": "wait", "arguments": {"until": str(number)}}
        body = {"jsonrpc": "2.0", "id": number, "method": "tools/call", "params": params}
        opened = await agent.post("/mcp", json=body, headers=headers)
        await until(partial(waiting.begun.__contains__, str(number)))
        opened.close()
    body = {
        "jsonrpc": "2.0",
        "id": 99,
        "method": "tools/call",
        "params": {"name": "echo", "arguments": {"words": "x"}},
    }
    async with agent.post("/mcp", json=body, headers=headers) as answer:
        assert "too-many-requests" in await answer.text()


async def test_a_session_that_its_client_ended_is_gone(house: House) -> None:
    agent = await house.agent()
    session = await open_session(agent)
    async with agent.delete("/mcp", headers=in_session(session)) as answer:
        assert answer.status == 200
    assert (await ask_in(agent, session))[0] == 404


async def test_a_revoked_tokens_session_is_gone_for_its_sibling_too(house: House) -> None:
    agent, sibling = await house.agent(), await _second_token(house)
    session = await open_session(agent)
    await house.gateway.identity.revoke(house.tokens["coo"])
    assert (await ask_in(agent, session))[0] == 401
    assert (await ask_in(sibling, session))[0] == 404


async def test_where_it_is_not_installed_a_problem_says_so(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(_: object) -> object:
        raise ModuleNotFoundError("No module named 'mcp'", name="mcp")

    agent = await house.agent()
    for route in house_routes(house):
        monkeypatch.setattr(route, "_make", missing)
    async with agent.post("/mcp", json=INITIALIZE, headers=JSON_HEADERS) as answer:
        assert answer.status == 501
        assert "pip install 'hearth-gateway[mcp]'" in (await answer.json(content_type=None))["detail"]


def house_routes(house: House) -> list[McpRoutes]:
    """The routes of this gateway: who listens to its revocations."""
    listeners = house.gateway.identity._listeners
    owners = [getattr(one, "__self__", None) for one in listeners]
    return [one for one in owners if isinstance(one, McpRoutes)]


def test_the_library_is_not_loaded_with_the_gateway() -> None:
    code = "import sys, gateway.app, gateway.api.server; sys.exit('mcp' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


async def test_nobody_loads_the_library_but_a_known_caller(house: House) -> None:
    (routes,) = house_routes(house)
    async with house.session().post("/mcp", json=INITIALIZE, headers=JSON_HEADERS) as answer:
        assert answer.status == 401
    assert routes._protocols is None and routes._loading is None
    agent = await house.agent()
    async with agent.post("/mcp", json=INITIALIZE, headers=JSON_HEADERS) as answer:
        assert answer.status == 200
        await answer.read()
    assert routes._protocols is not None
