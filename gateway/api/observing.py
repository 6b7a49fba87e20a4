"""Waiting for one property or one event: the next, or all as they come, as server-sent events or over a WebSocket."""

from __future__ import annotations

import asyncio
from typing import Final, NamedTuple

from aiohttp import web

from gateway.api.auth import SESSION, unknown_token
from gateway.api.awaiting import wait_of
from gateway.api.events_sse import HEARTBEAT_S, affordance_event, pump
from gateway.api.events_ws import serve_websocket
from gateway.api.polls import Places
from gateway.api.readings import reading_headers
from gateway.api.streams import Stream, Streams
from gateway.api.wire import reply
from gateway.context import Gateway
from gateway.observers import Event, Topic
from gateway.state import Slot

VALUE_POLL_S: Final = 50.0
"""Then the value is sent as it stands: below the minute after which routers and clients forget a connection."""

EVENT_POLL_S: Final = 900.0
"""An event has no present value that could be sent instead, and common clients take an empty answer for one. A reader that goes
is noticed within `HEARTBEAT_S`, one that vanishes without a word holds its stream for so long.
"""

PROPERTY: Final = "property"
EVENT: Final = "event"


class Told(NamedTuple):
    """What a long poll found: the first `event`, if there was one; `mark`, where the next goes on; `missed`: see `Stream`."""

    event: Event | None
    mark: str
    missed: int | None

    @property
    def headers(self) -> dict[str, str]:
        headers = {"Hearth-Event-Id": self.mark}
        if self.missed != 0:
            headers["Hearth-Missed"] = "unknown" if self.missed is None else str(self.missed)
        return headers


class AffordanceObserver:
    """`kind` is that of the events, `PROPERTY` or `EVENT`. All but `begin` raise `Problem` (400, 429)."""

    def __init__(self, gateway: Gateway, streams: Streams) -> None:
        self._observers = gateway.observers
        self._streams = streams
        self._places = Places(gateway.clock.monotonic)

    def begin(self, request: web.Request, kind: str, topic: Topic) -> None:
        """A client makes itself known before its first long poll (HEAD): what happens from now on is for it."""
        self._places.keep(request[SESSION].token_id, (kind, *topic), self._observers.last_id)

    async def next(self, request: web.Request, kind: str, topic: Topic, seconds: float) -> Told:
        """Returns with the next event, after `seconds` (or `Prefer: wait=`) at the latest; for a property at once
        where something before it was lost. Raises `Problem` (401) if the caller's token was revoked meanwhile.
        """
        token, place = request[SESSION].token_id, (kind, *topic)
        after = self._places.get(token, place)
        with self._streams.open(request, kinds=frozenset({kind}), only=topic, after=after) as stream:
            events: list[Event] = []
            missed = stream.missed
            if missed == 0 or kind == EVENT:
                events, lost = await self._batch(request, stream, wait_of(request) or seconds)
                missed = None if missed is None else missed + lost
            if stream.revoked:
                raise unknown_token()
            number = events[0].id if events and kind == EVENT else self._observers.last_id
            self._places.keep(token, place, number)
            mark = f"{stream.run}-{self._observers.marks.fresh(number)}"
            return Told(events[0] if events else None, mark, missed)

    async def stream(self, request: web.Request, kind: str, topic: Topic, member: str) -> web.StreamResponse:
        """Events named after the affordance, with its bare value (`member`); over a WebSocket whole events."""
        with self._streams.open(request, kinds=frozenset({kind}), only=topic) as stream:
            if "Upgrade" in request.headers:
                return await serve_websocket(request, stream)
            return await pump(
                request, stream, lambda event: affordance_event(stream, event, topic[1], member)
            )

    async def _batch(self, request: web.Request, stream: Stream, seconds: float) -> tuple[list[Event], int]:
        """As `Stream.batch`; nothing after `seconds`, or when the reader has gone."""
        loop = asyncio.get_running_loop()
        until = loop.time() + seconds
        while (left := until - loop.time()) > 0 or stream.waiting:
            try:
                async with asyncio.timeout(min(left, HEARTBEAT_S) if not stream.waiting else None):
                    return await stream.batch()
            except TimeoutError:
                if request.transport is None or request.transport.is_closing():
                    break
        return [], 0


def value_of(slot: Slot, told: Told | None = None) -> web.Response:
    """The value as it is now; 204 while nothing is known."""
    reading = slot.current
    headers = told.headers if told is not None else {}
    if reading is None:
        return web.Response(status=204, headers=headers)
    headers |= reading_headers(reading, slot.evidence)
    return reply(reading.value, headers=headers | {"ETag": etag_of(slot)})


def happened(told: Told) -> web.Response:
    """The data of an event; 204 where there was none."""
    if told.event is None:
        return web.Response(status=204, headers=told.headers | {"Cache-Control": "no-store"})
    return reply(told.event.data.get("data"), headers=told.headers)


def etag_of(slot: Slot) -> str:
    reading = slot.current
    return f'"{reading.received_at:.6f}"' if reading is not None else '"none"'
