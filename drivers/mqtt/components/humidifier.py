"""Component `humidifier`, dehumidifiers too. Source: Home Assistant, "MQTT Humidifier"."""

from __future__ import annotations

from typing import Final

from capabilities.vocabulary import Json
from drivers.mqtt.components.climate_parts import humidity, measured, target_humidity
from drivers.mqtt.components.parts import Keys, choice, switch
from drivers.mqtt.components.titles import title
from drivers.mqtt.config import Config, ConfigError
from drivers.mqtt.entity import Builder, Entity
from drivers.mqtt.values import mapped

_ACTIONS: Final = ("off", "idle", "humidifying", "drying")
_CLASSES: Final = ("", "humidifier", "dehumidifier")


def describe(key: str, config: Config) -> Entity:
    builder = Builder(key, "humidifier", config)
    for needed in ("command_topic", "target_humidity_command_topic"):
        if not config.topic(needed):
            raise ConfigError(f"{needed} is missing")
    if config.text("device_class") not in _CLASSES:
        builder.problem("device_class should be humidifier or dehumidifier")
    on, off = config.text("payload_on", "ON"), config.text("payload_off", "OFF")
    keys = Keys("state_topic", "state_value_template", "command_topic", "command_template")
    switch(builder, "on", keys, on, off)
    reset = config.text("payload_reset_humidity", "None")
    target_humidity(builder, (0.0, 100.0), reset)
    measured(builder, "humidity", "current_humidity", humidity(reset), "%")
    modes, no_mode = config.texts("modes"), config.text("payload_reset_mode", "None")
    if no_mode in modes:
        raise ConfigError(f"modes should not have payload_reset_mode ({no_mode[:40]!r})")
    if modes:
        choice(builder, "mode", Keys.of("mode"), modes, reset=(no_mode,))
    _action(builder)
    return builder.build(title(config))


def _action(builder: Builder) -> None:
    topic = builder.config.topic("action_topic")
    if topic:
        actions: dict[str, Json] = {action: action for action in _ACTIONS}
        template = builder.config.template("action_template")
        builder.property("action", mapped(actions), state=topic, template=template)
