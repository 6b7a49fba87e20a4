"""`/events/thing_created`, `…/thing_updated`, `…/thing_deleted`: what becomes of the directory's descriptions (W3C WoT
Discovery, section 7.3.2.3). The data of an event is `{"id": …}`; with `?diff=true` the description that is new, or what of it
is otherwise now, as a merge patch (RFC 7396) with the id.
"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Final

import orjson
from aiohttp import web

from capabilities.vocabulary import Json
from gateway.api.auth import caller
from gateway.api.events_sse import pump
from gateway.api.forms import Descriptions
from gateway.api.openapi import common
from gateway.api.openapi.operation import Parameter, operation
from gateway.api.problems import Problem, bad_request
from gateway.api.streams import Stream, Streams
from gateway.api.things import MADE_AT_ONCE
from gateway.api.wire import base_of
from gateway.context import Gateway
from gateway.observers import Event

CREATED, UPDATED, DELETED = "thing_created", "thing_updated", "thing_deleted"

PATCHED_STREAMS: Final = 16
"""Streams that tell what of a description is otherwise: each keeps what it told before."""

KNOWN_BYTES: Final = 1024 * 1024
"""Of descriptions that one such stream keeps: 200 Things. Of others it tells the whole description: a patch as well."""

_KINDS: Final = frozenset({"thing"})
_DIFF: Final = Parameter("diff", {"type": "boolean"}, "The description, or what changed of it, in the event")


class NotificationRoutes:
    def __init__(self, gateway: Gateway, streams: Streams, descriptions: Descriptions) -> None:
        self._gateway = gateway
        self._streams = streams
        self._descriptions = descriptions
        self._patched = 0

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get(f"/events/{kind}", self.changes, allow_head=False) for kind in (CREATED, UPDATED, DELETED)
        ]

    @operation(
        "Things",
        "What becomes of descriptions",
        {200: common.STREAM},
        parameters=(_DIFF, *common.RESUME),
        problems=("too-many-streams",),
        names={f"/events/{kind}": f"notifications_{kind}" for kind in (CREATED, UPDATED, DELETED)},
    )
    async def changes(self, request: web.Request) -> web.StreamResponse:
        """Server-sent events of one kind, about Things that the caller may see. Only 16 streams tell what changed."""
        kind, diff = request.path.rpartition("/")[2], _diff(request)
        teller = _Teller(self._gateway, self._descriptions, request, kind, diff=diff)
        if not diff or kind != UPDATED:
            return await self._told(request, teller)
        if self._patched >= PATCHED_STREAMS:
            raise Problem(
                "too-many-streams", f"at most {PATCHED_STREAMS} tell what changed; ask without diff"
            )
        self._patched += 1
        try:
            return await self._told(request, teller)
        finally:
            self._patched -= 1

    async def _told(self, request: web.Request, teller: _Teller) -> web.StreamResponse:
        with self._streams.open(request, kinds=_KINDS) as stream:
            await teller.learn()
            return await pump(request, stream, partial(teller.tell, stream))


class _Teller:
    """One stream: what it tells, and what it told before."""

    def __init__(
        self, gateway: Gateway, descriptions: Descriptions, request: web.Request, kind: str, *, diff: bool
    ) -> None:
        self._gateway = gateway
        self._descriptions = descriptions
        self._request = request
        self._base = base_of(request)
        self._kind = kind
        self._diff = diff
        self._known: dict[str, bytes] = {}
        self._bytes = 0
        self._learned = 0  # the newest event by then

    async def learn(self) -> None:
        """How everything is described now."""
        if not self._diff or self._kind != UPDATED:
            return
        things = sorted(self._gateway.rights.of(caller(self._request)).things)
        for count, thing in enumerate(things, 1):
            if self._bytes >= KNOWN_BYTES:
                break
            self._keep(thing, self._described(thing))
            if count % MADE_AT_ONCE == 0:
                await asyncio.sleep(0)
        self._learned = self._gateway.observers.last_id

    def tell(self, stream: Stream, event: Event) -> bytes:
        """An event as it goes out; nothing for one of another kind."""
        if f"thing_{event.data.get('change')}" != self._kind:
            return b""
        thing = event.topic[0]
        data: dict[str, Json] = {"id": self._gateway.names.urn(thing)}
        if self._diff and self._kind != DELETED and (now := self._described(thing)) is not None:
            data |= self._change(thing, now, is_past=event.id <= self._learned)
        return (
            f"event: {self._kind}\nid: {stream.mark(event)}\ndata: ".encode() + orjson.dumps(data) + b"\n\n"
        )

    def _change(self, thing: str, now: bytes, *, is_past: bool) -> dict[str, Json]:
        """Of a change from before the descriptions were learnt nobody knows how it was until then."""
        before = None if is_past else self._known.get(thing)
        if self._kind == UPDATED:
            self._keep(thing, now)
        whole: dict[str, Json] = orjson.loads(now)
        return whole if before is None else patch(orjson.loads(before), whole)

    def _described(self, thing: str) -> bytes | None:
        adopted, who = self._gateway.registry.get(thing), caller(self._request)
        if adopted is None or not self._gateway.rights.of(who).show(thing):
            return None
        return self._descriptions.of(adopted, who, self._base).body

    def _keep(self, thing: str, body: bytes | None) -> None:
        self._bytes -= len(self._known.pop(thing, b""))
        if body is not None and self._bytes + len(body) <= KNOWN_BYTES:
            self._known[thing] = body
            self._bytes += len(body)


def patch(before: dict[str, Json], after: dict[str, Json]) -> dict[str, Json]:
    """What makes `after` of `before` (RFC 7396): null for a member that is gone. A null of its own cannot be told so."""
    changed: dict[str, Json] = {name: None for name in before if name not in after}
    for name, value in after.items():
        old = before.get(name)
        if isinstance(value, dict) and isinstance(old, dict):
            if inner := patch(old, value):
                changed[name] = inner
        elif value != old or name not in before:
            changed[name] = value
    return changed


def _diff(request: web.Request) -> bool:
    """Raises `Problem` (400)."""
    text = request.query.get("diff", "false")
    if text not in {"true", "false", "1", "0"}:
        raise bad_request(f"diff is true or false, it is {text[:40]!r}")
    return text in {"true", "1"}
