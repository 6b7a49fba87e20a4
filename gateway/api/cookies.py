"""Browsers of people: the token in a cookie that no script reads, no other site's page sends, and no other host sets.

`__Host-`: Secure, Path=/ and no Domain, or the browser drops it (RFC 6265bis, section 4.1.3.2).
"""

from __future__ import annotations

from typing import Final

from aiohttp import web

from gateway.api.auth import is_local_socket, unknown_token
from gateway.api.problems import Problem
from gateway.identity import Identity, Session

NAME: Final = "__Host-hearth"

LIFE_S: Final = 400 * 86_400
"""The longest that browsers keep one (RFC 6265bis, section 5.5). `GET /whoami` begins it anew."""

_READS: Final = frozenset({"GET", "HEAD"})


def has_cookie(request: web.Request) -> bool:
    """Whether the caller is to be known by a cookie: by nothing else, and not on the Unix socket."""
    headers = request.headers
    return (
        "Cookie" in headers
        and "Authorization" not in headers
        and not is_local_socket(request)
        and NAME in request.cookies
    )


def by_cookie(identity: Identity, request: web.Request) -> Session:
    """The session of a person's browser. Raises `Problem` (401; 403 where it may be a foreign page that sent it)."""
    headers = request.headers
    changes = request.method not in _READS or "Upgrade" in headers
    # The guard has looked at both already, where they are there. A browser always states one of them.
    if changes and headers.get("Sec-Fetch-Site") != "same-origin" and "Origin" not in headers:
        raise Problem("cross-site", "with a cookie, `Origin` or `Sec-Fetch-Site: same-origin` is needed")
    session = identity.authenticate(request.cookies[NAME])
    if session is None or not session.principal.role.is_person:
        raise unknown_token()
    return session


def give(answer: web.Response, secret: str) -> None:
    answer.set_cookie(NAME, secret, max_age=LIFE_S, path="/", secure=True, httponly=True, samesite="Strict")


def take_away(answer: web.Response) -> None:
    answer.del_cookie(NAME, path="/", secure=True, httponly=True, samesite="Strict")
