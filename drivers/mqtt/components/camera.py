"""Component `camera`: pictures on a topic, by reference. Source: Home Assistant, "MQTT Camera"."""

from __future__ import annotations

from drivers.mqtt.components.pictures import add_picture
from drivers.mqtt.components.titles import title
from drivers.mqtt.config import Config, ConfigError
from drivers.mqtt.entity import Builder, Entity


def describe(key: str, config: Config) -> Entity:
    topic = config.topic("topic")
    if not topic:
        raise ConfigError("topic is missing")
    builder = Builder(key, "camera", config)
    add_picture(builder, topic)
    return builder.build(title(config))
