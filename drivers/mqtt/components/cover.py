"""Component `cover`: blinds, shutters, windows, garage doors and gates. Source: Home Assistant, "MQTT Cover"."""

from __future__ import annotations

from typing import Final, NamedTuple

from capabilities.vocabulary import Hazard, Json
from drivers.mqtt.components.titles import title
from drivers.mqtt.components.travel import (
    Range,
    informed,
    payloads,
    position_encoder,
    position_reader,
    range_of,
    tilt_reader,
)
from drivers.mqtt.config import Config
from drivers.mqtt.entity import Builder, Command, Encode, Entity, constant
from drivers.mqtt.values import mapped
from drivers.mqtt.words import listed, own_words, words

_KINDS: Final = {"garage": "garage", "door": "garage", "gate": "garage", "damper": "valve"}
"""Device classes → kind; all others are blinds. A person, or a thief, walks through the first three; a damper lets air into a
fire or out of a room, so that open and closed can both be wrong, as with a valve.
"""

_OPENINGS: Final = frozenset({"window"})
"""Blinds that let people and rain in: property."""

_STATES: Final = ("stopped", "opening", "closing", "open", "closed")
"""Later ones win where two share a payload."""

_USUAL: Final = {"open": "OPEN", "close": "CLOSE", "stop": "STOP"}

_TILT: Final[dict[str, Json]] = {"type": "number", "minimum": 0, "maximum": 100, "unit": "%"}
"""In full, for the kinds whose models know no slats: a person may say that this is one of them."""


_GATES: Final = listed(
    "garage gate door entrance driveway tor garagentor hoftor tur haustur einfahrt porte portail garagedeur poort deur"
    " cancello portone puerta porton portao garaje garageport grind brama bramka vrata brana dor port"
)
_GATE_ENDS: Final = ("tor", "gate", "garage", "poort")
_NO_GATES: Final = ("motor", "ator", "itor", "ctor")  # actuator, ventilator, monitor, contactor
_FLAPS: Final = listed("damper vent flap luftungsklappe klappe serranda")


class _Cover(NamedTuple):
    builder: Builder
    hazard: Hazard
    position: Range
    tilt: Range
    names: dict[str, Json]  # what templates may call the ends of both


def describe(key: str, config: Config) -> Entity:
    device_class = config.text("device_class").lower()
    builder = Builder(key, _KINDS.get(device_class, "blind"), config)
    position, tilt = (
        range_of(config, "position_closed", "position_open"),
        range_of(config, "tilt_min", "tilt_max"),
    )
    ends = {
        "position_open": position.full, "position_closed": position.zero, "tilt_min": tilt.zero, "tilt_max": tilt.full,
    }  # fmt: skip
    hazard = Hazard.PROPERTY if device_class in _OPENINGS else Hazard.COMFORT
    cover = _Cover(builder, hazard, position, tilt, {name: round(end) for name, end in ends.items()})
    observed = _state(builder) | _position(cover)
    _tilt(cover)
    for name, payload in payloads(config, _USUAL):
        command = builder.command("command_topic", constant(payload), f"{name}={payload}")
        if command is not None:
            moves = name != "stop"
            builder.action(name, command, observed=observed, hazard=hazard if moves else Hazard.COMFORT)
    certain = bool(device_class)
    return builder.build(title(config), certain=certain, proposal="" if certain else proposed_cover(config))


def _state(builder: Builder) -> bool:
    config = builder.config
    topic = config.topic("state_topic")
    if topic:
        template = config.template("value_template")
        by_payload: dict[str, Json] = {"None": "unknown"}
        by_payload |= {config.text(f"state_{name}", name): name for name in _STATES}
        builder.property(
            "state", mapped(by_payload), state=topic, template=template, query=template.subject or "state"
        )
    return bool(topic)


def _position(cover: _Cover) -> bool:
    config = cover.builder.config
    topic = config.topic("position_topic")
    template = informed(config, "position_template", cover.names)
    source = config.source("set_position_template")
    encode = position_encoder(source, cover.position, "position", cover.names)
    command = _command(cover, "set_position_topic", encode, f"{cover.position} | {source or ''}")
    if topic or command is not None:
        cover.builder.property(
            "position", position_reader(cover.position), state=topic, template=template, command=command,
            query=template.subject, schema=cover.position.schema, hazard=cover.hazard,
        )  # fmt: skip
    return bool(topic)


def _tilt(cover: _Cover) -> None:
    builder, config = cover.builder, cover.builder.config
    topic = config.topic("tilt_status_topic")
    template = informed(config, "tilt_status_template", cover.names)
    convert = tilt_reader(cover.tilt)
    beside = "tilt_position" in (config.source("position_template") or "")
    if not topic and beside:
        topic, template = config.topic("position_topic"), informed(config, "position_template", cover.names)
        convert = tilt_reader(cover.tilt, "tilt_position")
    source = config.source("tilt_command_template")
    encode = position_encoder(source, cover.tilt, "tilt_position", cover.names)
    command = _command(cover, "tilt_command_topic", encode, f"{cover.tilt} | {source or ''}")
    if not topic and command is None:
        return
    builder.property(
        "tilt", convert, state=topic, template=template, command=command, query=template.subject,
        schema={**_TILT, **cover.tilt.schema}, hazard=cover.hazard,
    )  # fmt: skip
    if beside and config.topic("position_topic") not in ("", topic):
        other = informed(config, "position_template", cover.names)
        builder.also("tilt", config.topic("position_topic"), other, tilt_reader(cover.tilt, "tilt_position"))
    if command is not None:
        _tilt_actions(cover, encode, command, observed=bool(topic))


def _tilt_actions(cover: _Cover, encode: Encode, command: Command, *, observed: bool) -> None:
    """Slats count as open and closed at numbers of their own, which may lie anywhere between the ends."""
    builder, config = cover.builder, cover.builder.config
    for name, key, end in (("open_tilt", "tilt_opened_value", 100), ("close_tilt", "tilt_closed_value", 0)):
        percent = cover.tilt.percent(config.number(key, cover.tilt.raw(end)))
        if percent == end:
            fixed = _fixed(encode, end)
            builder.action(
                name, builder.command_at(command.topic, fixed, f"{end} | {command.recipe}"), observed=observed,
                hazard=cover.hazard,
            )  # fmt: skip
        else:
            builder.problem(f"{key} is {percent} %: write that to tilt, {name} would mean {end} %")
    stop = dict(payloads(config, {"stop_tilt": "" if builder.is_zigbee2mqtt else "STOP"})).get("stop_tilt")
    if stop:
        stopping = builder.command_at(command.topic, constant(stop), f"stop_tilt={stop}")
        builder.action("stop_tilt", stopping, observed=False)


def _command(cover: _Cover, topic_key: str, encode: Encode, recipe: str) -> Command | None:
    topic = cover.builder.config.topic(topic_key)
    return cover.builder.command_at(topic, encode, recipe) if topic else None


def _fixed(encode: Encode, percent: int) -> Encode:
    return lambda _: encode(percent)


def proposed_cover(config: Config) -> str:
    """The kind that a cover's name suggests, where its class says nothing; the device's name and model count for its main
    function.
    """
    named = own_words(config) - {"state", "position", "cover"}
    if not named:
        named = words(*(text for key in ("name", "model") if isinstance(text := config.device.get(key), str)))
    if named & _GATES or any(word.endswith(_GATE_ENDS) and not word.endswith(_NO_GATES) for word in named):
        return "garage"
    return "valve" if named & _FLAPS else ""
