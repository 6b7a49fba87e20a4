"""What devices have plugged in: which point sends what, which topic is read by whom."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from drivers.mqtt.availability import Availabilities
from drivers.mqtt.device import Device
from drivers.mqtt.entity import Command, Source
from drivers.mqtt.ingest import Ingest, Route
from drivers.mqtt.refusals import Refusals, log_topic
from drivers.mqtt.topic_guard import is_order


@dataclass(frozen=True, slots=True)
class Point:
    """What can be done at a point of a device, and the routes on which its entity answers. `members`: the devices that are
    commanded along with it.
    """

    command: Command | None
    query: tuple[str, str] | None
    routes: tuple[Route, ...]
    device: str
    log: str = ""  # where the device's bridge writes what went wrong
    members: tuple[str, ...] = ()


@dataclass(slots=True)
class Wiring:
    """Of one device: its routes by topic, its points, and all topics that it listens to."""

    routes: dict[str, Route] = field(default_factory=dict)
    points: dict[str, Point] = field(default_factory=dict)
    topics: dict[str, int] = field(default_factory=dict)  # each with the QoS of its subscription


class Switchboard:
    """All devices' wirings. Changing one returns which topics are to be subscribed to, and which no longer."""

    def __init__(self, ingest: Ingest, availability: Availabilities, refusals: Refusals) -> None:
        self.points: dict[str, Point] = {}
        self._ingest = ingest
        self._availability = availability
        self._refusals = refusals
        self._wirings: dict[str, Wiring] = {}
        self._readers: dict[str, int] = {}  # topic -> how many devices read it

    def topics(self, device: str) -> Mapping[str, int]:
        """What a device listens to, each topic with its QoS; nothing for one that is not plugged in."""
        wiring = self._wirings.get(device)
        return wiring.topics if wiring is not None else {}

    def routes(self, device: str) -> Iterable[Route]:
        """On which a device's states come in."""
        wiring = self._wirings.get(device)
        return wiring.routes.values() if wiring is not None else ()

    def plug(self, device: Device) -> tuple[dict[str, int], set[str]]:
        """Wire a device, anew if it is known. Topics that others read already count as new too: subscribing again brings
        what the broker keeps.
        """
        availability, anew = self._availability.set(device.id, device.availabilities())
        beside = self._availability.beside(availability)
        bridged = device.is_bridged or bool(beside)
        for other in beside:  # the first of them was taken for a device of its own
            for route in self.routes(other):
                route.bridged = True
        log = next(filter(None, map(log_topic, sorted(availability))), "")
        if log:
            self._refusals.listen(log)
        by_topic: dict[str, list[Source]] = {}
        for source in device.sources():
            by_topic.setdefault(source.topic, []).append(source)
        wiring = Wiring(
            {topic: Route(sources, bridged, device.is_group) for topic, sources in by_topic.items()}
        )
        for entity in device.entities.values():
            routes = tuple(
                wiring.routes[topic] for topic in dict.fromkeys(source.topic for source in entity.sources)
            )
            for point in entity.commands.keys() | entity.queries.keys():
                query = None if device.is_group else entity.queries.get(point)
                wiring.points[point] = Point(
                    entity.commands.get(point), query, routes, device.id, log, device.members
                )
        wiring.topics = dict.fromkeys(availability | ({log} if log else set()), 0)
        for topic, sources in by_topic.items():
            wiring.topics[topic] = max(source.qos for source in sources)
        known = self._wirings.get(device.id)
        if known is not None:  # what is told first at a new topic is what the bridge remembers of the old one
            moved = [route for topic, route in wiring.routes.items() if topic not in known.routes]
            self._ingest.expect_retelling(moved)
        fresh, stale = self._exchange(device.id, wiring)
        return (fresh | dict.fromkeys(availability, 0) if anew else fresh), stale

    def unplug(self, device: Device) -> tuple[dict[str, int], set[str]]:
        self._availability.drop(device.id)
        return self._exchange(device.id, None)

    def _exchange(self, device: str, new: Wiring | None) -> tuple[dict[str, int], set[str]]:
        old, now = self._wirings.pop(device, None) or Wiring(), new or Wiring()
        self._ingest.replace(old.routes, now.routes)
        for name, point in old.points.items():
            if self.points.get(name) is point:  # else its entity has moved to another device already
                del self.points[name]
        self.points.update(now.points)
        if new is not None:
            self._wirings[device] = new
        fresh = {topic: qos for topic, qos in now.topics.items() if topic not in old.topics}
        for topic in fresh:
            self._readers[topic] = self._readers.get(topic, 0) + 1
        stale = {topic for topic in set(old.topics).difference(now.topics) if self._leave(topic)}
        self._refusals.forget(stale)
        return fresh, stale

    def _leave(self, topic: str) -> bool:
        """One reader less. True if it was the last."""
        self._readers[topic] -= 1
        if self._readers[topic]:
            return False
        del self._readers[topic]
        return True


class CommandTopics:
    """Who sends where. Two devices that command the same topic may be one posing as the other."""

    def __init__(self) -> None:
        self._owners: dict[str, dict[str, None]] = {}  # topic -> devices, the first one first
        self._topics: dict[str, tuple[str, ...]] = {}  # device -> topics

    def claim(self, device: Device) -> list[str]:
        """Take note of a device's command topics. Returns a readable line for each that another device had before; where a
        bridge takes orders, which name the device that they are about, all of its devices meet.
        """
        self.release(device.id)
        problems = []
        mentioned = {topic for _, c in device.commands() for topic in (c.topic, *c.others)}
        topics = sorted(topic for topic in mentioned if not is_order(topic))
        if topics:
            self._topics[device.id] = tuple(topics)
        for topic in topics:
            owners = self._owners.setdefault(topic, {})
            if owners:
                problems.append(
                    f"its commands go to topic {topic!r}, as those of {next(iter(owners))!r} do: look twice"
                )
            owners[device.id] = None
        return problems

    def release(self, device: str) -> None:
        for topic in self._topics.pop(device, ()):
            del self._owners[topic][device]
            if not self._owners[topic]:
                del self._owners[topic]
