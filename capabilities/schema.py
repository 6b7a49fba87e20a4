"""A DataSchema (TD 1.1, section 5.3.2) compiled into one function that checks a value.

The meaning is JSON Schema's (draft 7) for the members that TD 1.1 has, with four differences: an object whose `properties` are
given takes no others; a missing member that has a `default` gets it; what is not finite is refused; `multipleOf` forgives the rounding of
binary fractions. Nothing is looked up at run time: a check of a bool or number is a closure of two or three comparisons.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import inf
from sys import float_info
from typing import Final, TypeAlias

from capabilities.errors import SchemaError, nearest, shown
from capabilities.patterns import MAX_TEXT_CHARACTERS, PatternError, compile_pattern
from capabilities.vocabulary import Json

Validator: TypeAlias = Callable[[Json], Json]
"""Checks a value against a DataSchema. Returns it normalised (`87.0` for an integer becomes `87`); raises `SchemaError`."""
Schema: TypeAlias = Mapping[str, Json]

MAX_DEPTH: Final = (
    32  # of a schema or of a value without a schema: no device nests deeper, and Python's stack is finite
)
MULTIPLE_SLACK: Final = 1e-9  # of a quotient, relative: binary fractions such as 0.1 are off by about 1e-16
_LARGEST: Final = float_info.max


def compile_schema(schema: Schema) -> Validator:
    """The check for `schema`. Raises `SchemaError` where the schema itself is wrong (its path is the path in the schema)."""
    return _compile(schema, 0)


def _compile(schema: Schema, depth: int) -> Validator:
    if depth > MAX_DEPTH:
        raise SchemaError("", f"is nested deeper than {MAX_DEPTH}", "describe it in fewer levels")
    check = _base(schema, depth)
    for narrow in (_const(schema), _enum(schema), _one_of(schema, depth)):
        if narrow is not None:
            check = narrow if check is _any else _both(check, narrow)
    return check


def _base(schema: Schema, depth: int) -> Validator:
    kind = schema.get("type")
    if kind is None:
        return _typeless(schema, depth)
    if kind == "boolean":
        return _boolean
    if kind == "null":
        return _null
    if kind in {"number", "integer"}:
        return _number(schema, integer=kind == "integer")
    if kind == "string":
        return _string(schema)
    if kind == "array":
        return _array(schema, depth)
    if kind == "object":
        return _object(schema, depth)
    raise SchemaError(
        "type", f"is {shown(kind)}", "it is one of boolean, integer, number, string, object, array, null"
    )


def _both(first: Validator, second: Validator) -> Validator:
    return lambda value: second(first(value))


# bool, null, anything


def _boolean(value: Json) -> Json:
    if value is True or value is False:
        return value
    raise SchemaError("", f"is {shown(value)}", "give true or false")


def _null(value: Json) -> Json:
    if value is None:
        return None
    raise SchemaError("", f"is {shown(value)}", "give null")


def _any(value: Json) -> Json:
    return _plain(value, 0)


def _plain(value: Json, depth: int) -> Json:
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
        return [_plain(item, depth + 1) for item in value]
    if isinstance(value, dict):
        return {name: _plain(item, depth + 1) for name, item in value.items()}
    raise SchemaError("", f"is a {kind.__name__}", "give a JSON value")


_NUMBER_MEMBERS: Final = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")
_STRING_MEMBERS: Final = ("minLength", "maxLength", "pattern")
_ARRAY_MEMBERS: Final = ("items", "minItems", "maxItems")
_OBJECT_MEMBERS: Final = ("properties", "required")


def _typeless(schema: Schema, depth: int) -> Validator:
    """Without `type`, a member binds only values of its own type."""
    number = _number(schema, integer=False) if schema.keys() & set(_NUMBER_MEMBERS) else None
    string = _string(schema) if schema.keys() & set(_STRING_MEMBERS) else None
    array = _array(schema, depth) if schema.keys() & set(_ARRAY_MEMBERS) else None
    mapping = _object(schema, depth) if schema.keys() & set(_OBJECT_MEMBERS) else None
    if not (number or string or array or mapping):
        return _any
    by_type = {int: number, float: number, str: string, list: array, dict: mapping}

    def check(value: Json) -> Json:
        return (by_type.get(type(value)) or _any)(value)

    return check


# numbers


def _number(schema: Schema, *, integer: bool) -> Validator:
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


def _string(schema: Schema) -> Validator:
    least, most = _count(schema, "minLength") or 0, _count(schema, "maxLength")
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
        return _text

    def check(value: Json) -> Json:
        text = _text(value)
        _check_count(len(text), least, most, "characters")
        if expression is not None and expression.search(text) is None:
            raise SchemaError("", f"is {shown(text)}", f"give a text that fits {pattern}")
        return text

    return check


def _text(value: Json) -> str:
    if type(value) is str:
        return value
    raise SchemaError("", f"is {shown(value)}", "give a text")


def _count(schema: Schema, member: str) -> int | None:
    count = schema.get(member)
    if isinstance(count, float) and count.is_integer():
        count = int(count)
    if count is None or (type(count) is int and count >= 0):
        return count
    raise SchemaError(member, f"is {shown(count)}", "it is a whole number from 0")


def _check_count(count: int, least: int, most: int | None, of: str) -> None:
    if count < least or (most is not None and count > most):
        range_ = f"at least {least}" if most is None else f"from {least} to {most}"
        raise SchemaError("", f"has {count} {of}", f"give {range_} {of}")


# lists and objects


def _array(schema: Schema, depth: int) -> Validator:
    least, most = _count(schema, "minItems") or 0, _count(schema, "maxItems")
    items = schema.get("items")
    by_place: list[Validator] = []
    each: Validator = _any
    if isinstance(items, list):
        by_place = [_member(item, f"items[{i}]", depth) for i, item in enumerate(items)]
    elif items is not None:
        each = _member(items, "items", depth)

    def check(value: Json) -> Json:
        if not isinstance(value, list):
            raise SchemaError("", f"is {shown(value)}", "give a list")
        _check_count(len(value), least, most, "items")
        result: list[Json] = []
        for i, item in enumerate(value):
            try:
                result.append((by_place[i] if i < len(by_place) else each)(item))
            except SchemaError as error:
                raise error.under(f"[{i}]") from None
        return result

    return check


def _member(schema: Json, name: str, depth: int) -> Validator:
    if not isinstance(schema, dict):
        raise SchemaError(name, f"is {shown(schema)}", "it is a schema, an object")
    try:
        return _compile(schema, depth + 1)
    except SchemaError as error:
        raise error.under(name) from None


def _object(schema: Schema, depth: int) -> Validator:
    properties, required = schema.get("properties"), _required(schema)
    if properties is not None and not isinstance(properties, dict):
        raise SchemaError("properties", f"is {shown(properties)}", "it is an object of schemas")
    members = {name: _member(member, name, depth) for name, member in (properties or {}).items()}
    defaults = _defaults(properties or {}, members)
    for name in required if properties is not None else ():
        if name not in members:
            raise SchemaError(
                "required", f"names {shown(name)}", f"it names some of {nearest(name, members)}"
            )
    closed = properties is not None

    def check(value: Json) -> Json:
        if not isinstance(value, dict):
            raise SchemaError("", f"is {shown(value)}", "give an object")
        result: dict[str, Json] = {}
        for name, item in value.items():
            member = members.get(name, _any)
            if closed and name not in members:
                raise SchemaError(
                    "", f"has the unknown member {shown(name)}", f"known: {nearest(name, members)}"
                )
            try:
                result[name] = member(item)
            except SchemaError as error:
                raise error.under(name) from None
        for name, default in defaults.items():
            if name not in result:
                result[name] = _plain(default, 0)
        for name in required:
            if name not in result:
                raise SchemaError("", f"lacks the member {shown(name)}", "give it")
        return result

    return check


def _required(schema: Schema) -> list[str]:
    required = schema.get("required") or []
    if isinstance(required, list):
        names = [name for name in required if isinstance(name, str)]
        if len(names) == len(required):
            return names
    raise SchemaError("required", f"is {shown(required)}", "it is a list of names")


def _defaults(properties: Schema, members: Mapping[str, Validator]) -> dict[str, Json]:
    defaults: dict[str, Json] = {}
    for name, schema in properties.items():
        if isinstance(schema, dict) and "default" in schema:
            try:
                defaults[name] = members[name](schema["default"])
            except SchemaError as error:
                raise error.under(f"{name}.default") from None
    return defaults


# alternatives


def same(one: Json, other: Json) -> bool:
    """Equal as JSON values: 1 is 1.0, and true is not 1."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[name], other[name]) for name in one)
    return one == other


