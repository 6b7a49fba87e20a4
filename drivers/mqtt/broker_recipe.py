"""Files for a mosquitto that the house runs itself, after which the gateway alone can publish commands.

One user for each publisher, as far as the announcements tell them apart: it may publish its own states and announcements, and
hear its commands. What is not announced is not known here: whatever else a publisher sends has to be added by hand.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from paho.mqtt.client import topic_matches_sub

from drivers.mqtt.broker_mosquitto import acl_text
from drivers.mqtt.broker_users import GATEWAY, BrokerUser, zigbee2mqtt_user
from drivers.mqtt.device import Device
from drivers.mqtt.settings import MqttSettings
from drivers.mqtt.topic_cover import cover

MOST_FILTERS: Final = 500
"""Of one publisher; one that spreads its topics further must be looked at by hand."""

LONGEST_TOPIC: Final = 500
"""Characters; the longest that any publisher uses has some 150."""

_TASMOTA: Final = frozenset({"cmnd", "stat", "tele", "tasmota"})
_TASMOTA_DISCOVERY: Final = "tasmota/discovery/#"
_BRIDGE_STATE: Final = "/bridge/state"


@dataclass(slots=True)
class Publisher:
    """What announces devices: the topics on which it tells, and those on which it is told."""

    tells: set[str] = field(default_factory=set)
    told: set[str] = field(default_factory=set)

    @property
    def zigbee2mqtt_bases(self) -> list[str]:
        return sorted(
            topic.removesuffix(_BRIDGE_STATE) for topic in self.tells if topic.endswith(_BRIDGE_STATE)
        )


def publishers(devices: Iterable[Device]) -> dict[str, Publisher]:
    """By the name that its user would have."""
    found: dict[str, Publisher] = {}
    for device in devices:
        told = {command.topic for _, command in device.commands()}
        tells = {source.topic for source in device.sources()}
        for entity in device.entities.values():
            told.update(topic for topic, _ in entity.queries.values())
            tells.update(availability.topic for availability in entity.availability)
        told, tells = set(filter(_is_plain, told)), set(filter(_is_plain, tells))
        if not told and not tells:
            continue
        publisher = found.setdefault(_name(device, tells or told), Publisher())
        publisher.told |= told
        publisher.tells |= tells
    return found


def recipe(settings: MqttSettings, found: Mapping[str, Publisher]) -> dict[str, str]:
    """Texts by what they are for, in the order in which they are needed."""
    ours = settings.username or GATEWAY
    users = [BrokerUser(ours, publish=("#",), subscribe=("#",)), *_users(settings, found)]
    names = [user.name for user in users]
    folder = "/etc/mosquitto"
    passwords = [f"mosquitto_passwd -c {folder}/hearth.passwords {names[0]}"]
    passwords += [f"mosquitto_passwd {folder}/hearth.passwords {name}" for name in names[1:]]
    passwords += [
        f"{tool} {folder}/hearth.passwords {folder}/hearth.acl" for tool in ("chown mosquitto:", "chmod 600")
    ]
    return {
        f"{folder}/hearth.acl": acl_text(users),
        "passwords: each of these asks for one": "\n".join(passwords) + "\n",
        f"{folder}/conf.d/hearth.conf": (
            f"allow_anonymous false\npassword_file {folder}/hearth.passwords\nacl_file {folder}/hearth.acl\n"
        ),
        "hearth.toml, in [mqtt]": f'username = "{ours}"\npassword_file = "/etc/hearth/mqtt.password"\n',
        "then": (
            f"give each publisher its user and password ({', '.join(names[1:]) or 'none is known yet'}), "
            "and restart mosquitto, the publishers and the gateway\n"
        ),
    }


def _users(settings: MqttSettings, found: Mapping[str, Publisher]) -> list[BrokerUser]:
    told = {name: publisher.told for name, publisher in found.items()}
    commands = set().union(*told.values())
    users = []
    for name, publisher in sorted(found.items()):
        others = {topic for other, one in found.items() if other != name for topic in one.tells}
        # One who shares a topic with another may tell it, too.
        never = commands | (others - publisher.tells)
        publish = [f"{settings.discovery_prefix}/+/+/config", f"{settings.discovery_prefix}/+/+/+/config"]
        for base in publisher.zigbee2mqtt_bases:
            known = zigbee2mqtt_user(base=base, prefix=settings.discovery_prefix).publish
            publish += [one for one in known if not one.startswith(f"{settings.discovery_prefix}/")]
        rest = {t for t in publisher.tells if not any(topic_matches_sub(one, t) for one in publish)}
        publish += cover(rest, never)
        if any(topic.split("/")[0] in _TASMOTA for topic in publisher.told | publisher.tells):
            publish.append(_TASMOTA_DISCOVERY)
        listen = {f"{topic.split('/')[0]}/#" for topic in publisher.told | publisher.tells}
        listen.add(settings.birth_topic)
        users.append(
            BrokerUser(
                f"{name}-publisher" if name == (settings.username or GATEWAY) else name,
                publish=tuple(dict.fromkeys(publish))[:MOST_FILTERS],
                subscribe=tuple(sorted(listen)),
            )
        )
    return users


def _is_plain(topic: str) -> bool:
    """Whether it can stand in an access list, on a line of its own."""
    return topic.isprintable() and topic == topic.strip() and len(topic) <= LONGEST_TOPIC


def _name(device: Device, topics: Iterable[str]) -> str:
    """By the program that announced it; one that does not say so, by the first level of its topics."""
    origin = next((config.origin for config in device.configs.values() if config.origin), "")
    first = min(topics).split("/")[0]
    word = origin or ("tasmota" if first in _TASMOTA else first)
    return re.sub(r"[^a-z0-9_.-]+", "-", word.lower()).strip("-")[:40] or "publisher"
