"""`/things/{id}/events/{name}`: one event of one Thing, as a stream or one at a time."""

from __future__ import annotations

from aiohttp import web

from gateway.api.auth import caller
from gateway.api.observing import EVENT, EVENT_POLL_S, AffordanceObserver, happened
from gateway.api.openapi import common
from gateway.api.openapi.operation import Answer, AnyJson, operation
from gateway.api.problems import not_found
from gateway.context import Gateway
from gateway.observers import Topic


class ThingEventRoutes:
    def __init__(self, gateway: Gateway, observer: AffordanceObserver) -> None:
        self._gateway = gateway
        self._observer = observer

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/things/{thing}/events/{name}", self.one, allow_head=False),
            web.get("/things/{thing}/events/{name}/next", self.next),
        ]

    @operation(
        "Events",
        "One event of a Thing",
        {200: common.STREAM, 101: Answer(None, "A WebSocket: each message is an array of events")},
        parameters=common.RESUME,
        problems=("too-many-streams",),
        name="events_sse_one",
    )
    async def one(self, request: web.Request) -> web.StreamResponse:
        """TD 1.1 `subscribeevent`: one event of one Thing; the data is the event's own. Over a WebSocket whole events."""
        return await self._observer.stream(request, EVENT, self._topic(request), "data")

    @operation(
        "Events",
        "Wait for the next event of a Thing",
        {
            200: Answer(AnyJson, "The event's data", headers=("Hearth-Event-Id", "Hearth-Missed")),
            204: Answer(None, "There was none", headers=("Hearth-Event-Id", "Hearth-Missed")),
        },
        parameters=(common.WAIT, *common.RESUME),
        problems=("too-many-streams",),
    )
    async def next(self, request: web.Request) -> web.Response:
        """TD 1.1 `subscribeevent` by long poll: the first event since the last one that was answered here (`Hearth-Event-Id`,
        for `Last-Event-ID`), or since a HEAD; 204 after 15 minutes, or `Prefer: wait=`, without one.
        """
        topic = self._topic(request)
        if request.method == "HEAD":
            self._observer.begin(request, EVENT, topic)
            return web.Response()
        return happened(await self._observer.next(request, EVENT, topic, EVENT_POLL_S))

    def _topic(self, request: web.Request) -> Topic:
        """Raises `Problem` (404)."""
        topic = self._gateway.names.plain(request.match_info["thing"]), request.match_info["name"]
        adopted = self._gateway.registry.get(topic[0])
        if (
            adopted is None
            or topic[1] not in adopted.taps
            or topic not in self._gateway.rights.of(caller(request)).sees
        ):
            raise not_found()
        return topic
