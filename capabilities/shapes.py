"""Components compiled: everything about an affordance but the Thing it belongs to.

Two thousand Things of a house have perhaps a hundred different components. A *shape* is one of those: its part of the TD, its
validators and effects exist once, and its Things share them.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

from capabilities.admission import Described, admit
from capabilities.components import ComponentDescription
from capabilities.documents import Look, affordance_document
from capabilities.effects import Effect
from capabilities.errors import ComposeError, SchemaError, shown
from capabilities.narrow import narrow
from capabilities.schema import Validator, compile_schema
from capabilities.thing_models import Contract, ModelAffordance, contract
from capabilities.vocabulary import Json

_TAKEN: Final = frozenset(
    {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "enum"}
)

MAX_SHAPES: Final = 1024  # several times what a large house has; one costs some kilobytes


@dataclass(frozen=True, slots=True)
class Shape:
    """One affordance: its model as narrowed by the description, and its part of the TD."""

    name: str  # in the Thing
    of: ModelAffordance
    look: Look
    check: Validator
    seen: Validator  # the check of what is reported
    unit: str | None
    document: dict[str, Json]
    described: int | None  # which affordance of the description; None for one that was added


def offered(component: ComponentDescription) -> list[str]:
    """The affordances that a component will have: those described, then `toggle` and `step` where their property allows."""
    kind = contract(component.kind)
    names = [affordance.name for affordance in component.affordances]
    able = {
        one.name
        for one in component.affordances
        if one.role == "property" and one.writable and one.observable
    }
    return names + [
        name for name, of in kind.affordances.items() if of.absolute and of.base in able and name not in names
    ]


@lru_cache(maxsize=MAX_SHAPES)
def shapes(
    kind: str,
    prefix: str,
    title: str,
    described: tuple[Described, ...],
    names: tuple[tuple[str, str], ...],
    *,
    guarded: bool = False,
) -> tuple[Shape, ...]:
    """The shapes of one component; `names` maps each `offered` name to the name in the Thing;
    `guarded` is said of the components of a lock and the like (see `admission.admit`).

    Raises `ComposeError`, whose text begins with the affordance.
    """
    model = contract(kind)
    admitted = _admitted(model, described, guarded=guarded)
    component = _Component(
        kind, prefix, title, dict(names), {one.name for one in described if one.observable}, admitted
    )
    built = [_shape(component, admitted[one.name], one, i) for i, one in enumerate(described)]
    added = [_added(model.affordances[name], admitted) for name, _ in names if name not in admitted]
    return (*built, *(_shape(component, of, None, None) for of in added))


def _admitted(
    model: Contract, described: tuple[Described, ...], *, guarded: bool
) -> dict[str, ModelAffordance]:
    admitted: dict[str, ModelAffordance] = {}
    for one in sorted(described, key=lambda one: one.role != "property"):  # parts look at their properties
        try:
            of = admit(model, one, guarded=guarded)
            admitted[one.name] = _compound(of, admitted) if of.parts else of
        except ComposeError as error:
            raise ComposeError(f"{one.name} {error}") from None
    return _one_panic(model, admitted)


def _compound(of: ModelAffordance, admitted: Mapping[str, ModelAffordance]) -> ModelAffordance:
    """An action that writes several properties at once: its members are as narrow, and it is as dangerous, as those writes."""
    schema, wanted = dict(of.schema or {}), (of.schema or {}).get("properties")
    members: dict[str, Json] = {}
    parts: dict[str, str] = {}
    for member, inner in wanted.items() if isinstance(wanted, dict) else ():
        name = (of.parts or {}).get(member)
        base = admitted.get(name or "")
        if name is None:
            members[member] = inner
        elif base is not None and base.writable and isinstance(inner, dict):
            members[member] = narrow(base.schema or {}, inner)
            parts[member] = name
    if not parts:
        raise ComposeError(
            f"writes none of the described properties; describe one of {', '.join(of.parts or ())} as writable"
        )
    schema["properties"] = members
    writes = [admitted[name] for name in parts.values()]
    return replace(
        of,
        schema=schema,
        parts=parts,
        hazard=max(of.hazard, *(write.hazard for write in writes)),
        privilege=max((of.privilege, *(write.privilege for write in writes)), key=lambda one: one.rank),
    )


def _one_panic(model: Contract, admitted: dict[str, ModelAffordance]) -> dict[str, ModelAffordance]:
    """One panic value a component: where a device can both stop and pause, the model's first is enough."""
    names = [name for name in model.affordances if name in admitted and admitted[name].has_panic]
    return admitted | {name: replace(admitted[name], has_panic=False, panic=None) for name in names[1:]}


