"""Leases as one caller may know of them, and asking for them, whatever the request came over."""

from __future__ import annotations

from dataclasses import replace

from capabilities.vocabulary import Json
from gateway.api.auth import manages
from gateway.api.problems import Problem, bad_request, not_found
from gateway.api.wire import rfc3339
from gateway.context import Gateway
from gateway.leases.claims import Answer, NoLease, Taken, TooMany, UnknownPlace, Wish
from gateway.leases.lease import Lease, State
from gateway.leases.ranges import BadRange, read
from gateway.messages.negotiating import Negotiation
from gateway.messages.uses import Use
from policies import Principal
from policies.times import seconds_of


def wish_of(
    thing: str, name: str, accepts: dict[str, object] | None, for_: str, purpose: str, *, wait: bool
) -> Wish:
    """What somebody wants to hold: `for_` is a duration ("30m"). Raises `Problem` (400)."""
    try:
        return Wish(thing, name, read(accepts), float(seconds_of(for_)), purpose, wait)  # type: ignore[arg-type]
    except (BadRange, ValueError) as error:
        raise bad_request(str(error)) from error


class LeaseDoor:
    """All that is asked raises `Problem`: 404 for what is not there for the caller."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._negotiation = Negotiation(gateway.messages)

    def index(self, principal: Principal, wanted: str = "") -> dict[str, Json]:
        """Those that the caller may know of (of the Thing that is `wanted`), and where software stands back for a person."""
        keeper, wanted = self._gateway.leases, self._gateway.names.plain(wanted)
        leases = [one for one in keeper if wanted in {"", one.thing} and self._sees(principal, one)]
        leases.sort(key=lambda one: (one.thing, one.property, one.state, one.made_at))
        shown: dict[str, Json] = {"leases": [self._shown(one, principal) for one in leases]}
        shown["stand_backs"] = self._stand_backs(principal, wanted)
        return shown

    async def claim(self, principal: Principal, wish: Wish) -> tuple[Lease, dict[str, Json]]:
        """The lease, held or in line, and how it is shown. Raises `Problem` (400, 403, 404, 409, 429)."""
        wish = replace(wish, thing=self._gateway.names.plain(wish.thing))
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
        return answer.lease, self._answer(answer, principal)

    def show(self, principal: Principal, ident: str) -> dict[str, Json]:
        """One lease. `before` it stand those who have it next, or who keep it waiting."""
        lease, keeper = self._find(principal, ident), self._gateway.leases
        shown = self._shown(lease, principal)
        if lease.state is State.HELD:
            shown["line"] = [
                self._shown(one, principal) for one in keeper.line(lease) if self._sees(principal, one)
            ]
        else:
            held = [one for one in keeper.holders(lease) if self._sees(principal, one)]
            shown["holders"] = [self._shown(one, principal) for one in held]
        return shown

    async def renew(self, principal: Principal, ident: str, for_: str) -> dict[str, Json]:
        """Keeps it for longer, by its holder: `for_` from now. Raises `Problem` (400, 403, 404)."""
        lease = self._find(principal, ident)
        if lease.holder != principal.id:
            raise Problem("forbidden", f"{lease.holder} holds it; only its holder renews it")
        try:
            fresh = await self._gateway.leases.renew(lease.id, float(seconds_of(for_)))
        except KeyError as error:
            raise not_found() from error
        except NoLease as error:
            raise self._problem(error, principal) from error
        except ValueError as error:
            raise bad_request(str(error)) from error
        return self._shown(fresh, principal)

    async def release(self, principal: Principal, ident: str) -> None:
        """Its holder, whoever it acts for, owners and adults end it. Raises `Problem` (403, 404)."""
        lease = self._find(principal, ident)
        if not (lease.is_of(principal) or lease.path[0] == principal.id or manages(principal)):
            raise Problem(
                "forbidden", "a lease is given back by its holder, or ended by an owner or an adult"
            )
        try:
            await self._gateway.leases.release(lease.id, principal.id)
        except KeyError as error:
            raise not_found() from error

    async def accept(self, principal: Principal, ident: str) -> tuple[Lease, dict[str, Json]]:
        """Takes the range that those who hold it accept, instead of standing in line. Raises `Problem` (404, 409)."""
        lease = self._find(principal, ident)
        if lease.holder != principal.id:
            raise not_found()
        try:
            answer = await self._gateway.leases.accept(principal, lease)
        except NoLease as error:
            raise self._problem(error, principal) from error
        return answer.lease, self._answer(answer, principal)

    # ---------------------------------------------------------------- inside

    def _find(self, principal: Principal, ident: str) -> Lease:
        lease = self._gateway.leases.get(ident)
        if lease is None or not self._sees(principal, lease):
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

    def _answer(self, answer: Answer, principal: Principal) -> dict[str, Json]:
        shown = self._shown(answer.lease, principal)
        if answer.lease.state is not State.HELD:
            told = [one for one in answer.holders if self._sees(principal, one)]
            shown["holders"] = [self._shown(one, principal) for one in told]
            if told:
                shown["proposal"] = answer.proposal
        return shown

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
