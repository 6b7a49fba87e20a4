"""A large house as a bridge announces it: 500 devices with twelve entities each, their states in one JSON object a device."""

# ruff: noqa: E501 - tables: an entity should stay on its line
from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import orjson

BASE: Final = "zigbee2mqtt"
ENTITIES_PER_DEVICE: Final = 12

Entity = tuple[str, str, dict[str, Any]]
"""component, object, settings"""

_ABOUT: Final[list[Entity]] = [
    ("sensor", "linkquality", {"unit_of_measurement": "lqi", "state_class": "measurement", "entity_category": "diagnostic"}),
    ("update", "update", {"entity_category": "config", "payload_install": '{"id":"x"}', "command_topic": "{base}/bridge/request/device/ota_update/update"}),
    ("button", "identify", {"device_class": "identify", "entity_category": "config", "payload_press": "identify"}),
]  # fmt: skip
_SET: Final = {"command_topic": "{topic}/set/{object}"}
_CONFIG: Final = {"entity_category": "config", **_SET}


def _measured(name: str, device_class: str, unit: str) -> Entity:
    return (
        "sensor",
        name,
        {"device_class": device_class, "unit_of_measurement": unit, "state_class": "measurement"},
    )


def _select(name: str, *options: str) -> Entity:
    return "select", name, {"options": list(options), **_CONFIG}


def _number(name: str, low: float, high: float, unit: str) -> Entity:
    return "number", name, {"min": low, "max": high, "unit_of_measurement": unit, **_CONFIG}


