"""`/leases`: who holds what, asking for it, keeping it, giving it back."""

from __future__ import annotations

from aiohttp import web
from pydantic import Field

from capabilities.vocabulary import Json
from gateway.api.auth import caller, manages
from gateway.api.problems import Problem, bad_request, not_found
from gateway.api.wire import Body, Line, plain_id, read_body, reply, rfc3339
from gateway.context import Gateway
from gateway.leases.claims import Answer, NoLease, Taken, TooMany, UnknownPlace, Wish
from gateway.leases.lease import Lease, State
from gateway.leases.ranges import BadRange, read
from gateway.messages.negotiating import Negotiation
from gateway.messages.uses import Use
from policies import Principal
from policies.times import seconds_of

LONGEST_NAME = 200
LONGEST_PURPOSE = 500
DEFAULT_FOR = "30m"


class WishBody(Body):
    """What somebody wants to hold: a Thing or one property of it; which values of others it accepts (null: none), for how
    long it is to be held once it is given, what for, and whether to stand in line where others hold it.
    """

    thing: str = Field(min_length=1, max_length=LONGEST_NAME)
    property: str = Field("", max_length=LONGEST_NAME)
    accepts: dict[str, object] | None = None
    for_: str = Field(DEFAULT_FOR, alias="for", max_length=20)
    purpose: Line = Field("", max_length=LONGEST_PURPOSE)
    wait: bool = True


class RenewBody(Body):
    """For how long from now."""

    for_: str = Field(alias="for", max_length=20)


