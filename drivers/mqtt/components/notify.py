"""Component `notify`: a display, a loudspeaker, a messenger. Source: Home Assistant, "MQTT Notify"."""

from __future__ import annotations

from capabilities.vocabulary import Hazard
from drivers.mqtt.components.free_text import in_template
from drivers.mqtt.components.titles import title
from drivers.mqtt.config import Config, ConfigError
from drivers.mqtt.entity import Builder, Entity


def describe(key: str, config: Config) -> Entity:
    topic, source = config.topic("command_topic"), config.source("command_template")
    if not topic:
        raise ConfigError("command_topic is missing")
    builder = Builder(key, "other", config)
    command = builder.command_at(topic, in_template(source), f"text | {source or ''}")
    builder.action("notify", command, observed=False, hazard=Hazard.NUISANCE)
    return builder.build(title(config))
