"""What is inside of a value, and what can be done with it: members, entries, parts, and the methods of each type.

No attribute of a Python object is ever looked up by a name from a template: there are only the tables below.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from drivers.mqtt.sandbox import texts, times
from drivers.mqtt.sandbox.run import Namespace, Run, Undefined, missing

Method = Callable[..., Any]


def member(value: Any, name: str) -> Any:
    """`value.name`. A JSON object's own member comes before anything that objects have by nature."""
    if type(value) is dict:
        return value[name] if name in value else Undefined(name)
    missing(value)
    if isinstance(value, Namespace):
        return value.names.get(name, Undefined(name))
    for kind, names in _FIELDS:
        if isinstance(value, kind) and name in names:
            return getattr(value, name)
    return Undefined(name)


def entry(value: Any, key: Any) -> Any:
    """`value[key]`."""
    missing(value)
    kind = type(value)
    try:
        if kind is dict:
            return value[key] if key in value else Undefined(str(key)[:40])
        if kind is list or kind is tuple or kind is str or kind is bytes:
            return value[key]
    except (LookupError, TypeError):
        return Undefined(str(key)[:40])
    return member(value, key) if isinstance(key, str) else Undefined(str(key)[:40])


def part(run: Run, value: Any, start: Any, stop: Any, step: Any) -> Any:
    """`value[start:stop:step]`, of texts and lists."""
    missing(value)
    if not isinstance(value, str | bytes | list | tuple):
        raise TypeError(f"{type(value).__name__} has no parts")
    return run.made(value[slice(start, stop, step)])


def method(run: Run, value: Any, name: str, arguments: list[Any], named: dict[str, Any]) -> Any:
    """`value.name(…)`. Raises `ValueError` where such a value has no such method."""
    missing(value)
    for kind, methods in _METHODS:
        if isinstance(value, kind):
            found = methods.get(name)
            if found is None:
                break
            return found(run, value, *arguments, **named)
    raise ValueError(f"{type(value).__name__} has no {name!r}")


def _of(name: str) -> Method:
    """A method of Python's that makes nothing larger than its value is."""

    def call(run: Run, value: Any, *arguments: Any, **named: Any) -> Any:
        return getattr(value, name)(*arguments, **named)

    return call


def _filled(how: str) -> Method:
    return lambda run, value, width, *fill: texts.filled(run, how, value, width, *fill)


def _listed(name: str) -> Method:
    return lambda run, value: list(getattr(value, name)())


def _replaced(run: Run, moment: Any, **parts: int) -> Any:
    return moment.replace(**parts)


_STEADY: Final = (
    "lower", "upper", "title", "capitalize", "casefold", "swapcase", "strip", "lstrip", "rstrip", "split", "rsplit",
    "splitlines", "partition", "rpartition", "startswith", "endswith", "removeprefix", "removesuffix", "index", "find",
    "rfind", "rindex", "count", "isdigit", "isnumeric", "isdecimal", "isalpha", "isalnum", "isupper", "islower", "isspace",
)  # fmt: skip
_MOMENT: Final = ("isoformat", "weekday", "isoweekday", "timestamp", "date", "time", "utcoffset")

_METHODS: Final[tuple[tuple[type, dict[str, Method]], ...]] = (
    (dict, {
        "get": lambda run, value, key, default=None: value.get(key, default),
        **{name: _listed(name) for name in ("keys", "values", "items")},
    }),
    (str, {
        **{name: _of(name) for name in _STEADY}, **{name: _filled(name) for name in ("zfill", "center", "ljust", "rjust")},
        "replace": lambda run, value, old, new, count=None: texts.replace(run, value, old, new, count),
        "join": lambda run, value, values: texts.join(run, values, value),
        "encode": lambda run, value: value.encode(),
    }),
    (bytes, {"decode": lambda run, value: value.decode(), "hex": lambda run, value: value.hex()}),
    (list, {"index": _of("index"), "count": _of("count")}),
    (tuple, {"index": _of("index"), "count": _of("count")}),
    (float, {"is_integer": _of("is_integer")}),
    (datetime, {
        **{name: _of(name) for name in _MOMENT}, "strftime": lambda run, value, layout: times.written(value, layout),
        "replace": _replaced, "astimezone": lambda run, value: run.local(value),
    }),
    (date, {"isoformat": _of("isoformat"), "weekday": _of("weekday"), "isoweekday": _of("isoweekday")}),
    (time, {"isoformat": _of("isoformat")}),
    (timedelta, {"total_seconds": _of("total_seconds")}),
)  # fmt: skip

METHOD_NAMES: Final = frozenset(name for _, methods in _METHODS for name in methods)

_FIELDS: Final[tuple[tuple[type, frozenset[str]], ...]] = (
    (datetime, frozenset({"year", "month", "day", "hour", "minute", "second", "microsecond"})),
    (date, frozenset({"year", "month", "day"})),
    (time, frozenset({"hour", "minute", "second", "microsecond"})),
    (timedelta, frozenset({"days", "seconds", "microseconds"})),
)
