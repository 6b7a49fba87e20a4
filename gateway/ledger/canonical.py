"""Canonical JSON (RFC 8785), fast where orjson's output is provably the same."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final, cast

import orjson

from capabilities.vocabulary import Json

_OPTIONS: Final = (
    orjson.OPT_SORT_KEYS
    | orjson.OPT_STRICT_INTEGER  # RFC 8785 section 3.2.2.3: integers beyond 2**53 - 1 are not numbers of JSON
    | orjson.OPT_PASSTHROUGH_DATACLASS
    | orjson.OPT_PASSTHROUGH_DATETIME
)
_BELOW_ASTRAL: Final = bytes(range(0xF0))


def canonical(value: Json | Mapping[str, Json]) -> bytes:
    """`value` as RFC 8785 JSON in UTF-8. Raises `ValueError` for what JSON cannot carry (NaN, a lone surrogate, 2**53)."""
    try:
        out = orjson.dumps(value, option=_OPTIONS)
    except TypeError:
        return _slow(value)
    # Where orjson differs from RFC 8785, the output shows it: an integral float ends in ".0", a very large or small one has
    # an exponent; keys are sorted by code point, not by UTF-16 unit, which differs only beside a character above U+FFFF (a
    # byte from 0xF0 on). Text that only looks like it takes the slow way too, and comes out the same.
    if b".0" in out or b"e+" in out or b"e-" in out:
        return _slow(value)
    if not out.isascii() and out.translate(None, _BELOW_ASTRAL):
        return _slow(value)
    if b"null" in out:  # orjson writes NaN and the infinities as null
        _refuse_non_finite(value)
    return out


def quoted(text: str) -> bytes:
    """`text` as a canonical JSON string (RFC 8785 section 3.2.2.2). Raises `ValueError` for a lone surrogate."""
    try:
        return orjson.dumps(text)
    except TypeError as error:
        raise ValueError(f"not a JSON string: {error}") from error


def _slow(value: Json | Mapping[str, Json]) -> bytes:
    import rfc8785  # noqa: PLC0415 (rarely needed)

    try:
        return rfc8785.dumps(cast("dict[str, Any]", value))
    except rfc8785.CanonicalizationError as error:
        raise ValueError(f"not canonical JSON: {error}") from error


def _refuse_non_finite(value: object) -> None:
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError(f"not canonical JSON: {value} is not a number of JSON")
    elif isinstance(value, Mapping):
        for member in value.values():
            _refuse_non_finite(member)
    elif isinstance(value, Sequence) and not isinstance(value, str | bytes):
        for member in value:
            _refuse_non_finite(member)
