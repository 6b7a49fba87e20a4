"""The components of Home Assistant's discovery that are understood: one module each, `describe(key, config) -> Entity`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from drivers.mqtt.components import (
    alarm_control_panel,
    binary_sensor,
    button,
    camera,
    climate,
    cover,
    device_automation,
    device_tracker,
    event,
    fan,
    humidifier,
    image,
    infrared,
    lawn_mower,
    light,
    lock,
    notify,
    number,
    scene,
    select,
    sensor,
    siren,
    switch,
    tag,
    text,
    update,
    vacuum,
    valve,
    water_heater,
)
from drivers.mqtt.config import Config
from drivers.mqtt.entity import Entity

Describe = Callable[[str, Config], Entity]

COMPONENTS: Final[dict[str, Describe]] = {
    "alarm_control_panel": alarm_control_panel.describe,
    "binary_sensor": binary_sensor.describe,
    "button": button.describe,
    "camera": camera.describe,
    "climate": climate.describe,
    "cover": cover.describe,
    "device_automation": device_automation.describe,
    "device_tracker": device_tracker.describe,
    "event": event.describe,
    "fan": fan.describe,
    "humidifier": humidifier.describe,
    "image": image.describe,
    "infrared": infrared.describe,
    "lawn_mower": lawn_mower.describe,
    "light": light.describe,
    "lock": lock.describe,
    "notify": notify.describe,
    "number": number.describe,
    "scene": scene.describe,
    "select": select.describe,
    "sensor": sensor.describe,
    "siren": siren.describe,
    "switch": switch.describe,
    "tag": tag.describe,
    "text": text.describe,
    "update": update.describe,
    "water_heater": water_heater.describe,
    "vacuum": vacuum.describe,
    "valve": valve.describe,
}
"""By the word in the discovery topic. Each raises `ConfigError` for a message that it cannot work with."""
