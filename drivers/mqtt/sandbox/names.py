"""Every filter and function that a template may use, and why others are not there.

Sources: Jinja, "Template Designer Documentation", built-in filters and tests; Home Assistant, "Template functions".
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Final

from drivers.mqtt.sandbox import arithmetic, lists, texts, times
from drivers.mqtt.sandbox.run import Namespace, Undefined, missing

Function = Callable[..., Any]


def _default(value: Any, default: Any = "", boolean: bool = False) -> Any:
    return default if isinstance(value, Undefined) or (boolean and not value) else value


def _is_defined(value: Any) -> Any:
    missing(value)
    return value


def _iif(value: Any, if_true: Any = True, if_false: Any = False, if_none: Any = arithmetic.NO_DEFAULT) -> Any:
    if value is None and if_none is not arithmetic.NO_DEFAULT:
        return if_none
    return if_true if value else if_false


def _namespace(**names: Any) -> Namespace:
    return Namespace(names)


def _dictionary(values: Any = (), **names: Any) -> dict[Any, Any]:
    return {**dict(values), **names}


def _typeof(value: Any) -> str:
    return type(value).__name__


_SHARED: Final[dict[str, Function]] = {
    "float": arithmetic.to_float, "int": arithmetic.to_int, "bool": arithmetic.to_bool, "is_number": arithmetic.is_number,
    "log": arithmetic.logarithm, "atan2": arithmetic.atan2, "average": arithmetic.average, "median": arithmetic.median,
    "statistical_mode": arithmetic.statistical_mode, "min": lists.minimum, "max": lists.maximum, "iif": _iif,
    "as_datetime": times.as_datetime, "as_timedelta": times.as_timedelta, "slugify": texts.slugify, "pack": texts.pack,
    "unpack": texts.unpack, "clamp": arithmetic.clamp, "typeof": _typeof,
    "combine": lists.combine, "flatten": lists.flatten,
    "urlencode": texts.urlencode, "as_local": times.as_local, "as_timestamp": times.as_timestamp,
    "timestamp_custom": times.timestamp_custom, "today_at": times.today_at,
    **{
        name: arithmetic.of_float(name, getattr(math, name))
        for name in ("sqrt", "sin", "cos", "tan", "asin", "acos", "atan")
    },
}  # fmt: skip

FUNCTIONS: Final[dict[str, Function]] = {
    **_SHARED, "now": times.now, "utcnow": times.utcnow, "strptime": times.strptime, "timedelta": times.duration,
    "namespace": _namespace, "dict": _dictionary, "tuple": tuple,
}  # fmt: skip

CONSTANTS: Final[dict[str, Any]] = {"pi": math.pi, "e": math.e, "tau": math.tau}

FILTERS: Final[dict[str, Function]] = {
    **_SHARED, "default": _default, "d": _default, "is_defined": _is_defined, "abs": arithmetic.absolute,
    "round": arithmetic.rounded, "add": arithmetic.add, "multiply": arithmetic.multiply, "ordinal": arithmetic.ordinal,
    "bitwise_and": arithmetic.bitwise_and, "bitwise_or": arithmetic.bitwise_or, "bitwise_xor": arithmetic.bitwise_xor,
    "string": texts.string, "lower": texts.lower, "upper": texts.upper, "capitalize": texts.capitalize,
    "title": texts.title, "trim": texts.trim, "replace": texts.replace, "join": texts.join, "truncate": texts.truncate,
    "center": texts.center, "wordcount": texts.wordcount, "to_json": texts.to_json, "tojson": texts.tojson,
    "from_json": texts.from_json, "base64_encode": texts.base64_encode, "base64_decode": texts.base64_decode,
    "ord": texts.character, "length": lists.length, "count": lists.length, "first": lists.first, "last": lists.last,
    "list": lists.to_list, "sum": lists.total, "sort": lists.sort, "unique": lists.unique, "reverse": lists.reverse,
    "dictsort": lists.dictsort, "items": lists.items, "select": lists.select, "reject": lists.reject,
    "selectattr": lists.selectattr, "rejectattr": lists.rejectattr, "map": lists.mapped,
    "contains": lambda value, item: item in value, "timestamp_local": times.timestamp_local,
    "timestamp_utc": times.timestamp_utc,
}  # fmt: skip

PATTERN_FILTERS: Final[dict[str, Function]] = {
    "regex_match": texts.regex_match, "regex_search": texts.regex_search, "regex_replace": texts.regex_replace,
    "regex_findall": texts.regex_findall, "regex_findall_index": texts.regex_findall_index,
}  # fmt: skip
"""Filters whose first argument is a pattern, which has to stand in the template."""

NEED_A_CLOCK: Final = frozenset({"now", "utcnow", "today_at"})

_STATES: Final = frozenset({
    "states", "is_state", "state_attr", "is_state_attr", "has_value", "state_translated", "state", "expand", "closest",
    "distance", "is_hidden_entity", "integration_entities", "config_entry_id", "config_entry_attr", "relative_time",
    "area_id", "area_name", "area_entities", "area_devices", "areas", "floors", "floor_id", "floor_name", "floor_areas",
    "floor_entities", "device_id", "device_attr", "device_entities", "is_device_attr", "labels", "label_id", "label_name",
    "label_areas", "label_devices", "label_entities", "issues", "issue", "trigger", "hass",
})  # fmt: skip
_CHANCE: Final = frozenset({"random", "shuffle"})
_REPEATING: Final = frozenset({"range", "cycler", "joiner", "lipsum", "loop"})


def why_not(kind: str, name: str) -> str:
    """What to say of a name that is not available. `kind`: filter, test, function, variable or method."""
    if name in _STATES:
        return (
            f"the template asks Home Assistant for another device's state ({name!r}), which is not known here"
        )
    if name == "this":
        return "the template asks Home Assistant for the entity's own state ('this'), which is not known here"
    if name in _CHANCE:
        return f"the template depends on chance ({name!r}), which is not allowed here"
    if name in _REPEATING:
        return f"the template repeats ({name!r}), which is not allowed here"
    return f"the template uses the {kind} {name[:40]!r}, which is not available here"
