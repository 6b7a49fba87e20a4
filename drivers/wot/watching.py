"""Waiting for what a device tells: server-sent events, and long polls. Bounded in size and rate, whatever the device does."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

import aiohttp

from capabilities.vocabulary import Json
from drivers.discovery.tools import Clock
from drivers.driver import Uncertain
from drivers.wot.client import AnswerError, Client
from drivers.wot.content import ContentError, loads, media_type
from drivers.wot.described import Point
from drivers.wot.exchange import request_for, seen, value_of
from drivers.wot.forms import Way
from drivers.wot.sse import ServerEvent, SseError, SseParser

OPENS_WITHIN_S: Final = 10.0
LONG_POLL_S: Final = 90.0
"""Servers hold a request for a minute at the most, as routers do with idle connections; then it is asked again."""

EVENTS_PER_S: Final = 100
"""Of one stream. Beyond it the stream is read more slowly: what waits then waits at the device."""

TOLD_FOR_S: Final = 60.0
"""So long after a stream was read more slowly it is said."""

BURST_EVENTS: Final = 64
"""In one piece of a stream. In a longer one the last of each property counts."""

LONG_POLLS_PER_S: Final = 10
AGAIN_AFTER_S: Final = 1.0
"""A stream that its server ended is opened again after this long; without hurry, for some end it after each event."""

READ_BYTES: Final = 16 * 1024

Told = Callable[[Point, Json], None]
"""A value of a property, or the data of an event."""


class UnusableError(Exception):
    """A stream that cannot be read; what it would tell is polled. The text says why."""


EVENT_TYPE: Final = "application/json"
"""Of what an event brings, whatever the form says of the stream."""


def event_value(point: Point, data: bytes | str) -> Json:
    """Raises `ContentError`."""
    return seen(point, loads(data))


class Watcher:
    """The streams of one device. `told` gets each value, `heard` what it is made of; `missed` is awaited when values may have
    been lost.
    """

    def __init__(
        self,
        client: Client,
        clock: Clock,
        secret: str,
        told: Told,
        missed: Callable[[Point], Awaitable[None]],
        *,
        heard: Callable[[Point, bytes | str, str], None],
    ) -> None:
        self._client = client
        self._clock = clock
        self._secret = secret
        self._told = told
        self._missed = missed
        self._heard = heard
        self.throttled = 0
        self._throttled_at = float("-inf")

    @property
    def floods(self) -> bool:
        return self._clock.monotonic() - self._throttled_at < TOLD_FOR_S

    async def events(self, way: Way, points: Mapping[str, Point], *, opened: Callable[[bool], None]) -> None:
        """Reads `way` until the device cannot be reached (raises `NotSent`). `points` are by the names of events; one alone
        takes what has no name, too. Raises `UnusableError`.
        """
        while True:
            try:
                await self._stream(way, points, opened)
            except (SseError, AnswerError) as error:
                raise UnusableError(str(error)) from None
            except (Uncertain, aiohttp.ClientError, OSError):
                pass  # it ended; whether the device is still there shows in opening it again
            finally:
                opened(False)
            await asyncio.sleep(AGAIN_AFTER_S)

    async def _stream(self, way: Way, points: Mapping[str, Point], opened: Callable[[bool], None]) -> None:
        async with self._client.stream(request_for(way, self._secret), OPENS_WITHIN_S) as response:
            kind = media_type(response.headers.get("Content-Type", ""))
            if response.status != 200 or kind != "text/event-stream":
                raise UnusableError(
                    f"it answers {response.status} with {kind[:40]!r}, not with a stream of events"
                )
            opened(True)
            for point in points.values():
                await self._missed(point)
            parser, since, count = SseParser(), self._clock.monotonic(), 0
            while chunk := await response.content.read(READ_BYTES):
                events = parser.feed(chunk)
                await self._tell(points, events)
                count += len(events)
                if count >= EVENTS_PER_S:
                    since, count = await self._slow_down(since), 0

    async def _slow_down(self, since: float) -> float:
        """After `EVENTS_PER_S` events: the rest of their second passes first."""
        left = 1.0 - (self._clock.monotonic() - since)
        if left > 0:
            self.throttled += 1
            self._throttled_at = self._clock.monotonic()
            await asyncio.sleep(left)
        return self._clock.monotonic()

    async def _tell(self, points: Mapping[str, Point], events: list[ServerEvent]) -> None:
        newest: dict[str, ServerEvent] = {}
        for event in events:
            point = self._meant(points, event)
            if point is None:
                if event.name == "missed":
                    for one in points.values():
                        await self._missed(one)
            elif point.is_event or len(events) <= BURST_EVENTS:
                self._one(point, event)
            else:
                newest[point.name] = event  # of a flood the last state of each property
        for name, event in newest.items():
            self._one(points[name], event)

    def _meant(self, points: Mapping[str, Point], event: ServerEvent) -> Point | None:
        if event.name in points:
            return points[event.name]
        return next(iter(points.values())) if event.name == "message" and len(points) == 1 else None

    def _one(self, point: Point, event: ServerEvent) -> None:
        self._heard(point, event.data, EVENT_TYPE)
        try:
            value = event_value(point, event.data)
        except ContentError:
            return  # one event that is none; the stream goes on
        self._told(point, value)

    async def long_poll(self, way: Way, point: Point) -> None:
        """Asks again and again. Raises `NotSent` (it cannot be reached) and `UnusableError` (it does not answer so). What
        happens between two requests is lost to it, so its property is polled as well.
        """
        mark = ""
        while True:
            began = self._clock.monotonic()
            mark = await self._poll_once(way, point, mark)
            took = self._clock.monotonic() - began
            await asyncio.sleep(max(0.0, 1.0 / LONG_POLLS_PER_S - took))

    async def _poll_once(self, way: Way, point: Point, mark: str) -> str:
        """What to say next time that is known already (`If-None-Match`)."""
        request = request_for(way, self._secret)
        if mark:
            request = type(request)(
                request.method, request.url, {**request.headers, "If-None-Match": mark}, query=request.query
            )
        try:
            answer = await self._client.wait(request, LONG_POLL_S)
        except Uncertain:
            return ""
        except AnswerError as error:
            raise UnusableError(str(error)) from None
        if answer.status in (204, 304, 408, 504):
            return mark
        if not answer.good:
            raise UnusableError(f"it answers {answer.status} when it is observed")
        content_type = answer.content_type or way.content_type
        self._heard(point, answer.body, content_type)
        try:
            self._told(point, value_of(point, answer.body, content_type))
        except ContentError as error:
            raise UnusableError(f"what it tells cannot be read: {error}") from None
        return answer.headers.get("ETag", "")[:256]
