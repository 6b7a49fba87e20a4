"""Jinja's tests (`x is …`), and those of Home Assistant. Named so because `tests` is something else."""

from __future__ import annotations

import operator
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from drivers.mqtt.sandbox import texts
from drivers.mqtt.sandbox.arithmetic import is_number
from drivers.mqtt.sandbox.operators import contained
from drivers.mqtt.sandbox.run import Undefined, missing


def _iterable(value: Any) -> bool:
    return isinstance(value, str | bytes | list | tuple | dict | Undefined)


def _divisible(value: Any, by: Any) -> bool:
    missing(value, by)
    if not isinstance(value, int | float) or not isinstance(by, int | float):
        raise TypeError("only a number is even or divisible")
    return bool(value % by == 0)


def _even(value: Any) -> bool:
    return _divisible(value, 2)


CHECKS: Final[dict[str, Callable[..., Any]]] = {
    "defined": lambda value: not isinstance(value, Undefined),
    "undefined": lambda value: isinstance(value, Undefined),
    "none": lambda value: value is None,
    "number": lambda value: isinstance(value, int | float),  # a switch is one too, as in Jinja
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "float": lambda value: isinstance(value, float),
    "boolean": lambda value: isinstance(value, bool),
    "true": lambda value: value is True,
    "false": lambda value: value is False,
    "string": lambda value: isinstance(value, str),
    "string_like": lambda value: isinstance(value, str | bytes),
    "mapping": lambda value: isinstance(value, dict),
    "sequence": _iterable,
    "iterable": _iterable,
    "list": lambda value: isinstance(value, list),
    "tuple": lambda value: isinstance(value, tuple),
    "datetime": lambda value: isinstance(value, datetime),
    "sameas": operator.is_,
    "even": _even,
    "odd": lambda value: not _even(value),
    "divisibleby": _divisible,
    "is_number": is_number,
    "contains": lambda value, item: contained(item, value),
    "in": contained,
    **dict.fromkeys(("eq", "equalto", "=="), operator.eq),
    **dict.fromkeys(("ne", "!="), operator.ne),
    **dict.fromkeys(("lt", "lessthan", "<"), operator.lt),
    **dict.fromkeys(("gt", "greaterthan", ">"), operator.gt),
    **dict.fromkeys(("le", "<="), operator.le),
    **dict.fromkeys(("ge", ">="), operator.ge),
}  # fmt: skip

TEXT_CHECKS: Final[dict[str, Callable[..., Any]]] = {
    "lower": lambda run, value: run.text(value).islower(),
    "upper": lambda run, value: run.text(value).isupper(),
}
"""Tests that write their value out."""

PATTERN_CHECKS: Final[dict[str, Callable[..., Any]]] = {
    "match": texts.regex_match,
    "search": texts.regex_search,
}
"""Tests whose first argument is a pattern."""
