"""Payloads: the value itself as JSON (Content-Format 50), as the bridge and CoAP's binding of the Web of Things have it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final

import orjson

from capabilities.vocabulary import Json

TEXT: Final = 0
JSON: Final = 50
TD: Final = 432
LINKS: Final = 40

MAX_VALUE_BYTES: Final = 4096
"""Of one value. Whoever wants to send a picture is no sensor."""

MAX_DEPTH: Final = 6
MAX_TEXT_CHARACTERS: Final = 1024

_WORDS: Final = {
    "boolean": "true or false",
    "number": "a number",
    "integer": "a whole number",
    "string": "a text",
    "array": "a list",
    "object": "an object",
    "null": "nothing",
}


def encoded(value: Json) -> bytes:
    return orjson.dumps(value)


def decoded(payload: bytes, content_format: int | None, kind: str) -> Json:
    """`kind` is the type that the description promises: what a bare text means. Raises `ValueError` where it is no value that
    can be used: no JSON, not finite, too deep, too long.
    """
    if len(payload) > MAX_VALUE_BYTES:
        raise ValueError(f"is longer than {MAX_VALUE_BYTES // 1024} kB")
    plain = content_format == TEXT and kind in ("", "string")
    if plain or (content_format is None and kind == "string" and payload[:1] != b'"'):
        return _text(payload.decode())
    if content_format not in (None, TEXT, JSON):
        raise ValueError(f"is in a format that is not known here ({content_format})")
    try:
        value: Json = orjson.loads(payload)
    except orjson.JSONDecodeError:
        raise ValueError("is no JSON") from None
    if not usable(value):
        raise ValueError("is nested too deep, or too long")
    return value


def _text(text: str) -> str:
    if len(text) > MAX_TEXT_CHARACTERS:
        raise ValueError("is too long")
    return text


def usable(value: Json, depth: int = MAX_DEPTH) -> bool:
    if isinstance(value, float):
        return math.isfinite(value)
    if isinstance(value, str):
        return len(value) <= MAX_TEXT_CHARACTERS
    if isinstance(value, list | dict) and depth == 0:
        return False
    if isinstance(value, list):
        return all(usable(one, depth - 1) for one in value)
    if isinstance(value, dict):
        return all(usable(one, depth - 1) for one in value.values())
    return True


def misfit(value: Json, schema: Mapping[str, Json]) -> str:
    """What a value must be to go to a device, as words for a person ("true or false"); "" where it is that."""
    kind = schema.get("type")
    if kind is None and "enum" not in schema and value is None:
        return "a value"
    return _WORDS[kind] if isinstance(kind, str) and kind in _WORDS and not of_type(value, kind) else ""


def of_type(value: Json, kind: str) -> bool:
    if isinstance(value, bool):
        return kind == "boolean"
    if isinstance(value, int):
        return kind in ("integer", "number")
    if isinstance(value, float):
        return math.isfinite(value) and (kind == "number" or (kind == "integer" and value.is_integer()))
    if value is None:
        return kind == "null"
    return {str: "string", list: "array", dict: "object"}[type(value)] == kind
