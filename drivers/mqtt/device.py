"""One device: the entities that its publisher announced, joined to a `Candidate`."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from typing import Final

import orjson

from capabilities.components import ComponentDescription
from capabilities.vocabulary import Hazard, Json
from drivers.driver import Candidate, Endpoint
from drivers.mqtt.config import Config, clean
from drivers.mqtt.entity import Availability, Command, Entity, Source
from drivers.mqtt.groups import as_group
from drivers.mqtt.values import text_of

MAX_ENTITIES_PER_DEVICE: Final = 400
"""Twice the largest device seen (a floor heating controller for fifteen rooms); more is a publisher run wild."""

MAX_PROBLEMS_PER_DEVICE: Final = 50
"""Lines that a person is shown."""

MAX_ID_CHARS: Final = 200

_EUI64: Final = re.compile(r"(?:^|[^0-9a-f])0x([0-9a-f]{16})(?:$|[^0-9a-f])")
_MAC: Final = re.compile(r"^(?:[0-9a-f]{2}[:-]){5}[0-9a-f]{2}$|^[0-9a-f]{12}$")

ABOUT_THE_DEVICE: Final = ("device", "origin", "suggested_area")
"""What is still needed of an entity's settings once the entity is described; of thousands the rest takes megabytes."""

_NO_IDENTITIES: Final = frozenset[str]()

_PRIMARY_ORDER: Final = {
    kind: rank
    for rank, kind in enumerate(
        ("alarm", "lock", "garage", "vacuum", "mower", "thermostat", "water-heater", "blind", "valve", "humidifier", "media",
         "camera", "light", "fan", "siren", "outlet", "switch", "contact", "leak", "smoke", "co", "occupancy", "presence",
         "button", "air", "temperature", "humidity", "pressure", "illuminance", "power", "meter", "battery", "other", "setting")
    )
}  # fmt: skip
"""The main component comes first: what a person would call the device."""


class Device:
    """All entities with one device id. `entities` is by the entity's key (its discovery topic's middle).

    `is_group`: a bridge commands the devices `members` together at its topics, the worst of which can do `hazard`.
    """

    __slots__ = ("candidate", "configs", "entities", "hazard", "id", "is_group", "members", "refused")

    def __init__(self, id_: str) -> None:
        self.id = id_
        self.entities: dict[str, Entity] = {}
        self.configs: dict[str, Config] = {}
        self.refused: dict[str, str] = {}  # key -> why the message is not understood
        self.candidate: Candidate | None = None
        self.is_group = False
        self.members: tuple[str, ...] = ()
        self.hazard = Hazard.COMFORT

    @property
    def is_empty(self) -> bool:
        return not self.configs and not self.refused

    @property
    def is_full(self) -> bool:
        return len(self.configs) + len(self.refused) >= MAX_ENTITIES_PER_DEVICE

    def put(self, key: str, config: Config, entity: Entity) -> None:
        self.refused.pop(key, None)
        self.entities[key] = entity
        self.configs[key] = config.only(ABOUT_THE_DEVICE)

    def refuse(self, key: str, config: Config, reason: str) -> None:
        self.entities.pop(key, None)
        self.configs[key] = config.only(ABOUT_THE_DEVICE)
        self.refused[key] = reason

    def remove(self, key: str) -> None:
        for table in (self.entities, self.configs, self.refused):
            table.pop(key, None)

    @property
    def is_bridged(self) -> bool:
        """Whether a bridge stands between us and the device."""
        return any(config.is_bridged for config in self.configs.values())

    def sources(self) -> Iterator[Source]:
        for entity in self.entities.values():
            yield from entity.sources

    def commands(self) -> Iterator[tuple[str, Command]]:
        for entity in self.entities.values():
            yield from entity.commands.items()

    def availabilities(self) -> set[tuple[tuple[Availability, ...], str]]:
        """The different rules by which its entities can be reached; () for one that says nothing."""
        return {(entity.availability, entity.availability_mode) for entity in self.entities.values()}

    def describe(self, driver: str, remarks: Iterable[str] = ()) -> Candidate:
        """The candidate as it stands now. `remarks` are further problems."""
        info = next((config.device for config in self.configs.values() if config.device), {})
        components = sorted(self.components(), key=_primary_first)
        title = _text(info, "name") or next((c.title for c in components if c.title), "") or self.id
        problems = list(remarks)
        problems += [f"{key}: {reason}" for key, reason in sorted(self.refused.items())]
        problems += [
            f"{key}: {text}" for key, entity in sorted(self.entities.items()) for text in entity.problems
        ]
        return Candidate(
            driver=driver,
            id=self.id,
            endpoint=Endpoint("mqtt", self._address()),
            title=title,
            components=tuple(components),
            fingerprint=self._fingerprint(),
            manufacturer=_text(info, "manufacturer"),
            model=" ".join(filter(None, (_text(info, "model"), _text(info, "model_id")))),
            identities=identities(info),
            via=_text(info, "via_device"),
            problems=_shortened(problems),
            room=self._room(),
            members=self.members,
        )

    def components(self) -> Iterator[ComponentDescription]:
        for entity in self.entities.values():
            if entity.component is not None:
                yield as_group(entity.component, self.hazard) if self.is_group else entity.component

    def _room(self) -> str:
        """Proposed by any of its entities: for the device, or for the entity alone."""
        configs = self.configs.values()
        areas = [_text(c.device, "suggested_area") for c in configs]
        areas += [
            clean(text_of(c.raw("suggested_area")))
            for c in configs
            if isinstance(c.raw("suggested_area"), str)
        ]
        return next(filter(None, areas), "")

    def _address(self) -> str:
        """The topic that most of it happens at."""
        topics = [command.topic for _, command in self.commands()] or [
            source.topic for source in self.sources()
        ]
        return min(topics, key=lambda topic: (len(topic), topic), default="")

    def _fingerprint(self) -> str:
        """Over all components: one that is added or taken away changes it too."""
        parts = sorted(
            (key, entity.component.fingerprint) for key, entity in self.entities.items() if entity.component
        )
        return hashlib.sha256(orjson.dumps(parts)).hexdigest()[:32]


