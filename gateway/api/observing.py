"""Waiting for one property: its next change, or a stream of its values."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Final

from aiohttp import web

from gateway.api.auth import unknown_token
from gateway.api.events_sse import affordance_event, pump
from gateway.api.readings import reading_headers
from gateway.api.streams import Streams
from gateway.api.wire import reply
from gateway.state import Slot

LONG_POLL_S: Final = 50.0
"""Then the value is sent as it stands: below the minute after which routers and clients forget a connection."""

_PROPERTY: Final = frozenset({"property"})


class PropertyObserver:
    def __init__(self, streams: Streams) -> None:
        self._streams = streams

    async def wait(self, request: web.Request, slot: Slot) -> None:
        """Returns at the next change, or after a while. With `If-None-Match`, at once if the value is no longer the one
        so marked. Raises `Problem` (401) if the caller's token was revoked meanwhile.
        """
        known = request.headers.get("If-None-Match")
        if known is not None and known != _etag(slot):
            return
        with self._streams.open(request, kinds=_PROPERTY, only=slot.topic) as stream, suppress(TimeoutError):
            async with asyncio.timeout(LONG_POLL_S):
                await stream.batch()
            if stream.revoked:
                raise unknown_token()

    def answer(self, slot: Slot) -> web.Response:
        """The value as it is now; 204 while nothing is known."""
        reading = slot.current
        if reading is None:
            return web.Response(status=204)
        return reply(reading.value, headers=reading_headers(reading, slot.evidence) | {"ETag": _etag(slot)})

    async def stream(self, request: web.Request, slot: Slot) -> web.StreamResponse:
        """Server-sent events named after the property; the data is the bare value."""
        name = slot.topic[1]
        with self._streams.open(request, kinds=_PROPERTY, only=slot.topic) as stream:
            return await pump(request, stream, lambda event: affordance_event(stream, event, name, "value"))


def _etag(slot: Slot) -> str:
    reading = slot.current
    return f'"{reading.received_at:.6f}"' if reading is not None else '"none"'
