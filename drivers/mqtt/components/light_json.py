"""The JSON dialect of `light`: state and command are one JSON object. Source: Home Assistant, "MQTT Light", JSON schema.

Home Assistant sends `"state":"ON"` along with every brightness and colour, and most firmware wants it so. Zigbee2MQTT does not
need it with colours, and without it a new one does not switch a dark lamp on: there they go alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import orjson

from capabilities.vocabulary import Json
from drivers.mqtt.components.levels import Level, Told, few, of_steps, seen
from drivers.mqtt.components.light_values import (
    COLOR_MODELS,
    COLOR_MODES,
    color_from,
    color_modes,
    effects,
    intent,
    kelvin_range,
    list_for_color,
    scale_of,
    temperature_for,
    temperature_of,
    tidy,
    whites_of,
)
from drivers.mqtt.components.parts import state_topic
from drivers.mqtt.components.titles import title
from drivers.mqtt.config import Config, ConfigError
from drivers.mqtt.entity import Builder, Entity, one_of
from drivers.mqtt.templates import Message, ValueTemplate
from drivers.mqtt.values import (
    NO_VALUE,
    Convert,
    Nothing,
    as_float,
    mapped,
    neat,
    number,
    of_percent,
    plain_text,
)

_ON, _OFF = "ON", "OFF"  # in this dialect nobody chooses them

_MEMBERS: Final = {
    "hs": ("h", "s"), "xy": ("x", "y"), "rgb": ("r", "g", "b"), "rgbw": ("r", "g", "b", "w"),
    "rgbww": ("r", "g", "b", "c", "w"),
}  # fmt: skip
_SPELLINGS: Final = (
    ("hs", _MEMBERS["hs"]),
    ("hs", ("hue", "saturation")),
    *((model, _MEMBERS[model]) for model in ("rgbww", "rgbw", "rgb", "xy")),
)

_FLASH: Final = {"short": ("flash_time_short", 2), "long": ("flash_time_long", 10)}
"""Each with its setting and its usual seconds."""

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
        self.state = state_topic(config, "state_topic")
        self.parts: dict[str, Member] = {"on": lambda value: {}}
        self.schemas: dict[str, Json] = {"on": {}}
        self.modes = self._modes()
        self.model = next((m for m in COLOR_MODELS if m in self.modes), "")
        self.whites = whites_of(config)
        self.flashes = not self.builder.is_zigbee2mqtt  # there an effect does it

    def describe(self) -> Entity:
        config, modes = self.config, self.modes
        switched = mapped({_OFF: False, _ON: True})
        self._put("on", switched, ValueTemplate(path=("state",)), query="state")
        scale = scale_of(config, "brightness_scale")
        if modes - {"onoff"}:
            self._level("brightness", of_steps(scale), scale)
        if "white" in modes:
            self._white(scale, scale_of(config, "white_scale"))
        if "color_temp" in modes:
            in_kelvin = config.flag("color_temp_kelvin")
            self._part(
                "color_temperature", "color_temp", temperature_of(in_kelvin), kelvin_range(self.builder),
                lambda v: {"color_temp": temperature_for(v, in_kelvin)},
            )  # fmt: skip
        if self.model:
            self._part("color", "color", self._color_of, {}, lambda v: {"color": self._color_for(v, 100.0)})
        if config.flag("effect"):
            self._effect(config.texts("effect_list"))
        if len(modes) > 1 and self.state:
            convert, schema = color_modes(modes)
            path = ValueTemplate(path=("color_mode",))
            self.builder.property("color_mode", convert, state=self.state, template=path, schema=schema)
        if len(self.parts) > 1:
            self._set_action()
        return self.builder.build(title(config))

    def _modes(self) -> set[str]:
        """Older publishers say `"rgb": true` and the like; `onoff` and `brightness` alone say nothing more."""
        config = self.config
        modes = set(config.texts("supported_color_modes"))
        strange = modes - COLOR_MODES.keys()
        if strange:
            self.builder.problem(
                f"supported_color_modes has {', '.join(sorted(strange))[:100]}: known are {', '.join(COLOR_MODES)}"
            )
        if not modes:
            modes = {mode for mode in ("hs", "xy", "rgb", "color_temp") if config.flag(mode)}
        if not modes and config.flag("brightness"):
            modes = {"brightness"}
        return modes & COLOR_MODES.keys()

    def _level(self, name: str, convert: Convert, scale: float) -> None:
        amount = Told(self.state, ValueTemplate(path=("brightness",)), convert)
        switch = Told(self.state, ValueTemplate(path=("state",)), mapped({_OFF: False, _ON: True}))
        template, read = seen(self.builder, name, Level(), amount, switch)
        self.parts[name] = lambda value: {"brightness": of_percent(value, scale)}
        self.schemas[name] = few(scale)
        self._put(name, read, template, query="brightness")

    def _white(self, scale: float, white_scale: float) -> None:
        """The level of white light: the brightness, while that is the colour mode."""

        def render(message: Message) -> str | Nothing:
            document = message.document
            if not isinstance(document, dict):
                return NO_VALUE
            mode = document.get("color_mode")
            if document.get("state") == _OFF or mode not in (None, "white"):
                return "0"
            if "white" in document:
                return _shown(document["white"], white_scale)
            return NO_VALUE if mode is None else _shown(document.get("brightness"), scale)

        self.parts["white"] = lambda value: {"white": of_percent(value, white_scale)}
        self.schemas["white"] = few(white_scale)
        self._put("white", number, ValueTemplate(render=render))

    def _effect(self, names: Sequence[str]) -> None:
        """With Zigbee2MQTT a command only: where a lamp tells its effect, an entity of its own does."""
        told = not self.builder.is_zigbee2mqtt and bool(self.state)
        convert, schema = effects(names, told=told) if names else (plain_text, {})
        takes = one_of(names) if names else _text
        self._part("effect", "effect", convert, schema, lambda v: {"effect": takes(v)}, told=told)

    def _part(
        self,
        name: str,
        member: str,
        convert: Convert,
        schema: dict[str, Json],
        theirs: Member,
        *,
        told: bool = True,
    ) -> None:
        self.parts[name], self.schemas[name] = theirs, schema
        self._put(name, convert, ValueTemplate(path=(member,)), query=member, told=told)

    def _put(
        self, name: str, convert: Convert, template: ValueTemplate, *, query: str = "", told: bool = True
    ) -> None:
        schema = self.schemas[name]
        command = self.builder.command_at(
            self.topic, lambda value: self._message({name: value}), f"json {name}"
        )
        self.builder.property(
            name, convert, state=self.state if told else "", template=template, query=query, command=command,
            schema=schema if isinstance(schema, dict) else {},
        )  # fmt: skip

    def _set_action(self) -> None:
        """Several at once, in one message, so that a lamp fades from scene to scene instead of stepping."""
        schemas: dict[str, Json] = {
            **self.schemas,
            "transition": {"minimum": 0, "maximum": 3600, "unit": "s"},
        }
        if self.flashes:
            schemas["flash"] = {"enum": list(_FLASH)}
        schema: dict[str, Json] = {"type": "object", "properties": schemas}
        command = self.builder.command_at(self.topic, self._message, "json set")
        self.builder.action("set", command, observed=bool(self.state), schema=schema)

    def _message(self, value: Json) -> str:
        extras = ("transition", "flash") if self.flashes else ("transition",)
        on, wanted = intent(value, self.parts, extras)
        switched = isinstance(value, dict) and "on" in value
        # A colour alone leaves a dark lamp dark, which Zigbee2MQTT lets us say; a brightness is meant to be seen.
        needs_state = switched or not on or not self.builder.is_zigbee2mqtt or "brightness" in wanted
        members: Members = {"state": _ON if on else _OFF} if needs_state else {}
        if not self.config.flag("brightness") and self.model.startswith("rgb") and "color" in wanted:
            level = as_float(wanted.pop("brightness", 100.0))  # such a lamp takes it as a part of the colour
            members["color"] = self._color_for(wanted.pop("color"), level)
        for name, item in wanted.items():
            members |= self._extra(name, item) if name in extras else self.parts[name](item)
        return orjson.dumps(members).decode()

    def _extra(self, name: str, value: Json) -> Members:
        if name == "transition":
            return {"transition": neat(as_float(value))}
        if not isinstance(value, str) or value not in _FLASH:
            raise ValueError(f"should flash {' or '.join(_FLASH)}")
        key, usual = _FLASH[value]
        return {"flash": neat(self.config.number(key, usual))}

    def _color_of(self, value: Json) -> Json | Nothing:
        """`{"h","s"}`, `{"hue","saturation"}`, `{"x","y"}`, `{"r","g","b"}` … → hue and saturation; its own model first."""
        if value is None:
            return NO_VALUE
        if not isinstance(value, dict):
            raise ValueError("should be an object with h and s, x and y, or r, g and b")
        for model, names in ((self.model, _MEMBERS[self.model]), *_SPELLINGS):
            found = [number(value[name]) for name in names if name in value]
            if len(found) == len(names) and not any(isinstance(item, Nothing) for item in found):
                read = [as_float(item) for item in found if not isinstance(item, Nothing)]
                return color_from(model, read, self.whites)
        return NO_VALUE

    def _color_for(self, value: Json, level: float) -> Json:
        parts = list_for_color(value, self.model, self.whites)
        if level < 100:
            parts = [round(part * level / 100) for part in parts]
        return dict(zip(_MEMBERS[self.model], map(tidy, parts), strict=True))


def _shown(value: Json, scale: float) -> str | Nothing:
    read = of_steps(scale)(value)
    return read if isinstance(read, Nothing) else str(read)


def _text(value: Json) -> str:
    if not isinstance(value, str):
        raise ValueError("should be text")
    return value