@dataclass(frozen=True, slots=True)
class _Component:
    kind: str
    prefix: str
    title: str
    names: Mapping[str, str]
    observed: set[str]
    admitted: Mapping[str, ModelAffordance]


def _added(of: ModelAffordance, admitted: Mapping[str, ModelAffordance]) -> ModelAffordance:
    """An absolute action takes as much right, and can do as much harm, as the write that it becomes."""
    base = admitted[of.base or ""]
    return replace(
        of,
        hazard=max(of.hazard, base.hazard),
        privilege=max(of.privilege, base.privilege, key=lambda privilege: privilege.rank),
    )


def _shape(component: _Component, of: ModelAffordance, one: Described | None, index: int | None) -> Shape:
    seen = one if of.role == "property" else None
    names = component.names
    look = Look(
        capability=sys.intern(f"{component.kind}.{of.name}"),
        component=component.prefix,
        title=_title(component, of),
        observable=seen is not None and seen.observable,
        readable=seen is not None and seen.readable,
        effect=_effect(component, of),
        base=names[of.base] if of.base else None,
        parts={part: names[name] for part, name in of.parts.items()} if of.parts else None,
        shown=seen.shown if seen is not None else (),
    )
    return Shape(
        name=names[of.name],
        of=of,
        look=look,
        check=_check(of),
        seen=_seen(component.kind, of),
        unit=_unit(of.schema or {}),
        document=affordance_document(of, look),
        described=index,
    )


def _check(of: ModelAffordance) -> Validator:
    if of.schema is None:
        return _nothing if of.role == "action" else compile_schema({})
    check = compile_schema(of.schema)
    if of.parts:
        return _at_least_one(check, of.parts)
    if of.role == "action" and of.schema.get("type") == "object" and not of.schema.get("required"):
        return lambda value: check({} if value is None else value)
    return check


def _seen(kind: str, of: ModelAffordance) -> Validator:
    """A device's range, steps and options say what it takes; what it shows may lie beyond (set at its knob, or none of the
    options chosen) and is no less true. There the model's hold.
    """
    if of.role != "property" or of.schema is None or not of.writable or _TAKEN.isdisjoint(of.schema):
        return _check(of)
    known = contract(kind).affordances.get(of.name)
    model = (known.schema or {}) if known is not None else of.schema
    narrowed = {member: value for member, value in of.schema.items() if member not in _TAKEN}
    return compile_schema(
        {**narrowed, **{member: model[member] for member in _TAKEN - {"multipleOf"} if member in model}}
    )


def _at_least_one(check: Validator, parts: Mapping[str, str]) -> Validator:
    def checked(value: Json) -> Json:
        result = check(value)
        if isinstance(result, dict) and result.keys().isdisjoint(parts):
            raise SchemaError("", "sets nothing", f"give at least one of {', '.join(parts)}")
        return result

    return checked


def _nothing(value: Json) -> Json:
    if value is None or value == {}:
        return None
    raise SchemaError("the input", f"is {shown(value)}", "this action takes none")


def _unit(schema: Mapping[str, Json]) -> str | None:
    unit = schema.get("unit")
    return unit if isinstance(unit, str) else None


def _effect(component: _Component, of: ModelAffordance) -> Effect | None:
    """The first effect of the model that can be seen on this device."""
    for effect in of.effects if of.is_operation else ():
        if effect.property in component.observed and effect.property in component.admitted:
            return replace(effect, property=component.names[effect.property])
    return None


def _title(component: _Component, of: ModelAffordance) -> str:
    """`Brightness`, `USB brightness`, or the component's title alone where its name says all (see `naming.join`)."""
    if not component.prefix:
        return of.title
    title = component.title or component.prefix.replace("_", " ").capitalize()
    if component.names[of.name] == component.prefix:
        return title
    return f"{title} {of.title[:1].lower()}{of.title[1:]}"
