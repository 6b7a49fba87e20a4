"""`/policies/waivers`: consents to leave a limit out for a while, by persons whom the limit names."""

from __future__ import annotations

from aiohttp import web
from pydantic import AwareDatetime, Field

from capabilities.vocabulary import Json
from gateway.api.auth import caller, manages
from gateway.api.openapi import common
from gateway.api.openapi.operation import Answer, operation
from gateway.api.openapi.shapes.house import Waiver
from gateway.api.problems import Problem, bad_request, not_found
from gateway.api.wire import Body, Line, read_body, reply, rfc3339
from gateway.consents import NoConsent, NotForYou, UnknownLimit
from gateway.context import Gateway
from gateway.waivers import Consent
from policies import Principal
from policies.times import seconds_of

LONGEST_NAME = 200
LONGEST_WHY = 500


class WaiverBody(Body):
    """Which limit, on which Thing (none: on all), for how long ("2h") or until when, and why."""

    rule: str = Field(min_length=1, max_length=LONGEST_NAME)
    thing: str = Field("", max_length=LONGEST_NAME)
    for_: str = Field("", alias="for", max_length=20)
    until: AwareDatetime | None = Field(None, strict=False)
    why: Line = Field(min_length=1, max_length=LONGEST_WHY)


class WaiverRoutes:
    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/policies/waivers", self.index),
            web.post("/policies/waivers", self.give),
            web.delete("/policies/waivers/{waiver}", self.end),
        ]

    @operation("Rules", "Limits that are left out", {200: Answer(list[Waiver])})
    async def index(self, request: web.Request) -> web.Response:
        """Those in force: all of them for owners and adults, else the caller's own."""
        principal = caller(request)
        self._gateway.consents.review()
        return reply([shown(one) for one in self._gateway.house.waivers if _may_end(principal, one)])

    @operation(
        "Rules",
        "Leave a limit out for a while",
        {201: Answer(Waiver, headers=("Location",))},
        body=WaiverBody,
        problems=("ledger-unavailable", "time-unknown", "too-many-requests"),
    )
    async def give(self, request: web.Request) -> web.Response:
        """201 with the waiver, which is in force. 403 where the limit is not the caller's to waive."""
        principal = caller(request)
        if not principal.role.is_person:  # before anything is told of rules and Things
            raise Problem("forbidden", "a limit is waived by a person of the house, never by software")
        body = await read_body(request, WaiverBody)
        consents = self._gateway.consents
        try:
            rule = consents.limit(body.rule)
            consents.check(rule, principal)
            consent = await consents.give(
                rule, self._thing(body, principal), principal, self._until(body), body.why
            )
        except UnknownLimit as error:
            raise bad_request(str(error)) from error
        except NotForYou as error:
            raise Problem("forbidden", str(error)) from error
        except NoConsent as error:
            raise Problem("time-unknown", str(error)) from error
        except ValueError as error:
            raise bad_request(str(error)) from error
        headers = {"Location": f"/policies/waivers/{consent.id}"}
        return reply(shown(consent), status=201, headers=headers)

    @operation("Rules", "End a waiver", {204: common.NOTHING}, problems=("ledger-unavailable",))
    async def end(self, request: web.Request) -> web.Response:
        """Ends one at once: by whoever gave it, an owner or an adult."""
        principal = caller(request)
        consent = self._gateway.house.waivers.get(request.match_info["waiver"])
        if consent is None or not _may_end(principal, consent):
            raise not_found()
        await self._gateway.consents.end(consent, principal)
        return web.Response(status=204)

    def _thing(self, body: WaiverBody, principal: Principal) -> str:
        """Raises `Problem` (400) where there is no such Thing, or none that the caller may see."""
        thing = self._gateway.names.plain(body.thing)
        if thing and not self._gateway.rights.of(principal).show(thing):
            raise bad_request(
                f"there is no Thing {thing!r}, or none that you may see; without one it is all Things"
            )
        return thing

    def _until(self, body: WaiverBody) -> float:
        """Seconds since the epoch. Raises ValueError, or `Problem` (400)."""
        now = self._gateway.clock.wall()
        if bool(body.for_) == (body.until is not None):
            raise bad_request('give either for, like "2h", or until, a time like "2030-01-31T12:00:00Z"')
        if body.until is None:
            return now + seconds_of(body.for_)
        until = body.until.timestamp()
        if until <= now:
            raise bad_request(f"until is past already; now it is {rfc3339(now)}")
        return until


def shown(consent: Consent) -> dict[str, Json]:
    return {
        "id": consent.id,
        "rule": str(consent.rule),
        "thing": consent.thing or None,
        "by": consent.by.id,
        "role": consent.by.role,
        "since": rfc3339(consent.since),
        "until": rfc3339(consent.until),
        "why": consent.why,
    }


def _may_end(principal: Principal, consent: Consent) -> bool:
    return manages(principal) or (principal.role.is_person and principal.id == consent.by.id)
