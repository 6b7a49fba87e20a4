"""Things that are switched: what belongs together becomes one component, brightness in percent, colour temperature in K."""

from __future__ import annotations

from dataclasses import dataclass

from capabilities.components import ComponentDescription
from capabilities.td import PropertyAffordance
from capabilities.vocabulary import Json
from drivers.classes.units import SAME, Scale
from drivers.wot.described import Part, Point, component
from drivers.wot.describing import Describer, part_of
from drivers.wot.document import types_of
from drivers.wot.meanings import (
    BRIGHTNESS_WORDS,
    COLOR_TEMPERATURE_WORDS,
    ON_WORDS,
    SURE_TYPES,
    SWITCHED_TYPES,
    words,
)
from drivers.wot.schemas import Measure, schema_of

_NUMBERS = ("number", "integer")


@dataclass(frozen=True, slots=True)
class Switched:
    """The component, the points in it, and the names of the properties that it is made of."""

    component: ComponentDescription
    points: tuple[Point, ...]
    names: frozenset[str]


def switched(describer: Describer) -> Switched | None:
    """None where nothing is switched, or what belongs to it is not known to belong together."""
    document = describer.document
    said = words(document.types)
    kinds = sorted(SWITCHED_TYPES[one] for one in said if one in SWITCHED_TYPES)
    kind = "light" if "light" in kinds else next(iter(kinds), "")
    on = _first(describer, ON_WORDS, ("boolean",), alone=bool(kind))
    if on is None:
        return None
    level = _first(describer, BRIGHTNESS_WORDS, _NUMBERS)
    if not kind and level is None:
        return None  # a truth value with a telling name is a setting as any other
    certain = bool(said & SURE_TYPES)
    parts = [_on(describer, on, careful=not kind)]
    if kind in ("", "light"):
        warmth = _first(describer, COLOR_TEMPERATURE_WORDS, _NUMBERS)
        parts += [_brightness(describer, level), _warmth(describer, warmth)]
    found = [part for part in parts if part is not None]
    if parts[0] is None:
        return None
    names = frozenset(part.point.name for part in found)
    made = component(
        describer.reach, "switched", kind or "setting", found, certain=certain and bool(kind),
        proposal="" if kind else "light",
    )  # fmt: skip
    return Switched(made, tuple(part.point for part in found), names)


def _first(
    describer: Describer, wanted: frozenset[str], types: tuple[str, ...], *, alone: bool = False
) -> tuple[str, PropertyAffordance] | None:
    """The first writable property of one of `types` that is called so; with `alone` also the only one of those types."""
    fitting = [
        (name, one)
        for name, one in describer.document.properties.items()
        if one.type in types and not one.read_only and not one.write_only
    ]
    called = [(name, one) for name, one in fitting if words(types_of(one), name) & wanted]
    if called:
        return called[0]
    return fitting[0] if alone and len(fitting) == 1 else None


def _on(describer: Describer, found: tuple[str, PropertyAffordance], *, careful: bool) -> Part | None:
    name, one = found
    point = describer.property_point(name, one, {"type": "boolean"})
    if point is None or point.write is None or (point.read is None and point.watch is None):
        return None
    return part_of("value" if careful else "on", point, careful=careful)


def _brightness(describer: Describer, found: tuple[str, PropertyAffordance] | None) -> Part | None:
    """In percent of the device's own range."""
    if found is None:
        return None
    schema = schema_of(found[1])
    low, high = _bound(schema.get("minimum")), _bound(schema.get("maximum"))
    if schema.get("unit") == "%":
        low, high = 0.0, 100.0
    if high is None or (low or 0.0) >= high:
        return None
    start = low or 0.0
    factor = 100.0 / (high - start)
    scale = SAME if factor == 1 and start == 0 else Scale(factor, -start * factor)
    return _number(
        describer,
        "brightness",
        found,
        {"type": "number", "minimum": 0, "maximum": 100, "unit": "%"},
        scale,
    )


def _warmth(describer: Describer, found: tuple[str, PropertyAffordance] | None) -> Part | None:
    if found is None:
        return None
    schema = schema_of(found[1])
    low, high = _bound(schema.get("minimum")), _bound(schema.get("maximum"))
    if schema.get("unit", "K") != "K" or low is None or high is None or not 1000 <= low < high <= 20000:
        return None  # mireds, or nobody knows what
    wanted: dict[str, Json] = {"type": "number", "minimum": low, "maximum": high, "unit": "K"}
    return _number(describer, "color_temperature", found, wanted, SAME)


def _number(
    describer: Describer,
    as_: str,
    found: tuple[str, PropertyAffordance],
    schema: dict[str, Json],
    scale: Scale,
) -> Part | None:
    name, one = found
    point = describer.property_point(name, one, schema, Measure(scale, one.type == "integer"))
    if point is None or point.write is None or (point.read is None and point.watch is None):
        return None
    return part_of(as_, point)


def _bound(value: Json) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
