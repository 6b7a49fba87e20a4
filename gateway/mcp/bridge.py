"""The protocol's library as the gateway's own ASGI application. Imported by `gateway.mcp.routes` on demand, and nowhere else.

Both eras at one address: 2026-07-28 (each POST stands alone) and the handshake versions up to 2025-11-25 (sessions).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import MutableMapping
from contextlib import suppress
from typing import Any, Final

from mcp_types.version import HANDSHAKE_PROTOCOL_VERSIONS

from gateway.context import Gateway
from gateway.identity import Session
from gateway.mcp.exchange import Receive, Send
from gateway.mcp.routes import CALLER, PATH
from gateway.mcp.sessions import SESSIONS_IN_ALL
from gateway.mcp.traffic import REQUESTS_IN_ALL
from mcp.server.auth.middleware.bearer_auth import AuthenticatedUser
from mcp.server.auth.provider import AccessToken
from mcp.server.lowlevel import Server
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager

MOST_SESSIONS: Final = SESSIONS_IN_ALL + REQUESTS_IN_ALL
"""`gateway.mcp.sessions` holds them to fewer; each request on its way may be about to make one."""

LARGEST_BODY_BYTES: Final = 1024 * 1024
"""The gateway's own limit is lower, and comes first."""

END_S: Final = 2.0
"""For the sessions' ends when the gateway stops."""

_WATCHER: Final = "_shutdown_watcher"
"""The library's streams start a task, one for each loop, that waits for the end of a server that is not ours."""


class Bridge:
    """`server` over HTTP, from `start` to `stop`."""

    def __init__(self, server: Server[Any]) -> None:
        logging.getLogger("mcp").setLevel(logging.ERROR)  # it writes a line for whatever a caller sends
        self._manager = StreamableHTTPSessionManager(
            server,
            json_response=False,
            stateless=False,
            session_idle_timeout=None,  # `gateway.mcp.sessions` ends them
            max_request_body_size=LARGEST_BODY_BYTES,
            max_sessions=MOST_SESSIONS,
        )
        self._runs: asyncio.Task[None] | None = None
        self._ready = asyncio.Event()
        self._stop = asyncio.Event()
        self._ending: set[asyncio.Task[None]] = set()

    def has_sessions(self, version: str | None) -> bool:
        return version is None or version in HANDSHAKE_PROTOCOL_VERSIONS

    async def start(self) -> None:
        self._runs = asyncio.create_task(self._run(), name="mcp")
        ready = asyncio.create_task(self._ready.wait(), name="mcp begins")
        await asyncio.wait({self._runs, ready}, return_when=asyncio.FIRST_COMPLETED)
        ready.cancel()
        if self._runs.done():
            self._runs.result()

    async def handle(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """The library binds a session to its maker by `user` alone: it stands in every scope."""
        scope["user"] = _user(scope[CALLER])
        await self._manager.handle_request(scope, receive, send)

    def end(self, identifier: str, session: Session) -> None:
        task = asyncio.create_task(self._delete(identifier, session), name="an mcp session ends")
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)

    async def stop(self) -> None:
        if self._ending:
            await asyncio.wait(self._ending, timeout=END_S)
        self._stop.set()
        if self._runs is not None:
            await asyncio.gather(self._runs, return_exceptions=True)
        await _end_watchers()

    async def _run(self) -> None:
        async with self._manager.run():
            self._ready.set()
            await self._stop.wait()

    async def _delete(self, identifier: str, session: Session) -> None:
        """As its owner would (`DELETE` with the session's id): all that is open under it ends."""
        headers = [(b"mcp-session-id", identifier.encode()), (b"accept", b"text/event-stream")]
        scope: dict[str, Any] = {"type": "http", "method": "DELETE", "path": PATH}
        scope |= {"query_string": b"", "headers": headers}
        scope |= {CALLER: session, "scheme": "http", "server": None, "client": None, "root_path": ""}
        with suppress(RuntimeError):  # it stops just now, and ends all by itself
            await self.handle(scope, _nothing, _nobody)


async def _nothing() -> MutableMapping[str, Any]:
    return {"type": "http.request", "body": b"", "more_body": False}


async def _nobody(_: MutableMapping[str, Any]) -> None:
    return None


def _user(session: Session) -> AuthenticatedUser:
    """A session's owner is its token: not the principal, for another token of the same one may be narrower."""
    return AuthenticatedUser(AccessToken(token="", client_id=session.token_id, scopes=[]))


async def _end_watchers() -> None:
    left = [task for task in asyncio.all_tasks() if getattr(task.get_coro(), "__name__", "") == _WATCHER]
    for task in left:
        task.cancel()
    await asyncio.gather(*left, return_exceptions=True)


def serving(gateway: Gateway) -> Bridge:
    """The gateway's tools and resources, to be served."""
    from gateway.mcp.serving import make_server  # noqa: PLC0415  it needs what is defined here

    return Bridge(make_server(gateway))
