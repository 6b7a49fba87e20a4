"""The public MCP library's own OAuth client, from the first 401 to an answer: it finds, registers, and is let in."""

from __future__ import annotations

import asyncio
from importlib import import_module
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest

from tests.gateway.oauth.agents import BACK, Agents, said


@pytest.fixture(scope="module")
def library() -> tuple[Any, Any, Any]:
    """Loaded before there is a loop that it would hold up."""
    return import_module("httpx2"), import_module("mcp.client.auth"), import_module("mcp.shared.auth")


async def test_the_mcp_librarys_client_is_let_in(library: tuple[Any, Any, Any], house: Agents) -> None:
    httpx2, auth, shared = library
    anna = await house.phone()
    to: list[str] = []

    class Kept:
        tokens: object = None
        client: object = None

        async def get_tokens(self) -> object:
            return self.tokens

        async def set_tokens(self, tokens: object) -> None:
            self.tokens = tokens

        async def get_client_info(self) -> object:
            return self.client

        async def set_client_info(self, client_info: object) -> None:
            self.client = client_info

    async def browse(url: str) -> None:
        """What the browser does: the page, its script, and the person who types the code on the phone."""
        browser = house.session()
        async with browser.get(url) as page:
            assert page.status == 200
        query: dict[str, object] = {n: v for n, v in parse_qsl(urlsplit(url).query) if n in _NAMES}
        query["resource"] = parse_qs(urlsplit(url).query).get("resource", [])
        status, begun = await said(await browser.post("/oauth/authorize", json=query))
        assert status == 201, begun
        assert begun["calls_itself"] == "An MCP host"
        assert (await house.accept(anna, begun["user_code"], principal="host"))[0] == 201
        to.append((await house.look(begun))[1]["to"])

    async def come_back() -> object:
        found = {name: values[0] for name, values in parse_qs(urlsplit(to[-1]).query).items()}
        return shared.AuthorizationCodeResult(code=found["code"], state=found["state"], iss=found["iss"])

    metadata = shared.OAuthClientMetadata(client_name="An MCP host", redirect_uris=[BACK])
    provider = auth.OAuthClientProvider(f"{house.url}/mcp", metadata, Kept(), browse, come_back)
    async with asyncio.timeout(20), httpx2.AsyncClient(auth=provider, trust_env=False) as client:
        answer = await client.get(f"{house.url}/whoami")
        assert answer.status_code == 200
        assert answer.json()["principal"] == "host"
        assert (await client.get(f"{house.url}/things")).status_code == 200
    assert len(to) == 1  # it was let in once, and kept its token


_NAMES = frozenset(
    {"response_type", "client_id", "redirect_uri", "state", "code_challenge", "code_challenge_method"}
)
