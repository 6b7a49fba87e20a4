"""Of which kind a device's components are: what is certain, what is a guess, and what a person may say instead."""

from __future__ import annotations

from typing import Annotated, Final

from aiohttp import web
from pydantic import Field

from capabilities.vocabulary import Json
from gateway.api.auth import require_manager
from gateway.api.components import components_of
from gateway.api.openapi.operation import Answer, operation
from gateway.api.openapi.shapes.things import ThingComponent
from gateway.api.problems import Problem
from gateway.api.things import find_thing
from gateway.api.wire import reply
from gateway.context import Gateway
from gateway.kinds import KindError

MOST_KINDS: Final = 400
"""In one request: as many components as the largest device has."""

Component = Annotated[str, Field(max_length=300)]
"""A component's key, title, or the name of one of its affordances; "" is the only one that needs a kind."""

Kind = Annotated[str, Field(max_length=40)]


class KindRoutes:
    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/things/{thing}/kinds", self.index)]

    @operation("Things", "Its components and their kinds", {200: Answer(list[ThingComponent])})
    async def index(self, request: web.Request) -> web.Response:
        """The components of a Thing, for owners and adults. `PATCH /things/{id}` gives them kinds."""
        require_manager(request)
        adopted = find_thing(self._gateway, request)
        return reply(list[Json](components_of(adopted)), headers={"Cache-Control": "no-store"})


def bad_kind(error: KindError) -> Problem:
    """422, with what would be right."""
    return Problem("bad-kind", str(error), members={"known": list[Json](error.known)})
