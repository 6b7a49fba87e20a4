"""One discovery message, taken apart: which entities it announces, with which settings.

Source: Home Assistant, "MQTT", discovery messages: a single component, or a whole device whose components share what stands
beside them; `migrate_discovery` on the way from one to the other.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import orjson

from capabilities.vocabulary import Json
from drivers.mqtt.config import written_out

MAX_CONFIG_BYTES: Final = 65_536
"""Of one discovery message: thirty times the longest that Zigbee2MQTT publishes for an entity."""

MAX_DEVICE_CONFIG_BYTES: Final = 524_288
"""Of one for a whole device: 400 entities of a kilobyte and more."""

_SHARED: Final = frozenset({
    "availability", "availability_mode", "availability_template", "availability_topic", "command_topic", "device", "encoding",
    "origin", "payload_available", "payload_not_available", "qos", "state_topic",
})  # fmt: skip
"""What a device's components have in common (device discovery payload, shared options)."""


@dataclass(frozen=True, slots=True)
class Announcement:
    """`entities`: by place (the topic's middle, and within a device the component's name), the component and its settings.
    `migrates`: nothing is announced; the entity's next announcement comes at another topic.
    """

    entities: dict[str, tuple[str, dict[str, Json]]] = field(default_factory=dict)
    migrates: bool = False


def read_announcement(component: str, source: str, payload: bytes) -> Announcement:
    """What the message at `<prefix>/<source>/config` announces; nothing for an empty one. Raises `ValueError`."""
    if not payload:
        return Announcement()
    limit = MAX_DEVICE_CONFIG_BYTES if component == "device" else MAX_CONFIG_BYTES
    if len(payload) > limit:
        raise ValueError(f"the message is {len(payload)} bytes long; at most {limit} are read")
    try:
        document = orjson.loads(payload)
    except orjson.JSONDecodeError as error:
        raise ValueError(f"the message is not JSON: {error}") from None
    if not isinstance(document, dict):
        raise ValueError("the message should be a JSON object")
    if document.get("migrate_discovery") is True:
        return Announcement(migrates=True)
    if not document:
        return Announcement()
    if component != "device":
        return Announcement({source: (component, written_out(document))})
    return Announcement(_components(source, document))


def _components(source: str, document: dict[str, Json]) -> dict[str, tuple[str, dict[str, Json]]]:
    data = written_out(document)
    parts = data.get("components")
    if not isinstance(parts, dict):
        raise ValueError("a device's message should have its components in an object called components")
    shared = {key: value for key, value in data.items() if key in _SHARED}
    found: dict[str, tuple[str, dict[str, Json]]] = {}
    for name, part in parts.items():
        if not isinstance(part, dict):
            raise ValueError(f"component {name[:40]!r} should be an object")
        settings = written_out({"~": document.get("~"), **part})
        platform = settings.pop("platform", None)
        if not isinstance(platform, str):
            raise ValueError(f"component {name[:40]!r} has no platform; it says which component it is")
        if settings:  # a platform alone takes the component back
            found[f"{source}/{name.replace('/', '%2F')}"] = (platform, {**shared, **settings})
    return found
