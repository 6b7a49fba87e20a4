"""Component `fan`. Source: Home Assistant, "MQTT Fan"."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from capabilities.vocabulary import Json
from drivers.mqtt.components.levels import Level, Told, few, seen, share
from drivers.mqtt.components.parts import Keys, Theirs, choice, command, state_topic, switch, switching
from drivers.mqtt.components.titles import title
from drivers.mqtt.config import Config, ConfigError
from drivers.mqtt.entity import Builder, Command, Entity
from drivers.mqtt.values import UNKNOWN, Convert, Nothing, as_float, mapped, number, text_of

FINE_SPEEDS: Final = 23
"""From here on each percentage, the smallest too, is within 4 % of a speed: with that it counts as reached."""

_ON: Final = Keys("state_topic", "state_value_template", "command_topic", "command_template")


def describe(key: str, config: Config) -> Entity:
    builder = Builder(key, "fan", config)
    on, off = config.text("payload_on", "ON"), config.text("payload_off", "OFF")
    switch(builder, "on", _ON, on, off)
    if config.has("percentage_command_topic") or config.has("percentage_state_topic"):
        _speed(builder, on, off)
    presets, no_preset = config.texts("preset_modes"), config.text("payload_reset_preset_mode", "None")
    if no_preset in presets:
        raise ConfigError(f"preset_modes should not have payload_reset_preset_mode ({no_preset[:40]!r})")
    if presets:
        choice(builder, "preset", Keys.of("preset_mode", "value_template"), presets, reset=(no_preset,))
    switch(
        builder, "oscillating", Keys.of("oscillation", "value_template"),
        config.text("payload_oscillation_on", "oscillate_on"), config.text("payload_oscillation_off", "oscillate_off"),
    )  # fmt: skip
    if config.has("direction_command_topic") or config.has("direction_state_topic"):
        choice(builder, "direction", Keys.of("direction", "value_template"), ("forward", "reverse"))
    return builder.build(title(config))


def _speed(builder: Builder, on: str, off: str) -> None:
    """Steps from `speed_range_min` (the slowest that turns) to `speed_range_max`; 0 % is the step below the slowest."""
    config = builder.config
    low, high = config.number("speed_range_min", 1), config.number("speed_range_max", 100)
    if low >= high:
        raise ConfigError("speed_range_min should be below speed_range_max")
    steps, zero = high - low + 1, low - 1
    level = Level()
    keys = Keys.of("percentage", "value_template")
    reset = config.text("payload_reset_percentage", "None")
    amount = Told(
        state_topic(config, keys.state), config.template(keys.value), _percentage(steps, zero, reset)
    )
    states = mapped({off: False, on: True})
    told = Told(state_topic(config, _ON.state), config.template(_ON.value), states)
    template, convert = seen(builder, "speed", level, amount, told)
    builder.property(
        "speed", convert, schema=few(steps, FINE_SPEEDS), state=amount.topic, template=template,
        command=_ordered(builder, level, (on, off), steps, zero), query=amount.template.subject,
    )  # fmt: skip


def _ordered(
    builder: Builder, level: Level, payloads: tuple[str, str], steps: float, zero: float
) -> Command | None:
    """A speed for a fan that is known to be off switches it on first: most keep the speed for later otherwise."""
    turn = command(
        builder, "percentage_command_topic", _step(steps, zero), f"{zero:g}+{steps:g}", "percentage_command_template"
    )  # fmt: skip
    switched = command(builder, "command_topic", switching(*payloads), "|".join(payloads), "command_template")
    if turn is None or switched is None:
        return turn

    def plan(value: Json) -> Sequence[tuple[str, str]]:
        message = (turn.topic, turn.encode(value))
        if level.is_on is False and as_float(value) > 0:
            return ((switched.topic, switched.encode(True)), message)
        return (message,)

    return Command(
        turn.topic, turn.encode, turn.qos, turn.retain, f"{turn.recipe} {switched.recipe}", plan, (switched.topic,)
    )  # fmt: skip


def _percentage(steps: float, zero: float, reset: str) -> Convert:
    def convert(value: Json) -> Json | Nothing:
        if text_of(value) == reset:
            return UNKNOWN
        read = number(value)
        if isinstance(read, Nothing):
            return read
        step = as_float(read) - zero
        if not 0 <= step <= steps:
            raise ValueError(f"should be a speed from {zero:g} to {zero + steps:g}, not {as_float(read):g}")
        return share(step, steps)

    return convert


def _step(steps: float, zero: float) -> Theirs:
    def theirs(value: Json) -> Json:
        share = as_float(value)
        step = round(share * steps / 100 + zero)
        return max(step, round(zero) + 1) if share > 0 else round(zero)

    return theirs
