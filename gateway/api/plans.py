"""`/plans`: the routes. What answers them is loaded with the first request: most houses have no plans most of the time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from aiohttp import web
from aiohttp.typedefs import Handler

from gateway.api.openapi.operation import described_by
from gateway.context import Gateway

if TYPE_CHECKING:
    from gateway.api.plans_handlers import PlanHandlers

ROUTES: Final = (
    ("POST", "/plans", "prepare"),
    ("GET", "/plans", "index"),
    ("GET", "/plans/{plan}", "show"),
    ("POST", "/plans/{plan}/commit", "commit"),
    ("POST", "/plans/{plan}/pause", "pause"),
    ("POST", "/plans/{plan}/resume", "resume"),
    ("POST", "/plans/{plan}/cancel", "cancel"),
    ("GET", "/plans/{plan}/notes", "notes"),
    ("PUT", "/plans/{plan}/notes", "note"),
)
"""Method, path, and the name of the handler."""


class PlanRoutes:
    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._made: PlanHandlers | None = None

    def routes(self) -> list[web.RouteDef]:
        made = {"GET": web.get, "POST": web.post, "PUT": web.put}
        return [made[method](path, self._to(name)) for method, path, name in ROUTES]

    def _to(self, name: str) -> Handler:
        async def handle(request: web.Request) -> web.StreamResponse:
            handler: Handler = getattr(self._handlers(), name)
            return await handler(request)

        return described_by(handle, lambda: _real(name))

    def _handlers(self) -> PlanHandlers:
        if self._made is None:
            from gateway.api.plans_handlers import PlanHandlers  # noqa: PLC0415  (1 MB with all that it needs)

            self._made = PlanHandlers(self._gateway)
        return self._made


def _real(name: str) -> object:
    from gateway.api.plans_handlers import PlanHandlers  # noqa: PLC0415  only for the description

    return getattr(PlanHandlers, name)
