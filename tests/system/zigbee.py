"""Devices behind a simulated Zigbee2MQTT, announced as the real one announces them."""

from __future__ import annotations

import orjson

from capabilities.vocabulary import Json
from drivers.simulated.zigbee2mqtt_model import Message

BASE = "zigbee2mqtt"


def announcement(component: str, name: str, key: str, **members: Json) -> Message:
    """One retained discovery message."""
    payload: dict[str, Json] = {
        "availability": [{"topic": f"{BASE}/bridge/state", "value_template": "{{ value_json.state }}"}],
        "device": {"identifiers": [f"{BASE}_{name}"], "name": name, "via_device": f"{BASE}_bridge"},
        "name": None,
        "origin": {"name": "Zigbee2MQTT", "sw": "2.14.1"},
        "state_topic": f"{BASE}/{name}",
        "unique_id": f"{name}_{key}_{BASE}",
        **members,
    }
    return f"homeassistant/{component}/{name}/{key}/config", orjson.dumps(payload).decode()


def lamp(name: str) -> Message:
    """Hazard 0; the bridge answers at once, the lamp a little later."""
    topic = f"{BASE}/{name}/set"
    return announcement("light", name, "light", schema="json", brightness=True, command_topic=topic)


def relay(name: str) -> Message:
    """Hazard 2: nobody knows what it feeds."""
    command, template = f"{BASE}/{name}/set", '{{ value_json["state"] }}'
    words: dict[str, Json] = {"payload_on": "ON", "payload_off": "OFF"}
    return announcement("switch", name, "switch", command_topic=command, value_template=template, **words)


def dial(name: str) -> Message:
    """A number to set, hazard 2; only the bridge tells of it, until it is asked."""
    command, template = f"{BASE}/{name}/set/dial", '{{ value_json["dial"] }}'
    return announcement(
        "number", name, "dial", min=0, max=100, command_topic=command, value_template=template
    )
