"""An agent's host: the protocol's own client over real HTTP, and tools and resources of the tests' own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

import httpx2
import orjson
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp_types import CallToolResult, TextContent
from pydantic import Field

from gateway.api.problems import Problem, not_found
from gateway.context import Gateway
from gateway.identity import Session
from gateway.mcp.resource import ResourceBody, ResourceHead, ResourceTemplate
from gateway.mcp.tool import Answer, Arguments, Caller, Tool
from gateway.observers import Topic
from policies import Role
from tests.gateway.api.desk import House

NEWEST: Final = "2026-07-28"
ERAS: Final = ("legacy", "auto")
"""The handshake of 2025-11-25, and the newest that both sides know."""


class Words(Arguments):
    words: str = Field(min_length=1, max_length=40, description="What to say back.")
    times: int = Field(1, ge=1, le=3, description="How often.")


class Said(Answer):
    said: str
    by: str


class Patience(Arguments):
    until: str = Field(description="The name of what is waited for.")


class Nothing(Arguments):
    pass


async def echo(gateway: Gateway, caller: Caller, wanted: Words) -> Said:
    if caller.progress is not None:
        await caller.progress(0.5, "halfway")
    return Said(said=" ".join([wanted.words] * wanted.times), by=caller.session.principal.id)


async def refuse(gateway: Gateway, caller: Caller, wanted: Nothing) -> Said:
    raise Problem("policy", "the target is above 22", members={"accepted": {"maximum": 22}})


async def break_down(gateway: Gateway, caller: Caller, wanted: Nothing) -> Said:
    raise RuntimeError("the password is swordfish")


class Waiting:
    """Calls that wait until they are told; `ended` counts those that came to their end, `cancelled` the others."""

    def __init__(self) -> None:
        self.events: dict[str, asyncio.Event] = {}
        self.begun: set[str] = set()
        self.ended: set[str] = set()
        self.cancelled: set[str] = set()

    async def run(self, gateway: Gateway, caller: Caller, wanted: Patience) -> Said:
        self.begun.add(wanted.until)
        try:
            await self.events.setdefault(wanted.until, asyncio.Event()).wait()
        except asyncio.CancelledError:
            self.cancelled.add(wanted.until)
            raise
        self.ended.add(wanted.until)
        return Said(said=wanted.until, by=caller.session.principal.id)


def _owners(gateway: Gateway, session: Session) -> bool:
    return session.principal.role is Role.OWNER


def tools(waiting: Waiting) -> tuple[Tool[Any, Any], ...]:
    return (
        Tool("echo", "Say it back", "Says back what it is given.", Words, Said, echo),
        Tool("refuse", "Say no", "Refuses.", Nothing, Said, refuse),
        Tool("break", "Break", "Breaks down.", Nothing, Said, break_down),
        Tool("wait", "Wait", "Waits, and only looks.", Patience, Said, waiting.run),
        Tool(
            *("move", "Move", "Waits, then moves something.", Patience, Said, waiting.run),
            read_only=False,
            destructive=True,
        ),
        Tool("owners", "For owners", "Shown to owners alone.", Nothing, Said, refuse, shown_to=_owners),
    )


class Shelf:
    """Each readable property is a resource."""

    TEMPLATES = (ResourceTemplate("hearth://things/{id}/{name}", "property", "A property"),)

    async def listed(self, gateway: Gateway, caller: Caller) -> list[ResourceHead]:
        sees = gateway.rights.of(caller.session.principal).sees
        topics = sorted((one.id, name) for one in gateway.registry for name in one.slots)
        return [
            ResourceHead(f"hearth://things/{of}/{name}", name) for of, name in topics if (of, name) in sees
        ]

    async def read(self, gateway: Gateway, caller: Caller, uri: str) -> ResourceBody:
        if uri == "hearth://things/broken":
            raise RuntimeError("the password is swordfish")
        (topic,) = self.topics(gateway, caller, uri) or [None]
        slot = gateway.state.slot(*topic) if topic else None
        if slot is None:
            raise not_found()
        return ResourceBody(uri, orjson.dumps(slot.reading.value if slot.reading else None).decode())

    def topics(self, gateway: Gateway, caller: Caller, uri: str) -> frozenset[Topic] | None:
        thing, _, name = uri.removeprefix("hearth://things/").partition("/")
        seen = (thing, name) in gateway.rights.of(caller.session.principal).sees
        return frozenset({(thing, name)}) if seen else None


@asynccontextmanager
async def connected(house: House, secret: str, mode: str, **further: Any) -> AsyncIterator[Client]:
    """The protocol's own client, in an era."""
    headers = {"Authorization": f"Bearer {secret}"}
    async with httpx2.AsyncClient(headers=headers, timeout=30, follow_redirects=False) as http:
        transport = streamable_http_client(f"{house.url}/mcp", http_client=http)
        async with Client(transport, mode=mode, cache=None, **further) as client:
            yield client


def text_of(result: CallToolResult) -> str:
    (content,) = result.content
    assert isinstance(content, TextContent)
    return content.text


JSON_HEADERS: Final = {
    "Content-Type": "application/json",
    "Accept": "application/json, text/event-stream",
}


def modern(method: str, params: dict[str, Any] | None = None, number: int = 1) -> dict[str, Any]:
    """A request of the newest era, as it stands in the body."""
    meta = {
        "io.modelcontextprotocol/protocolVersion": NEWEST,
        "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1"},
        "io.modelcontextprotocol/clientCapabilities": {},
    }
    return {"jsonrpc": "2.0", "id": number, "method": method, "params": {**(params or {}), "_meta": meta}}


def modern_headers(method: str, name: str = "") -> dict[str, str]:
    named = {"Mcp-Name": name} if name else {}
    return JSON_HEADERS | {"MCP-Protocol-Version": NEWEST, "Mcp-Method": method} | named


INITIALIZE: Final = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-11-25",
        "capabilities": {},
        "clientInfo": {"name": "test", "version": "1"},
    },
}
