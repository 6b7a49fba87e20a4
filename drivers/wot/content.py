"""Values in bodies: JSON, and the bare text of a scalar where a form says `text/plain`."""

from __future__ import annotations

import math
from typing import Final

import orjson

from capabilities.vocabulary import Json

MAX_DEPTH: Final = 32  # of a value or a description: as deep as schemas here may be
MAX_NODES: Final = (
    50_000  # values within one body: what is walked through before the loop may turn, some 10 ms
)

TEXT: Final = "text/plain"


class ContentError(ValueError):
    """A body that cannot be read, or a value that cannot be written so."""


def is_json(content_type: str) -> bool:
    bare = media_type(content_type)
    return bare == "application/json" or bare.endswith("+json")


def is_spoken(content_type: str) -> bool:
    """Whether bodies of this type are read and written here."""
    return is_json(content_type) or media_type(content_type) == TEXT


def media_type(content_type: str) -> str:
    return content_type.partition(";")[0].strip().lower()


def decode(body: bytes, content_type: str, schema_type: str) -> Json:
    """`content_type` is what the answer says it is, or else the form. `schema_type` tells what a bare text is. Raises
    `ContentError`.
    """
    if media_type(content_type) == TEXT:
        return _of_text(body, schema_type)
    return loads(body)


def loads(body: bytes | str) -> Json:
    """JSON that is neither deep nor huge. Raises `ContentError`."""
    try:
        value: Json = orjson.loads(body)
    except (orjson.JSONDecodeError, RecursionError) as error:
        raise ContentError(f"it is no JSON ({str(error)[:80]})") from None
    check_size(value)
    return value


def check_size(value: Json) -> None:
    """Raises `ContentError`. Without recursion: what is deep is what it looks for."""
    level: list[Json] = [value]
    seen = 0
    for _ in range(MAX_DEPTH + 1):
        below: list[Json] = []
        for one in level:
            if isinstance(one, dict):
                below.extend(one.values())
            elif isinstance(one, list):
                below.extend(one)
        seen += len(below)
        if seen > MAX_NODES:
            raise ContentError(f"it has more than {MAX_NODES} values")
        if not below:
            return
        level = below
    raise ContentError(f"it is nested deeper than {MAX_DEPTH}")


def encode(value: Json, content_type: str) -> bytes:
    """Raises `ContentError`."""
    if media_type(content_type) != TEXT:
        try:
            return orjson.dumps(value)
        except (TypeError, ValueError):  # an int beyond 64 bits
            raise ContentError("cannot be written as JSON; give a smaller number") from None
    if isinstance(value, dict | list) or value is None:
        raise ContentError(
            "is no scalar, and the device takes only text; give a number, a text, true or false"
        )
    return value.encode() if isinstance(value, str) else orjson.dumps(value)


def _of_text(body: bytes, schema_type: str) -> Json:
    try:
        text = body.decode()
    except UnicodeDecodeError:
        raise ContentError("it is no UTF-8 text") from None
    bare = text.strip()
    if schema_type == "boolean":
        words: dict[str, Json] = {"true": True, "false": False, "1": True, "0": False}
        if bare.lower() not in words:
            raise ContentError(f"it says {bare[:40]!r}, neither true nor false")
        return words[bare.lower()]
    if schema_type in ("number", "integer"):
        return _number(bare)
    return text


def _number(text: str) -> Json:
    try:
        value = int(text) if text.lstrip("+-").isdigit() and len(text) < 19 else float(text)
    except ValueError:
        raise ContentError(f"it says {text[:40]!r}, which is no number") from None
    if not math.isfinite(value):
        raise ContentError("it is no finite number")
    return value
