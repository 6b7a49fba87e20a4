"""What an entity measures: device classes, units and names → a kind's property in its canonical unit.

Source: Home Assistant, "Sensor" and "Binary sensor", device classes (2025). Each of them stands in one of the tables below.
A name alone never makes a kind: without a device class it takes the fitting unit as well.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from capabilities.vocabulary import Json
from drivers.mqtt.config import Config
from drivers.mqtt.units import canonical_spelling, scale_to
from drivers.mqtt.words import listed, own_words, plain_names


@dataclass(frozen=True, slots=True)
class Meaning:
    """A kind's property, in its unit."""

    kind: str
    name: str
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Sign:
    """A kind's property, and what it is while a binary sensor is on and off."""

    kind: str
    name: str
    on: Json = True
    off: Json = False


SENSOR_CLASSES: Final = {
    "apparent_power": Meaning("power", "apparent_power", "VA"),
    "aqi": Meaning("air", "aqi"),
    "atmospheric_pressure": Meaning("pressure", "pressure", "hPa"),
    "battery": Meaning("battery", "level", "%"),
    "carbon_dioxide": Meaning("air", "co2", "ppm"),
    "carbon_monoxide": Meaning("co", "level", "ppm"),
    "current": Meaning("power", "current", "A"),
    "energy": Meaning("power", "energy", "kWh"),
    "energy_storage": Meaning("battery", "stored_energy", "kWh"),
    "frequency": Meaning("power", "frequency", "Hz"),
    "gas": Meaning("meter", "gas", "m³"),
    "humidity": Meaning("humidity", "humidity", "%"),
    "illuminance": Meaning("illuminance", "illuminance", "lx"),
    "nitrogen_dioxide": Meaning("air", "no2", "µg/m³"),
    "nitrogen_monoxide": Meaning("air", "no", "µg/m³"),
    "nitrous_oxide": Meaning("air", "n2o", "µg/m³"),
    "ozone": Meaning("air", "o3", "µg/m³"),
    "pm1": Meaning("air", "pm1", "µg/m³"),
    "pm10": Meaning("air", "pm10", "µg/m³"),
    "pm25": Meaning("air", "pm25", "µg/m³"),
    "pm4": Meaning("air", "pm4", "µg/m³"),
    "power": Meaning("power", "power", "W"),
    "power_factor": Meaning("power", "power_factor"),
    "pressure": Meaning("pressure", "pressure", "hPa"),
    "reactive_power": Meaning("power", "reactive_power", "var"),
    "sound_pressure": Meaning("air", "noise", "dB"),
    "sulphur_dioxide": Meaning("air", "so2", "µg/m³"),
    "temperature": Meaning("temperature", "temperature", "°C"),
    "volatile_organic_compounds": Meaning("air", "voc", "µg/m³"),
    "volatile_organic_compounds_parts": Meaning("air", "voc_parts", "ppb"),
    "voltage": Meaning("power", "voltage", "V"),
    "volume_flow_rate": Meaning("meter", "flow", "m³/h"),
    "water": Meaning("meter", "water", "m³"),
}
"""Device classes of sensors that a kind has a property for."""

NUMBER_CLASSES: Final = frozenset({
    "absolute_humidity", "area", "blood_glucose_concentration", "conductivity", "data_rate", "data_size", "distance",
    "duration", "energy_distance", "irradiance", "moisture", "monetary", "ph", "precipitation",
    "precipitation_intensity", "reactive_energy", "signal_strength", "speed", "temperature_delta", "volume",
    "volume_storage", "weight", "wind_direction", "wind_speed",
})  # fmt: skip
"""Those that no kind has: `other`, a number in the publisher's unit. Soil moisture is no air humidity, a volume may be of
anything, and a difference of temperatures is no temperature.
"""

TEXT_CLASSES: Final = {"date": "date", "timestamp": "date-time", "enum": ""}
"""Those that are no numbers: `other`, a text of this format (RFC 3339), or one of the options."""

BINARY_CLASSES: Final = {
    "battery": Sign("battery", "low"),
    "battery_charging": Sign("battery", "charging"),
    "carbon_monoxide": Sign("co", "co"),
    "door": Sign("contact", "open"),
    "garage_door": Sign("contact", "open"),
    "gas": Sign("air", "gas"),
    "lock": Sign("lock", "state", "unlocked", "locked"),
    "moisture": Sign("leak", "leak"),
    "motion": Sign("occupancy", "occupied"),
    "occupancy": Sign("occupancy", "occupied"),
    "opening": Sign("contact", "open"),
    "presence": Sign("presence", "present"),
    "smoke": Sign("smoke", "smoke"),
    "update": Sign("setting", "update_available"),
    "window": Sign("contact", "open"),
}
"""Device classes of binary sensors that a kind has a property for."""

OTHER_SIGN: Final = Sign("other", "value")

OTHER_BINARY_CLASSES: Final = frozenset({
    "cold", "connectivity", "heat", "light", "moving", "plug", "power", "problem", "running", "safety", "sound",
    "tamper", "vibration",
})  # fmt: skip
"""Those that no kind has: `other`. A thing that moves, shakes or is loud need not be a person: none of them is occupancy."""

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
