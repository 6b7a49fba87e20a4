"""Another Hearth's Thing: its affordances say of which kind's contract they are (`hearth:capability`).

That is what a device says of itself: it names things, and it can raise hazard and privilege. What moves something is a guess
until a person here confirms it, except for a lamp.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from capabilities.admission import clean
from capabilities.components import ComponentDescription
from capabilities.td import ActionAffordance, EventAffordance, PropertyAffordance
from capabilities.thing_models import ModelAffordance, contract
from capabilities.vocabulary import KINDS, SENSOR_KINDS, Hazard, Privilege
from drivers.wot.described import Part, Point, component
from drivers.wot.describing import Describer, part_of
from drivers.wot.document import Affordance
from drivers.wot.schemas import Measure, schema_of

_BELIEVED: Final = frozenset({*SENSOR_KINDS, "light", "other", "setting"})
"""Kinds whose operations a wrong word makes no less careful, and lamps."""


def claimed(one: Affordance, group: str) -> ModelAffordance | None:
    """The contract that an affordance says it keeps, where there is such a one."""
    kind, _, name = (one.capability or "").partition(".")
    if kind not in KINDS:
        return None
    model = contract(kind).affordances.get(name)
    role = {"properties": "property", "actions": "action", "events": "event"}[group]
    return model if model is not None and model.role == role else None


def hearth_components(describer: Describer) -> Iterator[tuple[ComponentDescription, list[Point]] | None]:
    """By component and kind, as that Hearth has them. None: an affordance was looked at, and no component is complete yet."""
    groups: dict[tuple[str, str], list[tuple[Part, bool]]] = {}
    for where, name, one in _all(describer):
        model = claimed(one, where)
        if model is None or one.capability is None:
            continue
        if model.absolute:
            continue  # made of the property here as there
        part = _part(describer, name, one, model)
        yield None
        if part is not None:
            kind = one.capability.partition(".")[0]
            groups.setdefault((one.component or "", kind), []).append((part, one.uncertain is True))
    for (key, kind), found in groups.items():
        parts = _each_once([part for part, _ in found])
        certain = kind in _BELIEVED and not any(doubted for _, doubted in found)
        made = component(
            describer.reach,
            f"hearth/{key}/{kind}",
            kind,
            parts,
            title=clean(key.replace("_", " ")),
            certain=certain,
        )
        yield made, [part.point for part in parts]


def _all(describer: Describer) -> Iterator[tuple[str, str, Affordance]]:
    document = describer.document
    for name, prop in document.properties.items():
        yield "properties", name, prop
    for name, action in document.actions.items():
        yield "actions", name, action
    for name, event in document.events.items():
        yield "events", name, event


def _part(describer: Describer, name: str, one: Affordance, model: ModelAffordance) -> Part | None:
    point: Point | None
    if isinstance(one, PropertyAffordance):
        if not model.writable and not one.read_only:
            one = one.model_copy(update={"read_only": True})
        point = describer.property_point(name, one, schema_of(one), Measure(whole=one.type == "integer"))
        if point is None or (point.read is None and point.watch is None):
            return None
    elif isinstance(one, ActionAffordance):
        point = describer.action_point(name, one)
    else:
        assert isinstance(one, EventAffordance)
        point = describer.event_point(name, one)
    if point is None:
        return None
    return part_of(
        model.name,
        point,
        role=model.role,
        hazard=one.hazard or Hazard.COMFORT,
        privilege=_raised(one.privilege),
    )


def _raised(privilege: Privilege | None) -> Privilege:
    return privilege or Privilege.VIEW


def _each_once(parts: list[Part]) -> list[Part]:
    return list({part.affordance.name: part for part in reversed(parts)}.values())[::-1]
