"""The default dialect of `light`: a topic for each property. Source: Home Assistant, "MQTT Light", default schema."""

from __future__ import annotations

from collections.abc import Callable

from capabilities.vocabulary import Json
from drivers.mqtt.components.light_values import (
    BRIGHTNESS_SCHEMA,
    color_mode,
    color_of_list,
    kelvin_range,
    list_for_color,
    temperature_for,
    temperature_of,
)
from drivers.mqtt.components.titles import title
from drivers.mqtt.config import Config, ConfigError
from drivers.mqtt.entity import Builder, Encode, Entity, switching
from drivers.mqtt.template_error import TemplateError
from drivers.mqtt.templates import command_template
from drivers.mqtt.values import Convert, mapped, neat, of_percent, percent, plain_text


def describe(key: str, config: Config) -> Entity:
    builder = Builder(key, "light", config)
    _on(builder)
    _brightness(builder)
    if config.has("color_temp_command_topic") or config.has("color_temp_state_topic"):
        in_kelvin = config.flag("color_temp_kelvin")
        _part(
            builder, "color_temperature", "color_temp", convert=temperature_of(in_kelvin),
            encode=lambda value: str(temperature_for(value, in_kelvin)), recipe="K" if in_kelvin else "mired",
            schema=kelvin_range(config),
        )  # fmt: skip
    for model in ("hs", "xy", "rgb"):
        if config.has(f"{model}_command_topic"):
            _color(builder, model)
            break
    effects = config.texts("effect_list")
    if effects:
        schema: dict[str, Json] = {"enum": list(effects)}
        _part(builder, "effect", "effect", convert=plain_text, encode=_text, recipe="effect", schema=schema)
    if config.has("color_mode_state_topic"):
        template = config.template("color_mode_value_template")
        builder.property(
            "color_mode", color_mode, state=config.topic("color_mode_state_topic"), template=template
        )
    for unsupported in ("rgbw", "rgbww", "white"):
        if config.has(f"{unsupported}_command_topic"):
            builder.problem(f"{unsupported}_command_topic is not supported yet")
    return builder.build(title(config))


def _on(builder: Builder) -> None:
    config = builder.config
    on, off = config.text("payload_on", "ON"), config.text("payload_off", "OFF")
    key = "state_value_template" if config.has("state_value_template") else "value_template"
    template = config.template(key)
    command = builder.command("command_topic", switching(on, off), f"{on}|{off}")
    if command is None:
        raise ConfigError("command_topic is missing")
    states = mapped({off: False, on: True})
    builder.property(
        "on",
        states,
        state=config.topic("state_topic"),
        template=template,
        command=command,
        query=template.subject,
    )


def _brightness(builder: Builder) -> None:
    config = builder.config
    scale = config.number("brightness_scale", 255)
    if scale <= 0:
        raise ConfigError("brightness_scale should be above 0")
    if config.has("brightness_command_topic") or config.has("brightness_state_topic"):
        _part(
            builder, "brightness", "brightness", convert=percent(scale), schema=BRIGHTNESS_SCHEMA,
            encode=lambda value: str(of_percent(value, scale)), recipe=f"0..{scale:g}",
        )  # fmt: skip


def _part(
    builder: Builder,
    name: str,
    prefix: str,
    *,
    convert: Convert,
    encode: Encode,
    recipe: str,
    schema: dict[str, Json],
) -> None:
    config = builder.config
    template = config.template(f"{prefix}_value_template")
    builder.property(
        name,
        convert,
        state=config.topic(f"{prefix}_state_topic"),
        template=template,
        command=builder.command(f"{prefix}_command_topic", encode, recipe, f"{prefix}_command_template"),
        schema=schema,
        query=template.subject,
    )


def _color(builder: Builder, model: str) -> None:
    config = builder.config
    topic = config.topic(f"{model}_command_topic")
    source = config.source(f"{model}_command_template")
    template = config.template(f"{model}_value_template")
    builder.property(
        "color",
        color_of_list(model),
        state=config.topic(f"{model}_state_topic"),
        template=template,
        command=builder.command_at(topic, _color_text(model, source), f"{model} | {source or ''}"),
        query=template.subject,
    )


def _color_text(model: str, source: str | None) -> Encode:
    names = {"hs": ("hue", "sat"), "xy": ("x", "y"), "rgb": ("red", "green", "blue")}[model]
    render: Callable[[dict[str, Json]], str] | None
    try:
        render = command_template(source, *names)
    except TemplateError as error:
        raise ConfigError(f"{model}_command_template: {error}") from None

    def encode(value: Json) -> str:
        parts: list[Json] = [
            neat(part) if isinstance(part, float) else part for part in list_for_color(value, model)
        ]
        text = ",".join(map(str, parts))
        return text if render is None else render({"value": text, **dict(zip(names, parts, strict=True))})

    return encode


def _text(value: Json) -> str:
    if not isinstance(value, str):
        raise ValueError("should be text")
    return value
