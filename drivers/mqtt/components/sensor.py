"""Component `sensor`: numbers in canonical units, states out of a list, and what nobody has a name for.

Source: Home Assistant, "MQTT Sensor" and its device classes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from capabilities.vocabulary import Json
from drivers.mqtt.components.titles import title
from drivers.mqtt.config import Config, ConfigError
from drivers.mqtt.entity import Builder, Entity
from drivers.mqtt.units import SAME, scale_to
from drivers.mqtt.values import Convert, guess, mapped, number, scaled


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a device class stands for: a kind's property, in its unit."""

    kind: str
    name: str
    unit: str


_CLASSES: Final = {
    "temperature": Meaning("temperature", "temperature", "°C"),
    "humidity": Meaning("humidity", "humidity", "%"),
    "illuminance": Meaning("illuminance", "illuminance", "lx"),
    "pressure": Meaning("pressure", "pressure", "hPa"),
    "atmospheric_pressure": Meaning("pressure", "pressure", "hPa"),
    "carbon_dioxide": Meaning("air", "co2", "ppm"),
    "carbon_monoxide": Meaning("co", "level", "ppm"),
    "nitrogen_dioxide": Meaning("air", "no2", "µg/m³"),
    "ozone": Meaning("air", "o3", "µg/m³"),
    "sulphur_dioxide": Meaning("air", "so2", "µg/m³"),
    "sound_pressure": Meaning("air", "noise", "dB"),
    "pm1": Meaning("air", "pm1", "µg/m³"),
    "pm25": Meaning("air", "pm25", "µg/m³"),
    "pm10": Meaning("air", "pm10", "µg/m³"),
    "volatile_organic_compounds": Meaning("air", "voc", "µg/m³"),
    "volatile_organic_compounds_parts": Meaning("air", "voc_parts", "ppb"),
    "aqi": Meaning("air", "aqi", ""),
    "power": Meaning("power", "power", "W"),
    "energy": Meaning("power", "energy", "kWh"),
    "voltage": Meaning("power", "voltage", "V"),
    "current": Meaning("power", "current", "A"),
    "frequency": Meaning("power", "frequency", "Hz"),
    "power_factor": Meaning("power", "power_factor", ""),
    "apparent_power": Meaning("power", "apparent_power", "VA"),
    "reactive_power": Meaning("power", "reactive_power", "var"),
    "gas": Meaning("meter", "gas", "m³"),
    "water": Meaning("meter", "water", "m³"),
    "battery": Meaning("battery", "level", "%"),
}

_CELL_VOLTAGE: Final = Meaning("battery", "voltage", "V")
"""A voltage that is only a diagnosis is the battery's."""


def describe(key: str, config: Config) -> Entity:
    if not config.topic("state_topic"):
        raise ConfigError("state_topic is missing")
    unit = config.title("unit_of_measurement")
    meaning = _meaning(config)
    if meaning is not None and meaning.name == "power_factor" and unit == "%":
        return _add(Builder(key, "power", config), "power_factor", scaled(0.01))
    scale = scale_to(meaning.unit, unit) if meaning is not None and (meaning.unit or not unit) else None
    if meaning is not None and scale is not None:
        convert = number if scale is SAME else scaled(scale.factor, scale.offset)
        return _add(Builder(key, meaning.kind, config), meaning.name, convert, meaning.unit)
    return _other(Builder(key, "other", config), unit)


def _meaning(config: Config) -> Meaning | None:
    device_class = config.text("device_class")
    if device_class == "voltage" and config.text("entity_category") == "diagnostic":
        return _CELL_VOLTAGE
    return _CLASSES.get(device_class)


def _other(builder: Builder, unit: str) -> Entity:
    config = builder.config
    options = config.texts("options")
    if options:
        schema: dict[str, Json] = {"type": "string", "enum": list(options)}
        return _add(builder, "value", mapped({option: option for option in options}), schema=schema)
    if unit or config.has("state_class"):
        return _add(
            builder, "value", number, unit, {"type": "number", "unit": unit} if unit else {"type": "number"}
        )
    return _add(builder, "value", guess)


def _add(
    builder: Builder, name: str, convert: Convert, unit: str = "", schema: dict[str, Json] | None = None
) -> Entity:
    config = builder.config
    builder.property(
        name,
        convert,
        state=config.topic("state_topic"),
        template=config.template("value_template"),
        schema=schema,
        unit=unit or None,
        expire_after_s=max(0.0, config.number("expire_after", 0)),
    )
    return builder.build(title(config))
