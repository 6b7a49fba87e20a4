"""`binary_sensor`, `sensor` and `text_sensor`: what is only read. Source: ESPHome, "Sensor Component" and its siblings."""

from __future__ import annotations

from typing import Final

from aioesphomeapi.model import BinarySensorState, SensorState, TextSensorState

from capabilities.vocabulary import Json
from drivers.classes.tables import (
    BINARY_CLASSES,
    NUMBER_CLASSES,
    OTHER_BINARY_CLASSES,
    OTHER_SIGN,
    SENSOR_CLASSES,
    TEXT_CLASSES,
    Meaning,
)
from drivers.classes.units import canonical_spelling, scale_to
from drivers.esphome.entities.entity import About, Builder, Entity, Get
from drivers.esphome.entities.names import NOT_MEASURED, tidy, words
from drivers.esphome.entities.values import UNKNOWN, Nothing, number, scaled, text

_BY_UNIT: Final = {
    **dict.fromkeys(("°C", "°F"), "temperature"),
    **dict.fromkeys(("W", "kW"), "power"),
    **dict.fromkeys(("Wh", "kWh"), "energy"),
    **dict.fromkeys(("hPa", "mbar"), "pressure"),
    "lx": "illuminance",
}
"""Units that say enough where an older configuration has no device class. `%`, `V` and `ppm` may be of anything."""

_OF_A_ROOM: Final = frozenset({"temperature", "humidity", "pressure", "illuminance"})
"""Kinds that speak of a room. A diagnosis of the sort speaks of the device itself."""

_CELLS: Final = frozenset({"battery", "batt", "cell"})
_RETURNED: Final = frozenset({"exported", "injected", "produced", "returned"})
MAX_UNIT_CHARS: Final = 16


def binary_sensor(about: About) -> Entity:
    device_class = about.device_class
    sign = BINARY_CLASSES.get(device_class, OTHER_SIGN)
    builder = Builder(about, sign.kind)
    if device_class and device_class not in BINARY_CLASSES.keys() | OTHER_BINARY_CLASSES:
        builder.problem(f"the device class {device_class!r} is not known: true is whatever it calls on")

    def get(state: BinarySensorState) -> Json | Nothing:
        if state.missing_state:
            return UNKNOWN
        return sign.on if state.state else sign.off

    schema: dict[str, Json] = (
        {"type": "boolean"} if isinstance(sign.on, bool) else {"type": "string", "enum": [sign.on, sign.off]}
    )
    builder.property(sign.name, get, schema=schema)
    return builder.build()


def sensor(about: About) -> Entity:
    unit = canonical_spelling(tidy(about.info.unit_of_measurement, MAX_UNIT_CHARS))
    meaning = _meaning(about, unit)
    if meaning is not None:
        builder = Builder(about, meaning.kind)
        if meaning.name == "power_factor" and unit == "%":
            builder.property(meaning.name, _scaled(0.01, 0.0))
            return builder.build()
        scale = scale_to(meaning.unit, unit) if meaning.unit or not unit else None
        if scale is not None:
            builder.property(meaning.name, _scaled(scale.factor, scale.offset), unit=meaning.unit or None)
            return builder.build()
    builder = Builder(about, "other")
    device_class = about.device_class
    if device_class and device_class not in SENSOR_CLASSES.keys() | NUMBER_CLASSES | TEXT_CLASSES.keys():
        builder.problem(f"the device class {device_class!r} is not known: its values are shown as they are")
    schema: dict[str, Json] = {"type": "number", "unit": unit} if unit else {"type": "number"}
    builder.property("value", _scaled(1.0, 0.0), schema=schema, unit=unit or None)
    return builder.build()


def text_sensor(about: About) -> Entity:
    form = TEXT_CLASSES.get(about.device_class, "")
    builder = Builder(about, "other")

    def get(state: TextSensorState) -> Json | Nothing:
        return UNKNOWN if state.missing_state or (form and not state.state) else text(state.state)

    builder.property("value", get, schema={"type": "string", **({"format": form} if form else {})})
    return builder.build()


def _meaning(about: About, unit: str) -> Meaning | None:
    """What a sensor measures; None where no kind has it."""
    device_class, said = about.device_class, words(about.info.name)
    found = SENSOR_CLASSES.get(device_class or _BY_UNIT.get(unit, ""))
    if found is None or (about.is_housekeeping and found.kind in _OF_A_ROOM):
        return None
    if found.kind != "battery" and said & NOT_MEASURED:
        return None
    if found.name == "voltage" and said & _CELLS:
        return Meaning("battery", "voltage", "V")
    if found.name == "energy" and said & _RETURNED:
        return Meaning("power", "returned_energy", "kWh")
    return found


def _scaled(factor: float, offset: float) -> Get:
    def get(state: SensorState) -> Json | Nothing:
        if state.missing_state:
            return UNKNOWN
        return number(state.state) if (factor, offset) == (1.0, 0.0) else scaled(state.state, factor, offset)

    return get
