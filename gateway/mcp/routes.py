"""`/mcp`: who may come in, and what comes of each request. The protocol itself is the library's (`gateway.mcp.bridge`), loaded
with the first request of a known caller: it costs memory and a second of work, which a house without agents saves.

A bearer token alone opens it: no cookie, and nobody without a token at the box either.
"""

from __future__ import annotations

import asyncio
import gc
import logging
from collections.abc import AsyncIterator, Callable, Mapping
from functools import partial
from importlib import import_module
from typing import Any, Final, Protocol

from aiohttp import web

from gateway.api.auth import authenticate, resource_metadata
from gateway.api.openapi.operation import apart
from gateway.api.problems import Problem
from gateway.api.wire import base_of
from gateway.context import Gateway
from gateway.identity import Session
from gateway.mcp.exchange import Exchange, Receive, Send
from gateway.mcp.sessions import Held, Sessions
from gateway.mcp.traffic import Traffic
from gateway.mcp.turns import LARGEST_BYTES, Turns, is_large, too_large
from gateway.roots import root_of

PATH: Final = "/mcp"
SESSION_ID: Final = "Mcp-Session-Id"
VERSION: Final = "MCP-Protocol-Version"

CALLER: Final = "hearth.session"
BASE: Final = "hearth.base"
HELD: Final = "hearth.held"
"""Members of a request's scope: the caller's `Session`, how the gateway was reached, the protocol session (`Held`) or None."""

log = logging.getLogger(__name__)


class Protocols(Protocol):
    """What `gateway.mcp.bridge.Bridge` is."""

    def has_sessions(self, version: str | None) -> bool:
        """Whether requests of this protocol version (None: no version stated) belong to sessions."""

    async def start(self) -> None: ...

    async def handle(self, scope: Any, receive: Receive, send: Send) -> None:
        """One request (ASGI)."""

    def end(self, identifier: str, session: Session) -> None:
        """Forgets a session, without waiting."""

    async def stop(self) -> None: ...


Make = Callable[[Gateway], Protocols]


