"""Component `cover`: blinds, shutters, garage doors and gates. Source: Home Assistant, "MQTT Cover".

0 % is closed, 100 % is open, whatever numbers the publisher has for it.
"""

from __future__ import annotations

from typing import Final

from capabilities.vocabulary import Json
from drivers.mqtt.components.titles import title
from drivers.mqtt.config import Config, ConfigError
from drivers.mqtt.entity import Builder, Command, Encode, Entity, constant
from drivers.mqtt.template_error import TemplateError
from drivers.mqtt.templates import command_template
from drivers.mqtt.values import Convert, Nothing, as_float, mapped, number

_ENTRANCES: Final = frozenset({"garage", "door", "gate"})
"""Device classes of covers that a person, or a thief, walks through."""

_STATES: Final = ("stopped", "opening", "closing", "open", "closed")
"""Later ones win where two share a payload."""


def describe(key: str, config: Config) -> Entity:
    kind = "garage" if config.text("device_class") in _ENTRANCES else "blind"
    builder = Builder(key, kind, config)
    observed = _state(builder) | _position(builder)
    _tilt(builder)
    for name, usual in (("open", "OPEN"), ("close", "CLOSE"), ("stop", "STOP")):
        if f"payload_{name}" in config and not config.has(f"payload_{name}"):
            continue  # null: this cover cannot do that
        payload = config.text(f"payload_{name}", usual)
        command = builder.command("command_topic", constant(payload), f"{name}={payload}")
        if command is not None:
            builder.action(name, command, observed=observed)
    return builder.build(title(config), certain=config.has("device_class"))


def _state(builder: Builder) -> bool:
    config = builder.config
    topic = config.topic("state_topic")
    if topic:
        template = config.template("value_template")
        by_payload = {config.text(f"state_{name}", name): name for name in _STATES}
        builder.property(
            "state", mapped(by_payload), state=topic, template=template, query=template.subject or "state"
        )
    return bool(topic)


def _position(builder: Builder) -> bool:
    config = builder.config
    closed, opened = config.number("position_closed", 0), config.number("position_open", 100)
    if closed == opened:
        raise ConfigError("position_open and position_closed should differ")
    topic = config.topic("position_topic")
    template = config.template("position_template")
    names: dict[str, Json] = {"position_open": opened, "position_closed": closed}
    command = _set(builder, "set_position", "position", zero=closed, full=opened, names=names)
    if topic or command is not None:
        builder.property(
            "position",
            _share(closed, opened),
            state=topic,
            template=template,
            command=command,
            query=template.subject,
        )
    return bool(topic)


def _tilt(builder: Builder) -> None:
    config = builder.config
    low, high = config.number("tilt_min", 0), config.number("tilt_max", 100)
    if low == high:
        raise ConfigError("tilt_min and tilt_max should differ")
    topic = config.topic("tilt_status_topic")
    names: dict[str, Json] = {"tilt_min": low, "tilt_max": high}
    command = _set(builder, "tilt_command", "tilt_position", zero=low, full=high, names=names)
    if topic or command is not None:
        template = config.template("tilt_status_template")
        builder.property(
            "tilt",
            _share(low, high),
            state=topic,
            template=template,
            command=command,
            query=template.subject,
        )


def _set(
    builder: Builder, prefix: str, name: str, *, zero: float, full: float, names: dict[str, Json]
) -> Command | None:
    topic = builder.config.topic(f"{prefix}_topic")
    if not topic:
        return None
    source = builder.config.source(f"{prefix}_template")
    recipe = f"{zero:g}..{full:g} | {source or ''}"
    return builder.command_at(topic, _position_text(source, name, zero, full, names), recipe)


def _position_text(source: str | None, name: str, zero: float, full: float, names: dict[str, Json]) -> Encode:
    try:
        render = command_template(source, name, *names)
    except TemplateError as error:
        raise ConfigError(f"command template: {error}") from None

    def encode(value: Json) -> str:
        raw: Json = round(zero + as_float(value) * (full - zero) / 100)
        return str(raw) if render is None else render({**names, "value": raw, name: raw})

    return encode


def _share(zero: float, full: float) -> Convert:
    def convert(value: Json) -> Json | Nothing:
        read = number(value)
        if isinstance(read, Nothing):
            return read
        return max(0, min(100, round((as_float(read) - zero) * 100 / (full - zero))))

    return convert
