"""Small things that every route needs: JSON in, JSON out, ids, times, pages."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Final, TypeVar
from urllib.parse import quote

import orjson
from aiohttp import web
from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationError

from capabilities.vocabulary import Json
from gateway.api.held import check_is_good
from gateway.api.problems import Problem, bad_request
from gateway.foreign import one_line

JSON: Final = "application/json"
TD_JSON: Final = "application/td+json"
LD_JSON: Final = "application/ld+json"
LONGEST_PAGE: Final = 1_000
"""Items in one answer at the most."""

DEEPEST: Final = 100
"""Objects and lists within each other, in a body: a plan has seven."""

_FLAGS: Final = {"1": True, "true": True, "0": False, "false": False}
_NO_STORE: Final = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
CACHED: Final = {
    "Cache-Control": "private, no-cache",
    "Vary": "Accept, Authorization, Host",
    "X-Content-Type-Options": "nosniff",
}
"""Of what may be kept, and is asked for again each time with its `ETag`: it is other for others, and under another name."""

_JSON_TYPE: Final = re.compile(r"application/(?:[\w.+-]+\+)?json\s*(?:;|$)", re.IGNORECASE)


Line = Annotated[str, AfterValidator(one_line)]
"""A text of people or agents, in one line of what can be printed."""


class Body(BaseModel):
    """A request body with known members."""

    model_config = ConfigDict(extra="forbid", strict=True, defer_build=True)


BodyT = TypeVar("BodyT", bound=Body)


def reply(value: object, *, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    """A JSON answer that no cache keeps."""
    return web.Response(
        status=status,
        body=orjson.dumps(value),
        content_type=JSON,
        headers=_NO_STORE if headers is None else _NO_STORE | headers,
    )


def cached(
    request: web.Request, body: bytes, media: str, headers: Mapping[str, str] = CACHED
) -> web.Response:
    """The body with its `ETag` (made here where `headers` have none); 304 without it where the caller has it already."""
    etag = headers.get("ETag") or f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'
    headers = {**headers, "ETag": etag}
    known = request.headers.get("If-None-Match")
    if known is not None and (known.strip() == "*" or etag in re.split(r"\s*,\s*|W/", known.strip())):
        return web.Response(status=304, headers=headers)
    return web.Response(body=body, content_type=media, headers=headers)


async def read_json(request: web.Request) -> Json:
    """The body as JSON; None for no body at all. Raises `Problem` (400, 401, 413, 415)."""
    raw = await request.read()
    check_is_good(request)
    if not raw:
        return None
    check_json(request)
    try:
        value: Json = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise bad_request(f"the body is not JSON: {error}") from error
    return value


def check_json(request: web.Request) -> None:
    """Raises `Problem` (415) unless the body is said to be JSON: what a foreign page can send without asking is not."""
    content_type = request.headers.get("Content-Type", "")
    if content_type != JSON and not _JSON_TYPE.match(content_type):
        raise Problem(
            "unsupported-media-type", f"the body must be {JSON}, it is {content_type or 'of no stated type'}"
        )


async def read_value(request: web.Request) -> Json:
    """As `read_json`, for a body that must be there."""
    value = await read_json(request)
    if value is None and not await request.read():
        raise bad_request("the body must be the value, as JSON")
    return value


async def read_body(request: web.Request, model: type[BodyT]) -> BodyT:
    """The body as `model`; none at all as one without members. Raises `Problem` (400) that names every member that is wrong."""
    value = await read_json(request)
    if value is None and not await request.read():
        value = {}
    try:
        return model.model_validate(whole(value))
    except ValidationError as error:
        wrong = "; ".join(
            f"{'.'.join(str(part) for part in problem['loc']) or 'the body'}: {problem['msg']}"
            for problem in error.errors(include_url=False)
        )
        known = sorted(field.alias or name for name, field in model.model_fields.items())
        raise bad_request(f"{wrong} (known members: {', '.join(known)})") from error


def whole(value: Json, depth: int = 0) -> Json:
    """`value` with 87 for 87.0: to JSON Schema it is an integer (2020-12, section 4.2.3), to a strict model it is not. Raises
    `Problem` (400) for what is nested too deep.
    """
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if not isinstance(value, list | dict):
        return value
    if depth == DEEPEST:
        raise bad_request(f"the body may be nested {DEEPEST} deep")
    if isinstance(value, list):
        return [whole(one, depth + 1) for one in value]
    return {name: whole(one, depth + 1) for name, one in value.items()}


def rfc3339(at: float) -> str:
    """Seconds since the epoch as UTC text."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def base_of(request: web.BaseRequest) -> str:
    """Scheme and authority under which the caller reached the gateway."""
    return f"{request.scheme}://{request.host}"


def segment(text: str) -> str:
    """One segment of a path."""
    return quote(text, safe="-._~:")


def flag(request: web.Request, name: str) -> bool:
    """Whether `?name=1` stands in the query. Raises `Problem` (400) for what is neither yes nor no."""
    text = request.query.get(name, "0") if request.query_string else "0"
    if text not in _FLAGS:
        raise bad_request(f"{name} is 1 or 0, it is {text[:40]!r}")
    return _FLAGS[text]


def number(request: web.Request, name: str, default: int, *, most: int | None = None) -> int:
    """A whole, non-negative number of the query, at most `most`. Raises `Problem` (400)."""
    text = request.query.get(name)
    if text is None:
        return default
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise bad_request(f"{name} must be a whole number from 0 on, it is {text[:40]!r}")
    value = int(text)
    return value if most is None else min(value, most)
