"""Component `binary_sensor`. Source: Home Assistant, "MQTT binary sensor" and its device classes."""

from __future__ import annotations

from typing import Final

from drivers.mqtt.components.titles import title
from drivers.mqtt.config import Config, ConfigError
from drivers.mqtt.entity import Builder, Entity
from drivers.mqtt.values import mapped

_KINDS: Final = {
    "battery": ("battery", "low"),
    "battery_charging": ("battery", "charging"),
    "carbon_monoxide": ("co", "co"),
    "door": ("contact", "open"),
    "gas": ("air", "gas"),
    "garage_door": ("contact", "open"),
    "moisture": ("leak", "leak"),
    "motion": ("occupancy", "occupied"),
    "occupancy": ("occupancy", "occupied"),
    "opening": ("contact", "open"),
    "presence": ("presence", "present"),
    "smoke": ("smoke", "smoke"),
    "window": ("contact", "open"),
}
"""Device class → kind and property, true where the class says "on"."""


def describe(key: str, config: Config) -> Entity:
    kind, name = _KINDS.get(config.text("device_class"), ("other", "value"))
    builder = Builder(key, kind, config)
    state = config.topic("state_topic")
    if not state:
        raise ConfigError("state_topic is missing")
    builder.property(
        name,
        mapped({config.text("payload_off", "OFF"): False, config.text("payload_on", "ON"): True}),
        state=state,
        template=config.template("value_template"),
        schema={"type": "boolean"},
        off_delay_s=max(0.0, config.number("off_delay", 0)),
        expire_after_s=max(0.0, config.number("expire_after", 0)),
    )
    return builder.build(title(config))
