"""What is known of a Thing once its description has been read."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import orjson

from capabilities.components import AffordanceDescription, ComponentDescription
from capabilities.schema import Validator, compile_schema
from capabilities.vocabulary import Json
from drivers.wot.forms import Way
from drivers.wot.origins import Reach
from drivers.wot.schemas import PLAIN, Measure
from drivers.wot.security import Need

MAX_POINTS: Final = 512
"""Of one Thing: twice what is read of each group is never reached by a real one."""


@dataclass(frozen=True, slots=True)
class Point:
    """One affordance as the driver uses it. `schema` is the value's (an action's input), after `measure`."""

    point: str
    where: str  # its group and name, for people: `properties/on`
    name: str
    schema: Mapping[str, Json]
    read: Way | None = None
    write: Way | None = None  # of a property its write, of an action its invocation
    watch: Way | None = None
    measure: Measure = PLAIN
    is_event: bool = False
    is_action: bool = False
    variables: bool = False  # an action whose input are the variables of its address
    check: Validator = field(init=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "check", compile_schema(self.schema))

    @property
    def type(self) -> str:
        return str(self.schema.get("type", ""))


@dataclass(frozen=True, slots=True)
class Part:
    """An affordance for the description, and how it is used."""

    affordance: AffordanceDescription
    point: Point


@dataclass(frozen=True, slots=True)
class Described:
    """`need` is the secret that some of its forms want."""

    title: str
    components: tuple[ComponentDescription, ...]
    points: Mapping[str, Point]
    problems: tuple[str, ...]
    fingerprint: str
    need: Need | None
    identities: frozenset[str] = frozenset()
    manufacturer: str = ""
    model: str = ""
    all_properties: Way | None = None  # one stream of all properties


def component(
    reach: Reach,
    key: str,
    kind: str,
    parts: list[Part],
    *,
    title: str = "",
    certain: bool = True,
    proposal: str = "",
) -> ComponentDescription:
    commands = tuple(
        f"{one.affordance.name} → {way.method} {reach.short(way.url)}"[:120]
        for one in parts
        if (way := one.point.write) is not None
    )
    recipe = [kind, *(_recipe(reach, one) for one in parts)]
    return ComponentDescription(
        key, kind, tuple(one.affordance for one in parts), title=title, certain=certain, proposal=proposal,
        fingerprint=digest(*recipe), commands=commands,
    )  # fmt: skip


def _recipe(reach: Reach, part: Part) -> str:
    """What a command would be; not on which host it arrives, for a device may move."""
    point, way = part.point, part.point.write
    if way is None:
        return ""
    sent = (
        f"{way.method} {reach.short(way.url)} {way.content_type} {way.preset} {recipe_of(way.security.need)}"
    )
    return f"{part.affordance.name} {sent} {_value(point.schema)} {point.measure.recipe}"


def _value(schema: Mapping[str, Json]) -> str:
    """All that is said of a value: its unit and its ends are as much of a command as its type is."""
    return orjson.dumps(dict(schema), option=orjson.OPT_SORT_KEYS).decode()


def recipe_of(need: Need | None) -> str:
    """Who must be known to the device: one that asks for less than it did is not as it was."""
    return f"{need.scheme} {need.place} {need.name}" if need is not None else "open"


def digest(*parts: str) -> str:
    return hashlib.blake2b("\n".join(parts).encode(), digest_size=12).hexdigest()
