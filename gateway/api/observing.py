"""Waiting for one property: its next change, or a stream of its values."""

from __future__ import annotations

import asyncio
from typing import Final

from aiohttp import web

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

    async def next_change(self, request: web.Request, slot: Slot) -> web.Response:
        """Answers at the next change. With `If-None-Match`, at once if the value is no longer the one so marked."""
        known = request.headers.get("If-None-Match")
        if known is None or known == _etag(slot):
            with self._streams.open(request, kinds=_PROPERTY, only=slot.topic) as stream:
                try:
                    async with asyncio.timeout(LONG_POLL_S):
                        await stream.batch()
                except TimeoutError:
                    pass
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
