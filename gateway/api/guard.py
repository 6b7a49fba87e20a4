"""The one middleware: right host, right origin, known caller; and every error becomes a problem document.

It stands in the path of every command, so each check is a look-up of a header that passed before.
"""

from __future__ import annotations

import logging
import re
import socket
from collections.abc import Iterable
from typing import Final

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.typedefs import Handler, Middleware
from aiohttp.web_protocol import RequestPayloadError

from gateway.api.auth import SESSION, authenticate, is_local_socket
from gateway.api.cookies import by_cookie, has_cookie
from gateway.api.problems import Problem, bad_request, from_http
from gateway.api.strangers import Strangers
from gateway.clock import Clock
from gateway.config import Http
from gateway.identity import Identity, Session
from gateway.ledger import LedgerUnavailable
from gateway.tls.names import local_names

LOOPBACK_NAMES: Final = ("localhost", "127.0.0.1", "[::1]")
WILDCARDS: Final = frozenset({"", "0.0.0.0", "::"})  # noqa: S104  named, not bound

REMEMBERED_HOSTS: Final = 64
"""Spellings of `Host` that were found right: names times ports, a handful in a house."""

PAGES: Final = re.compile(r"/|/oauth/authorize|/device|/pair|/approvals/[^/]+/page")
"""Links of other sites may lead to them: they show something, and loading one does nothing."""

log = logging.getLogger(__name__)


class Guard:
    """Checks what every request must be before a handler sees it. Which need no caller is told by `open`."""

    def __init__(self, identity: Identity, clock: Clock, http: Http) -> None:
        self._identity = identity
        self._strangers = Strangers(clock, self._is_known)
        self._names = own_names(http)
        self._hosts: set[str] = set()

    def open(self, public: Iterable[object], router: web.UrlDispatcher) -> None:
        """These handlers need no caller. Raises `LookupError` where one has no limit (`gateway.api.public`)."""
        self._strangers.open(public, router)

    @property
    def middleware(self) -> Middleware:
        @web.middleware
        async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
            try:
                terms = self._strangers.terms_of(request.match_info.handler)
                self.admit(request, public=terms is not None)
                if terms is None:
                    return await handler(request)
                return await self._strangers.serve(request, handler)
            except Exception as error:
                return in_answer_to(request, error)

        return guard

    def admit(self, request: web.Request, *, public: bool = False) -> None:
        """Notes the caller's session in the request, unless what is asked for is public. Raises `Problem`."""
        headers = request.headers
        if headers.get("Host", "") not in self._hosts:
            self._check_host(request)
        if "Origin" in headers or "Sec-Fetch-Site" in headers:
            _check_origin(request)
        if "Content-Encoding" in headers:
            _check_encoding(headers["Content-Encoding"])
        if not public:
            try:
                request[SESSION] = self._caller(request)
            except Problem as problem:
                if problem.status == web.HTTPUnauthorized.status_code:
                    self._strangers.failed(request)
                raise

    def _caller(self, request: web.Request) -> Session:
        """By token; else by a browser's cookie. Raises `Problem`."""
        if has_cookie(request):
            return by_cookie(self._identity, request)
        return authenticate(self._identity, request)

    def _is_known(self, request: web.Request) -> bool:
        try:
            self._caller(request)
        except Problem:
            return False
        return True

    def _check_host(self, request: web.Request) -> None:
        """A browser that was led here under a foreign name (DNS rebinding) says so in `Host`. RFC 9110, section 7.4."""
        host = request.headers.get("Host", "")
        name = (host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() else host).lower()
        if name in self._names or name == _address_reached(request):
            if len(self._hosts) < REMEMBERED_HOSTS:
                self._hosts.add(host)
        elif not is_local_socket(request):
            raise Problem(
                "misdirected",
                f"this gateway is not called {host[:100]!r}; further names are set in http.hosts",
            )


def in_answer_to(request: web.Request, error: Exception) -> web.Response:
    """What is said to the caller of a request that ended in `error`."""
    if isinstance(error, Problem):
        return error.response()
    if isinstance(error, web.HTTPException):
        return from_http(error).response()
    if isinstance(error, LedgerUnavailable):
        return Problem("ledger-unavailable", str(error)).response()
    if isinstance(
        error, RequestPayloadError | HttpProcessingError
    ):  # chunks that are none, a body that is cut off
        return bad_request("the body is not as its headers say").response()
    if request.transport is None or request.transport.is_closing():
        return web.Response(status=400)  # the caller has gone: there is nobody to answer
    log.error("%s %s failed", request.method, request.path, exc_info=error)
    return Problem("internal", "this is a fault in the gateway; its log has the details").response()


def _check_encoding(encoding: str) -> None:
    """A few bytes can be a gigabyte (RFC 9110, section 8.4: 415 is the answer). Nothing that is sent here is large."""
    if encoding.strip().lower() not in {"", "identity"}:
        raise Problem("unsupported-media-type", "send the body as it is, without a Content-Encoding")


def own_names(http: Http) -> frozenset[str]:
    """What the gateway is called, in lower case: loopback, this host's name also by multicast DNS, what is configured."""
    host = socket.gethostname().partition(".")[0]
    configured = () if http.host in WILDCARDS else (_bracketed(http.host),)
    names = (*LOOPBACK_NAMES, host, *local_names(host), *configured, *map(_bracketed, http.hosts))
    return frozenset(name.lower() for name in names)


def _address_reached(request: web.Request) -> str:
    """The address of ours that the connection was made to. As a `Host` it is no name, and so nobody's to redirect."""
    transport = request.transport
    name = transport.get_extra_info("sockname") if transport is not None else None
    return _bracketed(name[0]) if isinstance(name, tuple) else ""


def _check_origin(request: web.Request) -> None:
    """A page of another site may not use the caller's browser as its hand. There is no CORS here."""
    site = request.headers.get("Sec-Fetch-Site", "same-origin")
    looks = (
        request.method in {"GET", "HEAD"}
        and request.headers.get("Sec-Fetch-Mode") == "navigate"
        and PAGES.fullmatch(request.path) is not None
    )
    if site not in {"same-origin", "none"} and not looks:
        raise Problem("cross-site", "a page of another site sent this")
    origin = request.headers.get("Origin")
    if origin is not None and origin.lower() != f"{request.scheme}://{request.host}".lower():
        raise Problem("cross-site", f"the origin {origin[:100]!r} is not this gateway")


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host and not host.startswith("[") else host
