"""`/things`: the Things that the caller may see, as descriptions or in short."""

from __future__ import annotations

import asyncio
from typing import Final

from aiohttp import web
from pydantic import Field

from capabilities.vocabulary import Json
from gateway.adopted import Adopted
from gateway.api import cards
from gateway.api.auth import caller, manages, require_manager
from gateway.api.components import guesses
from gateway.api.forms import Descriptions
from gateway.api.openapi import common
from gateway.api.openapi.operation import Answer, operation
from gateway.api.openapi.shapes.things import (
    THING_DESCRIPTION,
    AcceptedThing,
    Forgotten,
    ThingCard,
    ThingSummary,
)
from gateway.api.problems import Problem, bad_request, not_found
from gateway.api.waiting import waiting
from gateway.api.wire import (
    CACHED,
    JSON,
    LD_JSON,
    LONGEST_PAGE,
    TD_JSON,
    Body,
    Line,
    base_of,
    cached,
    flag,
    number,
    read_body,
    reply,
)
from gateway.arrivals import find_again, welcome
from gateway.changes import AnnouncedOtherwise, NothingWaits
from gateway.context import Gateway
from gateway.discovery.pairing import let_go, will_let_go
from gateway.kinds import AdoptionError
from policies import Principal

MADE_AT_ONCE: Final = 50
"""Descriptions made before the loop may turn: some 10 ms."""


class AcceptBody(Body):
    """`announced` as it stood in `waiting`: what the person looked at. Left out: whatever is announced now."""

    announced: Line = Field("", max_length=64)


class ThingRoutes:
    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self.descriptions = Descriptions(gateway)

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/things", self.index),
            web.get("/things/{thing}", self.describe),
            web.post("/things/{thing}/accept", self.accept),
            web.delete("/things/{thing}", self.forget),
        ]

    @operation(
        "Things",
        "All Things",
        {
            200: (
                Answer(
                    {"type": "array", "items": THING_DESCRIPTION},
                    "Their descriptions",
                    headers=("ETag", "Link"),
                ),
                Answer(list[ThingSummary], "in short, with `view=summary`"),
                Answer(list[ThingCard], "states and controls for a screen, with `view=cards`"),
                Answer(
                    {"type": "array", "items": THING_DESCRIPTION},
                    "the descriptions, where `Accept` names this",
                    media=LD_JSON,
                ),
            ),
            304: Answer(None, "They are as they were", headers=("ETag",)),
        },
        parameters=(
            common.LIMIT,
            common.OFFSET,
            common.VIEW,
            common.choice("sort_by", "What they are sorted by", "id"),
            common.choice("sort_order", "In which order", "asc"),
            common.IF_NONE_MATCH,
        ),
    )
    async def index(self, request: web.Request) -> web.Response:
        """All visible Things by id; a `Link` to the next page where there is one (WoT Discovery, section 7.3.2.1.5). They are
        sorted by id, and in no other way.
        """
        principal = caller(request)
        limit = max(1, number(request, "limit", LONGEST_PAGE, most=LONGEST_PAGE))
        offset = number(request, "offset", 0)
        view = _view(request)
        for name, known in (("sort_by", "id"), ("sort_order", "asc")):
            if request.query.get(name, known) != known:
                raise bad_request(f"{name} can only be {known!r} here")
        visible = self._gateway.rights.of(principal).things
        page = sorted(visible)[offset : offset + limit]
        headers = {"Cache-Control": "no-store"} if view else dict(CACHED)
        if offset + limit < len(visible):
            rest = f"&view={view}" if view else ""
            headers["Link"] = f'</things?offset={offset + limit}&limit={limit}{rest}>; rel="next"'
        things = [adopted for thing in page if (adopted := self._gateway.registry.get(thing)) is not None]
        if view:
            shown = cards.card if view == "cards" else summary
            answer = reply([shown(self._gateway, adopted, principal) for adopted in things], headers=headers)
            answer.enable_compression()
            return answer
        body = await self._bodies(things, principal, base_of(request))
        media = LD_JSON if LD_JSON in request.headers.get("Accept", "") else JSON
        return cached(request, b"[" + b",".join(body) + b"]", media, headers)

    @operation(
        "Things",
        "One Thing",
        {
            200: (
                Answer(THING_DESCRIPTION, "Its description", media=TD_JSON, headers=("ETag",)),
                Answer(ThingSummary, "in short, with `view=summary`"),
                Answer(ThingCard, "states and controls for a screen, with `view=cards`"),
            ),
            304: Answer(None, "It is as it was", headers=("ETag",)),
        },
        parameters=(common.VIEW, common.IF_NONE_MATCH),
    )
    async def describe(self, request: web.Request) -> web.Response:
        """One Thing's description; with `?view=summary` what a list shows of it, with `?view=cards` what a screen does."""
        adopted, principal = self.find(request), caller(request)
        if view := _view(request):
            shown = cards.card if view == "cards" else summary
            return reply(shown(self._gateway, adopted, principal), headers={"Cache-Control": "no-store"})
        served = self.descriptions.of(adopted, principal, base_of(request))
        return cached(request, served.body, TD_JSON, CACHED | {"ETag": served.etag})

    @operation(
        "Things",
        "Accept a Thing as it is announced now",
        {200: Answer(AcceptedThing)},
        body=AcceptBody,
        body_needed=False,
        problems=("adoption-failed", "changed-meanwhile", "ledger-unavailable", "nothing-waits"),
    )
    async def accept(self, request: web.Request) -> web.Response:
        """A person takes a suspended Thing as it announces itself now, or what had to wait outside of one that is not; 409
        where nothing waits, or it is announced otherwise than what was looked at. `kinds_dropped` are those that a person gave
        and that no longer fit, `names_dropped` those of properties, actions and events that are gone, `names_new` the others.
        """
        adopted, principal = self.find(request), require_manager(request)
        body = await read_body(request, AcceptBody)
        said, names, registry = adopted.kinds, adopted.component_names(), self._gateway.registry
        if adopted.suspended and (adopted.driver, adopted.device) not in registry.inbox:
            find_again(self._gateway, adopted.driver, adopted.device)
        try:
            fresh = await registry.accept(adopted.id, by=principal.id, seen=body.announced)
        except NothingWaits as error:
            raise Problem("nothing-waits", str(error)) from error
        except AnnouncedOtherwise as error:
            raise Problem("changed-meanwhile", str(error)) from error
        except (AdoptionError, KeyError) as error:
            raise Problem("adoption-failed", str(error)) from error
        welcome(self._gateway, fresh.driver, fresh.device)
        dropped: dict[str, Json] = {key: kind for key, kind in said.items() if key not in fresh.kinds}
        now = fresh.component_names()
        otherwise: dict[str, Json] = {
            "names_dropped": [name for name in names if name not in now],
            "names_new": [name for name in now if name not in names],
        }
        return reply(summary(self._gateway, fresh, principal) | {"kinds_dropped": dropped} | otherwise)

    @operation(
        "Things",
        "Forget a Thing",
        {200: Answer(Forgotten, "Something is left for a person to do"), 204: common.NOTHING},
        parameters=(common.flag("keep-history", "What it was like stays, for owners and adults"),),
        problems=("changed-meanwhile", "ledger-unavailable"),
    )
    async def forget(self, request: web.Request) -> web.Response:
        """Removes a Thing, and the pairing with its device. The latter is in the inbox again, if it is announced. 204; or 200
        and a `note` with what is left for a person to do. Its history goes, too, but with `keep-history`.
        """
        adopted, principal = self.find(request), require_manager(request)
        keeps_history = flag(request, "keep-history")
        device = (adopted.driver, adopted.device)
        async with self._gateway.discovery.turns.of(device):
            now = self._gateway.registry.get(adopted.id)
            if now is None or (now.driver, now.device) != device:
                raise not_found()
            await will_let_go(self._gateway, *device)
            if keeps_history:
                self._gateway.history.spare(adopted.id)
            try:
                await self._gateway.registry.forget(adopted.id, by=principal.id)
            except KeyError:
                raise not_found() from None
            note = await let_go(self._gateway, *device)
        find_again(self._gateway, *device)
        return reply({"id": adopted.id, "note": note}) if note else web.Response(status=204)

    def find(self, request: web.Request) -> Adopted:
        """The Thing of the path, which the caller may see. Raises `Problem` (404)."""
        return find_thing(self._gateway, request)

    async def _bodies(self, things: list[Adopted], principal: Principal, base: str) -> list[bytes]:
        bodies: list[bytes] = []
        for count, adopted in enumerate(things, 1):
            bodies.append(self.descriptions.of(adopted, principal, base).body)
            if count % MADE_AT_ONCE == 0:
                await asyncio.sleep(0)
        return bodies


