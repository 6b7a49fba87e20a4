"""What OAuth's routes have in common: bodies that are forms, and errors in the shape of RFC 6749, section 5.2."""

from __future__ import annotations

import ipaddress
from collections.abc import Awaitable, Callable
from typing import Final
from urllib.parse import parse_qsl

import orjson
from aiohttp import web

from capabilities.vocabulary import Json
from gateway.api.auth import is_local_socket
from gateway.api.limits import Limit, Rate, address_of
from gateway.api.problems import Problem
from gateway.api.wire import base_of, reply
from gateway.oauth.errors import OAuthError

FORM: Final = "application/x-www-form-urlencoded"

LARGEST_FORM_BYTES: Final = 16 * 1024
MOST_MEMBERS: Final = 32

PROTOCOL: Final = "OAuth 2.0, which has a document of its own: /.well-known/oauth-authorization-server"
"""Why these routes do not stand in the description of the API."""

SCOPE: Final = "hearth"
"""The only one, and it says nothing: what an agent may do stands in the rules of the house and in its mandate."""

BEGINNINGS: Final = Limit(Rate(12, 5.0), Rate(60, 2.0))
"""New requests and clients. In all as many as `gateway.oauth.grants` has room for; each address far fewer."""

QUESTIONS: Final = Limit(Rate(60, 0.5), Rate(600, 0.05))
"""At the token endpoint: a client asks every five seconds, and a computer has a handful of them. Nothing is guessed here:
what is asked for has 256 bits.
"""

_STATUS: Final = {"invalid_client": 401, "temporarily_unavailable": 503}

Answering = Callable[[web.Request], Awaitable[web.Response]]


async def answered(request: web.Request, handler: Answering) -> web.Response:
    """The answer of `handler`, with its errors as OAuth has them."""
    try:
        return await handler(request)
    except OAuthError as error:
        return refusal(error)
    except Problem as problem:
        if problem.status == 429:
            wait = {"Retry-After": problem.headers.get("Retry-After", "60")}
            body = {"error": "temporarily_unavailable", "error_description": problem.detail}
            return reply(body, status=429, headers=wait | {"Pragma": "no-cache"})
        raise


def refusal(error: OAuthError) -> web.Response:
    status = _STATUS.get(error.error, 400)
    headers = {"Pragma": "no-cache"}
    if status == 401:
        headers["WWW-Authenticate"] = 'Basic realm="hearth"'
    if status == 503:
        headers["Retry-After"] = "60"
    return reply(
        {"error": error.error, "error_description": error.description}, status=status, headers=headers
    )


async def read_form(request: web.Request) -> dict[str, list[str]]:
    """The members of a form; empty ones are as if they were not there (RFC 6749, section 3.2), and none but `resource`
    (RFC 8707) comes twice. Raises `OAuthError`.
    """
    if request.content_type != FORM:
        raise OAuthError("invalid_request", f"the body must be {FORM}")
    if "Authorization" in request.headers:
        raise OAuthError(
            "invalid_client", "clients have no secret here: leave Authorization out, and send client_id"
        )
    if (request.content_length or 0) > LARGEST_FORM_BYTES:
        raise OAuthError("invalid_request", f"the body has more than {LARGEST_FORM_BYTES} bytes")
    raw = await request.read()
    if len(raw) > LARGEST_FORM_BYTES:
        raise OAuthError("invalid_request", f"the body has more than {LARGEST_FORM_BYTES} bytes")
    try:
        pairs = parse_qsl(
            raw.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=MOST_MEMBERS
        )
    except ValueError as error:
        raise OAuthError("invalid_request", "the body is no form, or has too many members") from error
    found: dict[str, list[str]] = {}
    for name, value in pairs:
        if value:
            found.setdefault(name, []).append(value)
    for name, values in found.items():
        if len(values) > 1 and name != "resource":
            raise OAuthError("invalid_request", "a member comes twice")
    return found


async def read_document(request: web.Request) -> dict[str, Json]:
    """A JSON object. Raises `OAuthError` of a client's metadata."""
    if request.content_type != "application/json":
        raise OAuthError("invalid_client_metadata", "the body must be application/json")
    raw = await request.read()
    try:
        value = orjson.loads(raw) if len(raw) <= LARGEST_FORM_BYTES else None
    except orjson.JSONDecodeError:
        value = None
    if not isinstance(value, dict):
        raise OAuthError(
            "invalid_client_metadata",
            f"the body must be one JSON object of at most {LARGEST_FORM_BYTES} bytes",
        )
    return value


def needed(form: dict[str, list[str]], name: str) -> str:
    """Raises `OAuthError`."""
    if name not in form:
        raise OAuthError("invalid_request", f"{name} is needed")
    return form[name][0]


def optional(form: dict[str, list[str]], name: str) -> str:
    return form.get(name, [""])[0]


def check_resources(request: web.Request, resources: list[str]) -> None:
    """RFC 8707, section 2: a token is for this gateway. Raises `OAuthError`."""
    base = base_of(request).lower()
    ours = {base, f"{base}/", f"{base}/mcp", f"{base}/mcp/"}
    for one in resources:
        scheme, colon, rest = one.partition("://")
        authority, slash, path = rest.partition("/")
        if f"{scheme}{colon}{authority}".lower() + slash + path not in ours:
            raise OAuthError("invalid_target", f"a token is good for {base}/mcp or {base}, and nothing else")


def is_near(request: web.Request) -> bool:
    """Whether it came from this very computer: then no flood from the network counts against it."""
    if is_local_socket(request):
        return True
    try:
        return ipaddress.ip_address(address_of(request)).is_loopback
    except ValueError:
        return False
