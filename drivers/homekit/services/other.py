"""What has no model: every characteristic by itself, with care.

Nobody knows what it does: what can be written counts as hazard 2 and takes privilege manage (see `capabilities/admission.py`).
"""

from __future__ import annotations

from typing import Final

from capabilities.vocabulary import Hazard, Json, Privilege
from drivers.homekit import values
from drivers.homekit.database import Characteristic
from drivers.homekit.names import characteristic_name
from drivers.homekit.sketch import EVENT_TYPE, Sketch

NOT_SHOWN: Final = frozenset({"23", "E3", "A5", "CD", "CC", "37"})
"""Names, signatures and labels: they say what a service is called."""

_UNITS: Final = {"percentage": "%", "celsius": "°C", "arcdegrees": "°", "lux": "lx", "seconds": "s"}
MAX_REST: Final = 40
"""Of one service: more is no service that a person would look through."""


def rest(sketch: Sketch) -> None:
    """Adds what is left of the service: opaque blocks (tlv8, data) say nothing to anybody and are left out."""
    added = 0
    for one in sketch.service.characteristics:
        if one.iid in sketch.used or one.type in NOT_SHOWN or "hd" in one.perms or added >= MAX_REST:
            continue
        sketch.used.add(one.iid)
        added += _add(sketch, one, _free(sketch, one))


def _free(sketch: Sketch, one: Characteristic) -> str:
    name = characteristic_name(one.type, one.description, one.iid)
    return name if name not in sketch.names() else f"{name}_{one.iid}"


def _add(sketch: Sketch, one: Characteristic, name: str) -> bool:
    if one.format == "bool":
        decode, encode = values.flag(one), values.write_flag(one)
        schema: dict[str, Json] = {"type": "boolean"}
    elif one.format in values.INTEGERS or one.format == "float":
        low, high = values.INTEGERS.get(one.format, (-1e15, 1e15))
        decode, encode = values.number(one), values.write_number(one, low, high)
        schema = values.span(one, low, high, _UNITS.get(one.unit, ""))
        if one.format in values.INTEGERS:
            schema["type"] = "integer"
        if one.valid:
            schema["enum"] = [value for value in one.valid if low <= value <= high]
    elif one.format == "string":
        decode, encode = values.text(one), values.write_text(one)
        schema = {"type": "string", "maxLength": one.max_length}
    else:
        return False
    unit = schema.get("unit")
    if one.readable and one.type != EVENT_TYPE:
        seen = (
            schema
            if one.writable
            else {member: schema[member] for member in schema.keys() & {"type", "unit"}}
        )
        sketch.property(
            name, one, decode=decode, encode=encode, writes=(one,), schema=seen,
            unit=unit if isinstance(unit, str) else None, title=one.description,
            hazard=Hazard.PROPERTY if one.writable else Hazard.COMFORT,
            privilege=Privilege.MANAGE if one.writable else Privilege.VIEW,
        )  # fmt: skip
        return True
    if one.writable and not one.readable:
        sketch.action(
            name,
            encode,
            one,
            schema=schema,
            title=one.description,
            hazard=Hazard.PROPERTY,
            privilege=Privilege.MANAGE,
        )
        return True
    return False
