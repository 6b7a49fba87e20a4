"""Component `climate`: thermostats and air conditioners. Source: Home Assistant, "MQTT HVAC (Climate)".

Temperatures are °C on our side; a publisher in °F is converted both ways.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from capabilities.vocabulary import Json
from drivers.mqtt.components.titles import title
from drivers.mqtt.config import Config
from drivers.mqtt.entity import Builder, Encode, Entity, one_of, switching
from drivers.mqtt.units import FAHRENHEIT, SAME, Scale
from drivers.mqtt.values import as_float, mapped, neat, number, plain_text, scaled

_MODES: Final = ("auto", "off", "cool", "heat", "dry", "fan_only")
_FAN_MODES: Final = ("auto", "low", "medium", "high")
_SWING_MODES: Final = ("on", "off")
_ALL_MODES: Final = ("off", "heat", "cool", "heat_cool", "auto", "dry", "fan_only")
_ACTIONS: Final = ("off", "preheating", "heating", "cooling", "drying", "idle", "fan", "defrosting")


def describe(key: str, config: Config) -> Entity:
    builder = Builder(key, "thermostat", config)
    scale = FAHRENHEIT if config.text("temperature_unit", "C").upper().endswith("F") else SAME
    for name, prefix in (
        ("target", "temperature"),
        ("target_low", "temperature_low"),
        ("target_high", "temperature_high"),
    ):
        _target(builder, name, prefix, scale)
    _measured(builder, "temperature", "current_temperature", scale, "°C")
    _measured(builder, "humidity", "current_humidity", SAME, "%")
    _target_humidity(builder)
    _choice(builder, "mode", "mode", config.texts("modes") or _MODES, known=_ALL_MODES)
    _choice(
        builder,
        "preset",
        "preset_mode",
        config.texts("preset_modes"),
        state_template="preset_mode_value_template",
    )
    _choice(builder, "fan_mode", "fan_mode", config.texts("fan_modes") or _FAN_MODES)
    _choice(builder, "swing_mode", "swing_mode", config.texts("swing_modes") or _SWING_MODES)
    _action(builder)
    if config.has("power_command_topic"):
        on, off = config.text("payload_on", "ON"), config.text("payload_off", "OFF")
        command = builder.command(
            "power_command_topic", switching(on, off), f"{on}|{off}", "power_command_template"
        )
        builder.property("on", mapped({off: False, on: True}), command=command, schema={"type": "boolean"})
    return builder.build(title(config))


def _target(builder: Builder, name: str, prefix: str, scale: Scale) -> None:
    config = builder.config
    topic = config.topic(f"{prefix}_state_topic")
    recipe = "°F" if scale is FAHRENHEIT else "°C"
    command = builder.command(
        f"{prefix}_command_topic", _temperature(scale), recipe, f"{prefix}_command_template"
    )
    if not topic and command is None:
        return
    usual = (7.0, 35.0) if scale is SAME else (44.6, 95.0)
    low, high = (
        config.number(k, d) * scale.factor + scale.offset
        for k, d in zip(("min_temp", "max_temp"), usual, strict=True)
    )
    schema: dict[str, Json] = {"minimum": round(low, 2), "maximum": round(high, 2)}
    template = config.template(f"{prefix}_state_template")
    builder.property(
        name, scaled(scale.factor, scale.offset, 2), state=topic, template=template, command=command, schema=schema, unit="°C",
        query=template.subject,
    )  # fmt: skip


def _temperature(scale: Scale) -> Encode:
    def encode(value: Json) -> str:
        return str(neat(round((as_float(value) - scale.offset) / scale.factor, 2)))

    return encode


def _measured(builder: Builder, name: str, prefix: str, scale: Scale, unit: str) -> None:
    topic = builder.config.topic(f"{prefix}_topic")
    if topic:
        template = builder.config.template(f"{prefix}_template")
        convert = scaled(scale.factor, scale.offset, 2)
        builder.property(name, convert, state=topic, template=template, unit=unit, query=template.subject)


def _target_humidity(builder: Builder) -> None:
    config = builder.config
    topic = config.topic("target_humidity_state_topic")
    command = builder.command(
        "target_humidity_command_topic",
        lambda v: str(round(as_float(v))),
        "%",
        "target_humidity_command_template",
    )
    if topic or command is not None:
        schema: dict[str, Json] = {
            "minimum": config.number("min_humidity", 30),
            "maximum": config.number("max_humidity", 99),
        }
        template = config.template("target_humidity_state_template")
        builder.property(
            "target_humidity",
            number,
            state=topic,
            template=template,
            command=command,
            schema=schema,
            unit="%",
        )


def _choice(
    builder: Builder,
    name: str,
    prefix: str,
    options: Sequence[str],
    *,
    known: Sequence[str] = (),
    state_template: str = "",
) -> None:
    config = builder.config
    topic = config.topic(f"{prefix}_state_topic")
    command = builder.command(
        f"{prefix}_command_topic", one_of(options), "|".join(options), f"{prefix}_command_template"
    )
    if not topic and command is None:
        return
    template = config.template(state_template or f"{prefix}_state_template")
    choices = dict.fromkeys((*known, *options))
    convert = mapped({option: option for option in choices}) if options else plain_text
    schema: dict[str, Json] = {"enum": list(options)} if options else {}
    builder.property(
        name,
        convert,
        state=topic,
        template=template,
        command=command,
        schema=schema,
        query=template.subject,
    )


def _action(builder: Builder) -> None:
    topic = builder.config.topic("action_topic")
    if topic:
        template = builder.config.template("action_template")
        builder.property(
            "action", mapped({action: action for action in _ACTIONS}), state=topic, template=template
        )
