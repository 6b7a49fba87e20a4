"""The default dialect of `light`: a topic for each property. Source: Home Assistant, "MQTT Light", default schema.

A command may be several messages: as Home Assistant does it, a brightness or colour goes out with the order to be on, before or
after it (`on_command_type`), or a brightness is that order.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from capabilities.vocabulary import Json
from drivers.mqtt.components.levels import Level, Told, few, of_steps, seen
from drivers.mqtt.components.light_values import (
    COLOR_MODELS,
    channels,
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
from drivers.mqtt.components.parts import Keys, payload, state_topic, writer
from drivers.mqtt.components.titles import title
from drivers.mqtt.config import Config, ConfigError
from drivers.mqtt.entity import Builder, Command, Entity, one_of
from drivers.mqtt.templates import ValueTemplate
from drivers.mqtt.values import Convert, Nothing, as_float, mapped, of_percent, plain_text

_CHANNELS: Final = {
    "hs": ("hue", "sat"), "xy": ("x", "y"), "rgb": ("red", "green", "blue"), "rgbw": ("red", "green", "blue", "white"),
    "rgbww": ("red", "green", "blue", "cold_white", "warm_white"),
}  # fmt: skip
_ORDER: Final = ("color", "brightness", "color_temperature", "effect", "white")
"""In which Home Assistant publishes."""

_ON_TYPES: Final = ("last", "first", "brightness")

Message = tuple[str, str]


def describe(key: str, config: Config) -> Entity:
    topic = config.topic("command_topic")
    if not topic:
        raise ConfigError("command_topic is missing")
    return _BasicLight(key, config, topic).describe()


class _BasicLight:
    def __init__(self, key: str, config: Config, topic: str) -> None:
        self.builder, self.config, self.topic = Builder(key, "light", config), config, topic
        self.on, self.off = config.text("payload_on", "ON"), config.text("payload_off", "OFF")
        key = "state_value_template" if config.has("state_value_template") else "value_template"
        states = mapped({self.off: False, self.on: True})
        self.switch = Told(state_topic(config, "state_topic"), config.template(key), states)
        self.level = Level()
        self.color: Json = {"hue": 0, "saturation": 0}  # as told last, for lamps that dim by their colour
        self.parts: dict[str, Callable[[Json], Message]] = {}
        self.schemas: dict[str, Json] = {"on": {}}
        self.recipes = [f"{self.on}|{self.off}"]
        self.topics: list[str] = []
        self.pending: list[Callable[[], None]] = []
        self.model = next((m for m in COLOR_MODELS if config.has(f"{m}_command_topic")), "")
        self.dims_by_color = self.model.startswith("rgb") and not config.has("brightness_command_topic")
        self.whites = whites_of(config)
        self.on_type = self._on_type()

    def describe(self) -> Entity:
        config = self.config
        template = self.switch.template
        self._property("on", self.switch.topic, template, self.switch.convert, query=template.subject)
        self._brightness()
        in_kelvin = config.flag("color_temp_kelvin")
        self._part(
            "color_temperature", "color_temp", temperature_of(in_kelvin),
            lambda value: temperature_for(value, in_kelvin), recipe="K" if in_kelvin else "mired",
            schema=kelvin_range(self.builder),
        )  # fmt: skip
        if self.model:
            self._color(self.model)
        names = config.texts("effect_list")
        if names:
            convert, schema = effects(names, told=True)
            takes = one_of(names)
            self._part("effect", "effect", convert, takes, recipe="|".join(names), schema=schema)
        elif config.has("effect_command_topic"):
            self.builder.problem("effect_command_topic is not used: effect_list is missing")
        self._white()
        self._color_mode()
        for describe in self.pending:  # now that all topics are known
            describe()
        if self.parts:
            self._set_action()
        return self.builder.build(title(config))

    def _on_type(self) -> str:
        kind = self.config.text("on_command_type", "last")
        if kind not in _ON_TYPES:
            raise ConfigError(f"on_command_type should be one of {', '.join(_ON_TYPES)}, not {kind[:40]!r}")
        if kind == "brightness" and not (self.dims_by_color or self.config.has("brightness_command_topic")):
            self.builder.problem("on_command_type is brightness, and brightness_command_topic is missing")
            return "last"
        return kind

    # -- its parts -------------------------------------------------------------------------------------------------

    def _property(
        self, name: str, topic: str, template: ValueTemplate, convert: Convert, *, query: str = ""
    ) -> None:
        """Described later: what its command sends may depend on parts that come after it."""

        def describe() -> None:
            schema = self.schemas[name]
            self.builder.property(
                name, convert, state=topic, template=template, query=query,
                command=self._command(name, lambda value: self._plan({name: value})),
                schema=schema if isinstance(schema, dict) else {},
            )  # fmt: skip

        self.pending.append(describe)

    def _part(
        self, name: str, prefix: str, convert: Convert, theirs: Callable[[Json], Json], *, recipe: str,
        schema: dict[str, Json], told: Told | None = None,
    ) -> None:  # fmt: skip
        """A property with topics of its own; without one for commands it is only read."""
        keys = Keys.of(prefix, "value_template")
        topic = self.config.topic(keys.command)
        source = told or Told(state_topic(self.config, keys.state), self.config.template(keys.value), convert)
        subject = self.config.template(keys.value).subject
        if topic:
            write = writer(self.config, keys.template)

            def message(value: Json) -> Message:
                made = theirs(value)
                return topic, payload(made) if write is None else write({"value": made})

            self._takes(name, topic, message, f"{recipe} | {self.config.source(keys.template)}", schema)
            self._property(name, source.topic, source.template, source.convert, query=subject)
        elif source.topic:
            self.builder.property(
                name,
                source.convert,
                state=source.topic,
                template=source.template,
                schema=schema,
                query=subject,
            )

    def _takes(
        self, name: str, topic: str, message: Callable[[Json], Message], recipe: str, schema: dict[str, Json]
    ) -> None:
        self.parts[name], self.schemas[name] = message, schema
        self.topics.append(topic)
        self.recipes.append(recipe)

    def _brightness(self) -> None:
        config, scale = self.config, scale_of(self.config, "brightness_scale")
        if self.dims_by_color:
            self._brightness_by_color(f"{self.model}_state_topic")
            return
        topic = state_topic(config, "brightness_state_topic")
        if topic or config.has("brightness_command_topic"):
            amount = Told(topic, config.template("brightness_value_template"), of_steps(scale))
            template, convert = seen(self.builder, "brightness", self.level, amount, self.switch)
            self._part(
                "brightness", "brightness", convert, lambda value: of_percent(value, scale), recipe=f"0..{scale:g}",
                schema=few(scale), told=Told(topic, template, convert),
            )  # fmt: skip

    def _brightness_by_color(self, key: str) -> None:
        """A lamp of red, green and blue alone is as bright as its brightest channel."""
        model, topic = self.model, state_topic(self.config, key)

        def brightest(value: Json) -> Json | Nothing:
            read = channels(value, model)
            return read if isinstance(read, Nothing) else of_steps(255)(max(read))

        amount = Told(topic, self.config.template(f"{model}_value_template"), brightest)
        template, convert = seen(self.builder, "brightness", self.level, amount, self.switch)
        self.schemas["brightness"] = few(255)
        self.parts["brightness"] = lambda value: self._colored(self.color, as_float(value))
        self._property("brightness", topic, template, convert, query=amount.template.subject)

    def _color(self, model: str) -> None:
        config, topic = self.config, self.config.topic(f"{model}_command_topic")
        self.write_color = writer(config, f"{model}_command_template", *_CHANNELS[model])

        def convert(value: Json) -> Json | Nothing:
            read = channels(value, model)
            color = read if isinstance(read, Nothing) else color_from(model, read, self.whites)
            if not isinstance(color, Nothing):
                self.color = color
            return color

        def message(value: Json) -> Message:
            level = self.level.percent if self.dims_by_color else 100
            return self._colored(value, 100.0 if isinstance(level, Nothing) else as_float(level))

        self._takes("color", topic, message, f"{model} | {config.source(f'{model}_command_template')}", {})
        template = config.template(f"{model}_value_template")
        self._property(
            "color", state_topic(config, f"{model}_state_topic"), template, convert, query=template.subject
        )

    def _colored(self, color: Json, level: float) -> Message:
        parts = list_for_color(color, self.model, self.whites)
        if self.dims_by_color:
            parts = [round(part * level / 100) for part in parts]
        numbers: list[Json] = [tidy(part) for part in parts]
        text = ",".join(map(str, numbers))
        topic = self.config.topic(f"{self.model}_command_topic")
        if self.write_color is None:
            return topic, text
        return topic, self.write_color(
            {"value": text, **dict(zip(_CHANNELS[self.model], numbers, strict=True))}
        )

    def _white(self) -> None:
        """The level of the white mode. How bright it is then, is told as the brightness."""
        topic, scale = self.config.topic("white_command_topic"), scale_of(self.config, "white_scale")
        if topic:
            self._takes(
                "white",
                topic,
                lambda value: (topic, str(of_percent(value, scale))),
                f"0..{scale:g}",
                few(scale),
            )
            self._property("white", "", ValueTemplate(), plain_text)

    def _color_mode(self) -> None:
        topic = state_topic(self.config, "color_mode_state_topic")
        if topic:
            known = {
                m for m in (*COLOR_MODELS, "color_temp", "white") if self.config.has(f"{m}_command_topic")
            }
            alone = "brightness" if self.config.has("brightness_command_topic") else "onoff"
            convert, schema = color_modes(known or {alone})
            template = self.config.template("color_mode_value_template")
            self.builder.property("color_mode", convert, state=topic, template=template, schema=schema)

    # -- its commands ----------------------------------------------------------------------------------------------

    def _command(self, name: str, plan: Callable[[Json], Sequence[Message]]) -> Command:
        """All parts stand in its recipe: what one of them sends, another's command may send along."""
        plain = self.builder.command_at(self.topic, lambda value: plan(value)[0][1], "")
        recipe = " ; ".join((name, self.on_type, *self.recipes))
        others = tuple(dict.fromkeys(topic for topic in self.topics if topic != self.topic))
        return Command(plain.topic, plain.encode, plain.qos, plain.retain, recipe, plan, others)

    def _set_action(self) -> None:
        schema: dict[str, Json] = {"type": "object", "properties": dict(self.schemas)}
        self.builder.action(
            "set", self._command("set", self._plan), observed=bool(self.switch.topic), schema=schema
        )

    def _plan(self, value: Json) -> Sequence[Message]:
        on, wanted = intent(value, self.schemas)
        if not on:
            return ((self.topic, self.off),)
        if self.dims_by_color and "color" in wanted and "brightness" in wanted:
            messages = [self._colored(wanted.pop("color"), as_float(wanted.pop("brightness")))]
        else:
            messages = []
        if (
            self.on_type == "brightness"
            and not messages
            and wanted.keys().isdisjoint(("brightness", "white", "color"))
        ):
            wanted["brightness"] = 100 if isinstance(self.level.percent, Nothing) else self.level.percent
        messages += [self.parts[name](wanted[name]) for name in _ORDER if name in wanted]
        switched = (self.topic, self.on)
        if self.on_type == "first":
            return (switched, *messages)
        return (*messages, switched) if self.on_type == "last" else messages
