"""Component `event`. Source: Home Assistant, "MQTT Event": an object with `event_type` and whatever else there is to say."""

from __future__ import annotations

from typing import Final

from capabilities.vocabulary import Json
from drivers.mqtt.components.titles import title
from drivers.mqtt.config import Config, ConfigError
from drivers.mqtt.entity import Builder, Entity
from drivers.mqtt.values import NO_VALUE, Convert, Nothing, attributes
from drivers.mqtt.words import listed, words

_KINDS: Final = {
    "button": ("button", "pressed"),
    "doorbell": ("button", "pressed"),
    "motion": ("occupancy", "detected"),
}
"""Device class → kind and event."""

_PRESSES: Final = listed(
    "press pressed single double triple quadruple many hold held long short release released click clicked push rotate on off"
    " toggle brightness up down left right"
)
"""Words that types of button events have, where no device class says what it is."""


def describe(key: str, config: Config) -> Entity:
    types = config.texts("event_types")
    if not types:
        raise ConfigError("event_types should name at least one type of event")
    topic = config.topic("state_topic")
    if not topic:
        raise ConfigError("state_topic is missing")
    usual = ("button", "pressed") if all(words(one) & _PRESSES for one in types) else ("other", "occurred")
    kind, name = _KINDS.get(config.text("device_class").lower(), usual)
    builder = Builder(key, kind, config)
    template = config.template("value_template")
    builder.event(name, _one_of(types), topic=topic, template=template, schema={})
    return builder.build(title(config))


def _one_of(types: list[str]) -> Convert:
    known = frozenset(types)

    def convert(value: Json) -> Json | Nothing:
        if value == "":
            return NO_VALUE
        data = attributes(value)
        if isinstance(data, Nothing) or not data or not isinstance(data, dict):
            return NO_VALUE
        type_ = data.get("event_type")
        if type_ is None:
            raise ValueError("should have an event_type")
        if str(type_) not in known:
            raise ValueError(f"has the event_type {str(type_)[:40]!r}, which event_types does not name")
        return {**data, "event_type": str(type_)}

    return convert
