"""Arithmetic and comparison: on numbers, texts, lists and times, each bounded."""

from __future__ import annotations

import operator
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

from drivers.mqtt.sandbox.run import Run, missing

Binary = Callable[[Run, Any, Any], Any]

_NUMBERS: Final = (int, float)
_TIMES: Final = (datetime, timedelta)


def add(run: Run, left: Any, right: Any) -> Any:
    """Numbers, two texts, two lists, times."""
    if isinstance(left, str) and isinstance(right, str):
        run.fits(len(left) + len(right))
        return left + right
    if isinstance(left, _NUMBERS) and isinstance(right, _NUMBERS):
        return run.made(left + right)
    if isinstance(left, _TIMES) and isinstance(right, _TIMES):
        return left + right  # type: ignore[operator]
    if isinstance(left, list) and isinstance(right, list):
        run.charge(len(left) + len(right))
        joined = left + right
        run.weigh(joined)
        return joined
    missing(left, right)
    raise TypeError(f"{_kind(left)} and {_kind(right)} cannot be added")


def subtract(run: Run, left: Any, right: Any) -> Any:
    return _calculate(run, operator.sub, "subtracted from one another", left, right)


def multiply(run: Run, left: Any, right: Any) -> Any:
    """Numbers only: a text or list is not repeated."""
    return _calculate(run, operator.mul, "multiplied", left, right)


def divide(run: Run, left: Any, right: Any) -> Any:
    return _calculate(run, operator.truediv, "divided", left, right)


def floor_divide(run: Run, left: Any, right: Any) -> Any:
    return _calculate(run, operator.floordiv, "divided", left, right)


def modulo(run: Run, left: Any, right: Any) -> Any:
    return _calculate(run, operator.mod, "divided", left, right)


def negative(run: Run, value: Any) -> Any:
    missing(value)
    return -value


def positive(run: Run, value: Any) -> Any:
    missing(value)
    return +value


def _calculate(run: Run, operation: Callable[[Any, Any], Any], verb: str, left: Any, right: Any) -> Any:
    if isinstance(left, _NUMBERS) and isinstance(right, _NUMBERS):
        return run.made(operation(left, right))
    if isinstance(left, _TIMES) or isinstance(right, timedelta):
        missing(left, right)
        if isinstance(left, (*_TIMES, *_NUMBERS)) and isinstance(right, (*_TIMES, *_NUMBERS)):
            return operation(left, right)
    missing(left, right)
    raise TypeError(f"{_kind(left)} and {_kind(right)} cannot be {verb}")


def contained(item: Any, container: Any) -> bool:
    """`item in container`; nothing is in what is undefined."""
    if isinstance(container, str):
        missing(item)
    return item in container


COMPARISONS: Final[dict[str, Callable[[Any, Any], Any]]] = {
    "eq": operator.eq,
    "ne": operator.ne,
    "gt": operator.gt,
    "gteq": operator.ge,
    "lt": operator.lt,
    "lteq": operator.le,
    "in": contained,
    "notin": lambda item, container: not contained(item, container),
}


def _kind(value: Any) -> str:
    return {str: "text", dict: "a JSON object", list: "a list", type(None): "nothing"}.get(
        type(value), "a " + type(value).__name__
    )
