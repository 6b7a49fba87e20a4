"""`/things/{id}/replace`: another device takes a Thing's place, and the Thing stays what it is for rules and history."""

from __future__ import annotations

from aiohttp import web
from pydantic import Field

from capabilities.vocabulary import Json
from gateway.adopted import Adopted
from gateway.api.auth import require_manager
from gateway.api.components import guesses
from gateway.api.device_pairing import LONGEST_CODE, DevicePairing
from gateway.api.openapi.operation import Answer, operation
from gateway.api.openapi.shapes.house import ReplacedThing
from gateway.api.problems import Problem, not_found
from gateway.api.things import find_thing
from gateway.api.wire import Body, Line, read_body, reply
from gateway.arrivals import find_again, usable, welcome
from gateway.changes import seal
from gateway.context import Gateway
from gateway.discovery.pairing import let_go, will_let_go
from gateway.inbox import CandidateKey
from gateway.kinds import AdoptionError
from gateway.replacing import left_out, losses


class ReplaceBody(Body):
    """The candidate that takes the place; `code` where it asks for one, `open` to leave the label `new` off. `confirm` says
    that it is known what is lost by it.
    """

    driver: Line = Field(max_length=100)
    candidate: Line = Field(max_length=500)
    code: str = Field("", max_length=LONGEST_CODE, repr=False)
    open: bool = False
    confirm: bool = False
    announced: Line = Field("", max_length=64)


class ReplaceRoutes:
    def __init__(self, gateway: Gateway, pairing: DevicePairing) -> None:
        self._gateway = gateway
        self._pairing = pairing

    def routes(self) -> list[web.RouteDef]:
        return [web.post("/things/{thing}/replace", self.replace)]

    @operation(
        "Things",
        "Put another device in a Thing's place",
        {200: Answer(ReplacedThing)},
        body=ReplaceBody,
        problems=(
            "adoption-failed",
            "changed-meanwhile",
            "code-needed",
            "in-doubt",
            "ledger-unavailable",
            "loses",
            "not-sent",
            "rejected",
        ),
    )
    async def replace(self, request: web.Request) -> web.Response:
        """The Thing as it is now, with `left_out`: names that nothing stands behind any more. The old device is let go. 409
        `loses` where it is in reach still, was something else, or names would be left out, and that was not confirmed.
        """
        adopted, principal = find_thing(self._gateway, request), require_manager(request)
        body = await read_body(request, ReplaceBody)
        old = (adopted.driver, adopted.device)
        async with self._pairing.turn((body.driver, body.candidate), old):
            return await self._replaced(adopted.id, old, body, by=principal.id)

    async def _replaced(self, thing: str, old: CandidateKey, body: ReplaceBody, *, by: str) -> web.Response:
        registry = self._gateway.registry
        candidate, now = registry.inbox.get((body.driver, body.candidate)), registry.by_device(*old)
        if candidate is None or now is None or now.id != thing:  # it may be forgotten meanwhile
            raise not_found()
        if asked := candidate.asks is not None:
            candidate = await self._pairing.paired(candidate, body.code)
        elif body.announced not in {"", seal(candidate)}:
            raise Problem("changed-meanwhile", "it is announced otherwise meanwhile: look at it again")
        gone: list[str] = []

        def check(before: Adopted, after: Adopted) -> list[str]:
            gone[:] = left_out(before, after)
            if not body.confirm and (said := losses(before, after)):
                raise _would_lose(said, paired=asked)
            return []

        await will_let_go(self._gateway, *old)
        try:
            fresh = await registry.replace(thing, candidate, check, by=by, open_=body.open)
        except KeyError:
            raise not_found() from None
        except AdoptionError as error:
            raise Problem("adoption-failed", str(error)) from error
        welcome(self._gateway, fresh.driver, fresh.device)
        note = await let_go(self._gateway, *old)
        find_again(self._gateway, *old)
        await usable(self._gateway, fresh.id)
        made: dict[str, Json] = {"id": fresh.id, "title": fresh.title, "kind": fresh.thing.kind, "note": note}
        made |= {"labels": list[Json](sorted(fresh.labels)), "unconfirmed": list[Json](guesses(fresh))}
        return reply(made | {"left_out": list[Json](gone)})


def _would_lose(said: list[str], *, paired: bool) -> Problem:
    since = " (The new device is paired now: no code is needed then.)" if paired else ""
    detail = f'{"; ".join(said)}. If that is meant, send it again with "confirm": true{since}'
    return Problem("loses", detail, members={"losses": list[Json](said)})
