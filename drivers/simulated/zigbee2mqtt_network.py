"""What the simulated Zigbee2MQTT tells of its network (`bridge/devices`, `bridge/groups`, `bridge/info`), and how what it
announces changes when a device is renamed, disabled or grouped.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from capabilities.vocabulary import Json
from drivers.simulated.zigbee2mqtt_model import Key, Message, Model

VERSION: Final = "2.14.1"
COORDINATOR: Final = "0x00124b00ffffffff"
_GROUPED: Final = ("light", "switch", "cover", "lock")


@dataclass(frozen=True, slots=True)
class Group:
    """A group: its number, its friendly name, and its members' friendly names."""

    number: int
    name: str
    members: tuple[str, ...]


def address_of(model: Model) -> str:
    """A device's address: the one that it is announced with, else one made from its name."""
    for _, payload in model.messages:
        found = re.search(r"0x[0-9a-f]{16}", str(json.loads(payload).get("device", {}).get("identifiers")))
        if found:
            return found[0]
    return f"0x{hashlib.sha256(model.name.encode()).hexdigest()[:16]}"


def devices_payload(devices: Iterable[tuple[str, Model, bool]]) -> str:
    """Of `bridge/devices`, from addresses, models, and whether each is disabled."""
    coordinator: dict[str, Json] = {
        "ieee_address": COORDINATOR,
        "type": "Coordinator",
        "friendly_name": "Coordinator",
        "disabled": False,
        "supported": True,
    }
    return json.dumps([coordinator, *(_device(*one) for one in devices)])


def _device(address: str, model: Model, disabled: bool) -> dict[str, Json]:
    info = json.loads(model.messages[0][1]).get("device", {}) if model.messages else {}
    return {
        "ieee_address": address,
        "type": "EndDevice" if model.sleepy else "Router",
        "network_address": int(address[-4:], 16),
        "supported": True,
        "friendly_name": model.name,
        "disabled": disabled,
        "definition": {
            "model": info.get("model_id", model.name),
            "vendor": info.get("manufacturer", ""),
            "description": info.get("model", ""),
            "exposes": [_expose(key) for key in model.keys.values()],
        },
        "interview_completed": True,
        "interview_state": "SUCCESSFUL",
        "endpoints": {"1": {"bindings": [], "clusters": {"input": [], "output": []}}},
    }


def _expose(key: Key) -> dict[str, Json]:
    named: dict[str, Json] = {"name": key.name, "property": key.name}
    if key.component != "timer":
        return named
    return {**named, "type": "numeric", "access": 2, "unit": "s", "value_min": 0, "value_max": key.maximum}


def groups_payload(groups: Iterable[Group], addresses: dict[str, str]) -> str:
    """Of `bridge/groups`. Members that are in the network no more have gone from their groups too."""
    entries: list[dict[str, Any]] = [
        {
            "id": group.number,
            "friendly_name": group.name,
            "scenes": [],
            "members": [
                {"ieee_address": addresses[name], "endpoint": 1}
                for name in group.members
                if name in addresses
            ],
        }
        for group in groups
    ]
    return json.dumps(entries)


def info_payload(*, permit_join: bool = False) -> str:
    """Of `bridge/info`, without the configuration that the real one repeats there."""
    return json.dumps({"version": VERSION, "permit_join": permit_join, "restart_required": False})


def group_messages(group: Group, members: Sequence[Model], base: str, prefix: str) -> list[Message]:
    """How a group is announced: once for each component that its members have, at its own topics."""
    number = "".join(str(ord(character)) for character in base) + f"_{group.number}"
    found: dict[str, Message] = {}
    for model in members:
        for topic, payload in model.messages:
            component = topic.split("/")[1]
            config = json.loads(payload)
            if component not in _GROUPED or component in found or "entity_category" in config:
                continue
            config = _renamed(config, f"{base}/{model.name}", f"{base}/{group.name}")
            config["unique_id"] = f"{group.number}_{component}_{base}"
            config["device"] = {
                "identifiers": [f"zigbee2mqtt_{number}"],
                "name": group.name,
                "model": "Group",
                "manufacturer": "Zigbee2MQTT",
                "via_device": f"zigbee2mqtt_bridge_{COORDINATOR}",
            }
            found[component] = (f"{prefix}/{component}/{number}/{component}/config", json.dumps(config))
    return list(found.values())


def renamed(message: Message, base: str, old: str, new: str) -> Message:
    """A device's announcement under its new name: the same entity at the same place, with other topics."""
    topic, payload = message
    config = _renamed(json.loads(payload), f"{base}/{old}", f"{base}/{new}")
    config["device"] = {**config.get("device", {}), "name": new}
    return topic, json.dumps(config)


def disabled(message: Message) -> Message:
    """As the real one announces a disabled device: never available."""
    topic, payload = message
    config = json.loads(payload)
    for entry in config.get("availability", []):
        entry["value_template"] = '{{ "offline" }}'
    return topic, json.dumps(config)


def _renamed(value: Any, old: str, new: str) -> Any:
    if isinstance(value, dict):
        return {key: _renamed(item, old, new) for key, item in value.items()}
    if isinstance(value, list):
        return [_renamed(item, old, new) for item in value]
    if isinstance(value, str) and (value == old or value.startswith(f"{old}/")):
        return new + value[len(old) :]
    return value