class LeaseRoutes:
    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._negotiation = Negotiation(gateway.messages)

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/leases", self.index),
            web.post("/leases", self.claim),
            web.get("/leases/{lease}", self.show),
            web.patch("/leases/{lease}", self.renew),
            web.delete("/leases/{lease}", self.release),
            web.post("/leases/{lease}/accept", self.accept),
        ]

    async def index(self, request: web.Request) -> web.Response:
        """Those that the caller may know of; `?thing=` of one Thing. With where software stands back for a person."""
        principal, wanted = caller(request), plain_id(request.query.get("thing", ""))
        keeper = self._gateway.leases
        leases = [one for one in keeper if wanted in {"", one.thing} and self._sees(principal, one)]
        leases.sort(key=lambda one: (one.thing, one.property, one.state, one.made_at))
        shown: dict[str, Json] = {"leases": [self._shown(one, principal) for one in leases]}
        shown["stand_backs"] = self._stand_backs(principal, wanted)
        return reply(shown)

    async def claim(self, request: web.Request) -> web.Response:
        """201 with the lease, which is held; 202 where it stands in line. 409 where it would have to wait and does not want
        to, or the line is full: with who holds it, and what would be given at once.
        """
        principal, body = caller(request), await read_body(request, WishBody)
        try:
            wish = Wish(
                plain_id(body.thing),
                body.property,
                read(body.accepts),  # type: ignore[arg-type]
                float(seconds_of(body.for_)),
                body.purpose,
                body.wait,
            )
        except (BadRange, ValueError) as error:
            raise bad_request(str(error)) from error
        if not self._knows(principal, wish.thing, wish.property):
            raise not_found()
        try:
            answer = await self._gateway.leases.claim(principal, wish)
        except NoLease as error:
            raise self._problem(error, principal) from error
        if answer.lease.state is not State.HELD:
            use = Use(wish.thing, wish.property, accepts=wish.accepts.bounds_of_input())
            told = any(self._sees(principal, one) for one in answer.holders)
            offer = answer.proposal if told else None
            self._negotiation.waits(answer.lease.id, principal, use, wish.purpose, offer)
        return self._answer(answer, principal)

    async def show(self, request: web.Request) -> web.Response:
        """One lease. `before` it stand those who have it next, or who keep it waiting."""
        principal, lease = caller(request), self._find(request)
        shown, keeper = self._shown(lease, principal), self._gateway.leases
        if lease.state is State.HELD:
            shown["line"] = [
                self._shown(one, principal) for one in keeper.line(lease) if self._sees(principal, one)
            ]
        else:
            held = [one for one in keeper.holders(lease) if self._sees(principal, one)]
            shown["holders"] = [self._shown(one, principal) for one in held]
        return reply(shown)

    async def renew(self, request: web.Request) -> web.Response:
        """Keeps it for longer, by its holder. Whoever waits for it does not wait any longer by that."""
        principal, lease = caller(request), self._find(request)
        if lease.holder != principal.id:
            raise Problem("forbidden", f"{lease.holder} holds it; only its holder renews it")
        body = await read_body(request, RenewBody)
        try:
            fresh = await self._gateway.leases.renew(lease.id, float(seconds_of(body.for_)))
        except KeyError as error:
            raise not_found() from error
        except NoLease as error:
            raise self._problem(error, principal) from error
        except ValueError as error:
            raise bad_request(str(error)) from error
        return reply(self._shown(fresh, principal))

    async def release(self, request: web.Request) -> web.Response:
        """Gives it back, or takes it away: its holder, whoever it acts for, owners and adults."""
        principal, lease = caller(request), self._find(request)
        if not (lease.is_of(principal) or lease.path[0] == principal.id or manages(principal)):
            raise Problem(
                "forbidden", "a lease is given back by its holder, or ended by an owner or an adult"
            )
        try:
            await self._gateway.leases.release(lease.id, principal.id)
        except KeyError as error:
            raise not_found() from error
        return web.Response(status=204)

    async def accept(self, request: web.Request) -> web.Response:
        """Takes the range that those who hold it accept, instead of standing in line. 201 where it is held by that."""
        principal, lease = caller(request), self._find(request)
        if lease.holder != principal.id:
            raise not_found()
        try:
            answer = await self._gateway.leases.accept(principal, lease)
        except NoLease as error:
            raise self._problem(error, principal) from error
        return self._answer(answer, principal)

    # ---------------------------------------------------------------- inside

    def _find(self, request: web.Request) -> Lease:
        lease = self._gateway.leases.get(request.match_info["lease"])
        if lease is None or not self._sees(caller(request), lease):
            raise not_found()
        return lease

    def _sees(self, principal: Principal, lease: Lease) -> bool:
        return lease.is_of(principal) or self._gateway.leases.sees(principal, lease.thing, lease.property)

    def _knows(self, principal: Principal, thing: str, name: str) -> bool:
        """Whether the caller may know that there is such a thing."""
        rights = self._gateway.rights.of(principal).of(thing)
        return (
            rights is not None and rights.shows and (not name or name in rights.sees or name in rights.writes)
        )

    def _answer(self, answer: Answer, principal: Principal) -> web.Response:
        shown = self._shown(answer.lease, principal)
        held = answer.lease.state is State.HELD
        if not held:
            told = [one for one in answer.holders if self._sees(principal, one)]
            shown["holders"] = [self._shown(one, principal) for one in told]
            if told:
                shown["proposal"] = answer.proposal
        headers = {"Location": f"/leases/{answer.lease.id}"}
        return reply(shown, status=201 if held else 202, headers=headers)

    def _problem(self, error: NoLease, principal: Principal) -> Problem:
        if isinstance(error, UnknownPlace):
            return Problem("policy", f"{error}: who may not use it cannot hold it")
        if isinstance(error, TooMany):
            return Problem("too-many-requests", str(error))
        if isinstance(error, Taken):
            told = [one for one in error.holders if self._sees(principal, one)]
            if not told:
                return Problem("conflict", "somebody else holds it")
            members: dict[str, Json] = {"holders": [self._shown(one, principal) for one in told]}
            return Problem("conflict", str(error), members=members | {"proposal": error.proposal})
        return bad_request(str(error))

    def _shown(self, lease: Lease, reader: Principal) -> dict[str, Json]:
        keeper, now = self._gateway.leases, self._gateway.clock.wall()
        shown: dict[str, Json] = {"id": lease.id, "thing": lease.thing, "property": lease.property or None}
        told = keeper.told(lease, reader)
        shown |= {name: told.get(name) for name in ("holder", "rank", "purpose") if name in told}  # type: ignore[misc]
        shown |= {"accepts": lease.accepts.shown(), "state": lease.state, "since": _time(lease.since)}
        shown["until"] = _time(lease.until)
        because = keeper.because(lease, reader)
        shown["because"] = because or None
        if lease.state is State.SUSPENDED and because:
            shown["suspended_until"] = _time(lease.suspended_until)
        if lease.state is State.HELD and lease.safe_until:
            shown["safe_until"] = _time(max(lease.safe_until, now))
        if keeper.is_frozen(lease):
            shown["escalated"] = True
        if lease.is_of(reader):
            shown |= {"fence": lease.fence, "header": lease.name() if lease.state is State.HELD else None}
            if lease.state is State.WAITING:
                shown["free_at"] = _time(_free_at(keeper.holders(lease)))
        return shown

    def _stand_backs(self, principal: Principal, wanted: str) -> list[Json]:
        now = self._gateway.clock.wall()
        return [
            {
                "thing": one.thing,
                "property": one.name,
                "value": one.value,
                "by": one.who,
                "at": rfc3339(one.changed_at),
                "until": rfc3339(one.until),
            }
            for one in self._gateway.leases.standbacks
            if now < one.until
            and wanted in {"", one.thing}
            and self._gateway.leases.sees(principal, one.thing, one.name)
        ]


def _free_at(holders: list[Lease]) -> float:
    """When all of those must have yielded, at the latest."""
    return max((min(one.until, one.safe_until or one.until) for one in holders), default=0.0)


def _time(at: float) -> str | None:
    return rfc3339(at) if at else None
