"""Home Assistant's MQTT discovery: from retained configuration messages to devices.

Source: Home Assistant, "MQTT", discovery messages: `<prefix>/<component>/[<node_id>/]<object_id>/config`, and
`<prefix>/device/[<node_id>/]<object_id>/config` for a whole device in one message. An empty payload takes it back.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import orjson

from drivers.mqtt.announcement import read_announcement
from drivers.mqtt.claims import Claims, entity_key
from drivers.mqtt.components import COMPONENTS
from drivers.mqtt.config import MAX_TOPIC_BYTES, Config, ConfigError, TemplateRoom, clean
from drivers.mqtt.device import ABOUT_THE_DEVICE, MAX_ENTITIES_PER_DEVICE, Device, device_id
from drivers.mqtt.entity import Availability, Entity
from drivers.mqtt.templates import Now
from drivers.mqtt.topic_guard import guard

MAX_DEVICES: Final = 5000
"""Far beyond a house; keeps a publisher that counts upwards from filling the memory."""

MAX_ENTITIES: Final = 20_000
"""Of all devices together: three times a house of 500 devices. An entity takes some kilobytes."""

MAX_IGNORED: Final = 500
"""Announcements whose reason is remembered; further ones are only counted."""

MAX_TEMPLATE_CHARS: Final = 1_000_000
"""Of all entities' templates that are more than a look-up: compiled they take up to a hundred times as many bytes."""

MAX_ABOUT_BYTES: Final = 4096
"""Of what an announcement says of its device and its publisher, which is kept: six times the longest seen."""

MAX_AVAILABILITIES: Final = 16
"""Topics that say whether one entity is there: the bridge, the device, and a few between them."""

_AVAILABILITY_MODES: Final = frozenset({"all", "any", "latest"})


