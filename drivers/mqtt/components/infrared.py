"""Component `infrared`: a sender of remote controls' signals, or a receiver. Source: Home Assistant, "MQTT Infrared" (2026).

What a signal does to whatever sees it nobody knows here: sending is a setting, hazard 2.
"""

from __future__ import annotations

from typing import Final

import orjson

from capabilities.vocabulary import Hazard, Json
from drivers.mqtt.components.setting import SETTING_HAZARD
from drivers.mqtt.components.titles import title
from drivers.mqtt.config import Config, ConfigError
from drivers.mqtt.entity import Builder, Encode, Entity
from drivers.mqtt.template_error import TemplateError
from drivers.mqtt.templates import command_template
from drivers.mqtt.values import NO_VALUE, Convert, Nothing, attributes

MAX_TIMINGS: Final = 1024
"""Of a signal; those of air conditioners have some 600."""

MAX_TIMING_US: Final = 1_000_000

_SIGNAL: Final[dict[str, Json]] = {
    "type": "object",
    "properties": {
        "timings": {
            "type": "array", "minItems": 1, "maxItems": MAX_TIMINGS,
            "items": {"type": "integer", "minimum": -MAX_TIMING_US, "maximum": MAX_TIMING_US},
        },
        "modulation": {"type": "integer", "minimum": 0, "maximum": 1_000_000, "default": 38_000},
        "repeat_count": {"type": "integer", "minimum": 0, "maximum": 20, "default": 0},
    },
    "required": ["timings"],
}  # fmt: skip
"""Timings in microseconds, light on and off in turn (off may be negative); the modulation in Hz."""


def describe(key: str, config: Config) -> Entity:
    schema = config.text("schema")
    if schema == "emitter":
        return _emitter(Builder(key, "setting", config))
    if schema == "receiver":
        return _receiver(Builder(key, "other", config))
    raise ConfigError(f"schema should be emitter or receiver, not {schema[:40]!r}")


def _emitter(builder: Builder) -> Entity:
    config = builder.config
    topic, source = config.topic("command_topic"), config.source("command_template")
    if not topic:
        raise ConfigError("command_topic is missing")
    command = builder.command_at(topic, _signal(source), f"signal | {source or ''}")
    builder.action(
        "send", command, observed=False, schema=_SIGNAL, hazard=max(SETTING_HAZARD, Hazard.PROPERTY)
    )
    return builder.build(title(config))


def _receiver(builder: Builder) -> Entity:
    topic = builder.config.topic("state_topic")
    if not topic:
        raise ConfigError("state_topic is missing")
    convert = _changes(_received) if builder.is_zigbee2mqtt else _received
    builder.event("occurred", convert, topic=topic, template=builder.config.template("value_template"))
    return builder.build(title(builder.config))


def _changes(convert: Convert) -> Convert:
    """Zigbee2MQTT tells the last signal again with each state of its device, whatever that is about."""
    last: Json | Nothing = NO_VALUE

    def read(value: Json) -> Json | Nothing:
        nonlocal last
        before, last = last, convert(value)
        return NO_VALUE if last == before else last

    return read


def _signal(source: str | None) -> Encode:
    try:
        render = command_template(source, "timings", "modulation", "repeat_count")
    except TemplateError as error:
        raise ConfigError(f"command template: {error}") from None

    def encode(value: Json) -> str:
        if not isinstance(value, dict):
            raise ValueError("should be a signal: timings, modulation and repeat_count")
        whole = orjson.dumps(value).decode()
        return whole if render is None else render({**value, "value": whole})

    return encode


def _received(value: Json) -> Json | Nothing:
    data = attributes(value)
    if not isinstance(data, dict):
        return NO_VALUE
    timings, modulation = data.get("timings"), data.get("modulation")
    if not isinstance(timings, list) or not 0 < len(timings) <= MAX_TIMINGS:
        raise ValueError(f"should have 1 to {MAX_TIMINGS} timings")
    if not all(type(one) is int for one in timings) or not (modulation is None or type(modulation) is int):
        raise ValueError("should have whole numbers as timings and modulation")
    return {"timings": timings} if modulation is None else {"timings": timings, "modulation": modulation}
