"""Which topics a recording listens to: the announcements, then what they name: states, availability, bridges. Never commands.

What a broker carries besides is not listened to, and so cannot get into a recording.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

import orjson

from capabilities.vocabulary import Json
from drivers.mqtt.announcement import read_announcement
from drivers.mqtt.config import ConfigError, check_topic
from drivers.recording.redaction import Care

MAX_FILTERS: Final = 20_000
"""Four for each device of the largest house that the driver takes."""

_CARE: Final = {
    "camera": Care.NO_NUMBERS, "device_tracker": Care.NO_NUMBERS, "image": Care.NO_NUMBERS, "tag": Care.NO_NUMBERS,
    "notify": Care.NOTHING, "text": Care.NOTHING,
}  # fmt: skip
"""Components whose states tell where somebody is, who it is, or what somebody wrote."""

_NO_CARE: Final[Mapping[str, Care]] = {}
_PLAIN: Final = frozenset({"state_topic", "topic"})
_PRIVATE_TOPICS: Final = ("state_topic", "topic", "json_attributes_topic", "image_topic", "url_topic")
_READS: Final = re.compile(r"""value_json(?:\.(\w+)|\[["']([^"']+)["']\])""")

_TASMOTA: Final = "tasmota/discovery/"
"""Where Tasmota announces itself in its own format (SetOption19 0)."""

_BRIDGE_END: Final = "/bridge/state"
_TOLD_BY_A_BRIDGE: Final = ("devices", "event", "groups", "info", "logging")
"""Beside `<base>/bridge/state` (Zigbee2MQTT, "MQTT topics and messages")."""


class Following:
    """Feed it each message; it says what to subscribe to next, and how much of a payload may be kept."""

    def __init__(self, prefix: str) -> None:
        self.announced = 0
        self._prefix = prefix
        self._filters: set[str] = set()
        self._care: dict[str, dict[str, Care]] = {}

    def first(self) -> tuple[str, ...]:
        """What to subscribe to in the beginning."""
        return f"{self._prefix}/+/+/config", f"{self._prefix}/+/+/+/config", f"{_TASMOTA}#"

    def is_announcement(self, topic: str) -> bool:
        return topic.startswith(f"{self._prefix}/") and topic.endswith("/config")

    def care(self, topic: str) -> Mapping[str, Care]:
        """For each member that needs some; "" stands for the whole payload."""
        return self._care.get(topic, _NO_CARE)

    def feed(self, topic: str, payload: bytes) -> tuple[str, ...]:
        """Filters that are new with this message. Never raises."""
        if topic.startswith(_TASMOTA) and topic.endswith("/config"):
            return self._new(_tasmota(payload))
        if not self.is_announcement(topic):
            return ()
        self.announced += 1
        source = topic.removeprefix(f"{self._prefix}/").removesuffix("/config")
        try:
            entities = read_announcement(source.partition("/")[0], source, payload).entities
        except ValueError:
            return ()  # it is recorded all the same: it may be what the recording is for
        found: dict[str, None] = {}
        for component, settings in entities.values():
            self._handle_with(_CARE.get(component, Care.USUAL), settings)
            for name in _topics(settings):
                found.update(dict.fromkeys((name, *_beside(name))))
        return self._new(found)

    def _new(self, found: Iterable[str]) -> tuple[str, ...]:
        new = [name for name in found if name not in self._filters][: MAX_FILTERS - len(self._filters)]
        self._filters.update(new)
        return tuple(new)

    def _handle_with(self, care: Care, settings: dict[str, Json]) -> None:
        """Several entities share a topic: what one of them reads there needs care, where it says which member that is."""
        if care is Care.USUAL:
            return
        for key in _PRIVATE_TOPICS:
            topic = settings.get(key)
            template = settings.get(
                "value_template" if key in _PLAIN else f"{key.removesuffix('topic')}template"
            )
            members = (
                [one or other for one, other in _READS.findall(template)] if isinstance(template, str) else []
            )
            if isinstance(topic, str) and topic:
                self._care.setdefault(topic, {}).update(dict.fromkeys(members or [""], care))


def _topics(settings: dict[str, Json]) -> Iterator[str]:
    """What an entity listens to."""
    entries = settings.get("availability")
    tables = [
        settings,
        *(item for item in (entries if isinstance(entries, list) else []) if isinstance(item, dict)),
    ]
    for table in tables:
        for key, value in table.items():
            if key.endswith("topic") and not _is_command(key) and isinstance(value, str) and value:
                try:
                    check_topic(value, key)
                except ConfigError:
                    continue
                yield value


def _tasmota(payload: bytes) -> Iterator[str]:
    """What a Tasmota tells under, by its own announcement: its state and telemetry, which are told at one level below."""
    try:
        document = orjson.loads(payload)
        pattern, name, (_, *told) = document["ft"], document["t"], document["tp"]
        for prefix in told:
            base = pattern.replace("%prefix%", prefix).replace("%topic%", name).rstrip("/")
            check_topic(base, "ft")
            yield f"{base}/+"
    except (ValueError, LookupError, TypeError, AttributeError):
        return  # recorded all the same, and nothing follows from it


def _is_command(key: str) -> bool:
    return "command" in key or key.startswith("set_")


def _beside(topic: str) -> Iterator[str]:
    if topic.endswith(_BRIDGE_END):
        base = topic.removesuffix("state")
        yield from (base + name for name in _TOLD_BY_A_BRIDGE)
