"""`/grants`: what people said yes to for a while. They end by themselves, or by the hand of an adult. `/pin`: the box's."""

from __future__ import annotations

from aiohttp import web
from pydantic import Field

from capabilities.vocabulary import Json
from gateway.api.approvals import grant_shown, proposal_shown, require_pin
from gateway.api.auth import SESSION, caller, manages, require_manager
from gateway.api.openapi import common
from gateway.api.openapi.operation import Answer, operation
from gateway.api.openapi.shapes.approvals import GivenGrant, PinState, RuleProposal
from gateway.api.problems import Problem, bad_request, not_found
from gateway.api.wire import Body, read_body, reply
from gateway.approvals.grants import Grant
from gateway.approvals.pin import LONGEST, BoxPin
from gateway.approvals.proposals import Proposals
from gateway.context import Gateway
from policies import Principal


class PinBody(Body):
    """`pin` is the new one, `before` the present one."""

    pin: str = Field("", max_length=LONGEST)
    before: str = Field("", max_length=LONGEST)


class GrantRoutes:
    def __init__(self, gateway: Gateway, pin: BoxPin, proposals: Proposals) -> None:
        self._grants = gateway.approvals.grants
        self._pin = pin
        self._proposals = proposals

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/grants", self.index),
            web.delete("/grants/{grant}", self.end),
            web.get("/policies/proposals", self.proposals),
            web.delete("/policies/proposals/{proposal}", self.drop),
            web.get("/pin", self.pin),
            web.put("/pin", self.set_pin),
            web.delete("/pin", self.clear_pin),
        ]

    @operation("Approvals", "What was allowed for a while", {200: Answer(list[GivenGrant])})
    async def index(self, request: web.Request) -> web.Response:
        """Those in force, with uses left: all of them for owners and adults, else those that the caller gave or holds."""
        who = caller(request)
        return reply(
            [grant_shown(grant) for grant in self._grants if grant.left > 0 and _may_see(who, grant)]
        )

    @operation("Approvals", "End a grant", {204: common.NOTHING})
    async def end(self, request: web.Request) -> web.Response:
        """204; it counts no longer. By an owner or an adult, whoever gave it, or whoever holds it."""
        who, grant = caller(request), self._grants.get(request.match_info["grant"])
        if grant is None or not _may_see(who, grant):
            raise not_found()
        self._grants.end(grant, f"ended by {who.id}", who.id)
        return web.Response(status=204)

    @operation("Approvals", 'Rules that people\'s "always" means', {200: Answer(list[RuleProposal])})
    async def proposals(self, request: web.Request) -> web.Response:
        """The rules that people said "always" to, and that are not in force: an owner puts them in at the box."""
        require_manager(request)
        return reply([proposal_shown(one) for one in await self._proposals.every()])

    @operation("Approvals", "Drop a proposed rule", {204: common.NOTHING})
    async def drop(self, request: web.Request) -> web.Response:
        """204; it is not proposed any more."""
        require_manager(request)
        if not await self._proposals.drop(request.match_info["proposal"]):
            raise not_found()
        return web.Response(status=204)

    @operation("At the box", "Whether the box has a PIN", {200: Answer(PinState)}, at_box=True)
    async def pin(self, request: web.Request) -> web.Response:
        """Whether one is set."""
        _require_box(request)
        answer: dict[str, Json] = {"set": await self._pin.is_set()}
        return reply(answer)

    @operation(
        "At the box",
        "Set the PIN of the box",
        {204: common.NOTHING},
        body=PinBody,
        body_needed=False,
        problems=("pin-required", "too-many-requests"),
        at_box=True,
    )
    async def set_pin(self, request: web.Request) -> web.Response:
        """204. From now on whoever answers at the box, or opens a pairing window there, says it."""
        _require_box(request)
        body = await read_body(request, PinBody)
        await require_pin(self._pin, body.before)
        try:
            await self._pin.set(body.pin, body.before)
        except ValueError as error:
            raise bad_request(str(error)) from error
        return web.Response(status=204)

    @operation(
        "At the box",
        "Do without a PIN",
        {204: common.NOTHING},
        body=PinBody,
        body_needed=False,
        problems=("pin-required", "too-many-requests"),
        at_box=True,
    )
    async def clear_pin(self, request: web.Request) -> web.Response:
        """204. `before` in the body is the present one."""
        _require_box(request)
        body = await read_body(request, PinBody)
        await require_pin(self._pin, body.before)
        await self._pin.clear(body.before)
        return web.Response(status=204)


def _require_box(request: web.Request) -> None:
    if not request[SESSION].principal.at_box:
        raise Problem("forbidden", "the PIN of the box is set at the box")


def _may_see(who: Principal, grant: Grant) -> bool:
    return manages(who) or who.id in {grant.giver.id, grant.holder.id}
