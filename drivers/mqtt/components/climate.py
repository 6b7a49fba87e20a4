"""Component `climate`: thermostats and air conditioners. Source: Home Assistant, "MQTT HVAC (Climate)".

Temperatures are °C on our side; a publisher in °F is converted both ways. `initial` and `precision` are about Home Assistant's
own display and have no meaning here.
"""

from __future__ import annotations

from typing import Final

from capabilities.vocabulary import Json
from drivers.mqtt.components.climate_parts import (
    humidity,
    measured,
    measured_temperature,
    target_humidity,
    target_temperature,
)
from drivers.mqtt.components.parts import (
    NONE,
    Keys,
    choice,
    command,
    known_only,
    reading,
    state_topic,
    switching,
)
from drivers.mqtt.components.titles import title
from drivers.mqtt.config import Config
from drivers.mqtt.entity import Builder, Entity
from drivers.mqtt.values import Nothing, mapped, plain_text

_MODES: Final = ("auto", "off", "cool", "heat", "dry", "fan_only")
_FAN_MODES: Final = ("auto", "low", "medium", "high")
_SWING_MODES: Final = ("on", "off")
_ALL_MODES: Final = ("off", "heat", "cool", "heat_cool", "auto", "dry", "fan_only")
_ACTIONS: Final = ("off", "preheating", "heating", "cooling", "drying", "idle", "fan", "defrosting")
_USUAL_C: Final = (7.0, 35.0)
_USUAL_HUMIDITY: Final = (30.0, 99.0)
_KIND_C: Final = (-50.0, 100.0)


def describe(key: str, config: Config) -> Entity:
    builder = Builder(key, "thermostat", config)
    for name, prefix in (
        ("target", "temperature"),
        ("target_low", "temperature_low"),
        ("target_high", "temperature_high"),
    ):
        target_temperature(builder, name, prefix, _USUAL_C, _KIND_C)
    measured_temperature(builder)
    measured(builder, "humidity", "current_humidity", humidity(), "%")
    target_humidity(builder, _USUAL_HUMIDITY)
    modes = known_only(builder, "modes", config.texts("modes") or _MODES, _ALL_MODES)
    if modes:
        choice(builder, "mode", Keys.of("mode"), modes)
    _preset(builder)
    choice(builder, "fan_mode", Keys.of("fan_mode"), config.texts("fan_modes") or _FAN_MODES)
    for name in ("swing_mode", "swing_horizontal_mode"):
        choice(builder, name, Keys.of(name), config.texts(f"{name}s") or _SWING_MODES)
    _action(builder)
    power(builder, "off" in modes)
    return builder.build(title(config))


def _preset(builder: Builder) -> None:
    """Home Assistant adds `none` to every list, to be told and asked for. Zigbee2MQTT refuses it, and tells what a list has."""
    presets = [preset for preset in builder.config.texts("preset_modes") if preset != NONE]
    reset = None if builder.is_zigbee2mqtt else (NONE, "None")
    choice(
        builder, "preset", Keys.of("preset_mode", "value_template"), presets, reset=reset, none_too=reset is not None
    )  # fmt: skip


def power(builder: Builder, has_off: bool) -> None:
    """On and off by a topic of its own. What comes of it shows in the mode, where `off` is one."""
    config = builder.config
    on, off = config.text("payload_on", "ON"), config.text("payload_off", "OFF")
    ordered = command(
        builder, "power_command_topic", switching(on, off), f"{on}|{off}", "power_command_template"
    )
    if ordered is not None:
        topic = state_topic(config, "mode_state_topic") if has_off else ""
        template = reading(config, "mode_state_template")
        builder.property(
            "on", _is_on, state=topic, template=template, command=ordered, query=template.subject
        )


def _is_on(value: Json) -> Json | Nothing:
    mode = plain_text(value)
    return mode if isinstance(mode, Nothing) else mode != "off"


def _action(builder: Builder) -> None:
    topic = builder.config.topic("action_topic")
    if topic:
        template = reading(builder.config, "action_template")
        actions: dict[str, Json] = {action: action for action in _ACTIONS}
        builder.property("action", mapped(actions), state=topic, template=template)
