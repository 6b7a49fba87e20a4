"""Component `fan`. Source: Home Assistant, "MQTT Fan"."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from capabilities.vocabulary import Json
from drivers.mqtt.components.titles import title
from drivers.mqtt.config import Config, ConfigError
from drivers.mqtt.entity import Builder, Encode, Entity, one_of, switching
from drivers.mqtt.values import Convert, Nothing, as_float, mapped, number

FEW_SPEEDS: Final = 12
"""Up to here the way from one speed to the next is more than twice the tolerance with which a speed counts as reached (4 %)."""


def describe(key: str, config: Config) -> Entity:
    builder = Builder(key, "fan", config)
    _switch(builder, "on", "", "state", ("ON", "OFF"))
    if config.has("percentage_command_topic") or config.has("percentage_state_topic"):
        _speed(builder)
    presets = config.texts("preset_modes")
    if presets:
        _choice(builder, "preset", "preset_mode", presets)
    if config.has("oscillation_command_topic") or config.has("oscillation_state_topic"):
        _switch(builder, "oscillating", "oscillation_", "oscillation", ("oscillate_on", "oscillate_off"))
    if config.has("direction_command_topic") or config.has("direction_state_topic"):
        _choice(builder, "direction", "direction", ("forward", "reverse"))
    return builder.build(title(config))


def _switch(builder: Builder, name: str, prefix: str, state: str, usual: tuple[str, str]) -> None:
    """`payload_on` and `state_value_template`, or `payload_oscillation_on` and `oscillation_value_template`."""
    config = builder.config
    on, off = config.text(f"payload_{prefix}on", usual[0]), config.text(f"payload_{prefix}off", usual[1])
    template = config.template(f"{state}_value_template")
    builder.property(
        name,
        mapped({off: False, on: True}),
        state=config.topic("state_topic" if state == "state" else f"{state}_state_topic"),
        template=template,
        command=builder.command(
            f"{prefix}command_topic", switching(on, off), f"{on}|{off}", f"{prefix}command_template"
        ),
        query=template.subject,
    )


def _speed(builder: Builder) -> None:
    """Steps from `speed_range_min` (the slowest that turns) to `speed_range_max`; 0 % is the step below the slowest."""
    config = builder.config
    low, high = config.number("speed_range_min", 1), config.number("speed_range_max", 100)
    if low >= high:
        raise ConfigError("speed_range_min should be below speed_range_max")
    steps, zero = high - low + 1, low - 1
    template = config.template("percentage_value_template")
    builder.property(
        "speed",
        _percentage(steps, zero),
        schema=_few(steps),
        state=config.topic("percentage_state_topic"),
        template=template,
        command=builder.command(
            "percentage_command_topic",
            _step(steps, zero),
            f"{low:g}..{high:g}",
            "percentage_command_template",
        ),
        query=template.subject,
    )


def _few(steps: float) -> dict[str, Json]:
    """A fan of few speeds takes these and no others: what lies between could not be seen to be done."""
    if steps > FEW_SPEEDS or steps != int(steps):
        return {}
    return {"enum": [round(step * 100 / steps) for step in range(int(steps) + 1)]}


def _percentage(steps: float, zero: float) -> Convert:
    def convert(value: Json) -> Json | Nothing:
        read = number(value)
        if isinstance(read, Nothing):
            return read
        return max(0, min(100, round((as_float(read) - zero) * 100 / steps)))

    return convert


def _step(steps: float, zero: float) -> Encode:
    def encode(value: Json) -> str:
        share = as_float(value)
        step = round(share * steps / 100 + zero)
        return str(max(step, round(zero) + 1) if share > 0 else round(zero))

    return encode


def _choice(builder: Builder, name: str, prefix: str, options: Sequence[str]) -> None:
    config = builder.config
    template = config.template(f"{prefix}_value_template")
    schema: dict[str, Json] = {"enum": list(options)}
    builder.property(
        name,
        mapped({option: option for option in options}),
        state=config.topic(f"{prefix}_state_topic"),
        template=template,
        command=builder.command(
            f"{prefix}_command_topic", one_of(options), "|".join(options), f"{prefix}_command_template"
        ),
        schema=schema,
        query=template.subject,
    )
