"""There and back: values for a property to be tried with, and what a bridge's state would say after its command."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import orjson

from capabilities.compose import compose
from capabilities.naming import allot_names
from capabilities.readings import Observation, Report
from capabilities.thing import Thing
from capabilities.vocabulary import Json
from drivers.driver import Candidate
from drivers.mqtt.device import Device
from drivers.mqtt.entity import Source
from drivers.mqtt.ingest import Ingest, Route
from tests.drivers.mqtt_bench import Hands

MAX_ENUM = 64
COLORS: tuple[Json, ...] = (
    {"hue": 0, "saturation": 100},
    {"hue": 120, "saturation": 60},
    {"hue": 250, "saturation": 80},
)


@dataclass(frozen=True, slots=True)
class Writable:
    """A property that can be written: its capability, its point, and the schema of its values as the Thing tells it."""

    name: str
    capability: str
    point: str
    schema: Mapping[str, Json]


def thing_of(candidate: Candidate) -> Thing:
    return compose("a-thing", candidate.title, candidate.components, allot_names(candidate.components, {}))


def writables(thing: Thing) -> Iterator[Writable]:
    documents = thing.document["properties"]
    assert isinstance(documents, dict)
    for name, operation in thing.writes.items():
        schema = documents[name]
        assert isinstance(schema, dict)
        yield Writable(name, operation.capability, operation.point, schema)


def values_for(schema: Mapping[str, Json]) -> list[Json]:
    """Every member of an enumeration, both switch positions, both ends and the middle of a range, a text."""
    options = schema.get("enum")
    if isinstance(options, list):
        return options[:MAX_ENUM]
    kind = schema.get("type")
    if kind == "boolean":
        return [True, False]
    if kind in ("number", "integer"):
        return _numbers(schema)
    if kind == "string":
        return ["a text"]
    if kind == "object" and "hue" in _members(schema):
        return list(COLORS)
    return []


def same(sent: Json, told: Json, step: float = 0.0) -> bool:
    """Whether a report says what was sent; numbers and colours may be rounded to the device's resolution."""
    if isinstance(sent, bool) or isinstance(told, bool):
        return sent is told
    if isinstance(sent, int | float) and isinstance(told, int | float):
        return math.isclose(sent, told, rel_tol=0.005, abs_tol=max(step, 0.01))
    if isinstance(sent, dict) and isinstance(told, dict) and "hue" in sent:
        return _same_color(sent, told)
    return sent == told


class Reader:
    """One device's states, read as the driver reads them."""

    def __init__(self, device: Device) -> None:
        self._seen: list[Observation] = []
        self._ingest = Ingest(Hands(), self._seen.append)
        by_topic: dict[str, list[Source]] = {}
        for source in device.sources():
            by_topic.setdefault(source.topic, []).append(source)
        self._ingest.replace({}, {t: Route(sources, True) for t, sources in by_topic.items()})

    def says(self, topic: str, document: Json) -> dict[str, Json]:
        """What a message reports: point -> value."""
        self._seen.clear()
        self._ingest.message(topic, orjson.dumps(document), False)
        return {item.point: item.reading.value for item in self._seen if isinstance(item, Report)}

    def complaints(self) -> tuple[str, ...]:
        return self._ingest.complaints.lines()


class ObedientBridge:
    """What a Zigbee2MQTT tells that takes every command at its word: its states after each, by the topic of the state."""

    def __init__(self) -> None:
        self._states: dict[str, dict[str, Json]] = {}

    def told(self, topic: str, messages: Iterable[tuple[str, str]]) -> dict[str, Json]:
        """The state at `topic` after a command."""
        state = self._states.setdefault(topic, {})
        for where, payload in messages:
            place, _, attribute = where.partition("/set")
            try:
                document = orjson.loads(payload)
            except orjson.JSONDecodeError:
                document = payload
            members = document if isinstance(document, dict) else {attribute.strip("/") or "state": document}
            if members.get("brightness") and "state" not in members:
                members = {"state": "ON", **members}  # a lamp that is to shine is switched on
            for name, value in members.items():
                state[_at_endpoint(name, place, topic)] = value
        return state


def _at_endpoint(member: str, place: str, topic: str) -> str:
    """A member of an endpoint's command (`lamp/left/set`), as it is called in the state at `topic` (`lamp/left` or `lamp`)."""
    if place == topic:
        return member.removesuffix(f"_{place.rpartition('/')[2]}")
    endpoint = place.removeprefix(f"{topic}/")
    return member if endpoint == place or member.endswith(f"_{endpoint}") else f"{member}_{endpoint}"


def _numbers(schema: Mapping[str, Json]) -> list[Json]:
    low, high = schema.get("minimum"), schema.get("maximum")
    low = (
        float(low)
        if isinstance(low, int | float)
        else -50.0
        if not isinstance(high, int | float)
        else high - 100.0
    )
    high = float(high) if isinstance(high, int | float) else low + 100.0
    step = schema.get("multipleOf")
    step = float(step) if isinstance(step, int | float) and step > 0 else 1.0
    middle = low + round((high - low) / 2 / step) * step
    last = low + math.floor((high - low) / step + 1e-9) * step
    values: dict[Json, None] = {_neat(v): None for v in (low, min(middle, high), last)}
    return list(values)


def _neat(value: float) -> int | float:
    return int(value) if value.is_integer() else round(value, 6)


def _members(schema: Mapping[str, Json]) -> Mapping[str, Json]:
    members = schema.get("properties")
    return members if isinstance(members, dict) else {}


def _same_color(sent: Mapping[str, Json], told: Mapping[str, Json]) -> bool:
    def number(where: Mapping[str, Json], name: str) -> float:
        value = where.get(name)
        return float(value) if isinstance(value, int | float) else math.nan

    turn = abs(number(sent, "hue") - number(told, "hue")) % 360
    return min(turn, 360 - turn) <= 8 and abs(number(sent, "saturation") - number(told, "saturation")) <= 8
