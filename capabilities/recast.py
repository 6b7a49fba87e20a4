"""A component under the kind that a person gives it.

A relay may feed a lamp or a boiler, a cover may be a blind or a garage door: the device does not know. A person's word replaces
the guess, and with it the caution that a guess is met with; what a component can do stays what it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from capabilities.admission import Described
from capabilities.components import AffordanceDescription, ComponentDescription
from capabilities.errors import ComposeError, nearest
from capabilities.shapes import offered, shapes
from capabilities.thing_models import contract
from capabilities.vocabulary import KINDS, Hazard, Privilege

_SWITCHES: Final = {
    **dict.fromkeys(
        ("light", "outlet", "switch", "fan", "siren", "humidifier", "water-heater", "media", "camera"), "on"
    ),
    "setting": "value",
}
_DETECTORS: Final = {
    "contact": "open", "occupancy": "occupied", "leak": "leak", "smoke": "smoke", "co": "co", "presence": "present",
    "battery": "low", "air": "gas", "other": "value",
}  # fmt: skip
_QUANTITIES: Final = {
    "temperature": "temperature", "humidity": "humidity", "illuminance": "illuminance", "pressure": "pressure",
    "power": "power", "battery": "level", "meter": "power", "other": "value",
}  # fmt: skip
_LEVELS: Final = {
    "setting": "value", "thermostat": "target", "water-heater": "target", "fan": "speed", "blind": "position",
    "valve": "position", "light": "brightness", "humidifier": "target_humidity",
}  # fmt: skip
_BUTTONS: Final = {"button": "press", "setting": "press"}
_OPENINGS: Final = dict.fromkeys(("blind", "garage", "valve"), "")

_FAMILIES: Final[Mapping[str, Mapping[str, str]]] = {
    "switch": _SWITCHES, "detector": _DETECTORS, "quantity": _QUANTITIES, "level": _LEVELS, "button": _BUTTONS,
    "opening": _OPENINGS,
}  # fmt: skip
"""Kinds that are the same to a device, each with its name for the one thing they share ("" where all names are the same)."""


def castable(component: ComponentDescription) -> tuple[str, ...]:
    """The kinds under which `component` is whole, its own among them, in the vocabulary's order: those a person may give it."""
    found = {component.kind}
    for family in _families(component):
        found.update(_FAMILIES[family])
    return tuple(kind for kind in KINDS if kind in found and _seen_as(component, kind) is not None)


def recast(component: ComponentDescription, kind: str) -> ComponentDescription:
    """`component` as a person sees it: certain, and with the names of `kind`. Raises `ComposeError` for a kind that it cannot
    be, naming those that it can.
    """
    seen = _seen_as(component, kind)
    if seen is None:
        known = nearest(kind, castable(component))
        raise ComposeError(f"{component.key} cannot be {kind!r}; it can be {known}")
    return seen


def _seen_as(component: ComponentDescription, kind: str) -> ComponentDescription | None:
    """None where it cannot be: no family has both kinds, or the model of `kind` has no place for what it describes."""
    certain = replace(component, certain=True, proposal="")
    if kind == component.kind:
        return certain
    family = next((name for name in _families(component) if kind in _FAMILIES[name]), None)
    if family is None:
        return None
    seen = _under(certain, kind, family)
    return seen if _is_whole(seen) else None


def _is_whole(component: ComponentDescription) -> bool:
    """Whether it composes by itself. Its title and its key say nothing about that: the same shape is made once."""
    try:
        described = tuple(map(Described.of, component.affordances))
        shapes(component.kind, "", "", described, tuple((name, name) for name in offered(component)))
    except ComposeError:
        return False
    return len({one.name for one in component.affordances}) == len(component.affordances)


def _under(component: ComponentDescription, kind: str, family: str) -> ComponentDescription:
    names = _FAMILIES[family]
    renamed = tuple(
        _renamed(one, names[kind] or one.name, family)
        if one.name == (names[component.kind] or one.name)
        else one
        for one in component.affordances
    )
    return replace(component, kind=kind, affordances=renamed)


def _renamed(one: AffordanceDescription, name: str, family: str) -> AffordanceDescription:
    """Without the caution of a setting: from here on the model of the kind speaks."""
    cautious = one.hazard == Hazard.PROPERTY and one.privilege is Privilege.MANAGE
    hazard, privilege = (Hazard.COMFORT, Privilege.VIEW) if cautious else (one.hazard, one.privilege)
    schema = {"type": "boolean", **one.schema} if family in ("switch", "detector") else one.schema
    return replace(one, name=name, hazard=hazard, privilege=privilege, schema=schema)


def _families(component: ComponentDescription) -> list[str]:
    """To which a component belongs by its kind and by what it has there."""
    found = []
    for family, names in _FAMILIES.items():
        if component.kind in names:
            name = names[component.kind]
            one = next((one for one in component.affordances if name in ("", one.name)), None)
            if one is not None and _fits(family, component.kind, one):
                found.append(family)
    return found


def _fits(family: str, kind: str, one: AffordanceDescription) -> bool:
    told = one.schema.get("type")
    if family == "opening":
        return True
    if family == "button":
        return one.role == "action"
    if one.role != "property" or (family in ("switch", "level") and not one.writable):
        return False
    model = contract(kind).affordances[one.name].schema or {}
    return (told or model.get("type")) in (
        ("boolean",) if family in ("switch", "detector") else ("number", "integer")
    )
