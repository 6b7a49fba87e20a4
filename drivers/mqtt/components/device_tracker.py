"""Component `device_tracker`: where somebody, or what they carry, is. Source: Home Assistant, "MQTT Device tracker".

Its attributes tell a place on the map beside the word for it.
"""

from __future__ import annotations

from typing import Final

from capabilities.vocabulary import Json
from drivers.mqtt.components.titles import title
from drivers.mqtt.config import Config, ConfigError
from drivers.mqtt.entity import Builder, Entity
from drivers.mqtt.values import NO_VALUE, UNKNOWN, Convert, Nothing, attributes, number, plain_text

MAX_PLACE_CHARS: Final = 256

_COORDINATES: Final = {"latitude": "latitude", "longitude": "longitude", "accuracy": "gps_accuracy"}
"""Each property and the attribute that it is."""

NOWHERE: Final = "unknown"
"""The location after a reset."""


def describe(key: str, config: Config) -> Entity:
    state, place = config.topic("state_topic"), config.topic("json_attributes_topic")
    if not state and not place:
        raise ConfigError("state_topic or json_attributes_topic is missing")
    builder = Builder(key, "presence", config)
    if state:
        template = config.template("value_template")
        builder.property("home", _home(config), state=state, template=template)
        builder.property("location", _location(config), state=state, template=template)
    if place:
        template = config.template("json_attributes_template")
        for name, member in _COORDINATES.items():
            unit = "m" if name == "accuracy" else "°"
            builder.property(name, _member(member), state=place, template=template, unit=unit)
    return builder.build(title(config))


def _home(config: Config) -> Convert:
    """Not at home is wherever else it is; with a reset it is nowhere that anybody knows."""
    home, reset = config.text("payload_home", "home"), config.text("payload_reset", "None")

    def convert(value: Json) -> Json | Nothing:
        read = plain_text(value)
        if reset in (read, value):
            return UNKNOWN
        if isinstance(read, Nothing):
            return NO_VALUE
        return read == home

    return convert


def _location(config: Config) -> Convert:
    words = {
        config.text("payload_home", "home"): "home",
        config.text("payload_not_home", "not_home"): "not_home",
        config.text("payload_reset", "None"): NOWHERE,
    }

    def convert(value: Json) -> Json | Nothing:
        if isinstance(value, str) and value in words:
            return words[value]
        read = plain_text(value)
        if isinstance(read, str) and len(read) > MAX_PLACE_CHARS:
            raise ValueError(f"is longer than {MAX_PLACE_CHARS} characters")
        return read

    return convert


def _member(name: str) -> Convert:
    def convert(value: Json) -> Json | Nothing:
        told = attributes(value)
        if not isinstance(told, dict) or name not in told:
            return NO_VALUE
        return number(told[name])

    return convert
