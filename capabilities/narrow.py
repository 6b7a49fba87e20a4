"""What a device says of an affordance, intersected with what its Thing Model says. The result accepts no value that
the model refuses; a contradiction is an error, never a silent widening.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

from capabilities.errors import ComposeError, SchemaError, nearest, shown
from capabilities.schema import accepts, compile_schema, same
from capabilities.vocabulary import Json

Schema: TypeAlias = Mapping[str, Json]


def narrow(model: Schema, described: Schema) -> dict[str, Json]:
    """`model` with the members of `described` applied. Members that are None count as absent.

    Raises `ComposeError` where they contradict each other or nothing is left, and where `described` is no schema.
    """
    result = dict(model)
    for member in sorted(described, key=_turn):
        if described[member] is not None:
            rule = _RULES.get(member)
            if rule is None:
                raise ComposeError(f"describes {member!r}; a schema has {nearest(member, _RULES)}")
            result[member] = rule(result, member, described[member])
    _refuse_empty(result)
    try:
        compile_schema(result)
    except SchemaError as error:
        raise ComposeError(f"has a schema whose {error}") from None
    return result


def _turn(member: str) -> int:
    """`type` and bounds first: `enum`, `const` and `default` are checked against them."""
    return {"type": 0, "enum": 2, "const": 3, "default": 4}.get(member, 1)


def _type(model: Schema, member: str, value: Json) -> Json:
    known = model.get(member)
    if known is None or known == value or (known == "number" and value == "integer"):
        return value
    raise ComposeError(f"has type {shown(value)}; its model says {known}")


def _larger(model: Schema, member: str, value: Json) -> Json:
    return max(_number(member, model.get(member, value)), _number(member, value))


def _smaller(model: Schema, member: str, value: Json) -> Json:
    return min(_number(member, model.get(member, value)), _number(member, value))


def _number(member: str, value: Json) -> int | float:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    raise ComposeError(f"has {member} {shown(value)}; it is a number")


def _step(model: Schema, member: str, value: Json) -> Json:
    known, step = model.get(member), _number(member, value)
    if known is not None:
        try:
            compile_schema({"type": "number", "multipleOf": known})(step)
        except SchemaError:
            raise ComposeError(f"has {member} {step}; its model allows multiples of {shown(known)}") from None
    return step


def _unit(model: Schema, member: str, value: Json) -> Json:
    known = model.get(member)
    if known is not None and known != value:
        raise ComposeError(f"has {member} {shown(value)}; convert it to {shown(known)}")
    return value


def _equal(model: Schema, member: str, value: Json) -> Json:
    known = model.get(member)
    if known is not None and not same(known, value):
        raise ComposeError(f"has {member} {shown(value)}; its model says {shown(known)}")
    return value


def _text(model: Schema, member: str, value: Json) -> Json:
    return model.get(member, value)


def _enum(model: Schema, member: str, value: Json) -> Json:
    """Of the described values those that the model takes."""
    if not isinstance(value, list):
        raise ComposeError(f"has enum {shown(value)}; it is a list")
    check = compile_schema(model)
    fitting = [option for option in value if accepts(check, option)]
    if not fitting:
        known = model.get("enum")
        wanted = (
            ", ".join(map(shown, known))
            if isinstance(known, list)
            else f"{model.get('type', 'other')} values"
        )
        raise ComposeError(
            f"has only values that its model does not know ({', '.join(map(shown, value[:6]))}); it knows {wanted}"
        )
    return fitting


def _value(model: Schema, member: str, value: Json) -> Json:
    if not accepts(compile_schema(model), value):
        raise ComposeError(f"has {member} {shown(value)}, which its own schema refuses; leave it out")
    return value


def _items(model: Schema, member: str, value: Json) -> Json:
    """Of `items` and `oneOf`: narrowed, where the model has one schema or none; else they must be the model's."""
    known = model.get(member, {})
    if isinstance(known, dict) and isinstance(value, dict):
        return narrow(known, value)
    if isinstance(value, list) and member not in model:
        return [narrow({}, one) if isinstance(one, dict) else one for one in value]
    return _equal(model, member, value)


def _properties(model: Schema, member: str, value: Json) -> Json:
    """The described members of an object, each narrowed; those that are not described are not there."""
    known = model.get(member)
    if not isinstance(value, dict):
        raise ComposeError(f"has properties {shown(value)}; it is an object of schemas")
    result: dict[str, Json] = {}
    for name, schema in value.items():
        inner = known.get(name) if isinstance(known, dict) else {}
        if not isinstance(inner, dict) or not isinstance(schema, dict):
            wanted = nearest(name, known) if isinstance(known, dict) else "schemas as members"
            raise ComposeError(f"has the member {name!r}; its model has {wanted}")
        try:
            result[name] = narrow(inner, schema)
        except ComposeError as error:
            raise ComposeError(f"has a member {name!r} that {error}") from None
    return result


def _required(model: Schema, member: str, value: Json) -> Json:
    known = model.get(member) or []
    if not isinstance(known, list) or not isinstance(value, list):
        raise ComposeError(f"has required {shown(value)}; it is a list of names")
    return [*known, *(name for name in value if name not in known)]


_Rule: TypeAlias = Callable[[Schema, str, Json], Json]
_RULES: Final[Mapping[str, _Rule]] = {
    "type": _type,
    **dict.fromkeys(("minimum", "exclusiveMinimum", "minLength", "minItems"), _larger),
    **dict.fromkeys(("maximum", "exclusiveMaximum", "maxLength", "maxItems"), _smaller),
    "multipleOf": _step,
    "unit": _unit,
    "pattern": _equal,
    "oneOf": _items,
    **dict.fromkeys(("title", "description", "format", "contentEncoding", "contentMediaType"), _text),
    "enum": _enum,
    **dict.fromkeys(("const", "default"), _value),
    "items": _items,
    "properties": _properties,
    "required": _required,
}  # fmt: skip

_PAIRS: Final = (
    ("minimum", "maximum", False),
    ("minLength", "maxLength", False),
    ("minItems", "maxItems", False),
    ("exclusiveMinimum", "maximum", True),
    ("minimum", "exclusiveMaximum", True),
    ("exclusiveMinimum", "exclusiveMaximum", True),
)


def _refuse_empty(schema: Schema) -> None:
    for low, high, open_ended in _PAIRS:
        least, most = schema.get(low), schema.get(high)
        if not isinstance(least, int | float) or not isinstance(most, int | float):
            continue
        if least > most or (open_ended and least == most):
            raise ComposeError(
                f"has no value between {low} {least} and {high} {most}; describe a range within its model's"
            )
