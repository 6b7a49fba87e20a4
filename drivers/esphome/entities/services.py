"""User-defined actions (`api: actions:`). What one does nobody but its author knows: a setting, hazard 2, privilege manage.

Newer firmware can answer one that asks for it: then a no of the device is one here.
"""

from __future__ import annotations

import math
from typing import Any, Final

from aioesphomeapi.model import SupportsResponseType, UserServiceArg, UserServiceArgType

from capabilities.vocabulary import Json, Privilege
from drivers.esphome.entities.entity import SETTING_HAZARD, About, Builder, Entity, NotUnderstoodError
from drivers.esphome.entities.names import tidy
from drivers.esphome.entities.values import as_bool, as_float, as_text
from drivers.esphome.wire.messages import PB, Message

MAX_ARGUMENTS: Final = 32
MAX_ITEMS: Final = 256
MAX_ARGUMENT_CHARS: Final = 4096
_INT32: Final = 2**31

_SCHEMAS: Final[dict[UserServiceArgType, dict[str, Json]]] = {
    UserServiceArgType.BOOL: {"type": "boolean"},
    UserServiceArgType.INT: {"type": "integer", "minimum": -_INT32, "maximum": _INT32 - 1},
    UserServiceArgType.FLOAT: {"type": "number"},
    UserServiceArgType.STRING: {"type": "string", "maxLength": MAX_ARGUMENT_CHARS},
}
_ITEMS: Final = {
    UserServiceArgType.BOOL_ARRAY: (UserServiceArgType.BOOL, "bool_array"),
    UserServiceArgType.INT_ARRAY: (UserServiceArgType.INT, "int_array"),
    UserServiceArgType.FLOAT_ARRAY: (UserServiceArgType.FLOAT, "float_array"),
    UserServiceArgType.STRING_ARRAY: (UserServiceArgType.STRING, "string_array"),
}


def service(about: About) -> Entity:
    info = about.info
    arguments: list[UserServiceArg] = list(info.args)
    names = [one.name for one in arguments]
    if len(arguments) > MAX_ARGUMENTS or len(set(names)) < len(names) or not all(names):
        raise NotUnderstoodError(f"its arguments need names of their own, and be {MAX_ARGUMENTS} at the most")
    if any(one.type is None for one in arguments):
        raise NotUnderstoodError("it has an argument of a type that is not known here")
    builder = Builder(about, "setting")
    answered = info.supports_response is not SupportsResponseType.NONE

    def make(value: Json) -> list[Message]:
        given = {} if value is None else value
        if not isinstance(given, dict) or set(given) - set(names):
            raise ValueError(f"should be an object with {', '.join(names) or 'no members'}"[:500])
        request = PB.ExecuteServiceRequest(key=info.key)
        for one in arguments:
            if one.name not in given:
                raise ValueError(f"should have {one.name[:60]}")
            request.args.append(_argument(one, given[one.name], about.api))
        return [request]

    recipe: list[Json] = [[one.name, int(one.type or 0)] for one in arguments]
    schema: dict[str, Json] = {}
    if arguments:
        properties: dict[str, Json] = {one.name: _schema(one) for one in arguments}
        schema = {"type": "object", "properties": properties, "required": list(names)}
    builder.action(
        "run", make, recipe=recipe, schema=schema, title=tidy(info.description) or tidy(info.name), answered=answered,
        hazard=SETTING_HAZARD, privilege=Privilege.MANAGE,
    )  # fmt: skip
    return builder.build()


def _schema(argument: UserServiceArg) -> dict[str, Json]:
    sort = argument.type or UserServiceArgType.BOOL
    schema: dict[str, Json] = (
        {"type": "array", "maxItems": MAX_ITEMS, "items": dict(_SCHEMAS[_ITEMS[sort][0]])}
        if sort in _ITEMS
        else dict(_SCHEMAS[sort])
    )
    about = tidy(argument.description)
    return {**schema, "description": about} if about else schema


def _argument(argument: UserServiceArg, value: Json, api: tuple[int, int]) -> Message:
    sort = argument.type or UserServiceArgType.BOOL
    filled: Any = PB.ExecuteServiceArgument()
    if sort in _ITEMS:
        if not isinstance(value, list) or len(value) > MAX_ITEMS:
            raise ValueError(f"should have a list of up to {MAX_ITEMS} items as {argument.name[:60]}")
        item, member = _ITEMS[sort]
        getattr(filled, member).extend(_single(item, one) for one in value)
        return filled
    member = {
        UserServiceArgType.BOOL: "bool_", UserServiceArgType.FLOAT: "float_", UserServiceArgType.STRING: "string_",
    }.get(sort, "int_" if api >= (1, 3) else "legacy_int")  # fmt: skip
    setattr(filled, member, _single(sort, value))
    return filled


def _single(sort: UserServiceArgType, value: Json) -> bool | int | float | str:
    if sort is UserServiceArgType.BOOL:
        return as_bool(value)
    if sort is UserServiceArgType.STRING:
        return as_text(value)[:MAX_ARGUMENT_CHARS]
    number = as_float(value)
    if sort is UserServiceArgType.FLOAT:
        if abs(number) > 3e38:
            raise ValueError("should be a number of single precision")
        return number
    if not math.trunc(number) == number or not -_INT32 <= number < _INT32:
        raise ValueError("should be a whole number of 32 bits")
    return int(number)
