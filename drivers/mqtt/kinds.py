"""What an entity measures: device classes, units and names → a kind's property in its canonical unit.

A name alone never makes a kind: without a device class it takes the fitting unit as well.
"""

from __future__ import annotations

from typing import Final

from drivers.classes.tables import BINARY_CLASSES, OTHER_SIGN, SENSOR_CLASSES, Meaning, Sign
from drivers.classes.units import canonical_spelling, scale_to
from drivers.mqtt.config import Config
from drivers.mqtt.words import listed, own_words, plain_names

UNIT_MEANINGS: Final = {
    **dict.fromkeys(("°C", "°F"), "temperature"),
    **dict.fromkeys(("W", "mW", "kW", "MW"), "power"),
    **dict.fromkeys(("Wh", "kWh", "MWh"), "energy"),
    **dict.fromkeys(("V", "mV", "kV"), "voltage"),
    **dict.fromkeys(("A", "mA"), "current"),
    **dict.fromkeys(("VA", "kVA"), "apparent_power"),
    **dict.fromkeys(("var", "kvar"), "reactive_power"),
    **dict.fromkeys(("lx", "klx"), "illuminance"),
    **dict.fromkeys(("hPa", "mbar", "kPa", "bar", "psi", "inHg", "mmHg"), "pressure"),
    **dict.fromkeys(("m³/h", "L/min", "L/h"), "volume_flow_rate"),
}
"""Units that say enough without a device class → the class that they imply. `%`, `Hz`, `ppm` and `m³` may be of anything."""

_PARTICLES: Final = {"pm1": "pm1", "pm4": "pm4", "pm25": "pm25", "pm2_5": "pm25", "pm10": "pm10"}

NAME_MEANINGS: Final = {
    "battery": (SENSOR_CLASSES["battery"],),
    "battery_level": (SENSOR_CLASSES["battery"],),
    "humidity": (SENSOR_CLASSES["humidity"],),
    "co": (SENSOR_CLASSES["carbon_monoxide"],),
    "co2": (SENSOR_CLASSES["carbon_dioxide"],),
    "voc": (
        SENSOR_CLASSES["volatile_organic_compounds"],
        SENSOR_CLASSES["volatile_organic_compounds_parts"],
    ),
    "tvoc": (
        SENSOR_CLASSES["volatile_organic_compounds"],
        SENSOR_CLASSES["volatile_organic_compounds_parts"],
    ),
    **{name: (SENSOR_CLASSES[class_],) for name, class_ in _PARTICLES.items()},
    **dict.fromkeys(("hcho", "formaldehyd", "formaldehyde"), (Meaning("air", "hcho", "µg/m³"),)),
    "radon": (Meaning("air", "radon", "Bq/m³"),),
    "noise": (SENSOR_CLASSES["sound_pressure"],),
    "target_distance": (Meaning("occupancy", "distance", "m"),),
}
"""Names that publishers use, each certain with a unit of the meaning's dimension (the first that fits), and only with one."""

NOT_MEASURED: Final = frozenset({
    "alarm", "calibration", "delta", "difference", "gradient", "hysteresis", "limit", "max", "maximum", "min", "minimum",
    "nominal", "offset", "rated", "setpoint", "soll", "sollwert", "target", "threshold", "vpd",
})  # fmt: skip
"""Words of numbers that are not what is there now: a target temperature in °C is no reading of a thermometer."""

_WORD_NEEDED: Final = {
    "voltage": listed("voltage volt volts spannung tension tensione spanning spanning voltaje napiecie"),
    "current": listed("current ampere amps strom courant corriente corrente stroom strom prad"),
}
"""What is electrical only if it is called so: light and acidity are told in volts as well."""

_OWN: Final = frozenset({"temperature", "humidity", "pressure", "illuminance"})
"""Kinds that speak of a room. A diagnosis of the sort speaks of the device itself."""

_NOT_A_CELL: Final = frozenset({"grid", "input", "line", "mains", "motor", "phase", "supply", "vcc"})
_CELLS: Final = frozenset({"battery", "batt", "cell"})
_EXPORTED: Final = frozenset({"exported", "injected", "produced", "returned"})
NAMED_OTHERWISE: Final = frozenset({"eco2"})
"""Names that contradict the device class they are published with: an estimate of CO2 out of VOC is neither."""


def meaning_of(config: Config) -> Meaning | None:
    """What a sensor measures; None where no kind has it (then it is `other`)."""
    device_class, unit = class_of(config), unit_of(config)
    found = SENSOR_CLASSES.get(device_class)
    if not device_class:
        found = _by_name(config, unit) or _by_unit(config, unit)
    if found is None or _refused(config, found):
        return None
    if found.name == "voltage" and _is_cell(config):
        return Meaning("battery", "voltage", "V")
    if found.name == "energy" and own_words(config) & _EXPORTED:
        return Meaning("power", "returned_energy", "kWh")
    return found


def sign_of(config: Config) -> Sign:
    """What a binary sensor tells."""
    return BINARY_CLASSES.get(class_of(config), OTHER_SIGN)


_NO_UNITS: Final = frozenset({"index", "aqi"})
"""What publishers write as the unit of a number that has none."""


def class_of(config: Config) -> str:
    return config.text("device_class").lower()


def unit_of(config: Config) -> str:
    unit = canonical_spelling(config.title("unit_of_measurement"))
    return "" if unit.lower() in _NO_UNITS else unit


def is_housekeeping(config: Config) -> bool:
    """Whether the publisher says that this is about the device and not about the house."""
    return config.has("entity_category")


def _by_name(config: Config, unit: str) -> Meaning | None:
    """A sensor without a device class: by what it is called, if the unit agrees."""
    for name in plain_names(config):
        for found in NAME_MEANINGS.get(name, ()):
            if unit and scale_to(found.unit, unit) is not None:
                return found
    return None


def _by_unit(config: Config, unit: str) -> Meaning | None:
    """A sensor without a device class: by its unit, if that says enough (with a word of the name)."""
    device_class = UNIT_MEANINGS.get(unit, "")
    needed = _WORD_NEEDED.get(device_class)
    return None if needed and not needed & own_words(config) else SENSOR_CLASSES.get(device_class)


def _refused(config: Config, found: Meaning) -> bool:
    if is_housekeeping(config) and found.kind in _OWN:
        return True
    if found.kind == "battery" or found.name == "distance":
        return False
    return bool(own_words(config) & NOT_MEASURED) or any(
        name in NAMED_OTHERWISE for name in plain_names(config)
    )


def _is_cell(config: Config) -> bool:
    """A diagnosis in mV is that of a cell; mains voltages are told in V, be they a diagnosis or not."""
    if own_words(config) & _CELLS:
        return True
    return is_housekeeping(config) and unit_of(config) == "mV" and not own_words(config) & _NOT_A_CELL
