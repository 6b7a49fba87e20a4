"""Component `siren`: on and off. Source: Home Assistant, "MQTT Siren"."""

from __future__ import annotations

from collections.abc import Callable

from capabilities.vocabulary import Json
from drivers.mqtt.components.titles import title
from drivers.mqtt.config import Config, ConfigError
from drivers.mqtt.entity import Builder, Entity
from drivers.mqtt.template_error import TemplateError
from drivers.mqtt.templates import command_template
from drivers.mqtt.values import mapped

_NAMES = ("state", "tone", "duration", "volume_level")


def describe(key: str, config: Config) -> Entity:
    builder = Builder(key, "siren", config)
    topic = config.topic("command_topic")
    if not topic:
        raise ConfigError("command_topic is missing")
    payloads = {True: config.text("payload_on", "ON"), False: config.text("payload_off", "OFF")}
    on_template = config.source("command_template")
    off_template = config.source("command_off_template") or on_template
    renders = {True: _render(on_template), False: _render(off_template)}

    def encode(value: Json) -> str:
        if not isinstance(value, bool):
            raise ValueError("should be true or false")
        render, payload = renders[value], payloads[value]
        return payload if render is None else render({"value": payload, "state": payload})

    recipe = f"{payloads[True]}|{payloads[False]} | {on_template} | {off_template}"
    states = mapped(
        {config.text("state_off", payloads[False]): False, config.text("state_on", payloads[True]): True}
    )
    builder.property(
        "on",
        states,
        state=config.topic("state_topic"),
        template=config.template("state_value_template"),
        command=builder.command_at(topic, encode, recipe),
    )
    if config.has("available_tones") or config.flag("support_volume_set") or config.flag("support_duration"):
        builder.problem(
            "its tone, volume and duration cannot be chosen yet: the publisher's usual ones are used"
        )
    return builder.build(title(config))


def _render(source: str | None) -> Callable[[dict[str, Json]], str] | None:
    try:
        return command_template(source, *_NAMES)
    except TemplateError as error:
        raise ConfigError(f"command template: {error}") from None
