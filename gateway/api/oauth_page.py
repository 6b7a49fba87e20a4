"""`/oauth/authorize` and `/device`: what a person sees in a browser that the gateway does not know. Static pages: they
show a code, and what answers it is a person elsewhere, on a paired phone or at the box.

A `GET` begins nothing, so that no page of another site can have requests begun by a picture or a link; the page's own
script does.
"""

from __future__ import annotations

from importlib.resources import files
from typing import Final

from aiohttp import web
from pydantic import Field

from capabilities.vocabulary import Json
from gateway.api.limits import Limit, Limiter, Rate, address_of
from gateway.api.oauth_wire import PROTOCOL, answered, check_resources, is_near
from gateway.api.openapi.operation import apart
from gateway.api.pages import PageRoutes
from gateway.api.wire import Body, base_of, read_body, reply, rfc3339
from gateway.context import Gateway
from gateway.oauth import pkce, redirects
from gateway.oauth.clients import LONGEST_ID, BadClient, Client
from gateway.oauth.desk import AgentDesk
from gateway.oauth.errors import Full, OAuthError
from gateway.oauth.grants import LIFE_S
from gateway.oauth.request import Returns

LONGEST_STATE: Final = 1_024
"""A client's own, handed back to it; longer ones would be its storage here."""

POLL_S: Final = 2
"""Between two questions of the page."""

LOOKS: Final = Limit(Rate(90, 0.5), Rate(600, 0.05))
"""Each page asks every two seconds: some forty of one computer."""

HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-cache",
}

_TYPES: Final = {"html": "text/html", "js": "text/javascript", "css": "text/css"}


class AskBody(Body):
    """The query of the authorization request (RFC 6749, section 4.1.1), as the page read it."""

    response_type: str = Field("", max_length=40)
    client_id: str = Field("", max_length=LONGEST_ID)
    redirect_uri: str = Field("", max_length=redirects.LONGEST_CHARACTERS)
    state: str = Field("", max_length=LONGEST_STATE)
    code_challenge: str = Field("", max_length=128)
    code_challenge_method: str = Field("", max_length=16)
    resource: list[str] = Field([], max_length=4)


class LookBody(Body):
    request: str = Field(max_length=64)


class OAuthPageRoutes:
    """`beginnings` are the limits that new requests share, by whether they come from this very computer."""

    def __init__(self, gateway: Gateway, desk: AgentDesk, beginnings: dict[bool, Limiter]) -> None:
        self._desk = desk
        self._beginnings = beginnings
        self._looks = {near: Limiter(gateway.clock, LOOKS) for near in (True, False)}
        pages = files("gateway.oauth").joinpath("pages")
        names = ("authorize.html", "authorize.js", "oauth.css")
        self._phone = PageRoutes()
        self._files = {name: pages.joinpath(name).read_bytes() for name in names}

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/oauth/authorize", self.authorize),
            web.get("/device", self.device),
            web.get("/oauth/pages/{name}", self.file),
            web.post("/oauth/authorize", self.ask),
            web.post("/oauth/authorize/look", self.look),
        ]

    @apart(PROTOCOL)
    async def authorize(self, request: web.Request) -> web.Response:
        """The page of the authorization endpoint (RFC 6749, section 3.1). Its script reads the query; nothing of it is
        shown here.
        """
        return self._page("authorize.html")

    @apart(PROTOCOL)
    async def device(self, request: web.Request) -> web.Response:
        """RFC 8628, section 3.3: here the code is typed on a paired phone; elsewhere it says where."""
        return self._phone.page("agent.html")

    @apart(PROTOCOL)
    async def file(self, request: web.Request) -> web.Response:
        """What the pages are made of."""
        name = request.match_info["name"]
        if name not in self._files or name.endswith(".html"):
            raise web.HTTPNotFound
        return self._page(name)

    @apart(PROTOCOL)
    async def ask(self, request: web.Request) -> web.Response:
        """201 with the code to show. What is wrong with the client or its redirect is shown to the person, and never sent
        anywhere.
        """
        return await answered(request, self._ask)

    @apart(PROTOCOL)
    async def look(self, request: web.Request) -> web.Response:
        """Whether a person has answered: `to` is then where the browser goes back to."""
        return await answered(request, self._look)

    async def _ask(self, request: web.Request) -> web.Response:
        self._beginnings[is_near(request)].spend(request)
        body = await read_body(request, AskBody)
        client = (await self._desk.clients()).find(body.client_id)
        if client is None:
            raise OAuthError("invalid_client", "this client_id was not given by this gateway; register anew")
        try:
            uri = client.redirect(body.redirect_uri)
        except BadClient as error:
            raise OAuthError("invalid_redirect_uri", str(error)) from error
        issuer = base_of(request)
        try:
            _check(body, request)
            return await self._begun(client, Returns(uri, body.state, body.code_challenge, issuer), request)
        except OAuthError as error:
            to = redirects.with_answer(
                uri, error=error.error, error_description=error.description, state=body.state, iss=issuer
            )
            return reply(
                _way(to) | {"error": error.error, "error_description": error.description}, status=400
            )

    async def _begun(self, client: Client, returns: Returns, request: web.Request) -> web.Response:
        try:
            made, secret = await self._desk.begin(
                client, address=address_of(request), near=is_near(request), returns=returns
            )
        except Full as error:
            raise OAuthError("temporarily_unavailable", str(error)) from error
        answer: dict[str, Json] = {
            "request": secret,
            "user_code": made.user_code,
            "calls_itself": made.calls_itself,
            "expires_at": rfc3339(made.at + LIFE_S),
            "interval": POLL_S,
        }
        return reply(answer, status=201)

    async def _look(self, request: web.Request) -> web.Response:
        self._looks[is_near(request)].spend(request)
        body = await read_body(request, LookBody)
        to = self._desk.way_back(body.request)
        return reply({"waits": True} if to is None else {"waits": False} | _way(to))

    def _page(self, name: str) -> web.Response:
        kind = _TYPES[name.rpartition(".")[2]]
        return web.Response(
            body=self._files[name], headers={"Content-Type": f"{kind}; charset=utf-8", **HEADERS}
        )


def _check(body: AskBody, request: web.Request) -> None:
    """Raises `OAuthError` that the client is told."""
    if body.response_type != "code":
        raise OAuthError("unsupported_response_type", "response_type is code")
    if body.code_challenge_method != pkce.METHOD or not pkce.is_challenge(body.code_challenge):
        raise OAuthError(
            "invalid_request", "code_challenge with code_challenge_method S256 is needed (RFC 7636)"
        )
    check_resources(request, body.resource)


def _way(to: str) -> dict[str, Json]:
    """`at_once`: a browser goes there by itself. To another program's own scheme a person goes, by a link."""
    return {"to": to, "at_once": to.startswith("http:")}
