"""The MQTT driver's understanding of messages without a broker: what is announced, read and encoded."""

from __future__ import annotations

from datetime import UTC, datetime

import orjson

from capabilities.components import AffordanceDescription, ComponentDescription
from capabilities.compose import compose
from capabilities.naming import allot_names
from capabilities.readings import Contact, Observation, Report
from capabilities.thing import Thing
from capabilities.vocabulary import Json, Quality
from drivers.driver import Candidate
from drivers.mqtt.availability import Availabilities
from drivers.mqtt.device import Device
from drivers.mqtt.discovery import Discovery
from drivers.mqtt.entity import Source
from drivers.mqtt.ingest import Ingest, Route


class Hands:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 1000.0

    def wall(self) -> float:
        return self.now

    def monotonic(self) -> float:
        return self.now


class Bench:
    """Announce, then read what topics say and see what commands would send. Names are those of affordances."""

    def __init__(self) -> None:
        self.clock = Hands()
        self.discovery = Discovery("homeassistant", now=lambda: datetime.fromtimestamp(self.clock.now, UTC))
        self.seen: list[Observation] = []
        self.ingest = Ingest(self.clock, self.seen.append)
        self.availability = Availabilities(self.clock, self.seen.append, self.ingest.complaints)
        self.availability.link_up()
        self._routes: dict[str, dict[str, Route]] = {}

    def feed(self, topic: str, config: Json | bytes) -> None:
        """One discovery message, wired as the driver does."""
        payload = config if isinstance(config, bytes) else orjson.dumps(config)
        self.discovery.feed(f"homeassistant/{topic}/config", payload)
        for device in self.discovery.take_changed():
            by_topic: dict[str, list[Source]] = {}
            for source in device.sources():
                by_topic.setdefault(source.topic, []).append(source)
            routes = {topic: Route(sources, device.is_bridged) for topic, sources in by_topic.items()}
            self.ingest.replace(self._routes.pop(device.id, {}), routes)
            self._routes[device.id] = routes
            if device.is_empty:
                self.availability.drop(device.id)
            else:
                self.availability.set(device.id, device.availabilities())
                self.availability.listening([device.id])

    @property
    def device(self) -> Device:
        """The only one."""
        (device,) = self.discovery.devices.values()
        return device

    @property
    def candidate(self) -> Candidate:
        return self.device.describe("mqtt")

    @property
    def component(self) -> ComponentDescription:
        """The only one."""
        (component,) = self.candidate.components
        return component

    @property
    def names(self) -> set[str]:
        return {affordance.name for affordance in self.component.affordances}

    def affordance(self, name: str) -> AffordanceDescription:
        return next(a for c in self.candidate.components for a in c.affordances if a.name == name)

    def sends(self, name: str, value: Json = None) -> tuple[str, str]:
        """Topic and payload of a command that is one message."""
        (message,) = self.sends_all(name, value)
        return message

    def sends_all(self, name: str, value: Json = None) -> list[tuple[str, str]]:
        """Topic and payload of each message of a command."""
        return list(dict(self.device.commands())[self.affordance(name).point].messages(value))

    def qos(self, name: str) -> int:
        return dict(self.device.commands())[self.affordance(name).point].qos

    def says(self, topic: str, payload: Json | bytes | str, *, retained: bool = False) -> dict[str, Json]:
        """What a message reports: affordance name → value, but not what is `lost`. Without JSON for text and bytes."""
        raw = (
            payload
            if isinstance(payload, bytes)
            else payload.encode()
            if isinstance(payload, str)
            else orjson.dumps(payload)
        )
        del self.seen[:]
        self.availability.message(topic, raw)
        self.ingest.message(topic, raw, retained)
        return {r.point.split("#")[1]: r.reading.value for r in self.reports() if not _is_lost(r)}

    @property
    def lost(self) -> set[str]:
        """Of which the last message said that nobody knows it any more."""
        return {r.point.split("#")[1] for r in self.reports() if _is_lost(r)}

    def reports(self) -> list[Report]:
        return [item for item in self.seen if isinstance(item, Report)]

    def contacts(self) -> list[bool]:
        return [item.reachable for item in self.seen if isinstance(item, Contact)]

    def routes(self) -> list[Route]:
        return [route for routes in self._routes.values() for route in routes.values()]

    def complaint(self) -> str:
        """The only one."""
        (line,) = self.ingest.complaints.lines()
        return line


def _is_lost(report: Report) -> bool:
    return report.reading.value is None and report.reading.quality is Quality.BAD


def announced(component: str, config: dict[str, Json], **more: Json) -> Bench:
    """A bench at which one entity is announced: `config`, changed by `more`."""
    bench = Bench()
    bench.feed(f"{component}/n/o", {**config, **more})
    return bench


def thing_of(bench: Bench) -> Thing:
    """The candidate at the bench as a Thing."""
    components = bench.candidate.components
    return compose("t", "T", components, allot_names(components, {}))
