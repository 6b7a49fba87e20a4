"""`hearth mcp` as an agent's host starts it: both eras, a session that was lost, a revoked token, and none."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from typing import Any

import orjson
import pytest
from mcp import Client, StdioServerParameters

from policies import Role
from tests.gateway.api.desk import House, lamp
from tests.gateway.mcp.agents import ERAS, INITIALIZE, modern, text_of

PROGRAM = "from gateway.cli.main import main; main()"


async def start(house: House, secret: str, **more: Any) -> asyncio.subprocess.Process:
    environment = {**os.environ, "HEARTH_URL": house.url, "HEARTH_TOKEN": secret}
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", PROGRAM, "mcp"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=environment,
        **more,
    )


async def ask(child: asyncio.subprocess.Process, message: Any) -> dict[str, Any]:
    assert child.stdin is not None and child.stdout is not None
    child.stdin.write(orjson.dumps(message) + b"\n")
    async with asyncio.timeout(20):
        answer = orjson.loads(await child.stdout.readline())
    assert isinstance(answer, dict)
    return answer


async def end(child: asyncio.subprocess.Process) -> tuple[int, str]:
    """Its exit code and what it told people, once stdin is closed; stdout has nothing further."""
    assert child.stdin is not None
    if child.returncode is None:
        child.stdin.close()
    async with asyncio.timeout(20):
        out, told = await child.communicate()
    assert out == b""
    return child.returncode or 0, told.decode()


@pytest.mark.parametrize("era", ERAS)
async def test_a_host_without_http_has_the_same(house: House, era: str, tmp_path: Path) -> None:
    await house.adopt(lamp())
    token = tmp_path / "token"
    token.write_text(await house.secret("coo", Role.AGENT, "anna"))
    arguments = ["-c", PROGRAM, "--url", house.url, "mcp", "--token-file", str(token)]
    with (tmp_path / "told").open("w") as told:
        parameters = StdioServerParameters(command=sys.executable, args=arguments)
        async with Client(parameters, mode=era, cache=None) as client:
            assert {tool.name for tool in (await client.list_tools()).tools} >= {"echo", "wait"}
            result = await client.call_tool("echo", {"words": "hüllo", "times": 1})
            assert text_of(result) == '{"said":"hüllo","by":"coo"}'
            listed = (await client.list_resources()).resources
            assert (await client.read_resource(listed[0].uri)).contents
        assert told.tell() == 0


async def test_a_session_that_the_gateway_forgot_goes_on(house: House) -> None:
    from tests.gateway.mcp.test_attacks_on_mcp import house_routes

    child = await start(house, await house.secret("coo", Role.AGENT, "anna"))
    assert "result" in await ask(child, INITIALIZE)
    child.stdin.write(b'{"jsonrpc":"2.0","method":"notifications/initialized"}\n')  # type: ignore[union-attr]
    listing = {"jsonrpc": "2.0", "id": 2, "method": "tools/list"}
    assert "result" in await ask(child, listing)
    (routes,) = house_routes(house)
    routes.sessions.close_all()
    assert "result" in await ask(child, listing | {"id": 3})
    code, told = await end(child)
    assert code == 0 and "the session goes on" in told


async def test_a_revoked_token_ends_it_in_words(house: House) -> None:
    child = await start(house, await house.secret("coo", Role.AGENT, "anna"))
    assert "result" in await ask(child, modern("tools/list"))
    await house.gateway.identity.revoke(house.tokens["coo"])
    answer = await ask(child, modern("tools/list", number=2))
    assert "unknown, expired or revoked" in answer["error"]["message"]
    async with asyncio.timeout(20):
        await child.wait()  # by itself: stdin is open
    code, told = await end(child)
    assert code == 3 and "unknown, expired or revoked" in told


async def test_what_is_no_message_is_told_so(house: House) -> None:
    child = await start(house, await house.secret("coo", Role.AGENT, "anna"))
    assert child.stdin is not None
    child.stdin.write(b"\n")
    nonsense: Any
    for nonsense in ("hello", []):
        assert (await ask(child, nonsense))["error"]["code"] == -32700
    assert "result" in await ask(child, modern("tools/list"))
    assert (await end(child))[0] == 0


async def test_without_a_token_it_says_what_to_do(house: House) -> None:
    child = await start(house, "")
    code, told = await end(child)
    assert code == 2 and "an agent needs a token of its own" in told
