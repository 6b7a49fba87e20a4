"""`/mode`: how the house lives just now."""

from __future__ import annotations

from difflib import get_close_matches

from aiohttp import web
from pydantic import Field

from capabilities.vocabulary import Json
from gateway.api.auth import require_manager
from gateway.api.openapi.operation import Answer, operation
from gateway.api.openapi.shapes.house import ModeShown
from gateway.api.problems import bad_request
from gateway.api.wire import Body, Line, read_body, reply, rfc3339
from gateway.context import Gateway
from policies.times import MODES

LONGEST_WHY = 500


class ModeBody(Body):
    mode: str = Field(max_length=50, json_schema_extra={"enum": [*MODES]})
    why: Line = Field("", max_length=LONGEST_WHY)


class ModeRoutes:
    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/mode", self.show), web.put("/mode", self.choose)]

    @operation("House", "The mode of the house", {200: Answer(ModeShown)})
    async def show(self, request: web.Request) -> web.Response:
        """The mode; every refusal that rests on it tells it anyway."""
        return reply(self._shown())

    @operation(
        "House", "Change the mode", {200: Answer(ModeShown)}, body=ModeBody, problems=("ledger-unavailable",)
    )
    async def choose(self, request: web.Request) -> web.Response:
        """`{"mode": "away"}`, by an owner or an adult: a change may let others do more, and the ledger says who made it."""
        principal = require_manager(request)
        body = await read_body(request, ModeBody)
        if body.mode not in MODES:
            near = get_close_matches(body.mode.lower(), MODES, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise bad_request(f"mode must be one of {', '.join(MODES)}; it is {body.mode!r}{hint}")
        await self._gateway.mode.choose(body.mode, principal, body.why)
        return reply(self._shown())

    def _shown(self) -> dict[str, Json]:
        chosen = self._gateway.mode.chosen
        return {
            "mode": chosen.mode,
            "modes": list(MODES),
            "since": None if chosen.since is None else rfc3339(chosen.since),
            "by": chosen.by or None,
        }