class McpRoutes:
    """`make` gives what speaks the protocol; it may take its time, and is called in a thread."""

    def __init__(self, gateway: Gateway, make: Make | None = None) -> None:
        self._gateway = gateway
        self._make = make or _library
        self._traffic = Traffic(gateway.clock)
        self._turns = Turns()
        self._sessions = Sessions(self._forget)
        self._protocols: Protocols | None = None
        self._loading: asyncio.Task[Protocols] | None = None

    @property
    def sessions(self) -> Sessions:
        return self._sessions

    @property
    def traffic(self) -> Traffic:
        return self._traffic

    def attach(self, app: web.Application) -> None:
        """Adds the route, and what ends with the application. `serve` is public for the guard: it looks at the token itself."""
        app.add_routes([web.route(method, PATH, self.serve) for method in ("GET", "POST", "DELETE")])
        app.on_shutdown.append(self._close)
        app.cleanup_ctx.append(self._running)

    @apart("the Model Context Protocol, which describes itself")
    async def serve(self, request: web.Request) -> web.StreamResponse:
        """One request. Raises `Problem`."""
        session = self._caller(request)
        exchange, large = Exchange(request, session), is_large(request)
        root = root_of(session.principal)
        with self._traffic.on_its_way(exchange):
            async with self._turns.turn(root, large=large):
                return await self._served(request, exchange)

    async def _served(self, request: web.Request, exchange: Exchange) -> web.StreamResponse:
        session, body = exchange.session, await request.read()
        if len(body) > LARGEST_BYTES:
            raise too_large()
        protocols = self._protocols or await self._loaded()
        if exchange.revoked or session.revoked:  # while it was loaded, or waited for its turn
            raise _challenged(request, "the token is unknown, expired or revoked", invalid=True)
        return await self._pass_on(exchange, protocols, body)

    async def _pass_on(self, exchange: Exchange, protocols: Protocols, body: bytes) -> web.StreamResponse:
        request, session = exchange.request, exchange.session
        held, named = None, request.headers.get(SESSION_ID)
        if protocols.has_sessions(request.headers.get(VERSION)):
            held = self._sessions.of(named, session) if named is not None else None
            exchange.is_nobodys = named is not None and held is None
            exchange.started = partial(self._started, exchange, held)
        members = {CALLER: session, BASE: base_of(request), HELD: held}
        if held is None:
            return await exchange.serve(protocols.handle, body, members)
        self._sessions.begin(held)
        try:
            return await exchange.serve(protocols.handle, body, members)
        finally:
            self._sessions.done(held)

    def _started(
        self, exchange: Exchange, held: Held | None, status: int, headers: Mapping[str, str]
    ) -> None:
        """What the library's answer means for sessions."""
        if held is not None:
            if status == web.HTTPNotFound.status_code or (
                exchange.request.method == "DELETE" and status == web.HTTPOk.status_code
            ):
                self._sessions.forgotten(held)
        elif status < web.HTTPBadRequest.status_code and (made := headers.get(SESSION_ID)):
            self._sessions.opened(made, exchange.session)
            if exchange.session.revoked:
                self._sessions.revoke(frozenset({exchange.session.token_id}))

    def _caller(self, request: web.Request) -> Session:
        """Raises `Problem` (401) that tells where tokens come from."""
        if "Authorization" not in request.headers:
            raise _challenged(request, f"{PATH} takes `Authorization: Bearer <token>` and nothing else")
        try:
            return authenticate(self._gateway.identity, request)
        except Problem as problem:
            raise _challenged(request, problem.detail, invalid=True) from None

    async def _loaded(self) -> Protocols:
        """Loads it once, however many wait for it. Raises `Problem` (501) where it is not installed."""
        if self._loading is None:
            self._loading = asyncio.create_task(self._load(), name="loading mcp")
        try:
            return await asyncio.shield(self._loading)
        except ImportError as error:
            log.info("MCP was asked for: %s", error)
            raise Problem(
                "not-installed",
                "this gateway was installed without MCP: run `pip install 'hearth-gateway[mcp]'` and start it again",
            ) from error
        finally:
            if self._protocols is None and self._loading is not None and self._loading.done():
                self._loading = None  # it is tried again

    async def _load(self) -> Protocols:
        gc.disable()  # classes and schemas by the ten thousand: the collector would stop everybody to look at them, …
        try:
            protocols = await asyncio.to_thread(self._make, self._gateway)
        finally:
            gc.freeze()  # … and look again each time
            gc.enable()
        await protocols.start()
        self._protocols = protocols
        return protocols

    def _forget(self, identifier: str, session: Session) -> None:
        if self._protocols is not None:
            self._protocols.end(identifier, session)

    def _revoke(self, token_ids: frozenset[str]) -> None:
        self._traffic.revoke(token_ids)
        self._sessions.revoke(token_ids)

    async def _close(self, _: web.Application) -> None:
        self._traffic.close()
        self._sessions.close_all()

    async def _running(self, _: web.Application) -> AsyncIterator[None]:
        forget = self._gateway.identity.on_revoked(self._revoke)
        yield
        forget()
        if self._loading is not None:
            await asyncio.gather(self._loading, return_exceptions=True)
        if self._protocols is not None:
            await self._protocols.stop()


def _library(gateway: Gateway) -> Protocols:
    bridge: Protocols = import_module("gateway.mcp.bridge").serving(gateway)
    return bridge


def _challenged(request: web.Request, detail: str, *, invalid: bool = False) -> Problem:
    """RFC 6750, section 3, and RFC 9728, section 5.1."""
    challenge = f'Bearer realm="hearth", {resource_metadata(request, PATH)}'
    error = ', error="invalid_token"' if invalid else ""
    return Problem("unauthorized", detail, headers={"WWW-Authenticate": challenge + error})
