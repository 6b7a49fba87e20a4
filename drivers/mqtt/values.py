"""Values out of payloads: what publishers send, read as numbers, switches, names and colours.

A converter takes what a template or a JSON member gave (text, or any JSON value) and returns the value in the unit that the
affordance declares; `UNKNOWN` where the publisher says that it knows none, `NO_VALUE` where it says nothing. It raises
`ValueError` for anything else.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from enum import Enum
from typing import Final, TypeAlias
from weakref import WeakKeyDictionary

import orjson

from capabilities.vocabulary import Json


class Nothing(Enum):
    NO_VALUE = "no value"
    UNKNOWN = "unknown"


NO_VALUE: Final = Nothing.NO_VALUE
"""The publisher says nothing of it: what was known holds."""

UNKNOWN: Final = Nothing.UNKNOWN
"""The publisher says that it is not known any more."""

Convert: TypeAlias = Callable[[Json], "Json | Nothing"]

_UNKNOWN: Final = frozenset({"None", "none", "null", "unknown", "unavailable", "undefined"})
"""How publishers and templates write "I do not know"."""

MAX_TEXT_CHARS: Final = 1024
"""Longer states than Home Assistant's limit of 255 are cut by most publishers themselves; four times that is generous."""


MAX_ATTRIBUTES_CHARS: Final = 16_384
"""Of an object of attributes, as JSON: as much as Home Assistant's database takes of one entity."""


MAX_ATTRIBUTES_DEPTH: Final = 16
"""Of objects in objects: documents that hold them are nested further, and 254 is all that can be written."""


def _is_deep(value: Json) -> bool:
    level: list[Json] = [value]
    for _ in range(MAX_ATTRIBUTES_DEPTH):
        level = [
            inner
            for one in level
            if isinstance(one, dict | list)
            for inner in (one.values() if isinstance(one, dict) else one)
        ]
        if not level:
            return False
    return any(isinstance(one, dict | list) for one in level)


def text_of(value: Json) -> str:
    """As a template would have written it: `True` for true, `21.5` for a number."""
    return value if isinstance(value, str) else str(value)


def number(value: Json) -> Json | Nothing:
    """A finite number, from a number or its text."""
    kind = type(value)
    if kind is int:
        return value
    if kind is float:
        if math.isfinite(value):  # type: ignore[arg-type]
            return value
        raise ValueError("is not a finite number")
    if value is None:
        return UNKNOWN
    if not isinstance(value, str):
        raise ValueError(f"should be a number, not {_short(value)}")
    text = value.strip()
    if not text or text in _UNKNOWN:
        return UNKNOWN if text else NO_VALUE
    try:
        read = float(text)
    except ValueError:
        raise ValueError(f"should be a number, not {_short(value)}") from None
    if not math.isfinite(read):
        raise ValueError("is not a finite number")
    return int(read) if read.is_integer() and "." not in text and abs(read) < 2**53 else read


def scaled(factor: float, offset: float = 0.0, digits: int = 6) -> Convert:
    """A number times `factor` plus `offset`, rounded to `digits` so that 20.5 °F does not become noise."""
    if factor == 1.0 and offset == 0.0:
        return number

    def convert(value: Json) -> Json | Nothing:
        read = number(value)
        return read if isinstance(read, Nothing) else round(float(read) * factor + offset, digits)  # type: ignore[arg-type]

    return convert


_SHOWS: Final[WeakKeyDictionary[Convert, tuple[str, ...]]] = WeakKeyDictionary()
"""The texts that a `mapped` reader may give."""


def mapped(by_text: Mapping[str, Json], expected: str = "") -> Convert:
    """Exactly these texts, each with its value; `expected` names them in the error."""
    known = dict(by_text)
    names = expected or ", ".join(sorted(known))

    def convert(value: Json) -> Json | Nothing:
        text = value if type(value) is str else text_of(value)
        found = known.get(text, NO_VALUE)
        if found is NO_VALUE and text not in known:
            stripped = text.strip()
            if stripped in known:
                return known[stripped]
            if not stripped or stripped in _UNKNOWN:
                return UNKNOWN if stripped else NO_VALUE
            raise ValueError(f"should be one of {names}, not {_short(value)}")
        return found

    _SHOWS[convert] = tuple(dict.fromkeys(value for value in known.values() if isinstance(value, str)))
    return convert


def shown_besides(convert: Convert, schema: Mapping[str, Json]) -> tuple[str, ...]:
    """What a `mapped` reader may give that is none of the options of `schema`; nothing where there are none."""
    options = schema.get("enum")
    if not isinstance(options, list):
        return ()
    return tuple(value for value in _SHOWS.get(convert, ()) if value not in options)


def text(value: Json) -> Json | Nothing:
    """Any text, or number, or switch, as it is."""
    if value is None or value == "" or (isinstance(value, str) and value in _UNKNOWN):
        return NO_VALUE if value == "" else UNKNOWN
    if isinstance(value, str) and len(value) > MAX_TEXT_CHARS:
        raise ValueError(f"is longer than {MAX_TEXT_CHARS} characters")
    if isinstance(value, str | bool | int):
        return value
    if isinstance(value, float):
        return number(value)
    raise ValueError(f"should be text, not {_short(value)}")


def plain_text(value: Json) -> Json | Nothing:
    """As `text`, but numbers and switches become text too."""
    read = text(value)
    return read if isinstance(read, Nothing) else text_of(read)


def guess(value: Json) -> Json | Nothing:
    """A value that nobody declared: a JSON value as it is; text that is a number becomes one."""
    if isinstance(value, str):
        try:
            return number(value)
        except ValueError:
            return text(value)
    return text(value)


def attributes(value: Json) -> Json | Nothing:
    """An object, or its text."""
    if isinstance(value, str):
        if len(value) > MAX_ATTRIBUTES_CHARS:
            raise ValueError(f"is longer than {MAX_ATTRIBUTES_CHARS} characters")
        if not value or value in _UNKNOWN:
            return NO_VALUE
        value = orjson.loads(value)
    if value is None:
        return NO_VALUE
    if not isinstance(value, dict):
        raise ValueError(f"should be a JSON object, not {_short(value)}")
    if len(orjson.dumps(value)) > MAX_ATTRIBUTES_CHARS:
        raise ValueError(f"is longer than {MAX_ATTRIBUTES_CHARS} characters")
    if _is_deep(value):
        raise ValueError(f"is nested more than {MAX_ATTRIBUTES_DEPTH} deep")
    return value


def percent(full_scale: float) -> Convert:
    """0…`full_scale` as a whole percentage. What is not quite 0 shows as 1: a dim lamp is not a dark one."""

    def convert(value: Json) -> Json | Nothing:
        read = number(value)
        if isinstance(read, Nothing):
            return read
        raw = float(read)  # type: ignore[arg-type]
        if raw <= 0:
            return 0
        return max(1, min(100, round(raw * 100 / full_scale)))

    return convert


def of_percent(value: Json, full_scale: float) -> int:
    """The other way: a percentage as a whole number of `full_scale`, at least 1 where it is more than 0 %."""
    share = as_float(value)
    return 0 if share <= 0 else max(1, round(share * full_scale / 100))


def as_float(value: Json) -> float:
    """A command's number; raises `ValueError`."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"should be a number, not {_short(value)}")
    return float(value)


def neat(value: float) -> int | float:
    """21 for 21.0: devices that expect a whole number stumble over the point."""
    return int(value) if value.is_integer() else round(value, 3)


def _short(value: Json) -> str:
    shown = repr(value)
    return shown if len(shown) <= 40 else shown[:39] + "…"
