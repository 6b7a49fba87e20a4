"""The JSON dialect of `light`: state and command are one JSON object. Source: Home Assistant, "MQTT Light", JSON schema.

Home Assistant sends `"state":"ON"` along with every brightness and colour, and most firmware wants it so. Zigbee2MQTT does not
need it, and without it a new colour does not switch a dark lamp on: there the member goes alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import orjson

from capabilities.vocabulary import Json
from drivers.mqtt import colors
from drivers.mqtt.components.light_values import (
    BRIGHTNESS_SCHEMA,
    color,
    color_mode,
    hue_saturation,
    kelvin_range,
    list_for_color,
    temperature_for,
    temperature_of,
)
from drivers.mqtt.components.titles import title
from drivers.mqtt.config import Config, ConfigError
from drivers.mqtt.entity import Builder, Command, Entity
from drivers.mqtt.templates import ValueTemplate
from drivers.mqtt.values import (
    NO_VALUE,
    Convert,
    Nothing,
    as_float,
    mapped,
    neat,
    number,
    of_percent,
    percent,
    plain_text,
)

_COLOR_MODELS: Final = ("hs", "xy", "rgb")
"""In the order of preference: ours is the first, so nothing is lost in it."""

_RGB_MODES: Final = frozenset({"rgb", "rgbw", "rgbww"})

Members = dict[str, Json]
Member = Callable[[Json], Members]
"""A property's value as members of the command's object."""


def describe(key: str, config: Config) -> Entity:
    topic = config.topic("command_topic")
    if not topic:
        raise ConfigError("command_topic is missing")
    return _JsonLight(key, config, topic).describe()


class _JsonLight:
    def __init__(self, key: str, config: Config, topic: str) -> None:
        self.builder = Builder(key, "light", config)
        self.config = config
        self.topic = topic
        self.state = config.topic("state_topic")
        self.on, self.off = config.text("payload_on", "ON"), config.text("payload_off", "OFF")
        self.parts: dict[str, Member] = {}
        self.schemas: dict[str, Json] = {}

    def describe(self) -> Entity:
        config = self.config
        modes = set(config.texts("supported_color_modes"))
        self._part(
            "on", "state", mapped({self.off: False, self.on: True}), lambda v: {"state": self._state(v)}
        )
        scale = config.number("brightness_scale", 255)
        if scale <= 0:
            raise ConfigError("brightness_scale should be above 0")
        if config.flag("brightness") or modes - {"onoff"}:
            self._part(
                "brightness", "brightness", percent(scale), lambda v: _brightness(v, scale), BRIGHTNESS_SCHEMA
            )
        if "color_temp" in modes or config.flag("color_temp"):
            in_kelvin = config.flag("color_temp_kelvin")
            to_theirs: Member = lambda v: {"color_temp": temperature_for(v, in_kelvin)}  # noqa: E731
            self._part(
                "color_temperature", "color_temp", temperature_of(in_kelvin), to_theirs, kelvin_range(config)
            )
        self._color(modes)
        effects = config.texts("effect_list") if config.flag("effect") or config.has("effect_list") else []
        if effects:
            schema: dict[str, Json] = {"enum": list(effects)}
            told = (
                not self.builder.is_zigbee2mqtt
            )  # there it is a command only: where a lamp tells it, an own entity does
            self._part("effect", "effect", plain_text, lambda v: {"effect": v}, schema, told=told)
        if len(modes) > 1 and self.state:
            path = ValueTemplate(path=("color_mode",))
            self.builder.property("color_mode", color_mode, state=self.state, template=path)
        self._set_action()
        return self.builder.build(title(config))

    def _part(
        self,
        name: str,
        member: str,
        convert: Convert,
        to_theirs: Member,
        schema: Mapping[str, Json] | None = None,
        *,
        told: bool = True,
    ) -> None:
        self.parts[name] = to_theirs
        self.schemas[name] = dict(schema or {})
        self.builder.property(
            name, convert, state=self.state if told else "", template=ValueTemplate(path=(member,)), schema=schema,
            query=member, command=self._command(lambda value: self._object(to_theirs(value)), name),
        )  # fmt: skip

    def _color(self, modes: set[str]) -> None:
        config = self.config
        models = [
            m for m in _COLOR_MODELS if m in modes or config.flag(m) or (m == "rgb" and modes & _RGB_MODES)
        ]
        if models:
            model = models[0]
            self._part("color", "color", _color_of, lambda v: {"color": _color_for(v, model)})

    def _set_action(self) -> None:
        """Several at once, in one message, so that a lamp fades from scene to scene instead of stepping."""
        transition: dict[str, Json] = {"minimum": 0, "maximum": 3600, "unit": "s"}
        schemas: dict[str, Json] = {**self.schemas, "transition": transition}

        def encode(value: Json) -> str:
            if not isinstance(value, dict) or not value:
                raise ValueError("should be an object with at least one member")
            members: Members = {}
            for name, item in value.items():
                if name == "transition":
                    members["transition"] = neat(as_float(item))
                elif name in self.parts:
                    members |= self.parts[name](item)
                else:
                    raise ValueError(f"this light has no {name!r}")
            if value.get("on") is False:
                members["state"] = self.off
            return self._object(members)

        if len(self.parts) > 1:
            schema: dict[str, Json] = {"type": "object", "properties": schemas}
            self.builder.action("set", self._command(encode, "set"), observed=bool(self.state), schema=schema)

    def _command(self, encode: Callable[[Json], str], recipe: str) -> Command:
        return self.builder.command_at(self.topic, encode, f"json {recipe} {self.on}|{self.off}")

    def _object(self, members: Members) -> str:
        if "state" not in members and not self.builder.is_zigbee2mqtt:
            members = {"state": self.off if members.get("brightness") == 0 else self.on, **members}
        return orjson.dumps(members).decode()

    def _state(self, value: Json) -> Json:
        if not isinstance(value, bool):
            raise ValueError("should be true or false")
        return self.on if value else self.off


def _brightness(value: Json, scale: float) -> Members:
    return {"brightness": of_percent(value, scale)}


def _color_of(value: Json) -> Json | Nothing:
    """`{"h","s"}`, `{"hue","saturation"}`, `{"x","y"}` or `{"r","g","b"}` → hue and saturation."""
    if value is None:
        return NO_VALUE
    if not isinstance(value, dict):
        raise ValueError("should be an object with h and s, x and y, or r, g and b")
    for names in (("h", "s"), ("hue", "saturation"), ("x", "y"), ("r", "g", "b")):
        found = [number(value[name]) for name in names if name in value]
        if len(found) == len(names) and not any(isinstance(item, Nothing) for item in found):
            read = [as_float(item) for item in found if not isinstance(item, Nothing)]
            if names[0] == "x":
                return color(*colors.hs_from_xy(read[0], read[1]))
            if names[0] == "r":
                return color(*colors.hs_from_rgb(read[0], read[1], read[2]))
            return color(read[0], read[1])
    return NO_VALUE


def _color_for(value: Json, model: str) -> Json:
    if model == "hs":
        hue, saturation = hue_saturation(value)
        return {"h": neat(hue), "s": neat(saturation)}
    return dict(zip(model, list_for_color(value, model), strict=True))
