"""A DataSchema (TD 1.1, section 5.3.2) compiled into one function that checks a value.

The meaning is JSON Schema's (draft 7) for the members that TD 1.1 has, with four differences: an object whose
`properties` are given takes no others; a missing member that has a `default` gets it; what is not finite is
refused; `multipleOf` forgives the rounding of binary fractions. All is looked up when a schema is compiled: the
check of a bool or a number is a closure of two or three comparisons.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from capabilities.errors import SchemaError, nearest, shown
from capabilities.scalars import (
    MAX_DEPTH,
    Schema,
    Validator,
    anything,
    boolean,
    check_count,
    count_of,
    null,
    number_check,
    plain_copy,
    text_check,
)
from capabilities.secrets import hushed, is_secret
from capabilities.vocabulary import Json

__all__ = ["Schema", "SchemaError", "Validator", "accepts", "compile_schema", "same"]


def compile_schema(schema: Schema) -> Validator:
    """The check for `schema`. Raises `SchemaError` where the schema itself is wrong, with the path in the schema."""
    return _compile(schema, 0)


def accepts(check: Validator, value: Json) -> bool:
    """Whether `check` takes `value`."""
    try:
        check(value)
    except SchemaError:
        return False
    return True


def _compile(schema: Schema, depth: int) -> Validator:
    if depth > MAX_DEPTH:
        raise SchemaError("", f"is nested deeper than {MAX_DEPTH}", "describe it in fewer levels")
    check = _base(schema, depth)
    for narrow in (_const(schema), _enum(schema), _one_of(schema, depth)):
        if narrow is not None:
            check = narrow if check is anything else _both(check, narrow)
    return check


def _base(schema: Schema, depth: int) -> Validator:
    kind = schema.get("type")
    if kind is None:
        return _typeless(schema, depth)
    if kind == "boolean":
        return boolean
    if kind == "null":
        return null
    if kind in ("number", "integer"):
        return number_check(schema, integer=kind == "integer")
    if kind == "string":
        return text_check(schema)
    if kind == "array":
        return _array(schema, depth)
    if kind == "object":
        return _object(schema, depth)
    raise SchemaError(
        "type", f"is {shown(kind)}", "it is one of boolean, integer, number, string, object, array, null"
    )


def _both(first: Validator, second: Validator) -> Validator:
    """What `second` makes of a value (an alternative fills in defaults) must still be one for `first`, else it stays out."""

    def check(value: Json) -> Json:
        once = first(value)
        filled = second(once)
        if filled is once:
            return once
        try:
            return first(filled)
        except SchemaError:
            return once

    return check


_NUMBER_MEMBERS: Final = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")
_STRING_MEMBERS: Final = ("minLength", "maxLength", "pattern")
_ARRAY_MEMBERS: Final = ("items", "minItems", "maxItems")
_OBJECT_MEMBERS: Final = ("properties", "required")


def _typeless(schema: Schema, depth: int) -> Validator:
    """Without `type`, a member binds only values of its own type."""
    number = number_check(schema, integer=False) if schema.keys() & set(_NUMBER_MEMBERS) else None
    string = text_check(schema) if schema.keys() & set(_STRING_MEMBERS) else None
    array = _array(schema, depth) if schema.keys() & set(_ARRAY_MEMBERS) else None
    mapping = _object(schema, depth) if schema.keys() & set(_OBJECT_MEMBERS) else None
    if not (number or string or array or mapping):
        return anything
    by_type = {int: number, float: number, str: string, list: array, dict: mapping}

    def check(value: Json) -> Json:
        return (by_type.get(type(value)) or anything)(value)

    return check


# lists and objects


def _array(schema: Schema, depth: int) -> Validator:
    least, most = count_of(schema, "minItems") or 0, count_of(schema, "maxItems")
    items = schema.get("items")
    by_place: list[Validator] = []
    each: Validator = anything
    if isinstance(items, list):
        by_place = [_member(item, f"items[{i}]", depth) for i, item in enumerate(items)]
    elif items is not None:
        each = _member(items, "items", depth)

    def check(value: Json) -> Json:
        if not isinstance(value, list):
            raise SchemaError("", f"is {shown(value)}", "give a list")
        check_count(len(value), least, most, "items")
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
    members |= {name: hushed(members[name]) for name, one in (properties or {}).items() if is_secret(one)}
    secret = any(map(is_secret, (properties or {}).values()))
    defaults = _defaults(properties or {}, members)
    for name in required if properties is not None else ():
        if name not in members:
            raise SchemaError(
                "required", f"names {shown(name)}", f"it names some of {nearest(name, members)}"
            )
    closed = properties is not None

    def check(value: Json) -> Json:
        if not isinstance(value, dict):
            raise SchemaError("", "is no object" if secret else f"is {shown(value)}", "give an object")
        result: dict[str, Json] = {}
        for name, item in value.items():
            member = members.get(name, anything)
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
                result[name] = plain_copy(default, 0)
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
