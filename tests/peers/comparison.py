"""One entity of Home Assistant beside one component of Hearth: everything in which they differ."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from capabilities.components import AffordanceDescription, ComponentDescription
from capabilities.thing import Thing
from capabilities.vocabulary import Json, Privilege
from drivers.driver import Candidate
from tests.drivers.mqtt_heard import Hearth
from tests.peers.announced import Part
from tests.peers.facets import DOMAINS, ONLY, Domain, Facet
from tests.peers.home_assistant import Entity

_LINEAR: Final[dict[str, tuple[str, float, float]]] = {
    "°C": ("temperature", 1, 0), "°F": ("temperature", 5 / 9, -160 / 9), "K": ("temperature", 1, -273.15),
    "Pa": ("pressure", 0.01, 0), "hPa": ("pressure", 1, 0), "kPa": ("pressure", 10, 0), "inHg": ("pressure", 33.8639, 0),
    "W": ("power", 1, 0), "kW": ("power", 1000, 0), "Wh": ("energy", 1, 0), "kWh": ("energy", 1000, 0),
    "MJ": ("energy", 1e6 / 3600, 0),
    "mV": ("voltage", 0.001, 0), "V": ("voltage", 1, 0), "mA": ("current", 0.001, 0), "A": ("current", 1, 0),
    "L": ("volume", 0.001, 0), "m³": ("volume", 1, 0), "s": ("time", 1, 0), "min": ("time", 60, 0), "h": ("time", 3600, 0),
    "%": ("share", 1, 0), "": ("share", 100, 0), "cm": ("length", 0.01, 0), "m": ("length", 1, 0), "mm": ("length", 0.001, 0),
    "km/h": ("speed", 1 / 3.6, 0), "m/s": ("speed", 1, 0), "g": ("mass", 0.001, 0), "kg": ("mass", 1, 0),
    "L/min": ("flow", 1, 0), "m³/h": ("flow", 1000 / 60, 0), "kB/s": ("rate", 1, 0), "B/s": ("rate", 0.001, 0),
}  # fmt: skip
"""Unit → quantity, factor and offset to a common unit of it. Written for this test: what it checks must not check itself."""


_NOT_TOLD: Final = frozenset({"event_types", "device_class", "friendly_name"})


@dataclass(slots=True)
class Pair:
    """The same announcement on both sides; None where a side has nothing of it."""

    part: Part
    entity: Entity | None
    candidate: Candidate | None
    component: ComponentDescription | None
    problems: list[str]
    hearth: Hearth

    @property
    def name(self) -> str:
        return self.part.key

    def affordance(self, name: str) -> AffordanceDescription | None:
        found = self.component.affordances if self.component is not None else ()
        if name == ONLY:
            return next((one for one in found if one.role == "property"), None)
        return next((one for one in found if one.name == name), None)

    @property
    def thing(self) -> Thing | None:
        return self.hearth.things.get(self.candidate.id) if self.candidate is not None else None


@dataclass(frozen=True, slots=True)
class Difference:
    pair: Pair
    aspect: str  # presence, title, unit, value, range, options, availability, disabled, privilege, affordance, command
    what: str  # the affordance, or the service
    home_assistant: Any
    hearth: Any


def differences(pair: Pair) -> Iterator[Difference]:
    """All of one pair."""
    entity, component = pair.entity, pair.component
    if entity is None or component is None:
        if (entity is None) is not (component is None):
            yield Difference(pair, "presence", "", entity and entity.id, component and component.kind)
        return
    if pair.thing is None:
        yield Difference(
            pair, "thing", "", entity.id, pair.hearth.failed[pair.candidate.id if pair.candidate else ""]
        )
        return
    domain = DOMAINS.get(entity.domain, Domain())
    title = entity.registry.get("original_name")
    if entity.registry and (title or "") != component.title:
        yield Difference(pair, "title", "", title, component.title)
    yield from _privilege(pair, entity, component)
    if entity.registry.get("disabled_by"):
        yield Difference(pair, "disabled", "", entity.registry["disabled_by"], "shown")
        return  # it has no state there
    reachable = pair.hearth.contacts.get(pair.candidate.id) if pair.candidate else None
    if entity.available is not (reachable is not False):
        yield Difference(pair, "availability", "", entity.available, reachable)
    yield from _affordances(pair, entity, component, domain)
    if entity.domain == "event":
        yield from _event(pair, entity)
    for facet in domain.facets:
        affordance = pair.affordance(facet.affordance)
        if affordance is not None and facet.present(entity):
            yield from _facet(pair, entity, facet, affordance)


def _event(pair: Pair, entity: Entity) -> Iterator[Difference]:
    """What occurred last: Home Assistant's attributes of it are its own and those of what was told."""
    shown = {key: value for key, value in entity.attributes.items() if key not in _NOT_TOLD}
    points = [affordance.point for affordance in pair.component.affordances] if pair.component else []
    told = [data for point in points for data in pair.hearth.occurrences.get(point, ())]
    if (told[-1] if told else {"event_type": None}) != shown:
        yield Difference(pair, "event", "", shown, told)