def summary(gateway: Gateway, adopted: Adopted, principal: Principal) -> dict[str, Json]:
    """What a list shows of a Thing: who it is, where, and how it stands."""
    sees = gateway.rights.of(principal).sees
    state: dict[str, Json] = {}
    for name, slot in adopted.slots.items():
        reading = slot.current
        if reading is not None and (adopted.id, name) in sees:
            state[name] = reading.value
    return {
        "id": adopted.id,
        "title": adopted.thing.document["title"],
        "kind": adopted.thing.kind,
        "room": adopted.room,
        "labels": list[Json](sorted(adopted.labels)),
        "state": state,
        "reachable": adopted.reach.reachable,
        "out_of_reach": adopted.reach.reason if adopted.reach.reachable is False else "",
        "suspended": adopted.suspended,
        "members": list[Json](_members(gateway, adopted, principal)),
        "unconfirmed": list[Json](guesses(adopted) if manages(principal) else ()),
        "uncertain": bool(adopted.thing.document.get("hearth:uncertain")),
        "waiting": waiting(gateway, adopted) if manages(principal) else None,
    }


def _members(gateway: Gateway, group: Adopted, principal: Principal) -> list[dict[str, Json]]:
    """What a group commands: each `device` as its driver calls it, and the `thing` that it is (null: it is none, so that nobody
    knows what a command does to it). What the caller may not see is left out.
    """
    members: list[dict[str, Json]] = []
    for device in group.members:
        found = gateway.registry.by_device(group.driver, device)
        if (found is None and manages(principal)) or (
            found is not None and gateway.rights.of(principal).show(found.id)
        ):
            members.append({"device": device, "thing": found.id if found is not None else None})
    return members


def find_thing(gateway: Gateway, request: web.Request) -> Adopted:
    """The Thing of the path, which the caller may see. Raises `Problem` (404)."""
    thing = gateway.names.plain(request.match_info["thing"])
    adopted = gateway.registry.get(thing)
    if adopted is None or not gateway.rights.of(caller(request)).show(thing):
        raise not_found()
    return adopted


def _view(request: web.Request) -> str:
    """`summary`, `cards`, or "" for descriptions. Raises `Problem` (400)."""
    view = request.query.get("view", "")
    if view not in {"", "summary", "cards"}:
        raise bad_request(f"view is `summary`, `cards` or left out, it is {view[:40]!r}")
    return view
