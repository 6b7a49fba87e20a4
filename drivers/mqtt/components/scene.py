"""Component `scene`: recalled by its publisher; what it does is for a person to say. Source: Home Assistant, "MQTT Scene"."""

from __future__ import annotations

from capabilities.vocabulary import Hazard
from drivers.mqtt.components.titles import title
from drivers.mqtt.config import Config, ConfigError
from drivers.mqtt.entity import Builder, Entity, constant


def describe(key: str, config: Config) -> Entity:
    builder = Builder(key, "button", config)
    payload = config.text("payload_on", "ON")
    command = builder.command("command_topic", constant(payload), payload, "command_template")
    if command is None:
        raise ConfigError("command_topic is missing")
    builder.action("press", command, observed=False, hazard=Hazard.PROPERTY)
    return builder.build(title(config))
