"""The template dialect of `light`: one template writes each command. Source: Home Assistant, "MQTT Light", template schema."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from capabilities.vocabulary import Json
from drivers.mqtt.components.levels import Level, Told, few, of_steps, seen
from drivers.mqtt.components.light_values import (
    channels,
    color_from,
    effects,
    intent,
    kelvin_range,
    list_for_color,
    temperature_for,
    temperature_of,
    tidy,
)
from drivers.mqtt.components.parts import Write, state_topic, writer
from drivers.mqtt.components.titles import title
from drivers.mqtt.config import Config, ConfigError
from drivers.mqtt.entity import Builder, Entity, one_of
from drivers.mqtt.templates import Message, ValueTemplate
from drivers.mqtt.values import NO_VALUE, Convert, Nothing, as_float, mapped, neat, of_percent, text_of

_NAMES: Final = (
    "state", "brightness", "color_temp", "red", "green", "blue", "hue", "sat", "effect", "flash", "transition",
)  # fmt: skip
_FLASHES: Final = ("short", "long")
_RGB: Final = ("red", "green", "blue")

FULL_SCALE: Final = 255
"""Brightness in this dialect is always 0 to 255."""

Members = dict[str, Json]


def describe(key: str, config: Config) -> Entity:
    topic = config.topic("command_topic")
    if not topic or not config.has("command_on_template") or not config.has("command_off_template"):
        raise ConfigError("command_topic, command_on_template and command_off_template are all needed")
    return _TemplateLight(key, config, topic).describe()


class _TemplateLight:
    def __init__(self, key: str, config: Config, topic: str) -> None:
        self.builder, self.config, self.topic = Builder(key, "light", config), config, topic
        self.writes = {
            on: _needed(config, f"command_{word}_template") for on, word in ((True, "on"), (False, "off"))
        }
        self.recipe = f"{config.text('command_on_template')} | {config.text('command_off_template')}"
        self.state = state_topic(config, "state_topic")
        self.level = Level()
        self.parts: dict[str, Callable[[Json], Members]] = {"on": lambda value: {}}
        self.schemas: dict[str, Json] = {"on": {}}

    def describe(self) -> Entity:
        config = self.config
        switch = Told(self._seen_by("state_template"), config.template("state_template"), _SWITCH)
        self._put("on", switch.topic, switch.template, switch.convert)
        if config.has("brightness_template"):
            amount = Told(self.state, config.template("brightness_template"), of_steps(FULL_SCALE))
            template, convert = seen(self.builder, "brightness", self.level, amount, switch)
            self.parts["brightness"] = lambda value: {"brightness": of_percent(value, FULL_SCALE)}
            self._put("brightness", self.state, template, convert, few(FULL_SCALE))
        if config.has("color_temp_template"):
            in_kelvin = config.flag("color_temp_kelvin")
            self.parts["color_temperature"] = lambda value: {"color_temp": temperature_for(value, in_kelvin)}
            self._put(
                "color_temperature", self.state, config.template("color_temp_template"), temperature_of(in_kelvin),
                kelvin_range(self.builder),
            )  # fmt: skip
        if all(config.has(f"{name}_template") for name in _RGB):
            self.parts["color"] = _color_for
            self._put("color", self.state, self._rgb(), _color_of)
        names = config.texts("effect_list")
        if names:
            takes, topic = one_of(names), self._seen_by("effect_template")
            convert, schema = effects(names, told=bool(topic))
            self.parts["effect"] = lambda value: {"effect": takes(value)}
            self._put("effect", topic, config.template("effect_template"), convert, schema)
        self._set_action()
        return self.builder.build(title(config))

    def _seen_by(self, template: str) -> str:
        """Without a template for it a property is never told."""
        return self.state if self.config.has(template) else ""

    def _put(
        self,
        name: str,
        topic: str,
        template: ValueTemplate,
        convert: Convert,
        schema: dict[str, Json] | None = None,
    ) -> None:
        self.schemas[name] = schema or {}
        command = self.builder.command_at(
            self.topic, lambda value: self._message({name: value}), f"{name} {self.recipe}"
        )
        self.builder.property(
            name,
            convert,
            state=topic,
            template=template,
            command=command,
            schema=schema,
            query=template.subject,
        )

    def _rgb(self) -> ValueTemplate:
        """Three templates, one colour."""
        templates = [self.config.template(f"{name}_template") for name in _RGB]

        def render(message: Message) -> str | Nothing:
            parts = [template.extract(message) for template in templates]
            known = [
                text_of(part)
                for part in parts
                if not isinstance(part, Nothing) and part not in (None, "None")
            ]
            return ",".join(known) if len(known) == len(parts) else NO_VALUE

        return ValueTemplate(render=render)

    def _set_action(self) -> None:
        schemas: dict[str, Json] = {
            **self.schemas, "transition": {"minimum": 0, "maximum": 3600, "unit": "s"}, "flash": {"enum": list(_FLASHES)},
        }  # fmt: skip
        schema: dict[str, Json] = {"type": "object", "properties": schemas}
        command = self.builder.command_at(self.topic, self._message, f"set {self.recipe}")
        self.builder.action("set", command, observed=bool(self._seen_by("state_template")), schema=schema)

    def _message(self, value: Json) -> str:
        on, wanted = intent(value, self.parts, ("transition", "flash"))
        variables: Members = {"value": None, "state": on}
        for name, item in wanted.items():
            if name == "transition":
                variables["transition"] = neat(as_float(item))
            elif name == "flash":
                variables["flash"] = one_of(_FLASHES)(item)
            else:
                variables |= self.parts[name](item)
        return self.writes[on](variables)


def _color_for(value: Json) -> Members:
    hue, sat = list_for_color(value, "hs")
    rgb = zip(_RGB, map(tidy, list_for_color(value, "rgb")), strict=True)
    return {**dict(rgb), "hue": tidy(hue), "sat": tidy(sat)}


def _color_of(value: Json) -> Json | Nothing:
    read = channels(value, "rgb")
    return read if isinstance(read, Nothing) else color_from("rgb", read)


def _needed(config: Config, key: str) -> Write:
    write = writer(config, key, *_NAMES)
    if write is None:
        raise ConfigError(f"{key} is missing")
    return write


_SWITCH: Final = mapped({"off": False, "on": True})
