"""`POST /drivers/{driver}/inspection`: what a driver stands on, tried out. It sends messages, so it is no GET."""

from __future__ import annotations

from aiohttp import web

from capabilities.vocabulary import Json
from drivers.driver import Inspectable
from gateway.api.auth import require_manager
from gateway.api.openapi.operation import Answer, operation
from gateway.api.openapi.shapes.inbox import Inspection
from gateway.api.problems import not_found
from gateway.api.wire import reply
from gateway.context import Gateway


class InspectionRoutes:
    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    def routes(self) -> list[web.RouteDef]:
        return [web.post("/drivers/{driver}/inspection", self.inspect)]

    @operation("Devices", "Try out what a driver stands on", {200: Answer(Inspection)})
    async def inspect(self, request: web.Request) -> web.Response:
        """200 with `insights` (`name`, `level`: ok, warning or failure, `found`, `remedy`) and `recipes`, lines of text
        by what they are for; 404 for a driver that does not run or cannot be looked at. For owners and adults; no
        secrets in it.
        """
        require_manager(request)
        name = request.match_info["driver"]
        driver: object = self._gateway.drivers.get(name)
        if not isinstance(driver, Inspectable):
            raise not_found()
        # What a suspended Thing announces now nobody has accepted.
        things = (one for one in self._gateway.registry if one.driver == name and not one.suspended)
        found = await driver.inspect({one.device for one in things})
        insights: list[Json] = [
            {"name": one.name, "level": one.level, "found": one.found, "remedy": one.remedy or None}
            for one in found.insights
        ]
        recipes: dict[str, Json] = {
            name: list[Json](text.splitlines()) for name, text in found.recipes.items()
        }
        return reply({"insights": insights, "recipes": recipes})
