"""Numbers: the filters and functions of Home Assistant, with its meanings.

Source: Home Assistant, "Template functions". Where a value cannot be read and no default was given they raise `ValueError`;
they raise `Missing` for what is not there, default or not, as Home Assistant fails.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Final

from drivers.mqtt.sandbox.run import missing, refuse

NO_DEFAULT: Final[Any] = object()

MAX_DIGITS: Final = 15
"""After the point: a float has no more."""

_TRUE: Final = frozenset({"1", "true", "yes", "on", "enable"})
_FALSE: Final = frozenset({"0", "false", "no", "off", "disable"})


def to_float(value: Any, default: Any = NO_DEFAULT) -> Any:
    missing(value)
    try:
        return float(value)
    except (TypeError, ValueError):
        return refuse("float", value) if default is NO_DEFAULT else default


def to_int(value: Any, default: Any = NO_DEFAULT, base: int = 10) -> Any:
    """Cut off after the point; `base` for texts."""
    missing(value)
    try:
        return int(value, base) if isinstance(value, str) else int(value)
    except (TypeError, ValueError, OverflowError):
        try:
            return int(float(value))
        except (TypeError, ValueError, OverflowError):
            return refuse("int", value) if default is NO_DEFAULT else default


def to_bool(value: Any, default: Any = NO_DEFAULT) -> Any:
    if isinstance(value, bool | int | float):
        return bool(value)
    if isinstance(value, str):
        text = value.strip().lower()
        if text in _TRUE:
            return True
        if text in _FALSE:
            return False
    return refuse("bool", value) if default is NO_DEFAULT else default


def rounded(value: Any, precision: Any = 0, method: Any = "common", default: Any = NO_DEFAULT) -> Any:
    """`method`: common, ceil, floor, or half (to the next 0.5). Whole where `precision` is 0."""
    missing(value, precision)
    if abs(precision) > MAX_DIGITS:
        raise ValueError(f"round has at most {MAX_DIGITS} digits")
    try:
        number = float(value)
        scale = 10.0**precision
        if method == "ceil":
            number = math.ceil(number * scale) / scale
        elif method == "floor":
            number = math.floor(number * scale) / scale
        elif method == "half":
            number = round(number * 2) / 2
        else:
            number = round(number, precision)
        return int(number) if precision == 0 else number
    except (TypeError, ValueError):
        return refuse("round", value) if default is NO_DEFAULT else default


def is_number(value: Any) -> bool:
    missing(value)
    try:
        return math.isfinite(float(value))
    except (TypeError, ValueError):
        return False


def add(value: Any, amount: Any, default: Any = NO_DEFAULT) -> Any:
    missing(value, amount)
    try:
        return float(value) + amount
    except (TypeError, ValueError):
        return refuse("add", value) if default is NO_DEFAULT else default


def multiply(value: Any, amount: Any, default: Any = NO_DEFAULT) -> Any:
    missing(value, amount)
    try:
        return float(value) * amount
    except (TypeError, ValueError):
        return refuse("multiply", value) if default is NO_DEFAULT else default


def logarithm(value: Any, base: Any = math.e, default: Any = NO_DEFAULT) -> Any:
    missing(value, base)
    try:
        return math.log(float(value), float(base))
    except (TypeError, ValueError):
        return refuse("log", value) if default is NO_DEFAULT else default


def of_float(name: str, function: Callable[[float], float]) -> Callable[..., Any]:
    """A function of one number, with a default for what is none."""

    def apply(value: Any, default: Any = NO_DEFAULT) -> Any:
        missing(value)
        try:
            return function(float(value))
        except (TypeError, ValueError):
            return refuse(name, value) if default is NO_DEFAULT else default

    return apply


def atan2(*values: Any, default: Any = NO_DEFAULT) -> Any:
    """Of y and x, as two values or as one list; a further one is the default."""
    if values and isinstance(values[0], list | tuple):
        pair, rest = values[0], values[1:]
    else:
        pair, rest = values[:2], values[2:]
    missing(*pair)
    try:
        return math.atan2(float(pair[0]), float(pair[1]))
    except (TypeError, ValueError):
        if rest and default is NO_DEFAULT:
            default = rest[0]
        return refuse("atan2", pair) if default is NO_DEFAULT else default


def _of_many(name: str, function: Callable[[Any], Any]) -> Callable[..., Any]:
    def apply(*values: Any, default: Any = NO_DEFAULT) -> Any:
        missing(*values)
        if values and isinstance(values[0], list | tuple | dict):
            numbers, rest = list(values[0]), values[1:]
            if rest and default is NO_DEFAULT:
                default = rest[0]
        elif len(values) > 1:
            numbers = list(values)
        else:
            raise TypeError(f"{name} needs a list")
        try:
            return function(numbers)
        except (TypeError, LookupError, ZeroDivisionError):
            return refuse(name, numbers) if default is NO_DEFAULT else default

    return apply


def _mean(numbers: list[Any]) -> float:
    return math.fsum(numbers) / len(numbers)


def _median(numbers: list[Any]) -> Any:
    ordered, middle = sorted(numbers), len(numbers) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


def _mode(values: list[Any]) -> Any:
    """The one that is there most often; the first of several such."""
    counts: dict[Any, int] = {}
    for value in values:
        counts[value] = counts.get(value, 0) + 1
    most = max(counts.values(), default=0)
    return next(value for value, count in counts.items() if count == most)


average: Final = _of_many("average", _mean)
median: Final = _of_many("median", _median)
statistical_mode: Final = _of_many("statistical_mode", _mode)


def ordinal(value: Any) -> str:
    """1st, 2nd, 3rd, 4th."""
    missing(value)
    text = str(value)
    last = int(text[-1])
    suffix = {1: "st", 2: "nd", 3: "rd"}.get(last, "th")
    return text + ("th" if int(text[-2:]) % 100 in (11, 12, 13) else suffix)


def bitwise_and(value: Any, other: Any) -> Any:
    return value & other


def bitwise_or(value: Any, other: Any) -> Any:
    return value | other


def bitwise_xor(value: Any, other: Any) -> Any:
    return value ^ other


def clamp(value: Any, low: Any, high: Any) -> Any:
    missing(value, low, high)
    return max(low, min(high, float(value)))


def absolute(value: Any) -> Any:
    missing(value)
    return abs(value)
