"""Lightbulb. Source: HomeKit Accessory Protocol Specification R2 (non-commercial), chapters 8 and 9."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final

from capabilities.vocabulary import Json
from drivers.homekit import values
from drivers.homekit.database import Characteristic
from drivers.homekit.points import NOTHING, Encode, Nothing
from drivers.homekit.sketch import Sketch

_MIREDS: Final = (140.0, 500.0)
"""Where the lamp says nothing (specification, 9.16)."""

_KELVIN: Final = (1000, 20000)


def lightbulb(sketch: Sketch) -> None:
    switch = sketch.service.get("25")
    sketch.flag("on", "25")
    if (one := sketch.take("8")) is not None:
        writes = (one,) if switch is None else (one, switch)
        sketch.property(
            "brightness", one, decode=values.number(one), encode=with_switch(values.write_number(one, 0, 100), switch),
            writes=writes, schema=values.span(one, 0, 100, "%"), unit="%",
        )  # fmt: skip
    if (one := sketch.take("CE")) is not None:
        _temperature(sketch, one)
    hue, saturation = sketch.take("13"), sketch.take("2F")
    if hue is not None and saturation is not None:
        _color(sketch, hue, saturation)


def with_switch(encode: Encode, switch: Characteristic | None) -> Encode:
    """What is made brighter (or faster) than nothing is switched on by the same command: a lamp that is off keeps the
    brightness for later otherwise.
    """

    def both(value: Json) -> tuple[tuple[int, Json], ...]:
        writes = encode(value)
        if switch is None or not writes[0][1]:
            return writes
        return ((switch.iid, True if switch.format == "bool" else 1), *writes)

    return both


def _temperature(sketch: Sketch, one: Characteristic) -> None:
    """Mireds to kelvin: the smallest number of mireds is the largest of kelvin."""
    least, most = values.bounds(one, 1e6 / _KELVIN[1], 1e6 / _KELVIN[0])
    if one.minimum is None or one.maximum is None:
        least, most = _MIREDS
    low, high = math.ceil(1e6 / most), math.floor(1e6 / least)

    def decode(known: Mapping[int, Json]) -> Json | Nothing:
        mireds = values.number(one)(known)
        return NOTHING if not isinstance(mireds, int | float) or mireds <= 0 else round(1e6 / mireds)

    def encode(value: Json) -> tuple[tuple[int, Json], ...]:
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
            raise ValueError(f"should be a number from {low} to {high}")
        return ((one.iid, values.fitted(one, min(max(1e6 / value, least), most), least, most)),)

    schema: dict[str, Json] = {"type": "number", "minimum": low, "maximum": high, "unit": "K"}
    sketch.property(
        "color_temperature", one, decode=decode, encode=encode, writes=(one,), schema=schema, unit="K"
    )


def _color(sketch: Sketch, hue: Characteristic, saturation: Characteristic) -> None:
    def decode(known: Mapping[int, Json]) -> Json | Nothing:
        parts = values.number(hue)(known), values.number(saturation)(known)
        if isinstance(parts[0], Nothing) or isinstance(parts[1], Nothing):
            return NOTHING
        return {"hue": parts[0], "saturation": parts[1]}

    def encode(value: Json) -> tuple[tuple[int, Json], ...]:
        if not isinstance(value, dict) or value.keys() != {"hue", "saturation"}:
            raise ValueError("should have a hue and a saturation")
        return (
            *values.write_number(hue, 0, 360)(value["hue"]),
            *values.write_number(saturation, 0, 100)(value["saturation"]),
        )

    sketch.property("color", hue, saturation, decode=decode, encode=encode, writes=(hue, saturation))
