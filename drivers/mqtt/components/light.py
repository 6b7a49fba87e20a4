"""Component `light`, in the three dialects of its `schema`. Source: Home Assistant, "MQTT Light"."""

from __future__ import annotations

from drivers.mqtt.components import light_default, light_json, light_template
from drivers.mqtt.config import Config, ConfigError
from drivers.mqtt.entity import Entity


def describe(key: str, config: Config) -> Entity:
    schema = config.text("schema", "basic").lower()
    if schema == "json":
        return light_json.describe(key, config)
    if schema in {"basic", "default"}:
        return light_default.describe(key, config)
    if schema == "template":
        return light_template.describe(key, config)
    raise ConfigError(f"schema should be basic, json or template, not {schema[:40]!r}")
