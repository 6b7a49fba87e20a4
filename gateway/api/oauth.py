"""All that lets agents in, put together: OAuth's endpoints, their metadata, the pages, and what people answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from aiohttp import web

from gateway.api.agents import AgentRoutes
from gateway.api.oauth_endpoints import OAuthEndpoints
from gateway.api.oauth_metadata import OAuthMetadataRoutes
from gateway.api.oauth_page import OAuthPageRoutes
from gateway.approvals.pin import BoxPin
from gateway.context import Gateway
from gateway.oauth.desk import AgentDesk


class OAuth:
    """`public` are the handlers that need no caller."""

    def __init__(self, gateway: Gateway, pin: BoxPin) -> None:
        self.desk = AgentDesk(gateway)
        endpoints = OAuthEndpoints(gateway, self.desk)
        pages = OAuthPageRoutes(gateway, self.desk, endpoints.beginnings)
        strangers = [*endpoints.routes(), *OAuthMetadataRoutes().routes(), *pages.routes()]
        self._routes = [*strangers, *AgentRoutes(gateway, self.desk, pin).routes()]
        self.public: Sequence[Callable[..., object]] = [route.handler for route in strangers]

    def routes(self) -> list[web.RouteDef]:
        return self._routes

    async def start(self, _: web.Application) -> None:
        await self.desk.start()

    async def close(self, _: web.Application) -> None:
        await self.desk.close()
