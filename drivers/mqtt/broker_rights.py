"""Which topics a publisher's user needs, and no others: its own states and announcements to publish, its commands to hear."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from paho.mqtt.client import topic_matches_sub

from drivers.mqtt.broker_users import zigbee2mqtt_user
from drivers.mqtt.publishers import Publisher
from drivers.mqtt.settings import MqttSettings
from drivers.mqtt.topic_cover import cover, thinned

MOST_FILTERS: Final = 500
"""Of one publisher; one that spreads its topics further must be looked at by hand."""

MOST_BASES: Final = 10
"""Bridges under one name."""

MOST_ANNOUNCED: Final = 300
"""Lines that hold one publisher to its own announcements; of more nobody would read one."""


def any_announcement(prefix: str) -> tuple[str, str]:
    """Filters with which one may announce any device."""
    return f"{prefix}/+/+/config", f"{prefix}/+/+/+/config"


def publishing(
    settings: MqttSettings, publisher: Publisher, others: Mapping[str, Publisher], never: set[str]
) -> list[str]:
    """Filters for what `publisher` tells and announces; none matches a topic of `never`, or what only `others` tell."""
    prefix = settings.discovery_prefix
    # One who shares a topic with another may tell it, too.
    taboo = never | ({topic for one in others.values() for topic in one.tells} - publisher.tells)
    found: list[str] = []
    for base in publisher.zigbee2mqtt_bases[:MOST_BASES]:
        known = zigbee2mqtt_user(base=base, prefix=prefix).publish
        found += [one for one in known if not one.startswith(f"{prefix}/")]
    rest = {t for t in publisher.tells if not any(topic_matches_sub(one, t) for one in found)}
    found += cover(rest, taboo)
    elsewhere = {topic for one in others.values() for topic in one.announces}
    return [*_announcing(prefix, publisher.announces, elsewhere), *thinned(found)][:MOST_FILTERS]


def hearing(settings: MqttSettings, publisher: Publisher) -> list[str]:
    """Its own trees, and who is born."""
    trees = {f"{topic.split('/')[0]}/#" for topic in publisher.told | publisher.tells}
    return sorted({*trees, settings.birth_topic})


def announces_anything(prefix: str, filters: Iterable[str]) -> bool:
    return not set(any_announcement(prefix)).isdisjoint(filters)


def _announcing(prefix: str, topics: set[str], elsewhere: set[str]) -> list[str]:
    """By node (`<prefix>/+/<node>/+/config`), or object where there is none; the topic itself where another announces in the
    same; for too many all of them.
    """
    begin = f"{prefix}/"
    theirs = {_node(topic, begin) for topic in elsewhere if topic.startswith(begin)}
    found: set[str] = set()
    for topic in topics:
        if not topic.startswith(begin):  # Tasmota's own, a device each
            found.add(topic)
            continue
        length, node = _node(topic, begin)
        wide = f"{prefix}/+/{node}/+/config" if length > 3 else f"{prefix}/+/{node}/config"
        found.add(topic if (length, node) in theirs else wide)
    return sorted(found) if len(found) <= MOST_ANNOUNCED else [*any_announcement(prefix)]


def _node(topic: str, begin: str) -> tuple[int, str]:
    levels = topic[len(begin) :].split("/")
    return len(levels), levels[1]
