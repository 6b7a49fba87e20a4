"""Component `device_automation`: a trigger, such as one way of pressing one button.

Each trigger is an announcement of its own, without a unique_id; several stand at one topic and differ by their payload.
Source: Home Assistant, "MQTT Device trigger".
"""

from __future__ import annotations

from capabilities.vocabulary import Json
from drivers.mqtt.config import Config, ConfigError, clean
from drivers.mqtt.entity import Builder, Entity
from drivers.mqtt.values import NO_VALUE, Convert, Nothing, text_of


def describe(key: str, config: Config) -> Entity:
    if config.text("automation_type") != "trigger":
        raise ConfigError("automation_type should be trigger: there are no others")
    topic, type_, subtype = config.topic("topic"), config.title("type"), config.title("subtype")
    if not topic or not type_ or not subtype:
        raise ConfigError("topic, type or subtype is missing")
    if not config.device:
        raise ConfigError("device is missing: a trigger belongs to one")
    builder = Builder(key, "button", config)
    data: dict[str, Json] = {"type": type_, "subtype": subtype}
    builder.event(
        "pressed", _on(config, data), topic=topic, template=config.template("value_template"), schema={}
    )
    return builder.build(clean(f"{subtype} {type_}".replace("_", " ")).capitalize())


def _on(config: Config, data: dict[str, Json]) -> Convert:
    """With a payload only that one; without, every message."""
    wanted = config.text("payload")

    def convert(value: Json) -> Json | Nothing:
        return data if not wanted or text_of(value) == wanted else NO_VALUE

    return convert
