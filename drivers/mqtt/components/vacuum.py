"""Component `vacuum`. Source: Home Assistant, "MQTT Vacuum": one JSON object tells its state."""

from __future__ import annotations

from typing import Final

import orjson

from capabilities.vocabulary import Json
from drivers.mqtt.components.robots import activity
from drivers.mqtt.components.titles import title
from drivers.mqtt.config import Config, ConfigError
from drivers.mqtt.entity import Builder, Encode, Entity, constant, one_of
from drivers.mqtt.template_error import TemplateError
from drivers.mqtt.templates import ValueTemplate, command_template
from drivers.mqtt.values import NO_VALUE, Nothing, attributes, mapped, number, plain_text

_ACTIVITIES: Final = ("cleaning", "docked", "paused", "idle", "returning", "error")

_FEATURES: Final = frozenset({
    "start", "stop", "pause", "return_home", "battery", "status", "locate", "clean_spot", "fan_speed", "send_command",
})  # fmt: skip
_USUAL: Final = ("start", "stop", "return_home", "battery", "status", "clean_spot")
"""What a robot can do that does not say it."""

_ACTIONS: Final = {
    "start": ("start", "start"), "stop": ("stop", "stop"), "pause": ("pause", "pause"),
    "dock": ("return_home", "return_to_base"), "locate": ("locate", "locate"), "clean_spot": ("clean_spot", "clean_spot"),
}  # fmt: skip
"""Each action, its feature, and its usual payload, which `payload_<payload>` overrides."""

MAX_SEGMENTS: Final = 256
"""Of a map; a house has some ten rooms."""


def describe(key: str, config: Config) -> Entity:
    if config.text("schema", "state") == "legacy":
        raise ConfigError("the legacy schema is no part of the format any more; schema should be left out")
    builder = Builder(key, "vacuum", config)
    features = _features(builder)
    state = config.topic("state_topic")
    if state:
        words = activity({name: name for name in _ACTIVITIES})
        builder.property("state", words, state=state, template=ValueTemplate(path=("state",)))
        if "battery" in features:
            builder.property("battery", number, state=state, template=ValueTemplate(path=("battery_level",)))
    _fan_speed(builder, features, state)
    for name, (feature, word) in _ACTIONS.items():
        payload = config.text(f"payload_{word}", word)
        command = builder.command("command_topic", constant(payload), f"{name}={payload}")
        if feature in features and command is not None:
            builder.action(name, command, observed=bool(state))
    _segments(builder, state)
    command = builder.command("send_command_topic", _custom, "send_command")
    if "send_command" in features and command is not None:
        builder.action("send_command", command, observed=False)
    return builder.build(title(config))


def _features(builder: Builder) -> frozenset[str]:
    if not builder.config.has("supported_features"):
        return frozenset(_USUAL)
    told = frozenset(builder.config.texts("supported_features"))
    for unknown in sorted(told - _FEATURES):
        builder.problem(f"supported_features: {unknown[:40]!r} is not one of {', '.join(sorted(_FEATURES))}")
    return told & _FEATURES


def _fan_speed(builder: Builder, features: frozenset[str], state: str) -> None:
    speeds = builder.config.texts("fan_speed_list")
    if "fan_speed" not in features and not speeds:
        return
    command = None
    if "fan_speed" in features and speeds:
        command = builder.command("set_fan_speed_topic", one_of(speeds), "|".join(speeds))
    if not state and command is None:
        return
    builder.property(
        "fan_speed",
        plain_text if command is None else mapped({speed: speed for speed in speeds}),
        state=state,
        template=ValueTemplate(path=("fan_speed",)),
        command=command,
        schema={} if command is None else {"enum": list(speeds)},
    )


def _segments(builder: Builder, state: str) -> None:
    """What can be cleaned alone, and the command for it."""
    config = builder.config
    topic, source = (
        config.topic("clean_segments_command_topic"),
        config.source("clean_segments_command_template"),
    )
    if not topic:
        return
    if state:
        builder.property("segments", _map, state=state, template=ValueTemplate(path=("segments",)))
    command = builder.command_at(topic, _cleaning(source), f"segments | {source or ''}")
    builder.action("clean_segments", command, observed=bool(state))


def _cleaning(source: str | None) -> Encode:
    try:
        render = command_template(source)
    except TemplateError as error:
        raise ConfigError(f"clean_segments_command_template: {error}") from None

    def encode(value: Json) -> str:
        if not isinstance(value, list):
            raise ValueError("should be a list of ids")
        return orjson.dumps(value).decode() if render is None else render({"value": value})

    return encode


def _map(value: Json) -> Json | Nothing:
    read = attributes(value)
    if isinstance(read, dict) and len(read) > MAX_SEGMENTS:
        raise ValueError(f"has more than {MAX_SEGMENTS} segments")
    return read if isinstance(read, dict) else NO_VALUE


def _custom(value: Json) -> str:
    """The command alone, or with its parameters beside it."""
    if not isinstance(value, dict) or not isinstance(value.get("command"), str):
        raise ValueError("should have a command")
    parameters = value.get("params")
    if not isinstance(parameters, dict) or not parameters:
        return str(value["command"])
    return orjson.dumps({"command": value["command"], **parameters}).decode()
