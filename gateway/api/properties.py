"""`/things/{id}/properties`: reading, writing, and waiting for the next change."""

from __future__ import annotations

from aiohttp import web

from gateway.adopted import Adopted
from gateway.api.actions import started
from gateway.api.auth import caller
from gateway.api.awaiting import wait_of
from gateway.api.commands import CommandDoor, answer, prefers_async
from gateway.api.observing import PROPERTY, VALUE_POLL_S, AffordanceObserver, etag_of, value_of
from gateway.api.openapi import common
from gateway.api.openapi.operation import Answer, AnyJson, operation
from gateway.api.openapi.shapes.decisions import Foreseen
from gateway.api.openapi.shapes.things import ReadingDetail
from gateway.api.problems import Problem, not_found
from gateway.api.readings import detail, reading_headers
from gateway.api.things import find_thing
from gateway.api.wire import flag, read_value, reply
from gateway.api.writing import MOST_PROPERTIES, write_several
from gateway.context import Gateway
from gateway.state import Slot


class PropertyRoutes:
    def __init__(self, gateway: Gateway, door: CommandDoor, observer: AffordanceObserver) -> None:
        self._gateway = gateway
        self._door = door
        self._observer = observer

    def routes(self) -> list[web.RouteDef]:
        return [
            web.put("/things/{thing}/properties/{name}", self.write),
            web.get("/things/{thing}/properties/{name}", self.read),
            web.get("/things/{thing}/properties/{name}/observe", self.observe),
            web.get("/things/{thing}/properties", self.read_all),
            web.put("/things/{thing}/properties", self.write_several),
        ]

    @operation(
        "Properties",
        "Read a property",
        {
            200: (
                Answer(AnyJson, "The bare value", headers=common.READING),
                Answer(ReadingDetail, "all that is known of it, with `detail`"),
            )
        },
        parameters=(common.DETAIL,),
        problems=("no-reading",),
    )
    async def read(self, request: web.Request) -> web.Response:
        """The last reading: its bare value, what is known about it in headers; `?detail=1` says all in the body."""
        slot = self._slot(request)
        if flag(request, "detail"):
            return reply(detail(slot, self._gateway.clock.monotonic()))
        reading = slot.current
        if reading is None:
            raise no_reading(slot)
        return reply(reading.value, headers=reading_headers(reading, slot.evidence))

    @operation(
        "Properties",
        "Read all properties",
        {
            200: (
                Answer(dict[str, AnyJson], "The values by name"),
                Answer(dict[str, ReadingDetail], "all that is known of them, with `detail`"),
            )
        },
        parameters=(common.DETAIL,),
    )
    async def read_all(self, request: web.Request) -> web.Response:
        """All readable properties. Without `?detail=1`, those that nothing is known of are left out."""
        adopted = find_thing(self._gateway, request)
        slots = self._visible(adopted, request)
        if flag(request, "detail"):
            now = self._gateway.clock.monotonic()
            return reply({name: detail(slot, now) for name, slot in slots.items()})
        return reply(
            {name: reading.value for name, slot in slots.items() if (reading := slot.current) is not None}
        )

    @operation(
        "Commands",
        "Write a property",
        {
            200: Answer(Foreseen, "What the rules say of it, with `dry-run`"),
            202: Answer(
                None,
                "On its way, or waiting for a person, with `Prefer: respond-async`",
                headers=(*common.OUTCOME, "Hearth-Waits-For", "Location", "Preference-Applied"),
            ),
            204: Answer(None, "It was done", headers=common.OUTCOME),
        },
        parameters=common.COMMAND,
        body=AnyJson,
        problems=(*common.COMMAND_PROBLEMS, "method-not-allowed"),
    )
    async def write(self, request: web.Request) -> web.Response:
        """204 when it was done, 202 with the execution under `Prefer: respond-async`, else a problem."""
        parts = request.match_info
        return await self.write_one(request, parts["thing"], parts["name"])

    async def write_one(self, request: web.Request, thing: str, name: str) -> web.Response:
        """As `write`, to the property `name` of `thing`."""
        value = await read_value(request)
        command = self._door.command(request, thing, name, value, is_action=False)
        if flag(request, "dry-run"):
            return self._door.dry_run(command)
        if prefers_async(request):
            wait_s = wait_of(request)
            return started(await self._door.start(command, wait_s), status=202, waited=bool(wait_s))
        return answer(await self._door.run(command))

    @operation(
        "Commands",
        "Write several properties",
        {204: Answer(None, "All were done", headers=common.OUTCOME)},
        parameters=common.PLAIN_COMMAND,
        body={"type": "object", "minProperties": 1, "maxProperties": MOST_PROPERTIES},
        problems=(*common.COMMAND_PROBLEMS, "method-not-allowed"),
    )
    async def write_several(self, request: web.Request) -> web.Response:
        """TD 1.1 `writemultipleproperties`: an object of values by name."""
        adopted = find_thing(self._gateway, request)
        values = await read_value(request)
        return await write_several(self._door, request, adopted.id, values)

    @operation(
        "Properties",
        "Wait for the next value of a property",
        {
            200: (
                Answer(
                    AnyJson,
                    "The bare value",
                    headers=(*common.READING, "ETag", "Hearth-Event-Id", "Hearth-Missed"),
                ),
                Answer(common.STREAM.shape, "all values, as they come", media=common.SSE),
            ),
            101: Answer(None, "A WebSocket: each message is an array of events"),
            204: Answer(None, "Nothing is known of it yet", headers=("Hearth-Event-Id", "Hearth-Missed")),
        },
        parameters=(common.IF_NONE_MATCH, common.WAIT, *common.RESUME),
        problems=("too-many-streams",),
    )
    async def observe(self, request: web.Request) -> web.StreamResponse:
        """The value after its next change (long poll), or all of them (`Accept: text/event-stream`, or a WebSocket). A long
        poll answers at once if the value changed since the last one, since a HEAD, or is not the one of `If-None-Match`.
        """
        slot, headers = self._slot(request), request.headers
        if request.method == "HEAD":
            self._observer.begin(request, PROPERTY, slot.topic)
            return web.Response()
        if "Upgrade" in headers or "text/event-stream" in headers.get("Accept", ""):
            return await self._observer.stream(request, PROPERTY, slot.topic, "value")
        known = headers.get("If-None-Match")
        if known is not None and known != etag_of(slot):
            return value_of(slot)
        told = await self._observer.next(request, PROPERTY, slot.topic, VALUE_POLL_S)
        return value_of(self._slot(request), told)  # rights, or the Thing, may have changed meanwhile

    def _slot(self, request: web.Request) -> Slot:
        thing, name = self._gateway.names.plain(request.match_info["thing"]), request.match_info["name"]
        slot = self._gateway.state.slot(thing, name)
        if slot is None or slot.topic not in self._gateway.rights.of(caller(request)).sees:
            raise not_found()
        return slot

    def _visible(self, adopted: Adopted, request: web.Request) -> dict[str, Slot]:
        sees = self._gateway.rights.of(caller(request)).sees
        return {name: slot for name, slot in adopted.slots.items() if slot.topic in sees}


def no_reading(slot: Slot) -> Problem:
    """The property is there, its value is not: that passes by itself as soon as the device reports."""
    thing, name = slot.topic
    text = f"{thing} has not reported {name} since it became known; ask again later, or observe it"
    return Problem("no-reading", text)
