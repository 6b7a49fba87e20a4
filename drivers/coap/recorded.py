"""How what an endpoint says is taken down. Names of affordances stand as members, as in `drivers.wot.hearing`.

description  {"device": "urn:…", "url": "coap://[…]/", "line": false, "td": {…}} or {…, "links": "</on>;rt=…"}
answer       {"properties": {"on": {"class": 2, "detail": 5, "format": 50, "value": true}}}: a first answer, a notification,
             or what was asked for. `text` instead of `value` is what is no JSON; `bytes` (how many) what is neither.
"""

from __future__ import annotations

from typing import Final

import orjson
from aiocoap.numbers.codes import Code

from capabilities.vocabulary import Json
from drivers.coap.calls import Answer
from drivers.coap.description import Access, Description
from drivers.coap.values import JSON, TEXT
from drivers.recording.members import members, whole
from drivers.wot import hearing

DESCRIPTION: Final = "description"
ANSWER: Final = "answer"

MAX_CLASS: Final = 7
MAX_DETAIL: Final = 31
"""RFC 7252 §3: three bits, and five."""

MAX_FORMAT: Final = 0xFFFF
"""RFC 7252 §5.10."""


def description(of: Description, *, is_line: bool) -> Json:
    said = of.said
    host = said.host.partition("%")[0] if said is not None else ""
    url = f"coap://[{host}]/" if ":" in host else f"coap://{host}/"
    message: dict[str, Json] = {"device": of.id, "url": url, "line": is_line}
    if said is None:
        return message
    if said.is_links:
        return {**message, "links": said.text.decode(errors="replace")}
    try:
        return {**message, "td": hearing.written(orjson.loads(said.text))}
    except orjson.JSONDecodeError:  # it was too long to be kept whole
        return message


def answer(access: Access, told: Answer) -> Json:
    said: dict[str, Json] = {
        "class": told.code.class_,
        "detail": told.code & MAX_DETAIL,
        "format": told.content_format,
    }
    if told.good:
        said |= _body(told)
    group, _, name = access.point.where.partition("/")
    return {group: {name: said}}


def _body(told: Answer) -> dict[str, Json]:
    if told.content_format in {None, TEXT, JSON}:
        try:
            return {"value": orjson.loads(told.payload)}
        except orjson.JSONDecodeError:
            pass
        try:
            return {"text": told.payload.decode()}
        except UnicodeDecodeError:
            pass
    return {"bytes": len(told.payload)}


def answer_of(data: Json) -> Answer | None:
    """The answer again; None where its body was not taken down. Raises `ValueError`."""
    said = members(data)
    code = Code(whole(data, "class", 0, MAX_CLASS) << 5 | whole(data, "detail", 0, MAX_DETAIL))
    form = None if said.get("format") is None else whole(data, "format", 0, MAX_FORMAT)
    body = hearing.body_of(said) if code.is_successful() else b""
    return None if body is None else Answer(code, body, form)
