"""Where commands must not go, and where they reach further than their device.

An announcement names its own command topics, and anybody may have written it: a lamp whose "on" announces another device,
speaks in our name, or opens a network to strangers would make every light switch a way around the rules.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from capabilities.components import AffordanceDescription
from capabilities.vocabulary import Hazard, Privilege
from drivers.mqtt.config import ConfigError
from drivers.mqtt.entity import Entity

BRIDGE_CONTROLS: Final = ("/bridge/request/", "/bridge/config/", "/_CLIENTS/")
"""Topic parts under which bridges take orders about themselves and all their devices: Zigbee2MQTT (`bridge/request/…`, before
2.0 `bridge/config/…`), Z-Wave JS UI (`_CLIENTS/<gateway>/api/…`).
"""

_SPEAKS: Final = re.compile(
    r"(?:^|/)bridge/(?:response/.*|devices|groups|info|state|event|logging|definitions|extensions|converters)$"
)
"""Where a Zigbee2MQTT bridge tells of its network: in our name somebody else would tell it."""

_TASMOTA: Final = re.compile(r"(?:^|/)[0-9A-F]{12}/(?:config|sensors)$")
"""Where Tasmota devices announce themselves."""

MAX_COMMAND_CHARS: Final = 16_384
"""Of one command's payload: four times the longest scene or picture of infrared."""


def guard(entity: Entity, discovery_prefix: str, own_base: str) -> None:
    """Raise privileges where a command is an order to a bridge. Raises `ConfigError` for topics that no device listens to."""
    for topic in {topic for c in entity.commands.values() for topic in (c.topic, *c.others)}:
        if topic.startswith(f"{discovery_prefix}/") and topic.endswith("/config"):
            raise ConfigError(f"its commands go to {topic!r}, where devices announce themselves")
        if topic == f"{discovery_prefix}/status":
            raise ConfigError(f"its commands go to {topic!r}, where Home Assistant says that it is there")
        if topic == own_base or topic.startswith(f"{own_base}/"):
            raise ConfigError(f"its commands go to {topic!r}, which is our own")
        if _SPEAKS.search(topic) or _TASMOTA.search(topic):
            raise ConfigError(f"its commands go to {topic!r}, where devices are spoken of")
    orders = {
        point
        for point, command in entity.commands.items()
        if any(map(is_order, (command.topic, *command.others)))
    }
    if orders and entity.component is not None:
        raised = tuple(_raised(one) if one.point in orders else one for one in entity.component.affordances)
        entity.component = replace(entity.component, affordances=raised)


def is_order(topic: str) -> bool:
    """Whether a bridge takes orders about itself there."""
    return any(part in f"/{topic}/" for part in BRIDGE_CONTROLS)


def _raised(one: AffordanceDescription) -> AffordanceDescription:
    return replace(one, hazard=max(one.hazard, Hazard.PROPERTY), privilege=Privilege.ADMINISTER)
