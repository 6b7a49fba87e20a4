"""`/contracts`: who may know what, for which purpose, how fine, how long; and what a contract tells."""

from __future__ import annotations

from collections.abc import Awaitable
from datetime import datetime
from typing import Annotated, Final, TypeAlias

import orjson
from aiohttp import web
from pydantic import AwareDatetime, Field

from capabilities.vocabulary import Json
from gateway.api.auth import SESSION, caller
from gateway.api.contracts_shown import remarks, shown, since_of, wish_layers
from gateway.api.openapi import common
from gateway.api.openapi.operation import Answer, AnyJson, operation
from gateway.api.openapi.shapes.contracts import ContextDocument, ContractShown
from gateway.api.plans_handlers import MOST_NOTES_BYTES
from gateway.api.problems import Problem, bad_request, not_found
from gateway.api.wire import Body, flag, number, read_body, read_json, reply
from gateway.context import Gateway
from gateway.contracts import Contract, ContractTerms, State
from gateway.contracts.contract import TooMuch
from gateway.contracts.document import MOST_THINGS, Wish
from gateway.contracts.keeper import NotInForce
from gateway.contracts.reading import NoSuchContract, Spent, context_of, find
from gateway.contracts.terms import (
    LAYERS,
    LONGEST_CONTRACT_S,
    Aggregated,
    Layer,
    Parts,
    Place,
    Presence,
    Purpose,
    Raw,
    Reads,
    Retention,
    span_s,
)
from gateway.contracts.who import MayNot, UnknownReader, check_maker, check_releaser, may_end, may_see

DEFAULT_FOR: Final = "7d"
DEFAULT_PAGE: Final = 100
LONGEST_NAME: Final = 200

Giving: TypeAlias = "Awaitable[Contract]"


class _Term(Body):
    for_: str = Field("", alias="for", max_length=20)
    until: AwareDatetime | None = Field(None, strict=False)


class ContractBody(_Term):
    """`reader` is a principal's id; software leaves it out, and asks for itself. `for` (like `30d`; 7 days unless said) or
    `until`: a contract always ends.
    """

    reader: str = Field("", max_length=LONGEST_NAME)
    purpose: Purpose
    raw: Annotated[tuple[Raw, ...], Parts] = ()
    aggregated: Annotated[tuple[Aggregated, ...], Parts] = ()
    presence: Annotated[tuple[Presence, ...], Parts] = ()
    stable: Annotated[tuple[Place, ...], Parts] = ()
    layers: Annotated[tuple[Layer, ...], Field(strict=False, min_length=1, max_length=3)] = LAYERS
    reads: Reads = 60
    retention: Retention = "none"
    plan: str = Field("", max_length=40)


class AcceptBody(_Term):
    """As it was asked for, or less: until earlier, without the parts at these places (`{"raw": [0]}`)."""

    leave_out: dict[str, list[int]] = Field({}, max_length=4)


