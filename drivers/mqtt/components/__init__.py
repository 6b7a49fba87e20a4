"""The components of Home Assistant's discovery that are understood: one module each, `describe(key, config) -> Entity`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from drivers.mqtt.components import (
    binary_sensor,
    button,
    climate,
    cover,
    fan,
    light,
    lock,
    number,
    select,
    sensor,
    siren,
    switch,
    text,
    update,
)
from drivers.mqtt.config import Config
from drivers.mqtt.entity import Entity

Describe = Callable[[str, Config], Entity]

COMPONENTS: Final[dict[str, Describe]] = {
    "binary_sensor": binary_sensor.describe,
    "button": button.describe,
    "climate": climate.describe,
    "cover": cover.describe,
    "fan": fan.describe,
    "light": light.describe,
    "lock": lock.describe,
    "number": number.describe,
    "select": select.describe,
    "sensor": sensor.describe,
    "siren": siren.describe,
    "switch": switch.describe,
    "text": text.describe,
    "update": update.describe,
}
"""By the word in the discovery topic. Each raises `ConfigError` for a message that it cannot work with."""
