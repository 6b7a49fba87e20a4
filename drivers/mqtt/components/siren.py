"""Component `siren`. Source: Home Assistant, "MQTT Siren".

Tone, volume and duration go out together with the order to sound, never alone: they are members of the action `sound`. Where
the siren's state tells them they can be read.
"""

from __future__ import annotations

from typing import Final

import orjson

from capabilities.vocabulary import Json
from drivers.mqtt.components.parts import Write, state_topic, switching, writer
from drivers.mqtt.components.titles import title
from drivers.mqtt.config import Config, ConfigError
from drivers.mqtt.entity import Builder, Encode, Entity
from drivers.mqtt.values import NO_VALUE, Convert, Nothing, as_float, mapped, neat, number, text_of

_NAMES: Final = ("state", "tone", "duration", "volume_level")
_MAX_DURATION_S: Final = 3600
"""The model's: a siren that sounds for longer is a nuisance that somebody should ask for again."""


def describe(key: str, config: Config) -> Entity:
    return _Siren(Builder(key, "siren", config)).describe()


class _Siren:
    def __init__(self, builder: Builder) -> None:
        self.builder, self.config = builder, builder.config
        config = builder.config
        self.topic = config.topic("command_topic")
        if not self.topic:
            raise ConfigError("command_topic is missing")
        self.on, self.off = config.text("payload_on", "ON"), config.text("payload_off", "OFF")
        off_key = "command_off_template" if config.source("command_off_template") else "command_template"
        self.writes = {
            True: writer(config, "command_template", *_NAMES), False: writer(config, off_key, *_NAMES)
        }  # fmt: skip
        self.recipe = f"{self.on}|{self.off} | {config.source('command_template')} | {config.source(off_key)}"
        self.state = state_topic(config, "state_topic")
        self.tones = config.texts("available_tones")

    def describe(self) -> Entity:
        config, builder = self.config, self.builder
        off, on = config.text("state_off") or self.off, config.text("state_on") or self.on
        template = config.template("state_value_template")
        switch = switching(self.on, self.off)

        def encode(value: Json) -> str:
            return self._message({"state": switch(value)}, self.writes[value is True])

        builder.property(
            "on", _state(mapped({off: False, on: True})), state=self.state, template=template, query=template.subject,
            command=builder.command_at(self.topic, encode, self.recipe),
        )  # fmt: skip
        options = self._options()
        for name, (member, convert, schema) in options.items():
            if self.state:
                builder.property(
                    name, _member(member, convert), state=self.state, template=template, schema=schema
                )
        if options:
            schemas: dict[str, Json] = {name: schema for name, (_, _, schema) in options.items()}
            builder.action(
                "sound", builder.command_at(self.topic, self._sound(schemas), f"sound {self.recipe}"),
                observed=bool(self.state), schema={"type": "object", "properties": schemas},
            )  # fmt: skip
        return builder.build(title(config))

    def _options(self) -> dict[str, tuple[str, Convert, dict[str, Json]]]:
        """What may be chosen: the publisher's member for it, how it is read, and its schema."""
        options: dict[str, tuple[str, Convert, dict[str, Json]]] = {}
        if self.tones:
            known: dict[str, Json] = {tone: tone for tone in self.tones}
            options["tone"] = ("tone", mapped(known), {"enum": list(self.tones)})
        if self.config.flag("support_volume_set", True):
            options["volume"] = ("volume_level", _volume, {"minimum": 0, "maximum": 100})
        if self.config.flag("support_duration", True):
            options["duration"] = ("duration", number, {"minimum": 0, "maximum": _MAX_DURATION_S})
        return options

    def _sound(self, known: dict[str, Json]) -> Encode:
        def encode(value: Json) -> str:
            wanted = {} if value is None else value
            if not isinstance(wanted, dict):
                raise ValueError("should be an object")
            strange = [name for name in wanted if name not in known]
            if strange:
                raise ValueError(f"names {strange[0]!r}; this siren takes {', '.join(known)}")
            variables: dict[str, Json] = {"state": self.on}
            if "tone" in wanted:
                if wanted["tone"] not in self.tones:
                    raise ValueError(f"should have one of the tones {', '.join(self.tones)}")
                variables["tone"] = wanted["tone"]
            if "volume" in wanted:
                variables["volume_level"] = neat(round(as_float(wanted["volume"]) / 100, 4))
            if "duration" in wanted:
                variables["duration"] = round(as_float(wanted["duration"]))
            return self._message(variables, self.writes[True])

        return encode

    @staticmethod
    def _message(variables: dict[str, Json], write: Write | None) -> str:
        """Without a template all of it is one JSON object."""
        if write is None:
            return orjson.dumps(variables).decode()
        text = write({"value": variables["state"], **variables})
        if text == "None":
            raise ValueError("is none that the publisher's command_template makes a command of")
        return text


def _state(states: Convert) -> Convert:
    """The state alone, or as a member of a JSON object."""

    def convert(value: Json) -> Json | Nothing:
        found = _object(value)
        if found is None:
            return states(value)
        return states(found["state"]) if "state" in found else NO_VALUE

    return convert


def _member(name: str, convert: Convert) -> Convert:
    def read(value: Json) -> Json | Nothing:
        found = _object(value)
        return convert(found[name]) if found is not None and name in found else NO_VALUE

    return read


def _object(value: Json) -> dict[str, Json] | None:
    if isinstance(value, str) and value.lstrip().startswith("{"):
        value = orjson.loads(value)
    return value if isinstance(value, dict) else None


def _volume(value: Json) -> Json | Nothing:
    read = number(value)
    if isinstance(read, Nothing):
        return read
    level = as_float(read)
    if not 0 <= level <= 1:
        raise ValueError(f"should be a volume from 0 to 1, not {text_of(value)[:40]}")
    return neat(round(level * 100, 1))
