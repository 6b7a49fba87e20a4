"""Component `select`: a setting that is one of several texts. Source: Home Assistant, "MQTT Select"."""

from __future__ import annotations

from capabilities.vocabulary import Json
from drivers.mqtt.components.setting import describe_value, text_command
from drivers.mqtt.config import Config, ConfigError
from drivers.mqtt.entity import Entity
from drivers.mqtt.values import mapped


def describe(key: str, config: Config) -> Entity:
    options = config.texts("options")
    if not options:
        raise ConfigError("options should name at least one option")
    schema: dict[str, Json] = {"type": "string", "enum": list(options)}
    return describe_value(
        key,
        config,
        mapped({option: option for option in options}),
        text_command,
        schema=schema,
        recipe="|".join(options),
    )