class Discovery:
    """What is announced. Feed it messages, take the devices that changed."""

    def __init__(self, prefix: str, own_base: str = "hearth", now: Now | None = None) -> None:
        self.devices: dict[str, Device] = {}
        self.ignored: dict[
            str, str
        ] = {}  # topic -> why a message could not even be given to a device; bounded
        self.rejected = 0  # how many such messages there were
        self._prefix, self._own_base, self._now = prefix, own_base, now
        self._known: dict[str, int] = {}  # topic's middle -> hash of its message, as it was taken in
        self._claims = Claims()
        self._owner: dict[str, str] = {}  # entity key -> device id
        self._changed: dict[str, None] = {}
        self._rendered = 0  # characters of templates
        self._rendered_by: dict[str, int] = {}  # entity key -> how many of them

    def filters(self) -> list[str]:
        """The topic filters to subscribe to."""
        return [f"{self._prefix}/+/+/config", f"{self._prefix}/+/+/+/config"]

    def is_ours(self, topic: str) -> bool:
        return topic.endswith("/config") and topic.startswith(self._prefix + "/")

    def topics(self) -> list[str]:
        """Where what counts now was announced."""
        return [f"{self._prefix}/{source}/config" for source in self._known]

    def announced_at(self, device: Device) -> list[str]:
        """The topics at which what counts of a device is announced; for one in another format, its middle alone."""
        return sorted(
            {self._announced_at(place) for place in map(self._claims.holder, device.configs) if place}
        )

    def _announced_at(self, place: str) -> str:
        component, _, rest = place.partition("/")
        if component not in COMPONENTS and component != "device":
            return place
        source = place
        while component == "device" and source not in self._known and source.count("/") > 1:
            source = source.rpartition("/")[0]  # the component's name within the device
        return f"{self._prefix}/{source}/config" if rest else place

    def knows(self, topic: str) -> bool:
        """Whether an announcement at `topic` counts now."""
        return topic[len(self._prefix) + 1 : -len("/config")] in self._known

    def feed(self, topic: str, payload: bytes) -> bool:
        """Take one message in. True if some device may have changed. Never raises."""
        if len(topic) > MAX_TOPIC_BYTES:
            self._ignore(clean(topic), f"its topic is longer than {MAX_TOPIC_BYTES} characters")
            return False
        parts = topic[len(self._prefix) + 1 :].split("/")
        component, source = parts[0], "/".join(parts[:-1])
        digest = hash(payload)
        if self._known.get(source) == digest:
            return False  # publishers say all of it again whenever somebody is born
        try:
            announcement = read_announcement(component, source, payload)
        except ValueError as error:
            self._ignore(topic, str(error))
            return False
        self.ignored.pop(topic, None)
        self._known.pop(source, None)
        if announcement.migrates:
            self._claims.let_go(source)
            return False
        for gone in self._claims.of(source, whole=component == "device"):
            if gone not in announcement.entities:
                self._take_back(gone)
        room = TemplateRoom()
        taken = [
            self._put(place, kind, Config(data, self._now, room))
            for place, (kind, data) in announcement.entities.items()
        ]
        if taken and all(taken) and len(self._known) < MAX_ENTITIES:
            self._known[source] = digest
        return bool(self._changed)

    def announce(self, source: str, entities: Mapping[str, tuple[str, Config]]) -> bool:
        """As `feed`, of what is announced in another format: all that `source` has, by place, which begins with `source`. True
        if some device may have changed.
        """
        for gone in self._claims.of(source, whole=True):
            if gone not in entities:
                self._take_back(gone)
        for place, (component, config) in entities.items():
            self._put(place, component, config)
        return bool(self._changed)

    def reject(self, topic: str, reason: str) -> None:
        """A message in another format could not be read."""
        self._ignore(topic, reason)

    def accept(self, topic: str) -> None:
        """It could."""
        self.ignored.pop(topic, None)

    def take_changed(self) -> list[Device]:
        """The devices that changed since the last call. An empty one has been taken back."""
        changed = [self.devices[id_] for id_ in self._changed if id_ in self.devices]
        self._changed.clear()
        for device in changed:
            if device.is_empty:
                del self.devices[device.id]
        return changed

    def _put(self, place: str, component: str, config: Config) -> bool:
        """Take the announcement at `place` (its topic's middle; within a device also the component's name) in. False if it
        could not be: it may be said again.
        """
        try:
            _check_size(config)
            key = entity_key(component, config, place)
            id_ = config.owner = device_id(config, key)
        except ConfigError as error:
            self._ignore(place, str(error))
            return False
        before = self._claims.key_at(place)
        if before not in (None, key):
            self._take_back(place)
        holder = self._claims.claim(place, key, (component, config))
        if holder is not None:
            self._ignore(
                place, f"its unique_id is that of {holder} already, which counts; give it one of its own"
            )
            return True
        if self._owner.get(key, id_) != id_:
            self._remove(key)  # moved to another device
        return self._settle(key, id_, component, config)

    def _settle(self, key: str, id_: str, component: str, config: Config) -> bool:
        device = self.devices.get(id_)
        if device is None:
            if len(self.devices) >= MAX_DEVICES:
                self._ignore(key, f"there are {MAX_DEVICES} devices already")
                return False
            device = self.devices[id_] = Device(id_)
        elif device.is_full and key not in device.configs:
            self._ignore(key, f"device {clean(id_)} has {MAX_ENTITIES_PER_DEVICE} entities already")
            return False
        if len(self._owner) >= MAX_ENTITIES and key not in self._owner:
            self._ignore(key, f"there are {MAX_ENTITIES} entities already")
            return False
        self._owner[key] = id_
        self._changed[id_] = None
        try:
            entity = self._entity(component, key, config)
            self._render(key, config.rendered)
            device.put(key, config, entity)
        except ConfigError as error:
            device.refuse(key, config, str(error))
        return True

    def _render(self, key: str, chars: int) -> None:
        """So many characters of templates are the entity's now. Raises `ConfigError` where that is too much."""
        self._rendered -= self._rendered_by.pop(key, 0)
        if self._rendered + chars > MAX_TEMPLATE_CHARS:
            raise ConfigError(
                f"there are {self._rendered} characters of templates; at most {MAX_TEMPLATE_CHARS} are"
            )
        if chars:
            self._rendered += chars
            self._rendered_by[key] = chars

    def _take_back(self, place: str) -> None:
        """What stood at `place` is gone; who waited for its unique_id comes in."""
        key, heir = self._claims.release(place)
        if key is not None:
            self._remove(key)
        if heir is not None:
            heir_place, component, config = heir
            self.ignored.pop(heir_place, None)
            self._put(heir_place, component, config)

    def _remove(self, key: str) -> None:
        id_ = self._owner.pop(key, None)
        self._rendered -= self._rendered_by.pop(key, 0)
        device = self.devices.get(id_) if id_ is not None else None
        if device is not None:
            device.remove(key)
            self._changed[device.id] = None

    def _entity(self, component: str, key: str, config: Config) -> Entity:
        describe = COMPONENTS.get(component)
        if describe is None:
            raise ConfigError(f"component {component[:40]!r} is not known; known: {', '.join(COMPONENTS)}")
        entity = describe(key, config)
        config.finish(entity)
        guard(entity, self._prefix, self._own_base)
        entity.availability = _availability(config)
        mode = config.text("availability_mode", "latest")
        entity.availability_mode = mode if mode in _AVAILABILITY_MODES else "latest"
        return entity

    def _ignore(self, topic: str, reason: str) -> None:
        self.rejected += 1
        if topic in self.ignored or len(self.ignored) < MAX_IGNORED:
            self.ignored[topic] = reason


def _check_size(config: Config) -> None:
    about = orjson.dumps([config.raw(key) for key in ABOUT_THE_DEVICE])
    if len(about) > MAX_ABOUT_BYTES:
        raise ConfigError(
            f"{', '.join(ABOUT_THE_DEVICE)} have {len(about)} bytes together; at most {MAX_ABOUT_BYTES} are kept"
        )


def _availability(config: Config) -> tuple[Availability, ...]:
    """All topics that tell it, from the list and from the short form."""
    entries = config.raw("availability")
    if isinstance(entries, list) and len(entries) > MAX_AVAILABILITIES:
        raise ConfigError(f"availability has more than {MAX_AVAILABILITIES} entries")
    found: list[Availability] = []
    for entry in entries if isinstance(entries, list) else []:
        if not isinstance(entry, dict):
            raise ConfigError("availability should be a list of objects")
        found.append(_available(Config(entry, room=config.room), "topic", "value_template"))
    if config.has("availability_topic"):
        found.append(_available(config, "availability_topic", "availability_template"))
    return tuple(item for item in found if item.topic)


def _available(config: Config, topic: str, template: str) -> Availability:
    return Availability(
        config.topic(topic),
        config.template(template),
        config.text("payload_available", "online"),
        config.text("payload_not_available", "offline"),
    )
