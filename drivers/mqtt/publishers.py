"""Who announces devices, as far as the announcements tell publishers apart: what each tells, is told, and announces.

What is not announced is not known here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final

from drivers.mqtt.config import clean
from drivers.mqtt.device import Device

LONGEST_TOPIC: Final = 500
"""Characters; the longest that any publisher uses has some 150."""

SHOWN_TITLES: Final = 8
TITLE_CHARS: Final = 60

TASMOTA: Final = frozenset({"cmnd", "stat", "tele", "tasmota"})
_BRIDGE_STATE: Final = "/bridge/state"


@dataclass(slots=True)
class Publisher:
    """What announces devices: the topics on which it tells, those on which it is told, those of its announcements, and what its
    devices are called.
    """

    tells: set[str] = field(default_factory=set)
    told: set[str] = field(default_factory=set)
    announces: set[str] = field(default_factory=set)
    titles: list[str] = field(default_factory=list)

    @property
    def zigbee2mqtt_bases(self) -> list[str]:
        return sorted(
            topic.removesuffix(_BRIDGE_STATE) for topic in self.tells if topic.endswith(_BRIDGE_STATE)
        )

    @property
    def devices(self) -> str:
        """A line that names them."""
        more = len(self.titles) - SHOWN_TITLES
        return ", ".join(sorted(self.titles)[:SHOWN_TITLES]) + (f" and {more} more" if more > 0 else "")


def publishers(
    devices: Iterable[Device], announced_at: Callable[[Device], Iterable[str]]
) -> dict[str, Publisher]:
    """By the name that its user would have. `announced_at` gives the topics at which a device is announced."""
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
        publisher.announces.update(filter(_is_plain, announced_at(device)))
        publisher.titles.append(_title(device))
    return found


def _title(device: Device) -> str:
    title = clean(device.candidate.title if device.candidate is not None else device.id)
    return "".join(c for c in title if c.isprintable())[:TITLE_CHARS] or "without a name"


def _is_plain(topic: str) -> bool:
    """Whether it can stand in an access list, on a line of its own."""
    return topic.isprintable() and topic == topic.strip() and len(topic) <= LONGEST_TOPIC


def _name(device: Device, topics: Iterable[str]) -> str:
    """By the program that announced it; one that does not say so, by the first level of its topics."""
    origin = next((config.origin for config in device.configs.values() if config.origin), "")
    first = min(topics).split("/")[0]
    word = origin or ("tasmota" if first in TASMOTA else first)
    return re.sub(r"[^a-z0-9_.-]+", "-", word.lower()).strip("-")[:40] or "publisher"
