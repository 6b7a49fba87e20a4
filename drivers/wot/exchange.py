"""One operation of one affordance over HTTP (TD 1.1, section 8.3.1), and what the answer tells about the world."""

from __future__ import annotations

from typing import Final

from capabilities.errors import SchemaError
from capabilities.vocabulary import Json
from drivers.driver import NotSent, Rejected, Uncertain
from drivers.wot.client import Answer, AnswerError, Client, Request
from drivers.wot.content import ContentError, decode, encode, is_json, is_spoken, loads
from drivers.wot.described import Point
from drivers.wot.forms import Way
from drivers.wot.schemas import fitted
from drivers.wot.security import Applied, SecurityError, applied
from drivers.wot.templates import TemplateError

MAX_SAID_CHARACTERS: Final = 160
"""Of what a device says about a refusal."""

_IN_DOUBT = frozenset({500, 504})
"""It may have begun: a server that failed within, and one that heard nothing from what stands behind it."""


def request_for(
    way: Way, secret: str, values: dict[str, Json] | None = None, body: bytes | None = None
) -> Request:
    """Raises `NotSent` where it cannot even be written."""
    who = credentials(way, secret)
    try:
        url = way.address(values)
    except TemplateError as error:
        raise NotSent(f"the command {error}") from None
    accept = "text/event-stream" if way.subprotocol == "sse" else way.content_type
    return Request(way.method, url, {"Accept": accept, **who.headers}, body, way.content_type, who.query)


def credentials(way: Way, secret: str) -> Applied:
    """Raises `NotSent`."""
    try:
        return applied(way.security, secret)
    except SecurityError as error:
        raise NotSent(f"nothing was sent: {error}") from None


def prepared(point: Point, value: Json, secret: str) -> Request:
    """The command that sets `value`, or invokes with it. Raises `NotSent`."""
    way = point.write
    if way is None:
        raise NotSent(f"{point.where} cannot be written")
    if point.is_action and not point.schema:
        if value is not None:
            raise NotSent(f"{point.where} takes no input; leave it out")
        return request_for(way, secret)
    try:
        checked = point.check(value)
        if point.variables:
            return request_for(way, secret, checked if isinstance(checked, dict) else {})
        return request_for(way, secret, body=encode(point.measure.sent(checked), way.content_type))
    except SchemaError as error:
        raise NotSent(f"the value of {point.where} {error}") from None
    except ContentError as error:
        raise NotSent(f"the value of {point.where} {error}") from None


async def command(client: Client, request: Request, seconds: float) -> Answer:
    """Raises `NotSent`, `Rejected`, `Uncertain`; whatever else comes back was accepted."""
    try:
        answer = await client.command(request, seconds)
    except AnswerError as error:
        raise Uncertain(f"the device answered, but {error}") from None
    if answer.good:
        return answer
    said = _said(answer)
    if answer.status in _IN_DOUBT:
        raise Uncertain(f"the device failed in carrying it out ({answer.status}{said})")
    if answer.status in (401, 403):
        raise Rejected(
            f"the device does not let us ({answer.status}{said}); pair it again if its credentials changed"
        )
    raise Rejected(f"the device refused it ({answer.status}{said})")


async def read(client: Client, point: Point, secret: str, seconds: float) -> Answer:
    """The answer that tells the property's value now. Raises `NotSent`, `Rejected`, `Uncertain`."""
    way = point.read
    if way is None:
        raise Rejected(f"{point.where} cannot be asked for; its changes are told by the device")
    try:
        answer = await client.read(request_for(way, secret), seconds)
        if answer.status in (401, 403):
            raise Rejected(f"the device does not let us read {point.where} ({answer.status}); pair it again")
        if not answer.good:
            raise Rejected(f"the device does not tell {point.where} ({answer.status}{_said(answer)})")
        return answer
    except AnswerError as error:
        raise Rejected(f"{point.where} cannot be read: {error}") from None


def understood(point: Point, body: bytes, content_type: str) -> Json:
    """What it says. Raises `Rejected`."""
    try:
        return value_of(point, body, content_type)
    except ContentError as error:
        raise Rejected(f"{point.where} cannot be read: {error}") from None


def value_of(point: Point, body: bytes, content_type: str) -> Json:
    """Raises `ContentError`."""
    if not is_spoken(content_type):
        raise ContentError(f"it comes as {content_type[:40]!r}")
    return seen(point, decode(body, content_type, point.type))


def seen(point: Point, value: Json) -> Json:
    """A value of the device as it is told here."""
    return point.measure.seen(fitted(value, point.schema))


def _said(answer: Answer) -> str:
    """What the device says about it: the detail of a problem (RFC 9457), if there is one."""
    if not is_json(answer.content_type) or len(answer.body) > 4096:
        return ""
    try:
        told = loads(answer.body)
    except ContentError:
        return ""
    detail = told.get("detail", told.get("title")) if isinstance(told, dict) else None
    if not isinstance(detail, str):
        return ""
    line = " ".join("".join(c if c.isprintable() else " " for c in detail[:400]).split())
    return f": {line[:MAX_SAID_CHARACTERS]}"
