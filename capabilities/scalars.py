"""Checks of the simple types of a DataSchema: bool, null, number, text, and JSON without a schema."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import inf
from sys import float_info
from typing import Final, TypeAlias

from capabilities.errors import SchemaError, shown
from capabilities.patterns import MAX_TEXT_CHARACTERS, PatternError, compile_pattern
from capabilities.vocabulary import Json

Validator: TypeAlias = Callable[[Json], Json]
"""Checks a value. Returns it normalised (`87.0` for an integer becomes `87`); raises `SchemaError`."""
Schema: TypeAlias = Mapping[str, Json]

MAX_DEPTH: Final = (
    32  # of a schema, or of a value without one: no device nests deeper, and the stack is finite
)
MULTIPLE_SLACK: Final = 1e-9  # of a quotient, relative: binary fractions such as 0.1 are off by about 1e-16
_LARGEST: Final = float_info.max


# bool, null, anything


def boolean(value: Json) -> Json:
    if value is True or value is False:
        return value
    raise SchemaError("", f"is {shown(value)}", "give true or false")


def null(value: Json) -> Json:
    if value is None:
        return None
    raise SchemaError("", f"is {shown(value)}", "give null")


def anything(value: Json) -> Json:
    return plain_copy(value, 0)


def plain_copy(value: Json, depth: int) -> Json:
    """A copy of any JSON value; refuses what JSON cannot say."""
    kind = type(value)
    if value is None or kind is bool or kind is str or kind is int:
        return value
    if isinstance(value, float):
        if -inf < value < inf:
            return value
        raise SchemaError("", f"is {value}", "give a finite number")
    if depth >= MAX_DEPTH:
        raise SchemaError("", f"is nested deeper than {MAX_DEPTH}", "give fewer levels")
    if isinstance(value, list):
        return [plain_copy(item, depth + 1) for item in value]
    if isinstance(value, dict):
        if all(type(name) is str for name in value):
            return {name: plain_copy(item, depth + 1) for name, item in value.items()}
        raise SchemaError("", "has a name that is no text", "give an object with names that are texts")
    raise SchemaError("", f"is a {kind.__name__}", "give a JSON value")


# numbers


def number_check(schema: Schema, *, integer: bool) -> Validator:
    low, above = _bound(schema, "minimum"), _bound(schema, "exclusiveMinimum")
    high, below = _bound(schema, "maximum"), _bound(schema, "exclusiveMaximum")
    step = _bound(schema, "multipleOf")
    if step is not None and step <= 0:
        raise SchemaError("multipleOf", f"is {shown(step)}", "it is a number above 0")
    least = -_LARGEST if low is None else low
    most = _LARGEST if high is None else high
    over = -inf if above is None else above
    under = inf if below is None else below
    wanted = _wanted_number(schema, integer=integer)
    strict = above is not None or below is not None

    def refuse(value: Json) -> SchemaError:
        return SchemaError("", f"is {shown(value)}", wanted)

    def plain(value: Json) -> Json:
        kind = type(value)
        if (kind is float or kind is int) and least <= value <= most:  # type: ignore[operator]
            return value
        raise refuse(value)

    def whole(value: Json) -> Json:
        if type(value) is int:
            if least <= value <= most:
                return value
        elif type(value) is float and least <= value <= most and value.is_integer():
            return int(value)
        raise refuse(value)

    first = whole if integer else plain
    if step is None and not strict:
        return first

    def full(value: Json) -> Json:
        number = first(value)
        if over < number < under and (step is None or _is_multiple(number, step)):  # type: ignore[operator, arg-type]
            return number
        raise refuse(value)

    return full


def _is_multiple(value: float, step: float) -> bool:
    if type(value) is int and type(step) is int:
        return value % step == 0
    try:
        quotient = value / step
        return abs(quotient - round(quotient)) <= MULTIPLE_SLACK * max(1.0, abs(quotient))
    except OverflowError:  # the quotient is no finite number
        return False


def _bound(schema: Schema, member: str) -> int | float | None:
    bound = schema.get(member)
    if bound is None:
        return None
    if isinstance(bound, bool) or not isinstance(bound, int | float) or not -inf < bound < inf:
        raise SchemaError(member, f"is {shown(bound)}", "it is a finite number")
    return bound


def _wanted_number(schema: Schema, *, integer: bool) -> str:
    """What would be right, in words: `give a number from 0 to 100 in steps of 0.5 (%)`."""
    words = ["give a whole number" if integer else "give a number"]
    low, high = schema.get("minimum"), schema.get("maximum")
    if low is not None and high is not None:
        words.append(f"from {low} to {high}")
    elif low is not None:
        words.append(f"of at least {low}")
    elif high is not None:
        words.append(f"of at most {high}")
    limits = (("exclusiveMinimum", "above"), ("exclusiveMaximum", "below"), ("multipleOf", "in steps of"))
    words += [f"{word} {schema[member]}" for member, word in limits if schema.get(member) is not None]
    unit = schema.get("unit")
    return " ".join(words) + (f" ({unit})" if isinstance(unit, str) else "")


# texts


def text_check(schema: Schema) -> Validator:
    least, most = count_of(schema, "minLength") or 0, count_of(schema, "maxLength")
    pattern = schema.get("pattern")
    expression = None
    if pattern is not None:
        if not isinstance(pattern, str):
            raise SchemaError("pattern", f"is {shown(pattern)}", "it is a regular expression")
        try:
            expression = compile_pattern(pattern)
        except PatternError as error:
            raise SchemaError("pattern", str(error), "give a simple regular expression") from None
        most = MAX_TEXT_CHARACTERS if most is None else min(most, MAX_TEXT_CHARACTERS)
    if most is None and least == 0:
        return a_text

    def check(value: Json) -> Json:
        text = a_text(value)
        check_count(len(text), least, most, "characters")
        if expression is not None and expression.search(text) is None:
            raise SchemaError("", f"is {shown(text)}", f"give a text that fits {pattern}")
        return text

    return check


def a_text(value: Json) -> str:
    if type(value) is str:
        return value
    raise SchemaError("", f"is {shown(value)}", "give a text")


def count_of(schema: Schema, member: str) -> int | None:
    count = schema.get(member)
    if isinstance(count, float) and count.is_integer():
        count = int(count)
    if count is None or (type(count) is int and count >= 0):
        return count
    raise SchemaError(member, f"is {shown(count)}", "it is a whole number from 0")


def check_count(count: int, least: int, most: int | None, of: str) -> None:
    if count < least or (most is not None and count > most):
        range_ = f"at least {least}" if most is None else f"from {least} to {most}"
        raise SchemaError("", f"has {count} {of}", f"give {range_} {of}")
