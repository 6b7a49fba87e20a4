"""The template dialect of `light`. Source: Home Assistant, "MQTT Light", template schema."""

from __future__ import annotations

from collections.abc import Callable

from capabilities.vocabulary import Json
from drivers.mqtt.components.light_values import (
    BRIGHTNESS_SCHEMA,
    kelvin_range,
    list_for_color,
    temperature_for,
    temperature_of,
)
from drivers.mqtt.components.titles import title
from drivers.mqtt.config import Config, ConfigError
from drivers.mqtt.entity import Builder, Command, Entity
from drivers.mqtt.template_error import TemplateError
from drivers.mqtt.templates import command_template
from drivers.mqtt.values import Convert, mapped, of_percent, percent, plain_text

_NAMES = (
    "state",
    "brightness",
    "color_temp",
    "red",
    "green",
    "blue",
    "hue",
    "sat",
    "effect",
    "flash",
    "transition",
)

FULL_SCALE = 255
"""Brightness in this dialect is always 0 to 255."""


def describe(key: str, config: Config) -> Entity:
    builder = Builder(key, "light", config)
    topic = config.topic("command_topic")
    if not topic or not config.has("command_on_template") or not config.has("command_off_template"):
        raise ConfigError("command_topic, command_on_template and command_off_template are all needed")
    on, off = _render(config, "command_on_template"), _render(config, "command_off_template")
    recipe = f"{config.text('command_on_template')} | {config.text('command_off_template')}"

    def command(members: Callable[[Json], dict[str, Json]]) -> Command:
        return builder.command_at(topic, lambda value: on({"state": "on", **members(value)}), recipe)

    def switch(value: Json) -> str:
        if not isinstance(value, bool):
            raise ValueError("should be true or false")
        return on({"state": "on"}) if value else off({"state": "off"})

    states = mapped({"off": False, "on": True})
    _part(builder, "on", states, builder.command_at(topic, switch, recipe), template="state_template")
    if config.has("brightness_template"):
        bright = command(lambda value: {"brightness": of_percent(value, FULL_SCALE)})
        template = "brightness_template"
        _part(builder, "brightness", percent(FULL_SCALE), bright, template=template, schema=BRIGHTNESS_SCHEMA)
    if config.has("color_temp_template"):
        in_kelvin = config.flag("color_temp_kelvin")
        warm = command(lambda value: {"color_temp": temperature_for(value, in_kelvin)})
        convert, limits = temperature_of(in_kelvin), kelvin_range(config)
        _part(builder, "color_temperature", convert, warm, template="color_temp_template", schema=limits)
    if config.has("red_template"):
        builder.problem("colours are only written, not read, in the template schema")
        rgb = command(
            lambda value: dict(zip(("red", "green", "blue"), list_for_color(value, "rgb"), strict=True))
        )
        builder.property("color", plain_text, command=rgb)
    effects = config.texts("effect_list")
    if effects and config.has("effect_template"):
        choose = command(lambda value: {"effect": value})
        _part(
            builder, "effect", plain_text, choose, template="effect_template", schema={"enum": list(effects)}
        )
    return builder.build(title(config))


def _part(
    builder: Builder,
    name: str,
    convert: Convert,
    command: Command,
    *,
    template: str,
    schema: dict[str, Json] | None = None,
) -> None:
    """Without a template for it a property is never told."""
    config = builder.config
    state = config.topic("state_topic") if config.has(template) else ""
    builder.property(
        name, convert, state=state, template=config.template(template), command=command, schema=schema
    )


def _render(config: Config, key: str) -> Callable[[dict[str, Json]], str]:
    try:
        render = command_template(config.text(key), *_NAMES)
    except TemplateError as error:
        raise ConfigError(f"{key}: {error}") from None
    if render is None:
        raise ConfigError(f"{key} is missing")
    return render