def _affordances(
    pair: Pair, entity: Entity, component: ComponentDescription, domain: Domain
) -> Iterator[Difference]:
    """Which of them there are. While it is unavailable Home Assistant hides what an entity has."""
    features = int(entity.get("supported_features") or 0)
    expected = {facet.affordance for facet in domain.facets if facet.present(entity)}
    expected |= set(domain.always) | {name for bit, name in domain.actions.items() if features & bit}
    if ONLY in expected:
        expected.remove(ONLY)
        only = pair.affordance(ONLY)
        expected.add(only.name if only is not None else "value")
    if "json_attributes_topic" in pair.part.config or "json_attr_t" in pair.part.config:
        expected.add("attributes")
    described = {affordance.name for affordance in component.affordances}
    for name in sorted(expected - described):
        yield Difference(pair, "affordance", name, "has it", None)
    for name in sorted(described - expected) if entity.available else ():
        yield Difference(pair, "affordance", name, None, "has it")


def _privilege(pair: Pair, entity: Entity, component: ComponentDescription) -> Iterator[Difference]:
    """A configuration is for who manages the house, everything else for who lives in it."""
    category = entity.registry.get("entity_category")
    thing = pair.thing
    assert thing is not None
    operations = [*thing.writes.values(), *thing.actions.values()]
    for operation in operations:
        if operation.component != component.key or operation.absolute is not None:
            continue
        is_setting = operation.privilege not in {Privilege.VIEW, Privilege.OPERATE}
        if is_setting is not (category in {"config", "diagnostic"}):
            name = operation.capability.partition(".")[2]
            yield Difference(pair, "privilege", name, category, operation.privilege.value)


def _facet(
    pair: Pair, entity: Entity, facet: Facet, affordance: AffordanceDescription
) -> Iterator[Difference]:
    name = affordance.name
    theirs, ours = facet.unit(entity) or "", _unit(pair, affordance) or ""
    scale = _scale(theirs, ours)
    if scale is None:
        yield Difference(pair, "unit", name, theirs, ours)
        scale = (1.0, 0.0)
    if entity.available:
        expected, seen = facet.value(entity), pair.hearth.value(affordance)
        if not _same(expected, seen, scale, facet.tolerance or _last_digit(entity)):
            yield Difference(pair, "value", name, f"{expected} {theirs}".strip(), seen)
    schema = _schema(pair, affordance)
    for attribute, members in ((facet.low, ("minimum", "minLength")), (facet.high, ("maximum", "maxLength"))):
        if attribute and entity.get(attribute) is not None:
            limit = next((schema[member] for member in members if member in schema), None)
            if not _same(entity.get(attribute), limit, scale, facet.tolerance):
                yield Difference(pair, "range", name, f"{attribute} {entity.get(attribute)} {theirs}", limit)
    if facet.options and entity.get(facet.options) is not None:
        options = schema.get("enum")
        if not isinstance(options, list) or set(options) != set(entity.get(facet.options)):
            yield Difference(pair, "options", name, entity.get(facet.options), options)


def _schema(pair: Pair, affordance: AffordanceDescription) -> dict[str, Json]:
    """As the composed Thing describes it: the model's, narrowed."""
    thing = pair.thing
    assert thing is not None
    prop = next((one for one in thing.properties.values() if one.point == affordance.point), None)
    documents = thing.document["properties"]
    found = documents.get(prop.name) if prop is not None and isinstance(documents, dict) else None
    return dict(found) if isinstance(found, dict) else {}


def _unit(pair: Pair, affordance: AffordanceDescription) -> str | None:
    thing = pair.thing
    assert thing is not None
    return next((one.unit for one in thing.properties.values() if one.point == affordance.point), None)


def in_our_unit(pair: Pair, affordance: AffordanceDescription, value: Json) -> Json:
    """A wish for a number, out of the unit that Home Assistant shows it in."""
    if isinstance(value, bool) or not isinstance(value, int | float) or pair.entity is None:
        return value
    shown = pair.entity.get("unit_of_measurement")
    scale = _scale(shown, _unit(pair, affordance) or "") if shown else None
    return value if scale is None or scale == (1.0, 0.0) else round(value * scale[0] + scale[1], 3)


def _scale(theirs: str, ours: str) -> tuple[float, float] | None:
    """Factor and offset from their unit to ours; None where they are different quantities."""
    if theirs == ours:
        return 1.0, 0.0
    if theirs not in _LINEAR or ours not in _LINEAR or _LINEAR[theirs][0] != _LINEAR[ours][0]:
        return None
    (_, factor, offset), (_, to_factor, to_offset) = _LINEAR[theirs], _LINEAR[ours]
    return factor / to_factor, (offset - to_offset) / to_factor


def _same(expected: Any, seen: Any, scale: tuple[float, float], tolerance: float) -> bool:
    if isinstance(expected, dict) and isinstance(seen, dict):
        return expected.keys() == seen.keys() and all(
            _same(expected[key], seen[key], scale, tolerance) for key in expected
        )
    if isinstance(expected, bool) or isinstance(seen, bool):
        return expected is seen
    if isinstance(expected, int | float) and isinstance(seen, int | float):
        converted = expected * scale[0] + scale[1]
        return math.isclose(converted, seen, rel_tol=1e-4, abs_tol=tolerance * abs(scale[0]) + 1e-9)
    return bool(expected == seen)


def _last_digit(entity: Entity) -> float:
    """Half of what the last digit of its state stands for: Home Assistant rounds what it converts."""
    _, point, digits = (entity.state or "").partition(".")
    return 0.5 * 10.0 ** -len(digits) if point and digits.isdigit() else 0.0
