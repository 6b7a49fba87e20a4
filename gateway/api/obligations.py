"""`/obligations`: what is owed just now, and what a person settles."""

from __future__ import annotations

from aiohttp import web
from pydantic import Field

from capabilities.vocabulary import Json
from gateway.api.auth import caller, require_manager
from gateway.api.executions import may_see
from gateway.api.openapi import common
from gateway.api.openapi.operation import Answer, operation
from gateway.api.openapi.shapes.house import Duty
from gateway.api.problems import Problem, not_found
from gateway.api.wire import Body, Line, read_body, reply, rfc3339
from gateway.context import Gateway
from gateway.obligations.keeper import NotToSettle
from gateway.obligations.owed import MAX_ON, SETTLED, Owed
from policies import Principal
from policies.times import in_words

LONGEST_WHY = 300


class SettleBody(Body):
    """What the person found, and did."""

    why: Line = Field(min_length=1, max_length=LONGEST_WHY)


class ObligationRoutes:
    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/obligations", self.index),
            web.get("/obligations/{obligation}", self.show),
            web.post("/obligations/{obligation}/settle", self.settle),
        ]

    @operation("House", "What is owed", {200: Answer(list[Duty])}, parameters=(common.THING,))
    async def index(self, request: web.Request) -> web.Response:
        """What is owed on the properties that the caller may see, the next first, and what rests; `?thing=` on one Thing."""
        principal, thing = caller(request), self._gateway.names.plain(request.query.get("thing", ""))
        sees, keeper = self._gateway.rights.of(principal).sees, self._gateway.obligations
        found = [one for one in keeper.owed(thing) if one.topic in sees]
        resting = [one for one in keeper.resting(thing) if one.topic in sees]
        told = [shown(self._gateway, one, principal) for one in found]
        return reply([*told, *(_resting(self._gateway, one) for one in resting)])

    @operation("House", "One of what is owed", {200: Answer(Duty)})
    async def show(self, request: web.Request) -> web.Response:
        return reply(shown(self._gateway, self._find(request), caller(request)))

    @operation(
        "House",
        "Take over what failed",
        {200: Answer(Duty)},
        body=SettleBody,
        problems=("ledger-unavailable", "nothing-waits"),
    )
    async def settle(self, request: web.Request) -> web.Response:
        """A person looked at what failed: software may use the Thing again. 409 for what has not failed: a rule's time is
        neither ended nor prolonged by a word.
        """
        principal, owed = require_manager(request), self._find(request)
        body = await read_body(request, SettleBody)
        try:
            self._gateway.obligations.settle(owed, principal, body.why)
        except NotToSettle as error:
            raise Problem("nothing-waits", str(error)) from error
        return reply(shown(self._gateway, owed, principal))

    def _find(self, request: web.Request) -> Owed:
        owed = self._gateway.obligations.get(request.match_info["obligation"])
        if owed is None or owed.topic not in self._gateway.rights.of(caller(request)).sees:
            raise not_found()
        return owed


def shown(gateway: Gateway, owed: Owed, principal: Principal) -> dict[str, Json]:
    """One obligation. Who caused it is told to those who may read of that."""
    due_at = gateway.obligations.due_at(owed)
    told: dict[str, Json] = {
        "id": owed.id,
        "duty": owed.kind,
        "rule": owed.term.rule,
        "thing": owed.thing,
        "property": owed.name,
        "state": owed.state,
        "since": rfc3339(due_at - owed.span),
        "due": rfc3339(due_at),
        "seconds": owed.term.seconds,
        "ends_with": {"name": owed.step.name, "action": owed.step.is_action, "value": owed.step.value},
        "own_timer": owed.own_timer,
        "says": says(gateway, owed),
    }
    if owed.used:
        told["used_s"] = round(owed.used, 3)
    if owed.principal and may_see(principal, owed.principal):
        told |= {"principal": owed.principal, "execution": owed.execution}
    if owed.failed_at:
        told |= {"failed_at": rfc3339(owed.failed_at), "attempts": owed.attempts, "error": owed.error}
    if owed.state == SETTLED:
        told["why"] = owed.why
    return told


def _resting(gateway: Gateway, rest: Owed) -> dict[str, Json]:
    """What software may not switch on before `due`; it is no obligation, and has no address of its own."""
    due_at = gateway.obligations.due_at(rest)
    return {
        "duty": MAX_ON,
        "rule": rest.term.rule,
        "thing": rest.thing,
        "property": rest.name,
        "state": "resting",
        "since": rfc3339(due_at - rest.span),
        "due": rfc3339(due_at),
        "seconds": rest.term.seconds,
        "used_s": round(rest.used, 3),
        "says": f"was on for {in_words(rest.used)}, and rests: software may switch it on again at "
        f"{gateway.house.time.told(due_at)}, a person at any time",
    }


def says(gateway: Gateway, owed: Owed) -> str:
    """As what follows the name of the Thing: `is switched off at 23:10`."""
    time = gateway.house.time
    what = "switched off" if owed.kind == MAX_ON else "put back as it was"
    match owed.state:
        case "failed":
            return f"was to be {what}, and that failed at {time.told(owed.failed_at)}: {owed.error}"
        case "due":
            return f"is being {what} now"
        case "settled":
            return f"could not be {what}; somebody looked at it: {owed.why}"
        case _:
            at = f"is {what} at {time.told(gateway.obligations.due_at(owed))}"
            if not owed.used:
                return at
            return f"{at}: what it was on before a short break ({in_words(owed.used)}) counts"


def owed_on(gateway: Gateway, thing: str, principal: Principal, name: str = "") -> list[dict[str, Json]]:
    """What is owed on a Thing (and only its property `name`, where given), as far as the caller may see."""
    sees = gateway.rights.of(principal).sees
    return [
        shown(gateway, one, principal)
        for one in gateway.obligations.owed(thing)
        if one.topic in sees and name in {"", one.name}
    ]