class ContractRoutes:
    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._contracts = gateway.contracts

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/contracts", self.index),
            web.post("/contracts", self.make),
            web.delete("/contracts", self.release),
            web.get("/contracts/{contract}", self.show),
            web.delete("/contracts/{contract}", self.end),
            web.post("/contracts/{contract}/accept", self.accept),
            web.get("/contracts/{contract}/context", self.context),
            web.get("/contracts/{contract}/notes", self.notes),
            web.put("/contracts/{contract}/notes", self.note),
        ]

    @operation(
        "Contracts",
        "Contracts that the caller may see",
        {200: Answer(list[ContractShown])},
        parameters=(common.flag("all", "Also those that ended"),),
    )
    async def index(self, request: web.Request) -> web.Response:
        """One's own and those of software that acts for one; owners and adults see all."""
        self._contracts.look()
        wanted, who = flag(request, "all"), caller(request)
        return reply(
            [
                shown(one)
                for one in self._contracts.book
                if (wanted or one.state is not State.ENDED) and may_see(self._gateway.identity, one, who)
            ]
        )

    @operation(
        "Contracts",
        "Make a contract, or ask for one",
        {
            201: Answer(ContractShown, "It is in force", headers=("Location",)),
            202: Answer(ContractShown, "It is asked for; people are told", headers=("Location",)),
        },
        body=ContractBody,
        problems=("forbidden", "ledger-unavailable", "too-many-requests", "not-found"),
    )
    async def make(self, request: web.Request) -> web.Response:
        """A person makes one for software, a child or a guest; software asks for its own, and reads nothing by that. As soon as
        one is in force, its reader sees raw only what its contracts give.
        """
        body, session = await read_body(request, ContractBody), request[SESSION]
        terms = ContractTerms.model_validate(
            {name: getattr(body, name) for name in ContractTerms.model_fields}
        )
        expires_at = self._expiry(body)
        who = session.principal
        if not who.role.is_person:
            if body.reader not in {"", who.id}:
                raise Problem("forbidden", "software asks for its own contract: leave `reader` out")
            made = await self._giving(self._contracts.ask(who.id, terms, expires_at, who.acts_for))
        else:
            self._check_maker(request, body.reader)
            made = await self._giving(self._contracts.make(body.reader, terms, expires_at, who.id))
        headers = {"Location": f"/contracts/{made.id}"}
        status = 202 if made.state is State.ASKED else 201
        return reply(self._with_remarks(request, made), status=status, headers=headers)

    @operation(
        "Contracts",
        "Let the rules alone bind a reader again",
        {204: common.NOTHING},
        parameters=(common.text("reader", "The principal's id", required=True),),
        problems=("forbidden", "ledger-unavailable", "not-found"),
    )
    async def release(self, request: web.Request) -> web.Response:
        """Ends all contracts of `?reader=`. It may then read what the rules let it read: for owners and adults."""
        reader = request.query.get("reader", "")
        try:
            check_releaser(self._gateway.identity, request[SESSION])
        except MayNot as error:
            raise Problem("forbidden", str(error)) from error
        if not reader:
            raise bad_request("name whom to release: ?reader=coo")
        if reader not in self._contracts.book.bound:
            raise not_found()
        await self._contracts.release(reader, caller(request).id)
        return web.Response(status=204)

    @operation("Contracts", "One contract", {200: Answer(ContractShown)})
    async def show(self, request: web.Request) -> web.Response:
        """What it gives, to whom, what for, and until when; with remarks about what it does not give."""
        self._contracts.look()
        return reply(self._with_remarks(request, self._find(request)))

    @operation("Contracts", "End a contract, or refuse one that is asked for", {204: common.NOTHING})
    async def end(self, request: web.Request) -> web.Response:
        """At once, with its notes. By its reader, its maker, whoever the reader acts for, owners and adults. The reader stays
        bound: it sees raw only what its other contracts give.
        """
        found, who = self._find(request), caller(request)
        if not may_end(self._gateway.identity, found, who):
            raise not_found()
        because = "refused" if found.state is State.ASKED else "revoked"
        await self._contracts.end(found, f"{because} by {who.id}", who.id)
        return web.Response(status=204)

    @operation(
        "Contracts",
        "Accept a contract that software asked for",
        {200: Answer(ContractShown)},
        body=AcceptBody,
        body_needed=False,
        problems=("forbidden", "ledger-unavailable", "not-answerable"),
    )
    async def accept(self, request: web.Request) -> web.Response:
        """As it was asked for, or less. By whoever could have made it."""
        found = self._find(request)
        body = await read_body(request, AcceptBody)
        self._check_maker(request, found.reader)
        try:
            terms = found.terms.without(body.leave_out)
        except ValueError as error:
            raise bad_request(f"leave_out: {error}") from error
        expires_at = self._expiry(body) if body.for_ or body.until else found.expires_at
        made = await self._giving(self._contracts.accept(found.id, terms, expires_at, caller(request).id))
        return reply(self._with_remarks(request, made))

    @operation(
        "Contracts",
        "What a contract tells now",
        {
            200: Answer(ContextDocument, headers=("ETag",)),
            304: Answer(None, "Nothing else is known", headers=("ETag",)),
        },
        parameters=(
            common.text("layers", "Some of stable, snapshot, working, with commas", longest=40),
            common.text(
                "since",
                "Only what changed after this: a time (RFC 3339), or seconds since the epoch",
                longest=40,
            ),
            common.LIMIT,
            common.OFFSET,
            common.IF_NONE_MATCH,
        ),
        problems=("too-many-requests", "not-answerable"),
    )
    async def context(self, request: web.Request) -> web.Response:
        """For its reader: counted, and held against its budget. A person who may see it sees what the reader would see,
        as far as it may know it itself. The ETag stays while nothing else is known, whatever the age of it.
        """
        limit = max(1, number(request, "limit", DEFAULT_PAGE, most=MOST_THINGS))
        wish = Wish(wish_layers(request), since_of(request), number(request, "offset", 0), limit)
        try:
            told = await context_of(self._gateway, request[SESSION], request.match_info["contract"], wish)
        except NoSuchContract:
            raise not_found() from None
        except NotInForce as error:
            raise Problem("not-answerable", str(error)) from error
        except Spent as error:
            raise Problem(
                "too-many-requests",
                f"this contract gives {error.reads} reads in a quarter hour; there is a next one in {error.seconds} s",
                headers={"Retry-After": str(error.seconds)},
            ) from error
        headers = {"ETag": told.etag, "Cache-Control": "private, no-cache", "Vary": "Authorization"}
        if request.headers.get("If-None-Match") == told.etag:
            return web.Response(status=304, headers=headers)
        return reply(told.aged(self._gateway.clock.wall()), headers=headers)

    @operation("Contracts", "Notes under a contract", {200: Answer(AnyJson)})
    async def notes(self, request: web.Request) -> web.Response:
        """What its reader noted; 404 without, and after its end."""
        contract = await self._in_force(request)
        text = await self._contracts.rows.notes(contract.id)
        if text is None:
            raise not_found()
        return reply(orjson.loads(text))

    @operation(
        "Contracts",
        "Replace the notes under a contract",
        {204: common.NOTHING},
        body=AnyJson,
        problems=("forbidden", "not-answerable"),
    )
    async def note(self, request: web.Request) -> web.Response:
        """JSON of 16 kB at the most, by the reader. They are overwritten on the disk when the contract ends."""
        contract, value = await self._in_force(request), await read_json(request)
        if caller(request).id != contract.reader or "working" not in contract.terms.layers:
            raise Problem("forbidden", "notes are for the reader of a contract with the layer working")
        text = orjson.dumps(value)
        if len(text) > MOST_NOTES_BYTES:
            raise Problem(
                "too-large", f"notes may have {MOST_NOTES_BYTES} bytes as JSON, these have {len(text)}"
            )
        try:
            await self._contracts.put_notes(contract, text.decode())
        except NotInForce:
            raise not_found() from None
        return web.Response(status=204)

    # ---------------------------------------------------------------- inside

    def _find(self, request: web.Request) -> Contract:
        """Raises `Problem` (404)."""
        try:
            return find(self._gateway, request[SESSION], request.match_info["contract"])
        except NoSuchContract:
            raise not_found() from None

    async def _in_force(self, request: web.Request) -> Contract:
        try:
            return await self._contracts.in_force(self._find(request).id)
        except NotInForce:
            raise not_found() from None

    def _check_maker(self, request: web.Request, reader: str) -> None:
        try:
            check_maker(self._gateway.identity, request[SESSION], reader, self._contracts.book)
        except UnknownReader as error:
            raise Problem("not-found", str(error)) from error
        except MayNot as error:
            raise Problem("forbidden", str(error)) from error

    async def _giving(self, making: Giving) -> Contract:
        try:
            return await making
        except TooMuch as error:
            raise bad_request(str(error)) from error
        except NotInForce as error:
            raise Problem("not-answerable", str(error)) from error
        except ValueError as error:
            raise Problem("too-many-requests", str(error)) from error

    def _expiry(self, body: _Term) -> float:
        """In seconds since the epoch. Raises `Problem` (400)."""
        now = self._gateway.clock.wall()
        if body.for_ and body.until is not None:
            raise bad_request("a contract ends after a time (`for`) or at a time (`until`): leave out either")
        if isinstance(body.until, datetime):
            at = body.until.timestamp()
            if not now < at <= now + LONGEST_CONTRACT_S:
                raise bad_request("until is a time within the next 366 days")
            return at
        try:
            return now + span_s(body.for_ or DEFAULT_FOR)
        except ValueError as error:
            raise bad_request(f"for: {error}") from error

    def _with_remarks(self, request: web.Request, contract: Contract) -> dict[str, Json]:
        """Remarks are for people: software would learn by them what there is that its contracts keep from it."""
        if not caller(request).role.is_person:
            return shown(contract)
        return shown(contract) | {"remarks": list[Json](remarks(self._gateway, contract))}
