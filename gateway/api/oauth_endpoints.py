"""`/oauth`: how an agent gets a token that a person lets it have. RFC 8628, 6749 with 7636, 7591, 7009; see
gateway/oauth/README.md.
"""

from __future__ import annotations

from typing import Final

from aiohttp import web

from capabilities.vocabulary import Json
from gateway.api.limits import Limiter, address_of
from gateway.api.oauth_wire import (
    BEGINNINGS,
    PROTOCOL,
    QUESTIONS,
    SCOPE,
    answered,
    check_resources,
    is_near,
    needed,
    optional,
    read_document,
    read_form,
)
from gateway.api.openapi.operation import apart
from gateway.api.wire import base_of, reply
from gateway.context import Gateway
from gateway.identity import Identity
from gateway.oauth.clients import BadClient, Client
from gateway.oauth.desk import AgentDesk
from gateway.oauth.errors import Full, OAuthError
from gateway.oauth.grants import LIFE_S
from gateway.oauth.request import Issued, Request
from policies import Role

DEVICE_GRANT: Final = "urn:ietf:params:oauth:grant-type:device_code"
CODE_GRANT: Final = "authorization_code"

NO_CACHE: Final = {"Pragma": "no-cache"}

_SOFTWARE: Final = frozenset({Role.AGENT, Role.GUEST_AGENT, Role.SERVICE})


class OAuthEndpoints:
    """None of them needs a caller: who asks here has no token yet, and what answers is a person elsewhere."""

    def __init__(self, gateway: Gateway, desk: AgentDesk) -> None:
        self._gateway = gateway
        self._desk = desk
        self.beginnings = {near: Limiter(gateway.clock, BEGINNINGS) for near in (True, False)}
        self._questions = {near: Limiter(gateway.clock, QUESTIONS) for near in (True, False)}

    @property
    def _identity(self) -> Identity:
        return self._gateway.identity

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/oauth/device_authorization", self.device_authorization),
            web.post("/oauth/token", self.token),
            web.post("/oauth/revoke", self.revoke),
            web.post("/oauth/register", self.register),
        ]

    @apart(PROTOCOL)
    async def device_authorization(self, request: web.Request) -> web.Response:
        """RFC 8628, section 3.1 and 3.2: a code that a person types where they are known, and one to ask with."""
        return await answered(request, self._device_authorization)

    @apart(PROTOCOL)
    async def token(self, request: web.Request) -> web.Response:
        """The token, once a person has accepted (RFC 8628, section 3.4; RFC 6749, section 4.1.3)."""
        return await answered(request, self._token)

    @apart(PROTOCOL)
    async def revoke(self, request: web.Request) -> web.Response:
        """RFC 7009: whoever holds an agent's token may end it, and all that was made from it. 200 for any other, too."""
        return await answered(request, self._revoke)

    @apart(PROTOCOL)
    async def register(self, request: web.Request) -> web.Response:
        """RFC 7591: 201 with an id that holds what was said. Nothing is kept, no address of the client's is ever asked."""
        return await answered(request, self._register)

    async def _device_authorization(self, request: web.Request) -> web.Response:
        self.beginnings[is_near(request)].spend(request)
        form = await read_form(request)
        check_resources(request, form.get("resource", []))
        client = (await self._desk.clients()).any(needed(form, "client_id"))
        if client is None:
            raise OAuthError("invalid_client", "this client_id was not given by this gateway; register anew")
        made, device_code = await begin(self._desk, client, request)
        page = f"{base_of(request)}/device"
        body: dict[str, Json] = {
            "device_code": device_code,
            "user_code": made.user_code,
            "verification_uri": page,
            "verification_uri_complete": f"{page}#{made.user_code}",
            "expires_in": round(LIFE_S),
            "interval": round(made.interval),
        }
        return reply(body, headers=NO_CACHE)

    async def _token(self, request: web.Request) -> web.Response:
        self._questions[is_near(request)].spend(request)
        form = await read_form(request)
        grant, now = needed(form, "grant_type"), self._gateway.clock.monotonic()
        if grant not in {DEVICE_GRANT, CODE_GRANT}:
            raise OAuthError("unsupported_grant_type", f"grant_type is {DEVICE_GRANT} or {CODE_GRANT}")
        client_id = needed(form, "client_id")
        check_resources(request, form.get("resource", []))
        try:
            if grant == DEVICE_GRANT:
                issued = self._desk.grants.fetch(needed(form, "device_code"), client_id, now)
            else:
                code, verifier = needed(form, "code"), optional(form, "code_verifier")
                uri = optional(form, "redirect_uri")
                issued = self._desk.grants.redeem(code, client_id, uri, verifier, now)
        except OAuthError as error:
            if error.revoke:
                await self._desk.end(error.revoke, error.description)
            raise
        if not self._desk.is_good(issued):
            raise OAuthError(
                "access_denied" if grant == DEVICE_GRANT else "invalid_grant", "it was revoked meanwhile"
            )
        await self._desk.fetched()
        return reply(self._shown(issued), headers=NO_CACHE)

    async def _revoke(self, request: web.Request) -> web.Response:
        self._questions[is_near(request)].spend(request)
        form = await read_form(request)
        session = self._identity.authenticate(needed(form, "token"))
        if session is not None and session.principal.role in _SOFTWARE:
            await self._identity.revoke(session.token_id, by=session.principal.id, using=session.token_id)
        return web.Response(status=200, headers={"Cache-Control": "no-store", **NO_CACHE})

    async def _register(self, request: web.Request) -> web.Response:
        self.beginnings[is_near(request)].spend(request)
        said = await read_document(request)
        uris, name = said.get("redirect_uris", []), said.get("client_name", "")
        if not isinstance(uris, list) or not all(isinstance(one, str) for one in uris):
            raise OAuthError("invalid_redirect_uri", "redirect_uris is a list of texts")
        if not isinstance(name, str):
            raise OAuthError("invalid_client_metadata", "client_name is a text")
        try:
            client = (await self._desk.clients()).register(name or "an agent", tuple(map(str, uris)))
        except BadClient as error:
            raise OAuthError("invalid_redirect_uri", str(error)) from error
        grants: list[Json] = [*([CODE_GRANT] if uris else []), DEVICE_GRANT]
        body: dict[str, Json] = {
            "client_id": client.id,
            "client_id_issued_at": int(self._gateway.clock.wall()),
            "client_name": client.name,
            "redirect_uris": list[Json](client.redirect_uris),
            "grant_types": grants,
            "response_types": ["code"] if uris else [],
            "token_endpoint_auth_method": "none",
            "application_type": "native",
            "scope": SCOPE,
        }
        return reply(body, status=201, headers=NO_CACHE)

    def _shown(self, issued: Issued) -> dict[str, Json]:
        """RFC 6749, section 5.1. Without `expires_in` where it ends only by a month without a use."""
        body: dict[str, Json] = {"access_token": issued.secret, "token_type": "Bearer", "scope": SCOPE}
        if issued.expires_at is not None:
            body["expires_in"] = max(0, round(issued.expires_at - self._gateway.clock.wall()))
        return body


async def begin(desk: AgentDesk, client: Client, request: web.Request) -> tuple[Request, str]:
    """A device's request. Raises `OAuthError`."""
    try:
        return await desk.begin(client, address=address_of(request), near=is_near(request))
    except Full as error:
        raise OAuthError("temporarily_unavailable", str(error)) from error
