"""Canonical JSON (RFC 8785), fast where orjson's output is provably the same."""

from __future__ import annotations

import math
from collections.abc import Mapping
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
_MAX_INTEGER: Final = 2**53 - 1
# Below this orjson and ECMAScript may differ in whether they write an exponent.
_SMALL: Final = 1e-4


class _OnlySlowlyError(Exception):
    """A number that orjson and RFC 8785 write differently."""


def canonical(value: Json | Mapping[str, Json]) -> bytes:
    """`value` as RFC 8785 JSON in UTF-8. Raises `ValueError` for what JSON cannot carry (NaN, a lone surrogate, 2**53).

    Where orjson's output differs from RFC 8785, it shows: an integral float ends in ".0", a very large or small one has an
    exponent, what is not finite is null. Keys are sorted by code point, not by UTF-16 unit, which differs only beside a
    character above U+FFFF (a byte from 0xF0 on).
    """
    try:
        out = orjson.dumps(value, option=_OPTIONS)
        if b".0" in out or b"null" in out or b"e-" in out or b"e+" in out:  # in a number, or only in a text
            out = orjson.dumps(_with_plain_numbers(value), option=_OPTIONS)
    except (TypeError, _OnlySlowlyError):
        return _slow(value)
    if not out.isascii() and out.translate(None, _BELOW_ASTRAL):
        return _slow(value)
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


def _with_plain_numbers(value: object) -> object:
    """`value` with integral floats as integers, which is how RFC 8785 writes them."""
    if isinstance(value, dict):
        return {key: _with_plain_numbers(member) for key, member in value.items()}
    if isinstance(value, list | tuple):
        return [_with_plain_numbers(member) for member in value]
    return _plain_number(value) if isinstance(value, float) else value


def _plain_number(number: float) -> float:
    if not math.isfinite(number):
        raise ValueError(f"not canonical JSON: {number} is not a number of JSON")
    if number.is_integer():
        if abs(number) > _MAX_INTEGER:
            raise _OnlySlowlyError
        return int(number)
    if abs(number) < _SMALL:
        raise _OnlySlowlyError
    return number