def _const(schema: Schema) -> Validator | None:
    return _options([schema["const"]]) if "const" in schema else None


def _enum(schema: Schema) -> Validator | None:
    options = schema.get("enum")
    if options is None:
        return None
    if not isinstance(options, list) or not options:
        raise SchemaError("enum", f"is {shown(options)}", "it is a list of at least one value")
    return _options(options)


def _options(options: list[Json]) -> Validator:
    words = frozenset(option for option in options if isinstance(option, str))

    def check(value: Json) -> Json:
        if value in words if type(value) is str else any(same(value, option) for option in options):
            return value
        problem = f"is {shown(value)}"
        if isinstance(value, str) and words:
            raise SchemaError("", problem, f"known: {nearest(value, sorted(words))}")
        raise SchemaError("", problem, f"give one of {', '.join(map(shown, options[:12]))}")

    return check


def _one_of(schema: Schema, depth: int) -> Validator | None:
    choices = schema.get("oneOf")
    if choices is None:
        return None
    if not isinstance(choices, list) or not choices:
        raise SchemaError("oneOf", f"is {shown(choices)}", "it is a list of at least one schema")
    checks = [_member(choice, f"oneOf[{i}]", depth) for i, choice in enumerate(choices)]

    def check(value: Json) -> Json:
        fitting: list[Json] = []
        remedies: list[str] = []
        for one in checks:
            try:
                fitting.append(one(value))
            except SchemaError as error:
                remedies.append(error.remedy)
        if len(fitting) == 1:
            return fitting[0]
        if fitting:
            raise SchemaError("", f"fits {len(fitting)} alternatives", "give a value that fits exactly one")
        raise SchemaError("", f"is {shown(value)}", ", or ".join(dict.fromkeys(remedies[:4])))

    return check
