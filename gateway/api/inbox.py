"""`/inbox`: what was found and is not a Thing yet. A person adopts it, or waves it away."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Final

from aiohttp import web
from pydantic import Field

from capabilities.vocabulary import Json
from drivers.driver import Candidate
from gateway.api.auth import require_manager
from gateway.api.components import described, guesses
from gateway.api.device_pairing import LONGEST_CODE, DevicePairing, asks_of
from gateway.api.kinds import MOST_KINDS, Component, Kind, bad_kind
from gateway.api.labels import Label
from gateway.api.openapi import common
from gateway.api.openapi.operation import Answer, operation
from gateway.api.openapi.shapes.inbox import AdoptedThing, CandidateShown, WavedAway
from gateway.api.problems import Problem, not_found
from gateway.api.waiting import waiting
from gateway.api.wire import Body, Line, flag, read_body, reply, segment
from gateway.arranging import LONGEST_NAME, MOST_LABELS
from gateway.arrivals import usable, welcome
from gateway.changes import seal
from gateway.context import Gateway
from gateway.inbox import CandidateKey
from gateway.kinds import AdoptionError, KindError, check_words

SHOWN_AT_ONCE: Final = 100
"""Candidates and components before the loop may turn: some 10 ms."""

MOST_COMPONENTS: Final = 200
"""Shown of one candidate; the others are counted. No device that somebody looks at has as many."""


class AdoptBody(Body):
    """How the new Thing is called and where it is; what is left out comes from the device. `code` is what a device asks for
    that must be paired first; it is kept by its driver, and nowhere else. `announced` is what was looked at, as `/inbox` shows
    it: nothing else is adopted then.
    """

    title: Line = Field("", max_length=LONGEST_NAME)
    room: Line = Field("", max_length=LONGEST_NAME)
    labels: list[Label] = Field(default_factory=list, max_length=MOST_LABELS)
    kinds: dict[Component, Kind] = Field(default_factory=dict, max_length=MOST_KINDS)
    open: bool = False  # without the label `new`
    code: str = Field("", max_length=LONGEST_CODE, repr=False)
    announced: Line = Field("", max_length=64)


class InboxRoutes:
    def __init__(self, gateway: Gateway, pairing: DevicePairing) -> None:
        self._gateway = gateway
        self._pairing = pairing

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/inbox", self.index),
            web.post("/inbox/{driver}/{candidate}/adopt", self.adopt),
            web.post("/inbox/{driver}/{candidate}/restore", self.restore),
            web.delete("/inbox/{driver}/{candidate}", self.ignore),
        ]

    @operation(
        "Devices",
        "What was found and is not a Thing yet",
        {200: Answer(list[CandidateShown | WavedAway])},
        parameters=(common.flag("ignored", "Those that were waved away instead"),),
    )
    async def index(self, request: web.Request) -> web.Response:
        """Every candidate, the oldest first; with `?ignored=1` those that were waved away instead."""
        require_manager(request)
        inbox = self._gateway.registry.inbox
        ignored = sorted(inbox.ignored.items(), key=_by_key) if flag(request, "ignored") else None
        listed = ignored if ignored is not None else list(inbox.items())
        answer, since = [], 0
        for key, one in listed:
            answer.append(_absent(*key) if one is None else self._shown(one))
            since += 1 + (len(one.components) if one is not None else 0)
            if since >= SHOWN_AT_ONCE:
                since = 0
                await asyncio.sleep(0)
        return reply(answer)

    @operation(
        "Devices",
        "Make it a Thing",
        {200: Answer(AdoptedThing, "It was paired anew"), 201: Answer(AdoptedThing, headers=("Location",))},
        body=AdoptBody,
        body_needed=False,
        problems=(
            "adoption-failed",
            "already-adopted",
            "bad-kind",
            "changed-meanwhile",
            "code-needed",
            "in-doubt",
            "ledger-unavailable",
            "not-sent",
            "rejected",
        ),
    )
    async def adopt(self, request: web.Request) -> web.Response:
        """201 and the new Thing's place and labels; 409 where the device is a Thing already, or somebody adopts it or lets it
        go just now; 422 where it cannot become one, or asks for a code. 200 where it is a Thing that had to be paired anew.
        """
        principal = require_manager(request)
        key, _ = self._candidate(request)
        body = await read_body(request, AdoptBody)
        async with self._pairing.turn(key):
            _, candidate = self._candidate(request)
            return await self._adopted(key, candidate, body, by=principal.id)

    async def _adopted(
        self, key: CandidateKey, candidate: Candidate, body: AdoptBody, *, by: str
    ) -> web.Response:
        registry = self._gateway.registry
        known, asked = registry.by_device(*key), candidate.asks is not None
        if asked:
            _check_words(body.kinds.values())  # a slip is told before anything is paired
            candidate = await self._pairing.paired(candidate, body.code)
            if known is not None:
                await registry.see(candidate)
                await usable(self._gateway, known.id, paired=True)
                return reply({"id": known.id, "title": known.title, "paired": True})
            if (known := registry.by_device(*key)) is not None:  # a rule has let it in meanwhile
                return reply({"id": known.id, "title": known.title, "paired": True})
        elif body.announced not in {"", seal(candidate)}:
            raise Problem("changed-meanwhile", "it is announced otherwise meanwhile: look at it again")
        if known is not None:
            detail = f"it is {known.id}, which announced itself anew; look at it and POST /things/{known.id}/accept"
            raise Problem("already-adopted", detail)
        try:
            adopted = await registry.adopt(
                candidate,
                title=body.title,
                room=body.room,
                labels=frozenset(body.labels),
                kinds=body.kinds,
                open_=body.open,
                by=by,
            )
        except KindError as error:
            raise bad_kind(KindError(_since(asked, error), error.known)) from error
        except AdoptionError as error:
            raise Problem("adoption-failed", _since(asked, error)) from error
        welcome(self._gateway, *key)
        await usable(self._gateway, adopted.id)
        place = {"Location": f"/things/{segment(adopted.id)}"}
        made: dict[str, Json] = {"id": adopted.id, "title": adopted.title}
        made |= {"labels": list[Json](sorted(adopted.labels)), "kind": adopted.thing.kind}
        return reply(made | {"unconfirmed": list[Json](guesses(adopted))}, status=201, headers=place)

    @operation("Devices", "Wave it away", {204: common.NOTHING}, problems=("ledger-unavailable",))
    async def ignore(self, request: web.Request) -> web.Response:
        """Takes it out of the inbox, and does not let it in again until it is restored."""
        principal = require_manager(request)
        key, _ = self._candidate(request)
        await self._gateway.registry.ignore(*key, by=principal.id)
        return web.Response(status=204)

    @operation("Devices", "Bring it back", {204: common.NOTHING})
    async def restore(self, request: web.Request) -> web.Response:
        """Brings back what was waved away: 204, whether it is announced now or comes when it is; 404 for any other."""
        require_manager(request)
        key = request.match_info["driver"], request.match_info["candidate"]
        try:
            await self._gateway.registry.restore(*key)
        except KeyError:
            raise not_found() from None
        return web.Response(status=204)

    def _candidate(self, request: web.Request) -> tuple[CandidateKey, Candidate]:
        key = request.match_info["driver"], request.match_info["candidate"]
        candidate = self._gateway.registry.inbox.get(key)
        if candidate is None:
            raise not_found()
        return key, candidate

    def _shown(self, candidate: Candidate) -> dict[str, Json]:
        known = self._gateway.registry.by_device(candidate.driver, candidate.id)
        return {
            "driver": candidate.driver,
            "id": candidate.id,
            "href": f"/inbox/{segment(candidate.driver)}/{segment(candidate.id)}",
            "title": candidate.title,
            "manufacturer": candidate.manufacturer,
            "model": candidate.model,
            "room": candidate.room,
            "endpoint": f"{candidate.endpoint.scheme}:{candidate.endpoint.address}",
            "announced": seal(candidate),
            "components": [described(component) for component in candidate.components[:MOST_COMPONENTS]],
            "components_left_out": max(0, len(candidate.components) - MOST_COMPONENTS),
            "via": self._member(candidate.driver, candidate.via) if candidate.via else None,
            "members": [self._member(candidate.driver, device) for device in candidate.members],
            "problems": list(candidate.problems),
            "asks": asks_of(candidate),
            "same_as": list[Json](self._gateway.discovery.kin.of(candidate)),
            "thing": known.id if known else None,
            "suspended": known.suspended if known else "",
            "waiting": waiting(self._gateway, known) if known else None,
        }

    def _member(self, driver: str, device: str) -> dict[str, Json]:
        known = self._gateway.registry.by_device(driver, device)
        return {"device": device, "thing": known.id if known is not None else None}


def _since(paired: bool, error: AdoptionError) -> str:
    """Why it is no Thing; that it need not be paired again is said, too."""
    return (
        f"it is paired now, and no Thing yet: {error}. Adopt it again, without a code"
        if paired
        else str(error)
    )


def _check_words(kinds: Iterable[str]) -> None:
    try:
        check_words(kinds)
    except KindError as error:
        raise bad_kind(error) from error


def _absent(driver: str, candidate: str) -> dict[str, Json]:
    """One that was waved away and is not announced at present."""
    return {"driver": driver, "id": candidate, "title": "", "components": [], "thing": None}


def _by_key(item: tuple[CandidateKey, Candidate | None]) -> CandidateKey:
    return item[0]
