"""Values of characteristics, read and written: types, ranges, steps, options.

Source: HomeKit Accessory Protocol Specification R2, 2.3.3 (formats, units), 6.3.3 (metadata).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final

from capabilities.vocabulary import Json
from drivers.homekit.database import Characteristic
from drivers.homekit.points import NOTHING, Decode, Encode, Nothing

INTEGERS: Final = {
    "uint8": (0, 2**8 - 1), "uint16": (0, 2**16 - 1), "uint32": (0, 2**32 - 1), "uint64": (0, 2**53 - 1),
    "int": (-(2**31), 2**31 - 1), "int32": (-(2**31), 2**31 - 1),
}  # fmt: skip

MAX_STEPS_SHOWN: Final = 1_000_000
"""A step is said only where it is a whole number: sums of 0.1 are never exactly what a person writes."""


def flag(one: Characteristic, *, true: int = 1, inverted: bool = False) -> Decode:
    """True or false; of a number, `true` is true."""

    def decode(values: Mapping[int, Json]) -> Json | Nothing:
        value = values.get(one.iid)
        if isinstance(value, int | float):  # a bool is an int
            return (value == true) != inverted
        return _unusable(value, "true or false")

    return decode


def write_flag(one: Characteristic) -> Encode:
    def encode(value: Json) -> tuple[tuple[int, Json], ...]:
        if not isinstance(value, bool):
            raise ValueError("should be true or false")
        return ((one.iid, value if one.format == "bool" else int(value)),)

    return encode


def number(one: Characteristic, scale: float = 1.0) -> Decode:
    def decode(values: Mapping[int, Json]) -> Json | Nothing:
        value = values.get(one.iid)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return value if scale == 1.0 else value * scale
        return _unusable(value, "a number")

    return decode


def bounds(one: Characteristic, low: float, high: float) -> tuple[float, float]:
    """What the accessory says, within `low` and `high`; those where it says nothing that makes sense."""
    least = low if one.minimum is None else max(low, one.minimum)
    most = high if one.maximum is None else min(high, one.maximum)
    return (least, most) if least < most else (low, high)


def span(one: Characteristic, low: float, high: float, unit: str = "") -> dict[str, Json]:
    """The range as members of a schema."""
    least, most = bounds(one, low, high)
    schema: dict[str, Json] = {"type": "number", "minimum": tidy(least), "maximum": tidy(most)}
    if unit:
        schema["unit"] = unit
    return schema


def write_number(one: Characteristic, low: float, high: float) -> Encode:
    """Within the range; the nearest step of the accessory."""
    least, most = bounds(one, low, high)

    def encode(value: Json) -> tuple[tuple[int, Json], ...]:
        return ((one.iid, fitted(one, value, least, most)),)

    return encode


def fitted(one: Characteristic, value: Json, least: float, most: float) -> Json:
    """Raises `ValueError`."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"should be a number from {tidy(least)} to {tidy(most)}")
    if not least <= value <= most:
        raise ValueError(f"should be from {tidy(least)} to {tidy(most)}, not {tidy(value)}")
    base = one.minimum or 0.0
    fit: float = value
    if one.step:
        fit = base + round((value - base) / one.step) * one.step
        fit = min(fit, most) if fit <= most else base + math.floor((most - base) / one.step) * one.step
    return round(fit) if one.format in INTEGERS else round(fit, 6)


def choice(one: Characteristic, names: Mapping[int, str]) -> Decode:
    def decode(values: Mapping[int, Json]) -> Json | Nothing:
        value = values.get(one.iid)
        if isinstance(value, int | float) and value in names:
            return names[int(value)]
        return _unusable(value, f"one of {', '.join(map(str, names))}")

    return decode


def offered(one: Characteristic, names: Mapping[int, str]) -> dict[int, str]:
    """The options that this accessory has (`valid-values`, or its range); all where that leaves none."""
    least = -math.inf if one.minimum is None else one.minimum
    most = math.inf if one.maximum is None else one.maximum
    found = {
        value: name
        for value, name in names.items()
        if least <= value <= most and (not one.valid or value in one.valid)
    }
    return found or dict(names)


def write_choice(one: Characteristic, names: Mapping[int, str]) -> Encode:
    values = {name: value for value, name in names.items()}

    def encode(value: Json) -> tuple[tuple[int, Json], ...]:
        if not isinstance(value, str) or value not in values:
            raise ValueError(f"should be one of {', '.join(values)}")
        chosen = values[value]
        return ((one.iid, bool(chosen) if one.format == "bool" else chosen),)

    return encode


def text(one: Characteristic) -> Decode:
    def decode(values: Mapping[int, Json]) -> Json | Nothing:
        value = values.get(one.iid)
        return value if isinstance(value, str) else _unusable(value, "text")

    return decode


def write_text(one: Characteristic) -> Encode:
    def encode(value: Json) -> tuple[tuple[int, Json], ...]:
        if not isinstance(value, str) or len(value) > one.max_length:
            raise ValueError(f"should be text of at most {one.max_length} characters")
        return ((one.iid, value),)

    return encode


def constant(*writes: tuple[Characteristic, Json]) -> Encode:
    """An action without input: whatever comes, this is written."""
    fixed = tuple((one.iid, value) for one, value in writes)

    def encode(value: Json) -> tuple[tuple[int, Json], ...]:
        if value is not None and value != {}:
            raise ValueError("takes no input")
        return fixed

    return encode


def tidy(value: float) -> int | float:
    """20.0 as 20."""
    return int(value) if float(value).is_integer() and abs(value) < MAX_STEPS_SHOWN else value


def _unusable(value: Json, wanted: str) -> Nothing:
    if value is None:
        return NOTHING
    raise ValueError(f"should be {wanted}")
