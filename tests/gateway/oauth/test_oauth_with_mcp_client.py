"""The public MCP library's own client, which has no token: from the first 401 of `/mcp` to an answer."""

from __future__ import annotations

import asyncio

import httpx2
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

from tests.gateway.oauth.agents import Agents
from tests.gateway.oauth.host import Host


async def test_a_host_is_let_in_once_and_again_when_it_was_locked_out(house: Agents) -> None:
    host = Host(house, await house.phone())
    async with asyncio.timeout(20):
        for _ in range(2):  # the second is the host after a start: it has its token still
            async with httpx2.AsyncClient(auth=host.provider(), trust_env=False) as client:
                answer = await client.get(f"{house.url}/whoami")
                assert (answer.status_code, answer.json()["principal"]) == (200, "host")
                assert (await client.get(f"{house.url}/things")).status_code == 200
        assert len(host.visits) == 1
        assert host.kept.tokens is not None
        assert (await house.form("/oauth/revoke", token=host.kept.tokens.access_token))[0] == 200
        async with httpx2.AsyncClient(auth=host.provider(), trust_env=False) as client:
            assert (await client.get(f"{house.url}/whoami")).status_code == 200
        assert len(host.visits) == 2


@pytest.mark.parametrize("mode", ["legacy", "auto"])
async def test_a_host_asks_for_tools_and_is_let_in(house: Agents, mode: str) -> None:
    host = Host(house, await house.phone())
    async with asyncio.timeout(30), httpx2.AsyncClient(auth=host.provider(), trust_env=False) as http:
        transport = streamable_http_client(f"{house.url}/mcp", http_client=http)
        async with Client(transport, mode=mode) as client:
            assert (await client.list_tools()).tools
    assert len(host.visits) == 1
