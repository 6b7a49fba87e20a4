"""Server-sent events (WHATWG HTML, section 9.2), and `/events`, all that happens."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Final

import orjson
from aiohttp import web

from gateway.api.events_ws import serve_websocket
from gateway.api.openapi import common
from gateway.api.openapi.operation import Answer, operation
from gateway.api.streams import Stream, Streams, kinds_of
from gateway.observers import Event

HEARTBEAT_S: Final = 15.0
"""A comment after this much silence: below every router's idle limit, and how a vanished reader is noticed."""

_HEARTBEAT: Final = b":\n\n"
_HEADERS: Final = {
    "Content-Type": "text/event-stream",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "X-Accel-Buffering": "no",
}


class EventRoutes:
    def __init__(self, streams: Streams) -> None:
        self._streams = streams

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/events", self.everything, allow_head=False)]

    @operation(
        "Events",
        "Everything that happens",
        {200: common.STREAM, 101: Answer(None, "A WebSocket: each message is an array of events")},
        parameters=(common.text("types", "Kinds of events, separated by commas"), *common.RESUME),
        problems=("too-many-streams",),
    )
    async def everything(self, request: web.Request) -> web.StreamResponse:
        """All that the caller may see, as server-sent events or, asked to upgrade, over a WebSocket."""
        with self._streams.open(request, kinds=kinds_of(request)) as stream:
            if "Upgrade" in request.headers:
                return await serve_websocket(request, stream)
            return await pump(request, stream, lambda event: whole_event(stream, event))


async def pump(request: web.Request, stream: Stream, encode: Callable[[Event], bytes]) -> web.StreamResponse:
    """Writes a stream until it ends or its reader goes. Everything that waits goes out in one write."""
    response = web.StreamResponse(headers=_HEADERS)
    with suppress(ConnectionError):  # the reader has gone, as readers do
        await response.prepare(request)
        await response.write(b"retry: 2000\n\n")
        if stream.missed != 0:
            await response.write(_missed(stream.missed))
        while chunk := await _next_chunk(stream, encode):
            await response.write(chunk)
        if stream.revoked:
            await response.write(b"event: revoked\ndata: {}\n\n")
        await response.write_eof()
    return response


async def _next_chunk(stream: Stream, encode: Callable[[Event], bytes]) -> bytes:
    """What waits, or a heartbeat after a silence; nothing when the stream has ended. An event may be encoded as nothing."""
    try:
        async with asyncio.timeout(HEARTBEAT_S):
            events, missed = await stream.batch()
    except TimeoutError:
        return _HEARTBEAT
    chunks = [encode(event) for event in events]
    chunk = b"".join([_missed(missed), *chunks] if missed else chunks)
    return chunk if chunk or not events else _HEARTBEAT


def whole_event(stream: Stream, event: Event) -> bytes:
    """An event of `/events`: `data` is the whole event as one JSON object."""
    kind = event.kind
    if kind == "thing" and event.data.get("change") in {"created", "updated", "deleted"}:
        kind = f"thing_{event.data['change']}"  # the names of WoT Discovery, section 7.3.2.3
    return f"event: {kind}\nid: {stream.mark(event)}\ndata: ".encode() + event.body + b"\n\n"


def affordance_event(stream: Stream, event: Event, name: str, member: str) -> bytes:
    """One event of one affordance (WoT Profile, section 6.4): `event` is its name, `data` its bare value."""
    data = orjson.dumps(event.data.get(member))
    return f"event: {name}\nid: {stream.mark(event)}\ndata: ".encode() + data + b"\n\n"


def _missed(count: int | None) -> bytes:
    """What a slow or late reader lost; null where that cannot be told (the gateway was restarted meanwhile)."""
    return b"event: missed\ndata: " + orjson.dumps({"type": "missed", "count": count}) + b"\n\n"