_MODELS: Final[list[tuple[str, list[Entity], dict[str, Any]]]] = [
    (
        "Lamp",
        [("light", "light", {"schema": "json", "brightness": True, "supported_color_modes": ["color_temp", "xy"], "min_mireds": 153,
                             "max_mireds": 500, "command_topic": "{topic}/set", "name": None}),
         _select("effect", "blink", "breathe", "okay", "stop_effect"), _select("power_on_behavior", "off", "on", "toggle", "previous"),
         _number("level_config", 1, 254, ""), _number("transition", 0, 60, "s"), _number("hue_power_on_brightness", 1, 254, ""),
         _number("hue_power_on_color_temperature", 153, 500, "mired"), _select("color_sync", "on", "off"),
         _measured("device_temperature", "temperature", "°C")],
        {"state": "ON", "brightness": 120, "color_temp": 300, "color_mode": "color_temp", "effect": "okay", "power_on_behavior": "on",
         "level_config": 1, "transition": 0, "device_temperature": 30, "linkquality": 120},
    ),
    (
        "Plug",
        [("switch", "switch", {"command_topic": "{topic}/set", "payload_on": "ON", "payload_off": "OFF", "device_class": "outlet",
                               "member": "state", "name": None}),
         _measured("power", "power", "W"), _measured("energy", "energy", "kWh"), _measured("voltage", "voltage", "V"),
         _measured("current", "current", "A"), _select("power_outage_memory", "on", "off", "restore"),
         ("switch", "child_lock", {"payload_on": "LOCK", "payload_off": "UNLOCK", **_CONFIG}),
         _number("countdown", 0, 43200, "s"), _select("indicator_mode", "off", "off/on", "on/off", "on")],
        {"state": "OFF", "power": 0, "energy": 12.5, "voltage": 230, "current": 0, "power_outage_memory": "restore",
         "child_lock": "UNLOCK", "countdown": 0, "indicator_mode": "off", "linkquality": 99},
    ),
    (
        "Climate sensor",
        [_measured("temperature", "temperature", "°C"), _measured("humidity", "humidity", "%"), _measured("pressure", "pressure", "hPa"),
         _measured("battery", "battery", "%"), _measured("voltage", "voltage", "mV"),
         ("binary_sensor", "battery_low", {"device_class": "battery", "payload_on": True, "payload_off": False}),
         _number("temperature_calibration", -10, 10, "°C"), _number("humidity_calibration", -10, 10, "%"),
         _select("temperature_unit", "celsius", "fahrenheit")],
        {"temperature": 21.5, "humidity": 44, "pressure": 1012, "battery": 90, "voltage": 2995, "battery_low": False,
         "temperature_calibration": 0, "humidity_calibration": 0, "temperature_unit": "celsius", "linkquality": 60},
    ),
    (
        "Motion sensor",
        [("binary_sensor", "occupancy", {"device_class": "motion", "payload_on": True, "payload_off": False}),
         ("binary_sensor", "tamper", {"device_class": "tamper", "payload_on": True, "payload_off": False}),
         _measured("illuminance", "illuminance", "lx"), _measured("battery", "battery", "%"), _measured("voltage", "voltage", "mV"),
         _measured("temperature", "temperature", "°C"), _number("occupancy_timeout", 0, 65535, "s"),
         _select("motion_sensitivity", "low", "medium", "high"), ("switch", "led_indication", {"payload_on": True, "payload_off": False, **_CONFIG})],
        {"occupancy": False, "tamper": False, "illuminance": 300, "battery": 80, "voltage": 3000, "temperature": 20.1,
         "occupancy_timeout": 60, "motion_sensitivity": "high", "led_indication": True, "linkquality": 77},
    ),
    (
        "Cover",
        [("cover", "cover", {"device_class": "shutter", "command_topic": "{topic}/set", "position_topic": "{topic}",
                             "position_template": "{{{{ value_json.position }}}}", "set_position_topic": "{topic}/set",
                             "set_position_template": '{{"position": {{{{ position }}}} }}', "name": None}),
         _select("motor_direction", "normal", "reversed"), _number("speed", 0, 100, "%"), _measured("power", "power", "W"),
         _measured("energy", "energy", "kWh"), _select("calibration", "start", "stop"), _measured("current", "current", "A"),
         ("binary_sensor", "moving", {"device_class": "moving", "payload_on": True, "payload_off": False}), _measured("voltage", "voltage", "V")],
        {"position": 50, "state": "OPEN", "motor_direction": "normal", "speed": 50, "power": 0, "energy": 1.5, "calibration": "stop",
         "current": 0, "moving": False, "voltage": 230, "linkquality": 101},
    ),
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Announced:
    """One device: the topic of its state, what it says there, and a member of it that is a number."""

    number: int
    topic: str
    state: dict[str, Any]
    member: str

    def payload(self, value: float) -> bytes:
        return orjson.dumps({**self.state, self.member: value})


def devices(count: int) -> Iterator[Announced]:
    moving = {
        "Lamp": "device_temperature",
        "Plug": "power",
        "Climate sensor": "temperature",
        "Motion sensor": "illuminance",
        "Cover": "power",
    }
    for number in range(count):
        model, _, state = _MODELS[number % len(_MODELS)]
        yield Announced(number, f"{BASE}/{_name(number)}", dict(state), moving[model])


def retained(count: int) -> Iterator[tuple[str, bytes]]:
    """All announcements of `count` devices, and that their bridge is there."""
    listed = []
    for number in range(count):
        model, entities, _ = _MODELS[number % len(_MODELS)]
        listed.append(
            {
                "ieee_address": _address(number),
                "friendly_name": _name(number),
                "type": "Router",
                "disabled": False,
            }
        )
        for component, name, settings in (*entities, *_ABOUT):
            topic = f"homeassistant/{component}/{_address(number)}/{name}/config"
            yield topic, orjson.dumps(_announced(number, model, component, name, settings))
    yield f"{BASE}/bridge/devices", orjson.dumps(listed)
    yield f"{BASE}/bridge/state", b'{"state":"online"}'


def _announced(
    number: int, model: str, component: str, name: str, settings: dict[str, Any]
) -> dict[str, Any]:
    topic = f"{BASE}/{_name(number)}"
    own = {
        key: value.format(base=BASE, topic=topic, object=name) if isinstance(value, str) and "{" in value and key != "payload_install" else value
        for key, value in settings.items()
    }  # fmt: skip
    member = own.pop("member", name)
    if component not in ("light", "button"):
        own.setdefault("value_template", f"{{{{ value_json.{member} }}}}")
    if component == "button":
        own["command_topic"] = f"{topic}/set"
    return {
        "name": name.replace("_", " ").capitalize(),
        "unique_id": f"{_address(number)}_{name}_zigbee2mqtt",
        "state_topic": topic,
        "availability": [{"topic": f"{BASE}/bridge/state", "value_template": "{{ value_json.state }}"}],
        "device": {"identifiers": [f"zigbee2mqtt_{_address(number)}"], "name": _name(number), "manufacturer": "Bench", "model": model,
                   "via_device": "zigbee2mqtt_bridge_0x00124b0000000000"},
        "origin": {"name": "Zigbee2MQTT", "sw": "2.14.1"},
        **own,
    }  # fmt: skip


def _address(number: int) -> str:
    return f"0x{0x00158D0000100000 + number:016x}"


def _name(number: int) -> str:
    return f"dev_{number}"
