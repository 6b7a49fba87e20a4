"""Whether one schema surely takes no more than another: decided member by member, and in doubt it does not."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from typing import Final

from capabilities.errors import SchemaError
from capabilities.schema import accepts, compile_schema, same
from capabilities.vocabulary import Json

Schema = Mapping[str, Json]

_SAID: Final = frozenset(
    {"title", "description", "@type", "format", "contentEncoding", "contentMediaType", "default"}
)
"""Members that bind no value. (Defaults of members do: they are filled in. They are looked at where members are.)"""

_ENDS: Final = frozenset({"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"})
_AT_LEAST: Final = ("minLength", "minItems")
_AT_MOST: Final = ("maxLength", "maxItems")
_ALIKE: Final = ("unit", "oneOf")
"""What is not compared further: the same, or there is no telling."""

_JUDGED: Final = frozenset(
    {"type", "const", "enum", "multipleOf", "pattern", "items", "properties", "required"}
    | {*_ENDS, *_AT_LEAST, *_AT_MOST, *_ALIKE, *_SAID}
)


def includes(wide: Schema, narrow: Schema) -> bool:
    """True: every value that `narrow` takes, `wide` takes as well, it is meant in the same unit, and filled in alike. False: it
    does not, or nobody can tell.
    """
    wide, narrow = _given(wide), _given(narrow)
    if same(dict(wide), dict(narrow)):
        return True
    if not all(same(wide.get(name), narrow.get(name)) for name in _ALIKE):
        return False
    if not all(same(wide[name], narrow.get(name)) for name in wide.keys() - _JUDGED):
        return False
    if "const" in narrow or "enum" in narrow:
        return _takes_all(wide, narrow)
    return (
        not {"const", "enum"} & wide.keys()
        and _of_one_type(wide, narrow)
        and _within(wide, narrow)
        and _counted(wide, narrow)
        and _stepped(wide, narrow)
        and wide.get("pattern", narrow.get("pattern")) == narrow.get("pattern")
        and _holds(wide, narrow)
        and _is_made_of(wide, narrow)
    )


def _given(schema: Schema) -> Schema:
    """Members that are None count as absent, as in `narrow`."""
    return {name: value for name, value in schema.items() if value is not None}


def _takes_all(wide: Schema, narrow: Schema) -> bool:
    """Of a few values each can be tried."""
    options = narrow.get("enum", [narrow.get("const")])
    if not isinstance(options, list) or _fills_in(wide):
        return False
    try:
        check = compile_schema(wide)
    except SchemaError:
        return False
    return all(accepts(check, one) for one in options)


def _fills_in(schema: Schema) -> bool:
    return "properties" in schema or "items" in schema or "oneOf" in schema


def _of_one_type(wide: Schema, narrow: Schema) -> bool:
    known, found = wide.get("type"), narrow.get("type")
    return known is None or known == found or (known == "number" and found == "integer")


def _within(wide: Schema, narrow: Schema) -> bool:
    ends = {name: _number(schema[name]) for schema in (wide, narrow) for name in _ENDS & schema.keys()}
    if None in ends.values():
        return False
    low, above = _number(wide.get("minimum")), _number(wide.get("exclusiveMinimum"))
    high, below = _number(wide.get("maximum")), _number(wide.get("exclusiveMaximum"))
    least, over = _number(narrow.get("minimum")), _number(narrow.get("exclusiveMinimum"))
    most, under = _number(narrow.get("maximum")), _number(narrow.get("exclusiveMaximum"))
    return (
        (low is None or _reaches(least, low) or _reaches(over, low))
        and (above is None or _reaches(over, above) or (least is not None and least > above))
        and (high is None or _stays(most, high) or _stays(under, high))
        and (below is None or _stays(under, below) or (most is not None and most < below))
    )


def _reaches(end: float | None, low: float) -> bool:
    return end is not None and end >= low


def _stays(end: float | None, high: float) -> bool:
    return end is not None and end <= high


def _counted(wide: Schema, narrow: Schema) -> bool:
    for name in (*_AT_LEAST, *_AT_MOST):
        known = wide.get(name)
        if known is None or (known == 0 and name in _AT_LEAST):
            continue
        bound, found = _number(known), _number(narrow.get(name))
        if bound is None or found is None:
            return False
        if found < bound if name in _AT_LEAST else found > bound:
            return False
    return True


def _stepped(wide: Schema, narrow: Schema) -> bool:
    known, step = wide.get("multipleOf"), narrow.get("multipleOf")
    if known is None or same(known, step):
        return True
    return type(known) is int and type(step) is int and known > 0 and step % known == 0


def _holds(wide: Schema, narrow: Schema) -> bool:
    known, items = wide.get("items"), narrow.get("items")
    if known is None or same(known, items):
        return known is not None or items is None or _fills_nothing(items)
    return (
        isinstance(known, dict)
        and isinstance(items, dict)
        and same(known.get("default"), items.get("default"))
        and includes(known, items)
    )


def _is_made_of(wide: Schema, narrow: Schema) -> bool:
    """An object takes the members that are described, and no others."""
    known, members = wide.get("properties"), narrow.get("properties")
    if known is None:
        return (members is None or _fills_nothing({"properties": members})) and _needs(wide, narrow)
    if not isinstance(known, dict) or not isinstance(members, dict):
        return False
    for name, schema in members.items():
        before = known.get(name)
        if not isinstance(before, dict) or not isinstance(schema, dict):
            return False
        if not same(before.get("default"), schema.get("default")) or not includes(before, schema):
            return False
    gone = (known[name] for name in known.keys() - members.keys())
    return all(isinstance(one, dict) and one.get("default") is None for one in gone) and _needs(wide, narrow)


def _needs(wide: Schema, narrow: Schema) -> bool:
    known, names = wide.get("required", []), narrow.get("required", [])
    return isinstance(known, list) and isinstance(names, list) and all(name in names for name in known)


def _fills_nothing(schema: Json) -> bool:
    """Whether it has no defaults anywhere beneath, which are filled in where a value leaves them out."""
    if isinstance(schema, list):
        return all(map(_fills_nothing, schema))
    if not isinstance(schema, dict):
        return True
    return schema.get("default") is None and all(map(_fills_nothing, schema.values()))


def _number(value: Json) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        return None
    return value
