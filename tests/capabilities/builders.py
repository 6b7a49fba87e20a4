"""Short ways to describe a device for a test."""

from __future__ import annotations

from capabilities.components import AffordanceDescription, ComponentDescription
from capabilities.compose import compose
from capabilities.naming import allot_names
from capabilities.thing import Thing
from capabilities.vocabulary import Json


def prop(
    name: str, *, writable: bool = False, observable: bool = True, readable: bool = False, **schema: Json
) -> AffordanceDescription:
    return AffordanceDescription(
        name, f"point/{name}", schema=schema, writable=writable, observable=observable, readable=readable
    )


def action(name: str, **schema: Json) -> AffordanceDescription:
    return AffordanceDescription(name, f"point/{name}", "action", schema=schema)


def part(
    kind: str, *affordances: AffordanceDescription, key: str = "", title: str = ""
) -> ComponentDescription:
    return ComponentDescription(key or kind, kind, affordances, title=title)


def thing(*components: ComponentDescription) -> Thing:
    return compose("thing", "Thing", components, allot_names(components, {}))
