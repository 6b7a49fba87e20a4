"""One HTTP request on its way through an ASGI application (ASGI 3.0), which is told of the end and not cancelled.

The protocol's library is such an application. What it streams goes out as it comes; the secret of the caller stays here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any, Final

from aiohttp import web
from multidict import CIMultiDict

from gateway.api.auth import unknown_token
from gateway.api.problems import Problem
from gateway.identity import Session

GRACE_S: Final = 0.4
"""For an application that was told that the caller is gone, or no longer good; then it is ended. Below the second in which
a revoked token's streams have to end.
"""

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]
Started = Callable[[int, Mapping[str, str]], None]

_EVENT_STREAM: Final = "text/event-stream"
_NOT_PASSED_IN: Final = frozenset({b"authorization", b"cookie"})
"""The library keeps requests while they last: the caller's secret is not among them."""

_SESSION_ID: Final = b"mcp-session-id"
NOBODYS_ID: Final = b"not-yours"
"""Stands for a session's id that is not the caller's: the application knows none like it."""

_NOT_PASSED_OUT: Final = frozenset({"connection", "content-length", "transfer-encoding"})
"""How the answer is framed is the server's to say."""


class Exchange:
    """`started` is told the status and headers of the answer before any of it goes out. With `is_nobodys` the session that the
    request names is not its caller's: the application is told an id that nobody has.
    """

    def __init__(self, request: web.Request, session: Session) -> None:
        self.request = request
        self.session = session
        self.revoked = False
        self.is_nobodys = False
        self.started: Started | None = None
        self._body: bytes | None = None
        self._head: Message | None = None
        self._response: web.StreamResponse | None = None
        self._gone = asyncio.Event()
        self._limit: asyncio.Timeout | None = None

    @property
    def is_lost(self) -> bool:
        """Whether the caller's connection has ended."""
        return self.request.transport is None or self.request.transport.is_closing()

    def disconnect(self, *, revoked: bool = False) -> None:
        """Ends it: the caller has gone, its token is no longer good, or the gateway stops."""
        self.revoked = self.revoked or revoked
        if self._gone.is_set():
            return
        self._gone.set()
        if self._limit is not None:
            self._limit.reschedule(asyncio.get_running_loop().time() + GRACE_S)

    async def serve(
        self, application: Application, body: bytes, members: Mapping[str, object]
    ) -> web.StreamResponse:
        """The answer, complete. `members` stand in the scope besides. Raises `Problem`."""
        self._body = body
        try:
            async with asyncio.timeout(None) as self._limit:
                await application(self._scope(members), self._receive, self._send)
                if self._response is not None and self._response.prepared:
                    await self._response.write_eof()
        except TimeoutError:
            if self._limit is None or not self._limit.expired():
                raise
            self._cut()
        except ConnectionError:
            self.disconnect()
        if self._response is not None:
            return self._response
        if self.revoked:
            raise unknown_token(self.request)
        raise Problem("internal", "the gateway stops, or could not answer; ask again")

    def _cut(self) -> None:
        """What could not be ended in time, for its reader reads no more."""
        if self._response is not None and self._response.prepared and self.request.transport is not None:
            self.request.transport.abort()

    def _scope(self, members: Mapping[str, object]) -> dict[str, Any]:
        request = self.request
        named = [(name.lower(), value) for name, value in request.raw_headers]
        headers = [(name, value) for name, value in named if name not in _NOT_PASSED_IN]
        if self.is_nobodys:
            headers = [(name, NOBODYS_ID if name == _SESSION_ID else value) for name, value in headers]
        return {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": request.method,
            "scheme": request.scheme,
            "path": request.path,
            "raw_path": request.raw_path.partition("?")[0].encode(),
            "query_string": b"",
            "root_path": "",
            "headers": headers,
            "client": None,
            "server": None,
            **members,
        }

    async def _receive(self) -> Message:
        if self._body is not None:
            body, self._body = self._body, None
            return {"type": "http.request", "body": body, "more_body": False}
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Message) -> None:
        if self._gone.is_set():
            return  # as if it had gone out: whoever streams is told by `_receive`
        if message["type"] == "http.response.start":
            self._head = message
            headers = _headers(message)
            if self.started is not None:
                self.started(message["status"], headers)
            if headers.get("Content-Type", "").startswith(_EVENT_STREAM):
                await self._prepare()
        elif message["type"] == "http.response.body":
            await self._write(message.get("body", b""), more=message.get("more_body", False))

    async def _write(self, body: bytes, *, more: bool) -> None:
        assert self._head is not None
        if self._response is None and not more:
            headers = _headers(self._head)
            headers["Cache-Control"] = "no-store"
            self._response = web.Response(status=self._head["status"], body=body, headers=headers)
            return
        try:
            response = await self._prepare()
            if body:
                await response.write(body)
        except ConnectionError:
            self.disconnect()

    async def _prepare(self) -> web.StreamResponse:
        if self._response is None:
            assert self._head is not None
            headers = _headers(self._head)
            self._response = web.StreamResponse(status=self._head["status"], headers=headers)
            await self._response.prepare(self.request)
        return self._response


def _headers(head: Message) -> CIMultiDict[str]:
    found = ((name.decode("latin-1"), value.decode("latin-1")) for name, value in head.get("headers", ()))
    headers = CIMultiDict((name, value) for name, value in found if name.lower() not in _NOT_PASSED_OUT)
    headers["X-Content-Type-Options"] = "nosniff"
    return headers
