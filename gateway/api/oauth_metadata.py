"""`/.well-known/oauth-…`: what a client finds out by itself. RFC 8414 and RFC 9728; the issuer is the address it asked."""

from __future__ import annotations

from typing import Final

from aiohttp import web

from capabilities.vocabulary import Json
from gateway.api.auth import RESOURCE_METADATA
from gateway.api.oauth_endpoints import CODE_GRANT, DEVICE_GRANT
from gateway.api.oauth_wire import PROTOCOL, SCOPE
from gateway.api.openapi.operation import apart
from gateway.api.wire import base_of, reply
from gateway.oauth import pkce

SERVER: Final = "/.well-known/oauth-authorization-server"


class OAuthMetadataRoutes:
    def routes(self) -> list[web.RouteDef]:
        return [
            web.get(SERVER, self.server),
            web.get(RESOURCE_METADATA, self.resource),
            web.get(f"{RESOURCE_METADATA}/mcp", self.mcp),
        ]

    @apart(PROTOCOL)
    async def server(self, request: web.Request) -> web.Response:
        """RFC 8414, section 2."""
        base = base_of(request)
        none: list[Json] = ["none"]
        body: dict[str, Json] = {
            "issuer": base,
            "authorization_endpoint": f"{base}/oauth/authorize",
            "token_endpoint": f"{base}/oauth/token",
            "device_authorization_endpoint": f"{base}/oauth/device_authorization",
            "registration_endpoint": f"{base}/oauth/register",
            "revocation_endpoint": f"{base}/oauth/revoke",
            "response_types_supported": ["code"],
            "response_modes_supported": ["query"],
            "grant_types_supported": [CODE_GRANT, DEVICE_GRANT],
            "code_challenge_methods_supported": [pkce.METHOD],
            "token_endpoint_auth_methods_supported": none,
            "revocation_endpoint_auth_methods_supported": none,
            "scopes_supported": [SCOPE],
            "authorization_response_iss_parameter_supported": True,
            "client_id_metadata_document_supported": False,
        }
        return reply(body)

    @apart(PROTOCOL)
    async def resource(self, request: web.Request) -> web.Response:
        """RFC 9728, section 2: the API as a whole."""
        return reply(_resource(request, ""))

    @apart(PROTOCOL)
    async def mcp(self, request: web.Request) -> web.Response:
        """The same of `/mcp` (section 3.1)."""
        return reply(_resource(request, "/mcp"))


def _resource(request: web.Request, path: str) -> dict[str, Json]:
    base = base_of(request)
    return {
        "resource": f"{base}{path}",
        "authorization_servers": [base],
        "bearer_methods_supported": ["header"],
        "scopes_supported": [SCOPE],
        "resource_name": "Hearth",
    }
