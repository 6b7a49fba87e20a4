"""Component `tag`: a reader of tags, which are told as they are scanned. Source: Home Assistant, "MQTT Tag scanner"."""

from __future__ import annotations

from typing import Final

from capabilities.vocabulary import Json
from drivers.mqtt.config import Config, ConfigError
from drivers.mqtt.entity import Builder, Entity
from drivers.mqtt.values import NO_VALUE, Nothing, plain_text

MAX_TAG_CHARS: Final = 256
"""Numbers of RFID tags have some twenty; what else is written on one is no name."""


def describe(key: str, config: Config) -> Entity:
    topic = config.topic("topic")
    if not topic:
        raise ConfigError("topic is missing")
    builder = Builder(key, "presence", config)
    builder.event("scanned", _tag, topic=topic, template=config.template("value_template"))
    return builder.build("Tag reader")


def _tag(value: Json) -> Json | Nothing:
    read = plain_text(value)
    if not isinstance(read, str) or not read.strip():
        return NO_VALUE
    if len(read.strip()) > MAX_TAG_CHARS:
        raise ValueError(f"is longer than {MAX_TAG_CHARS} characters")
    return read.strip()
