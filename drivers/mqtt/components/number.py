"""Component `number`: a setting within a range, in the publisher's unit. Source: Home Assistant, "MQTT Number".

`step` is for the slider of a display: devices report what lies between, and take it.
"""

from __future__ import annotations

from capabilities.vocabulary import Json
from drivers.mqtt.components.setting import describe_value
from drivers.mqtt.config import Config, ConfigError
from drivers.mqtt.entity import Entity
from drivers.mqtt.kinds import unit_of
from drivers.mqtt.proposals import proposed_number
from drivers.mqtt.values import NO_VALUE, Convert, Nothing, as_float, neat, number


def describe(key: str, config: Config) -> Entity:
    low, high = config.number("min", 0), config.number("max", 100)
    if low > high:
        raise ConfigError("min is above max")
    schema: dict[str, Json] = {"type": "number", "minimum": neat(low), "maximum": neat(high)}
    unit = unit_of(config)
    if unit:
        schema["unit"] = unit
    return describe_value(
        key,
        config,
        _unless_reset(config.text("payload_reset")),
        _number_text,
        schema=schema,
        recipe=f"{low:g}..{high:g}",
        unit=unit or None,
        proposal=proposed_number(config, low, high),
    )


def _unless_reset(reset: str) -> Convert:
    """A number; the payload `reset` ("" for the usual one) says that there is none."""
    if not reset:
        return number

    def convert(value: Json) -> Json | Nothing:
        return NO_VALUE if value == reset else number(value)

    return convert


def _number_text(value: Json) -> str:
    return str(neat(as_float(value)))
