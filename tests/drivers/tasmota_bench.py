"""The MQTT driver's understanding of Tasmota's own announcements without a broker: payloads as the firmware's documents have
them.
"""

from __future__ import annotations

from typing import Any

import orjson

from capabilities.components import ComponentDescription
from capabilities.readings import Occurrence
from capabilities.vocabulary import Json
from drivers.mqtt.entity import Source
from drivers.mqtt.ingest import Route
from drivers.mqtt.tasmota.natives import Natives
from tests.drivers.mqtt_bench import Bench

MAC = "A1B2C3D4E5F6"
CONFIG: dict[str, Any] = {
    "ip": "192.0.2.7", "dn": "Kitchen", "fn": ["Kitchen", "Hood", None, None, None, None, None, None],
    "hn": "kitchen-1234", "mac": MAC, "md": "Sonoff Basic", "ty": 0, "if": 0, "ofln": "Offline", "onln": "Online",
    "state": ["OFF", "ON", "TOGGLE", "HOLD"], "sw": "9.3.0", "t": "kitchen_1", "ft": "%prefix%/%topic%/",
    "tp": ["cmnd", "stat", "tele"], "rl": [1, 0, 0, 0, 0, 0, 0, 0], "swc": [-1, -1, -1, -1, -1, -1, -1, -1],
    "swn": [None] * 8, "btn": [0, 0, 0, 0],
    "so": {"4": 0, "11": 0, "13": 0, "17": 1, "20": 0, "30": 0, "68": 0, "73": 0, "82": 0, "114": 0, "117": 0},
    "lk": 1, "lt_st": 0, "sho": [0, 0, 0, 0], "ver": 1,
}  # fmt: skip


class TasmotaBench(Bench):
    """Announce, then read and command, as with `Bench`. Settings replace those of a plug with one relay."""

    def __init__(self, **config: Any) -> None:
        super().__init__()
        self.natives = Natives("tasmota/discovery", self.discovery)
        self.announce(**config)

    def announce(self, **config: Any) -> None:
        options = {**CONFIG["so"], **config.pop("so", {})}
        self.hears("config", {**CONFIG, "so": options, **config})

    def measures(self, **sensors: Json) -> None:
        self.hears("sensors", {"sn": {"Time": "2021-04-15T18:09:23", **sensors}, "ver": 1})

    def hears(self, what: str, payload: Json) -> None:
        self.natives.feed(f"tasmota/discovery/{MAC}/{what}", orjson.dumps(payload))
        for device in self.discovery.take_changed():
            by_topic: dict[str, list[Source]] = {}
            for source in device.sources():
                by_topic.setdefault(source.topic, []).append(source)
            routes = {topic: Route(sources, device.is_bridged) for topic, sources in by_topic.items()}
            self.ingest.replace(self._routes.pop(device.id, {}), routes)
            self._routes[device.id] = routes
            self.availability.set(device.id, device.availabilities())
            self.availability.listening([device.id])

    def kinds(self) -> dict[str, str]:
        return {component.key.rpartition("/")[2]: component.kind for component in self.candidate.components}

    def part(self, name: str) -> ComponentDescription:
        return next(c for c in self.candidate.components if c.key.endswith(f"/{name}"))

    def sent(self, name: str, value: Json) -> list[tuple[str, str]]:
        """All messages of a command."""
        return list(dict(self.device.commands())[self.affordance(name).point].messages(value))

    def asks(self, point: str) -> tuple[str, str]:
        return next(e.queries[point] for e in self.device.entities.values() if point in e.queries)

    def events(self, topic: str, payload: Json) -> list[tuple[str, Json]]:
        self.says(topic, payload)
        return [
            (s.point.partition("#")[0].rpartition("/")[2], s.data)
            for s in self.seen
            if isinstance(s, Occurrence)
        ]