def device_id(config: Config, key: str) -> str:
    """Of the device that an entity belongs to: its first identifier or connection; without any the entity stands alone."""
    device = config.device
    found = sorted(_texts(device.get("identifiers"))) or sorted(
        "_".join(pair) for pair in _connections(device)
    )
    return (found[0] if found else config.text("unique_id") or key)[:MAX_ID_CHARS]


def identities(device: dict[str, Json]) -> frozenset[str]:
    """Hardware identities out of identifiers, connections and the serial number."""
    found: set[str] = set()
    for kind, value in _connections(device):
        text = value.lower()
        if kind == "mac" and _MAC.match(text):
            found.add(f"mac:{_colons(text)}")
        elif kind == "zigbee":
            found.update(_hardware(text))
    for text in _texts(device.get("identifiers")):
        found.update(_hardware(text.lower()))
    serial = _text(device, "serial_number")
    if serial:
        found.add(f"serial:{serial.lower()}")
    return frozenset(found) if found else _NO_IDENTITIES  # one for the many that have none


def _hardware(text: str) -> Iterator[str]:
    eui64 = _EUI64.search(text)
    if eui64:
        yield f"eui64:0x{eui64.group(1)}"
    elif _MAC.match(text):
        yield f"mac:{_colons(text)}"


def _colons(mac: str) -> str:
    digits = mac.replace(":", "").replace("-", "")
    return ":".join(digits[i : i + 2] for i in range(0, 12, 2))


def _texts(value: Json) -> list[str]:
    items = value if isinstance(value, list) else [value]
    return [
        text_of(item)
        for item in items
        if isinstance(item, str | int) and not isinstance(item, bool) and item != ""
    ]


def _connections(device: dict[str, Json]) -> Iterator[tuple[str, str]]:
    pairs = device.get("connections")
    for pair in pairs if isinstance(pairs, list) else []:
        if isinstance(pair, list) and len(pair) == 2 and all(isinstance(part, str) for part in pair):
            yield text_of(pair[0]), text_of(pair[1])


def _text(device: dict[str, Json], key: str) -> str:
    value = device.get(key)
    return clean(text_of(value)) if isinstance(value, str | int | float) else ""


def _primary_first(component: ComponentDescription) -> tuple[int, bool, str]:
    return _PRIMARY_ORDER.get(component.kind, len(_PRIMARY_ORDER)), component.title != "", component.key


def _shortened(problems: Iterable[str]) -> tuple[str, ...]:
    lines = list(problems)
    if len(lines) > MAX_PROBLEMS_PER_DEVICE:
        rest = len(lines) - MAX_PROBLEMS_PER_DEVICE + 1
        lines = [*lines[: MAX_PROBLEMS_PER_DEVICE - 1], f"and {rest} more"]
    return tuple(lines)
