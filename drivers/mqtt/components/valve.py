"""Component `valve`: for water, gas or heating. Source: Home Assistant, "MQTT Valve".

One topic tells its state, its position, or both in a JSON object.
"""

from __future__ import annotations

from typing import Final

import orjson

from capabilities.vocabulary import Json
from drivers.mqtt.components.titles import title
from drivers.mqtt.components.travel import (
    Range,
    informed,
    payloads,
    position_encoder,
    position_reader,
    range_of,
)
from drivers.mqtt.config import Config
from drivers.mqtt.entity import Builder, Encode, Entity, constant, templated
from drivers.mqtt.values import NO_VALUE, Convert, Nothing, mapped

_USUAL: Final = {"open": "OPEN", "close": "CLOSE", "stop": ""}
_NOT_WITH_POSITION: Final = ("payload_open", "payload_close", "state_open", "state_closed")


def describe(key: str, config: Config) -> Entity:
    builder = Builder(key, "valve", config)
    if config.flag("reports_position"):
        _by_position(builder)
    else:
        _by_words(builder)
    return builder.build(title(config))


def _by_words(builder: Builder) -> None:
    config = builder.config
    topic, template = config.topic("state_topic"), config.template("value_template")
    if topic:
        words = _words(config, ("opening", "closing", "open", "closed"))
        builder.property(
            "state", _member("state", mapped(words)), state=topic, template=template, query=template.subject
        )
    for name, payload in payloads(config, _USUAL):
        _action(builder, name, payload, observed=bool(topic))


def _by_position(builder: Builder) -> None:
    """Open and closed are positions then; words tell only that it moves."""
    config = builder.config
    for unused in _NOT_WITH_POSITION:
        if config.has(unused):
            builder.problem(f"{unused} has no meaning for a valve that reports its position")
    span = range_of(config, "position_closed", "position_open")
    names: dict[str, Json] = {"position_open": round(span.full), "position_closed": round(span.zero)}
    topic, template = config.topic("state_topic"), informed(config, "value_template", names)
    source = config.source("command_template")
    encode = position_encoder(source, span, "position", names)
    command_topic, recipe = config.topic("command_topic"), f"{span} | {source or ''}"
    words = _words(config, ("opening", "closing"))
    builder.property(
        "position", _position(span, words), state=topic, template=template, schema=span.schema, query=template.subject,
        command=builder.command_at(command_topic, encode, recipe) if command_topic else None,
    )  # fmt: skip
    if topic:
        builder.property("state", _motion(span, words), state=topic, template=template)
    for name, percent in (("open", 100), ("close", 0)) if command_topic else ():
        fixed = builder.command_at(command_topic, _fixed(encode, percent), f"{percent} | {recipe}")
        builder.action(name, fixed, observed=bool(topic))
    for name, payload in payloads(config, {"stop": ""}):
        _action(builder, name, payload, observed=bool(topic))


def _action(builder: Builder, name: str, payload: str, *, observed: bool) -> None:
    config = builder.config
    topic, source = config.topic("command_topic"), config.source("command_template")
    if topic:
        names = ("position", "position_open", "position_closed")
        encode = templated(source, constant(payload), *names) if source else constant(payload)
        command = builder.command_at(topic, encode, f"{name}={payload} | {source or ''}")
        builder.action(name, command, observed=observed)


def _fixed(encode: Encode, percent: int) -> Encode:
    return lambda _: encode(percent)


def _words(config: Config, names: tuple[str, ...]) -> dict[str, Json]:
    return {"None": "unknown", **{config.text(f"state_{name}", name): name for name in names}}


def _member(name: str, convert: Convert) -> Convert:
    """Of an object its member, else the whole."""

    def read(value: Json) -> Json | Nothing:
        value = _parsed(value)
        if isinstance(value, dict):
            return convert(value[name]) if value.get(name) is not None else NO_VALUE
        return convert(value)

    return read


def _position(span: Range, words: dict[str, Json]) -> Convert:
    position = position_reader(span)

    def read(value: Json) -> Json | Nothing:
        value = _parsed(value)
        return NO_VALUE if isinstance(value, str) and value.strip() in words else position(value)

    return read


def _motion(span: Range, words: dict[str, Json]) -> Convert:
    """What it says of its motion; at either end it has stopped. In between nobody knows until it says so."""
    position = position_reader(span)

    def read(value: Json) -> Json | Nothing:
        value = _parsed(value)
        said = value.get("state") if isinstance(value, dict) else value
        if isinstance(said, str) and said.strip() in words:
            return words[said.strip()]
        if isinstance(value, dict) and "position" not in value:
            return NO_VALUE
        at = position(value)
        return {0: "closed", 100: "open"}.get(at, NO_VALUE) if isinstance(at, int) else NO_VALUE

    return read


def _parsed(value: Json) -> Json:
    """A JSON object in place of its text."""
    if isinstance(value, str) and value.lstrip().startswith("{"):
        parsed: Json = orjson.loads(value)
        return parsed
    return value
