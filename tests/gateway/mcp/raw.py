"""`/mcp` without a client: what goes over the line, as an attacker would write it."""

from __future__ import annotations

from typing import Any

import aiohttp
import orjson

from tests.gateway.mcp.agents import INITIALIZE, JSON_HEADERS, modern, modern_headers

STREAM = {"Accept": "text/event-stream"}


async def open_session(client: aiohttp.ClientSession) -> str:
    """A session of the older era: its id."""
    async with client.post("/mcp", json=INITIALIZE, headers=JSON_HEADERS) as answer:
        assert answer.status == 200, await answer.text()
        found = answer.headers["Mcp-Session-Id"]
        await answer.read()
    body = {"jsonrpc": "2.0", "method": "notifications/initialized"}
    async with client.post("/mcp", json=body, headers=in_session(found)) as answer:
        assert answer.status == 202
    return found


def in_session(session: str) -> dict[str, str]:
    return JSON_HEADERS | {"Mcp-Session-Id": session, "MCP-Protocol-Version": "2025-11-25"}


async def ask_in(client: aiohttp.ClientSession, session: str, method: str = "tools/list") -> tuple[int, Any]:
    """One request of a session: status, and the answer."""
    body = {"jsonrpc": "2.0", "id": 7, "method": method}
    async with client.post("/mcp", json=body, headers=in_session(session)) as answer:
        text = await answer.text()
    if answer.content_type != "text/event-stream":
        return answer.status, orjson.loads(text)
    data = [line.removeprefix("data: ") for line in text.splitlines() if line.startswith("data: {")]
    return answer.status, orjson.loads(data[-1])


def call(client: aiohttp.ClientSession, tool: str, arguments: dict[str, Any], **more: Any) -> Any:
    """A tool call of the newest era, as an answer to be entered."""
    body = modern("tools/call", {"name": tool, "arguments": arguments})
    return client.post(
        "/mcp", json=body, headers=modern_headers("tools/call", tool) | more.pop("headers", {}), **more
    )


def listen(client: aiohttp.ClientSession, **wanted: Any) -> Any:
    body = modern("subscriptions/listen", {"notifications": wanted or {"toolsListChanged": True}})
    return client.post("/mcp", json=body, headers=modern_headers("subscriptions/listen"))
