"""A whole description, read: its components, the points behind them, what it asks for, and what was left out."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator, Mapping
from typing import Final

from capabilities.admission import clean
from capabilities.components import ComponentDescription
from capabilities.recast import castable
from drivers.turns import at_once, in_turns
from drivers.wot.described import Described, Point, digest, recipe_of
from drivers.wot.describing import Describer
from drivers.wot.document import Affordance, Document
from drivers.wot.lamps import switched
from drivers.wot.origins import Reach
from drivers.wot.relations import claimed, hearth_components
from drivers.wot.security import Need, SecurityError, chosen, weakness

_MAC: Final = re.compile(r"urn:dev:mac:([0-9a-f]{12}|[0-9a-f]{16})(?:[-_].*)?", re.IGNORECASE)

Made = tuple[ComponentDescription, list[Point]]


async def describe(device: str, document: Document, reach: Reach) -> Described:
    """Raises nothing: what cannot be used is in `problems`. Others have their turn meanwhile."""
    return await in_turns(_steps(device, document, reach))


def describe_at_once(device: str, document: Document, reach: Reach) -> Described:
    """As `describe`, where nobody else waits for a turn."""
    return at_once(_steps(device, document, reach))


def _steps(device: str, document: Document, reach: Reach) -> Generator[None, None, Described]:
    """Comes to rest where others may have their turn."""
    describer = Describer(device, document, reach)
    components: list[ComponentDescription] = []
    points: dict[str, Point] = {}
    for each in _components(describer):
        yield
        if each is None:
            continue
        made, used = each
        if not castable(made):
            document.problems.add(f"{made.key} is left out: its schema contradicts its kind, {made.kind}")
            continue
        components.append(made)
        points.update((one.point, one) for one in used)
    need = _need(describer, points)
    base = document.base
    extra = base.__pydantic_extra__ or {}
    return Described(
        title=clean(base.title) or clean(device),
        components=tuple(components),
        points=points,
        problems=document.problems.all(),
        fingerprint=digest(recipe_of(need), *sorted(f"{one.key} {one.fingerprint}" for one in components)),
        need=need,
        identities=_identities(document.id),
        manufacturer=_text(extra.get("schema:manufacturer") or extra.get("manufacturer")),
        model=_text(base.version.model if base.version else None),
        all_properties=describer.forms.way(
            "the Thing", "observeallproperties", base.forms, ()
        ),
    )  # fmt: skip


def _components(describer: Describer) -> Iterator[Made | None]:
    """None: an affordance was looked at, and is none."""
    document = describer.document
    own = {
        (group, name)
        for group, members in _groups(document)
        for name, one in members.items()
        if claimed(one, group) is not None
    }
    if own:
        yield from hearth_components(describer)
    lamp = None if own else switched(describer)
    if lamp is not None:
        yield lamp.component, list(lamp.points)
    used = lamp.names if lamp is not None else frozenset()
    for name, prop in document.properties.items():
        if ("properties", name) not in own and name not in used:
            yield from _one(describer.generic_property(name, prop))
    for name, action in document.actions.items():
        if ("actions", name) not in own:
            yield from _one(describer.generic_action(name, action))
    for name, event in document.events.items():
        if ("events", name) not in own:
            yield from _one(describer.generic_event(name, event))


def _groups(document: Document) -> tuple[tuple[str, Mapping[str, Affordance]], ...]:
    return ("properties", document.properties), ("actions", document.actions), ("events", document.events)


def _one(made: tuple[ComponentDescription, Point] | None) -> Iterator[Made | None]:
    yield None if made is None else (made[0], [made[1]])


def _need(describer: Describer, points: Mapping[str, Point]) -> Need | None:
    """The one secret that its forms want. One that wants another is told, and left alone."""
    ways = [way for one in points.values() for way in (one.read, one.write, one.watch) if way is not None]
    needs = {way.security.need: way for way in ways if way.security.need is not None}
    if len(needs) > 1:
        describer.problems.add("its forms want different credentials; only those of the first can be brought")
    for need, way in needs.items():
        weak = weakness(way.security, secure=describer.reach.home.secure)
        if weak:
            describer.problems.add(weak)
        return need
    if not points:
        try:
            base = describer.document.base
            return chosen(base.security, base.security_definitions).need
        except SecurityError as error:
            describer.problems.add(str(error))
    return None


def _identities(identity: str) -> frozenset[str]:
    """Of `urn:dev:mac:` (RFC 9039, section 4.1): an EUI-64, often one made of a MAC address."""
    found = _MAC.fullmatch(identity)
    if found is None:
        return frozenset()
    digits = found[1].lower()
    if len(digits) == 16 and digits[6:10] != "fffe":
        return frozenset({f"eui64:0x{digits}"})
    digits = digits[:6] + digits[-6:]
    return frozenset({"mac:" + ":".join(digits[i : i + 2] for i in range(0, 12, 2))})


def _text(value: object) -> str:
    return clean(value) if isinstance(value, str) else ""
