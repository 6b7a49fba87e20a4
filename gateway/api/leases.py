"""`/leases`: who holds what, asking for it, keeping it, giving it back."""

from __future__ import annotations

from aiohttp import web
from pydantic import Field

from capabilities.vocabulary import Json
from gateway.api.auth import caller
from gateway.api.lease_door import LeaseDoor, wish_of
from gateway.api.openapi import common
from gateway.api.openapi.operation import Answer, operation
from gateway.api.openapi.shapes.leases import LeaseAnswer, LeaseInLine, LeaseShown, LeasesShown
from gateway.api.wire import Body, Line, read_body, reply
from gateway.context import Gateway
from gateway.leases.lease import Lease, State

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
        self._door = LeaseDoor(gateway)

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/leases", self.index),
            web.post("/leases", self.claim),
            web.get("/leases/{lease}", self.show),
            web.patch("/leases/{lease}", self.renew),
            web.delete("/leases/{lease}", self.release),
            web.post("/leases/{lease}/accept", self.accept),
        ]

    @operation("Leases", "Who holds what", {200: Answer(LeasesShown)}, parameters=(common.THING,))
    async def index(self, request: web.Request) -> web.Response:
        """Those that the caller may know of; `?thing=` of one Thing. With where software stands back for a person."""
        return reply(self._door.index(caller(request), request.query.get("thing", "")))

    @operation(
        "Leases",
        "Ask to hold something",
        {
            201: Answer(LeaseAnswer, "It is held", headers=("Location",)),
            202: Answer(LeaseAnswer, "It stands in line", headers=("Location",)),
        },
        body=WishBody,
        problems=("conflict", "ledger-unavailable", "not-found", "policy", "too-many-requests"),
    )
    async def claim(self, request: web.Request) -> web.Response:
        """201 with the lease, which is held; 202 where it stands in line. 409 where it would have to wait and does not want
        to, or the line is full: with who holds it, and what would be given at once.
        """
        principal, body = caller(request), await read_body(request, WishBody)
        wish = wish_of(body.thing, body.property, body.accepts, body.for_, body.purpose, wait=body.wait)
        return _answer(*await self._door.claim(principal, wish))

    @operation("Leases", "One lease", {200: Answer(LeaseInLine)})
    async def show(self, request: web.Request) -> web.Response:
        """One lease. `before` it stand those who have it next, or who keep it waiting."""
        return reply(self._door.show(caller(request), request.match_info["lease"]))

    @operation(
        "Leases",
        "Keep a lease longer",
        {200: Answer(LeaseShown)},
        body=RenewBody,
        problems=("conflict", "ledger-unavailable", "policy", "too-many-requests"),
    )
    async def renew(self, request: web.Request) -> web.Response:
        """Keeps it for longer, by its holder. Whoever waits for it does not wait any longer by that."""
        body = await read_body(request, RenewBody)
        return reply(await self._door.renew(caller(request), request.match_info["lease"], body.for_))

    @operation("Leases", "Give a lease back", {204: common.NOTHING}, problems=("ledger-unavailable",))
    async def release(self, request: web.Request) -> web.Response:
        """Gives it back, or takes it away: its holder, whoever it acts for, owners and adults."""
        await self._door.release(caller(request), request.match_info["lease"])
        return web.Response(status=204)

    @operation(
        "Leases",
        "Take what the holders accept",
        {
            201: Answer(LeaseAnswer, "It is held", headers=("Location",)),
            202: Answer(LeaseAnswer, "It stands in line", headers=("Location",)),
        },
        problems=("conflict", "ledger-unavailable", "policy", "too-many-requests"),
    )
    async def accept(self, request: web.Request) -> web.Response:
        """Takes the range that those who hold it accept, instead of standing in line. 201 where it is held by that."""
        return _answer(*await self._door.accept(caller(request), request.match_info["lease"]))


def _answer(lease: Lease, shown: dict[str, Json]) -> web.Response:
    status = 201 if lease.state is State.HELD else 202
    return reply(shown, status=status, headers={"Location": f"/leases/{lease.id}"})
