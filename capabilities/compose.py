"""A Thing out of its components: its Thing Description, and the look-ups that the gateway works with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from capabilities.admission import Described, cautious, clean
from capabilities.components import ComponentDescription
from capabilities.documents import as_guess, thing_document
from capabilities.errors import ComposeError, nearest
from capabilities.naming import join_all, primary
from capabilities.secrets import NO_SECRETS, secrets_of
from capabilities.shapes import Shape, offered, shapes
from capabilities.thing import EventSource, Operation, Property, Thing
from capabilities.vocabulary import KINDS, Json, Privilege

GUARDED_KINDS: Final = frozenset({"lock", "alarm", "camera", "presence"})
"""What else such a device tells (who unlocked, a code) is as sensitive as its own function."""

__all__ = ["ComposeError", "compose"]


def compose(
    thing_id: str,
    title: str,
    components: Sequence[ComponentDescription],
    names: Mapping[str, str],
    *,
    room: str = "",
    labels: Iterable[str] = (),
    version: str = "",
) -> Thing:
    """The Thing `thing_id`, with `names` as `allot_names` gave them (more than there are components does no harm).

    A description narrows its Thing Model and may raise hazard and privilege; one that contradicts it raises
    `ComposeError`. An affordance that its model lacks is taken with care (hazard 2, privilege manage), and so is what a
    component of an uncertain kind does (hazard 2).
    """
    _refuse_muddle(components, names)
    order = {key: place for place, key in enumerate(names)}
    parts = _Parts()
    taken: set[str] = set()
    guarded = any(component.kind in GUARDED_KINDS for component in components)
    for component in sorted(components, key=lambda one: (names[one.key] != "", order[one.key])):
        try:
            joined = join_all(names[component.key], offered(component), taken)
            for shape in _shapes(component, names[component.key], joined, guarded=guarded):
                parts.add(component, shape)
        except ComposeError as error:
            raise ComposeError(f"component {component.key} ({component.kind}): {error}") from None
    main = next((one for one in components if names[one.key] == ""), None)
    kind = main.kind if main else next(one.kind for one in components if one.key == primary(components))
    document = thing_document(
        thing_id,
        clean(title) or thing_id,
        kind,
        parts.groups,
        room=room,
        labels=labels,
        version=version,
        uncertain=not all(one.certain for one in components),
    )
    return Thing(thing_id, document, kind, parts.properties, parts.writes, parts.actions, parts.events)


def _refuse_muddle(components: Sequence[ComponentDescription], names: Mapping[str, str]) -> None:
    if not components:
        raise ComposeError("a Thing has at least one component; this device describes none")
    seen: set[str] = set()
    for one in components:
        if one.key in seen:
            raise ComposeError(f"two components are called {one.key}; give each its own key")
        seen.add(one.key)
        if one.kind not in KINDS:
            raise ComposeError(
                f"component {one.key} has the kind {one.kind!r}; known: {nearest(one.kind, KINDS)}"
            )
        if one.key not in names:
            raise ComposeError(f"component {one.key} has no name; allot names first")
        described = [affordance.name for affordance in one.affordances]
        if len(set(described)) < len(described):
            twice = next(name for name in described if described.count(name) > 1)
            raise ComposeError(
                f"component {one.key} describes {twice!r} twice; describe each affordance once"
            )


def _shapes(
    component: ComponentDescription, prefix: str, joined: Mapping[str, str], *, guarded: bool
) -> tuple[Shape, ...]:
    described = tuple(
        Described.of(affordance if component.certain else cautious(affordance))
        for affordance in component.affordances
    )
    return shapes(
        component.kind, prefix, clean(component.title), described, tuple(joined.items()), guarded=guarded
    )


@dataclass(slots=True)
class _Parts:
    """What a Thing is put together from, group by group."""

    properties: dict[str, Property] = field(default_factory=dict)
    writes: dict[str, Operation] = field(default_factory=dict)
    actions: dict[str, Operation] = field(default_factory=dict)
    events: dict[str, EventSource] = field(default_factory=dict)
    groups: dict[str, dict[str, Json]] = field(
        default_factory=lambda: {"properties": {}, "actions": {}, "events": {}}
    )

    def add(self, component: ComponentDescription, shape: Shape) -> None:
        role, name = shape.of.role, shape.name
        document = shape.document if component.certain else as_guess(shape.document)
        if role == "property":
            self.groups["properties"][name] = document
            self.properties[name] = _property(component, shape)
            if shape.of.writable:
                self.writes[name] = _operation(component, shape, self)
        elif role == "action":
            self.groups["actions"][name] = document
            self.actions[name] = _operation(component, shape, self)
        else:
            self.groups["events"][name] = document
            self.events[name] = _event(component, shape)


def _point(component: ComponentDescription, shape: Shape) -> str:
    return "" if shape.described is None else component.affordances[shape.described].point


def _property(component: ComponentDescription, shape: Shape) -> Property:
    """Reading takes `view`, unless the property can only be read and its model asks for more."""
    return Property(
        name=shape.name,
        capability=shape.look.capability,
        component=component.key,
        point=_point(component, shape),
        unit=shape.unit,
        privilege=Privilege.VIEW if shape.of.writable else shape.of.privilege,
        privacy=shape.of.privacy,
        check=shape.seen,
        observable=shape.look.observable,
        readable=shape.look.readable,
    )


def _operation(component: ComponentDescription, shape: Shape, parts: _Parts) -> Operation:
    of, look = shape.of, shape.look
    written = shape.name if of.role == "property" else look.base
    return Operation(
        name=shape.name,
        is_action=of.role == "action",
        capability=shape.look.capability,
        component=component.key,
        point=parts.properties[look.base].point if look.base else _point(component, shape),
        privilege=of.privilege,
        hazard=of.hazard,
        reversibility=of.reversibility,
        check=shape.check,
        takes_input=of.schema is not None,
        property=written or (look.effect.property if look.effect else None),
        effect=look.effect,
        idempotent=of.idempotent or of.role == "property",
        toward_safe=of.toward_safe,
        toward_safe_value=of.toward_safe_value,
        panic=of.panic,
        has_panic=of.has_panic,
        absolute=of.absolute,
        parts=look.parts,
        secrets=secrets_of(of.schema) if of.role == "action" else NO_SECRETS,
    )


def _event(component: ComponentDescription, shape: Shape) -> EventSource:
    return EventSource(
        name=shape.name,
        capability=shape.look.capability,
        component=component.key,
        point=_point(component, shape),
        privilege=shape.of.privilege,
        privacy=shape.of.privacy,
        check=shape.check,
    )
