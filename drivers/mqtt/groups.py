"""How much harm a group can do: as much as the worst of its members, and its commands reach all of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from capabilities.components import AffordanceDescription, ComponentDescription
from capabilities.errors import ModelError
from capabilities.thing_models import contract
from capabilities.vocabulary import Hazard


def highest(members: Iterable[Iterable[ComponentDescription]]) -> Hazard:
    """Of the members' operations, without their settings, which no group sets. A member of which nothing is known may be
    anything: property.
    """
    worst = Hazard.COMFORT
    for components in members:
        worst = max(worst, max(map(_hazard, components), default=Hazard.PROPERTY))
    return worst


def as_group(component: ComponentDescription, hazard: Hazard) -> ComponentDescription:
    """A group's component: each operation at least as harmful as `hazard`. No device answers for it: it cannot be asked."""
    return replace(component, affordances=tuple(_raised(one, hazard) for one in component.affordances))


def _raised(one: AffordanceDescription, hazard: Hazard) -> AffordanceDescription:
    if _is_operation(one):
        one = replace(one, hazard=max(one.hazard, hazard))
    return replace(one, readable=False) if one.readable else one


def _hazard(component: ComponentDescription) -> Hazard:
    if component.kind == "setting":
        return Hazard.COMFORT
    hazards = [_hazard_of(component, one) for one in component.affordances if _is_operation(one)]
    return max(hazards, default=Hazard.COMFORT)


def _hazard_of(component: ComponentDescription, one: AffordanceDescription) -> Hazard:
    try:
        known = contract(component.kind).affordances.get(one.name)
    except ModelError:
        known = None
    of_kind = Hazard.PROPERTY if known is None or not component.certain else known.hazard
    return max(of_kind, one.hazard)


def _is_operation(one: AffordanceDescription) -> bool:
    return one.writable or one.role == "action"
