"""What an endpoint says of itself, as components: its Thing Description, or at least a list of what it has."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

import orjson

from capabilities.components import AffordanceDescription, ComponentDescription
from capabilities.compose import ComposeError, compose
from capabilities.naming import allot_names
from capabilities.thing_models import Contract, contract
from capabilities.vocabulary import KINDS, SENSOR_KINDS, Hazard, Json, Privilege
from drivers.coap import identity
from drivers.coap.forms import Target, Targets, targets
from drivers.coap.terms import Terms, terms

MAX_TD_BYTES: Final = 64 * 1024
"""PROTOCOL.md allows an endpoint 8 kB; other devices have more memory."""

MAX_AFFORDANCES: Final = 64
MAX_NAME_CHARACTERS: Final = 64
MAX_TITLE_CHARACTERS: Final = 64
MAX_PROBLEMS: Final = 12

ROLES: Final = {"properties": "property", "actions": "action", "events": "event"}
_SCHEMA: Final = (
    "type", "minimum", "maximum", "multipleOf", "enum", "unit", "minLength", "maxLength", "items", "properties", "required",
)  # fmt: skip
BELIEVED: Final = frozenset({*SENSOR_KINDS, "light", "other", "setting"})
"""Kinds whose operations a wrong word makes no less careful, and lamps. What else moves something is a guess until a person
confirms it: a device's word is only that.
"""

UNKNOWN: Final = "setting"
"""The kind of what can be written or pressed and is not said to be anything."""


class DescriptionError(Exception):
    """It cannot be used. The text says why."""


@dataclass(frozen=True, slots=True)
class Access:
    """How one affordance is reached. `schema` is what a write takes, or an action's input."""

    point: str
    role: str
    title: str
    targets: Targets
    schema: Mapping[str, Json]
    unit: str | None

    def target(self, operation: str) -> Target | None:
        return self.targets.get(operation)


@dataclass(frozen=True, slots=True)
class Description:
    """`id` is the device's; `host` is whom the description came from."""

    id: str
    title: str
    components: tuple[ComponentDescription, ...]
    accesses: Mapping[str, Access]
    terms: Terms | None
    fingerprint: str
    manufacturer: str = ""
    model: str = ""
    problems: tuple[str, ...] = ()


@dataclass(slots=True)
class _Reader:
    device: str
    base: str
    host: str
    accesses: dict[str, Access] = field(default_factory=dict)
    parts: dict[tuple[str, str], list[AffordanceDescription]] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    def problem(self, text: str) -> None:
        if len(self.problems) < MAX_PROBLEMS and text not in self.problems:
            self.problems.append(text)


def described(document: Json, host: str, fallback_id: str = "") -> Description:
    """`document` is a Thing Description as it came from `host`. Raises `DescriptionError`."""
    if not isinstance(document, dict):
        raise DescriptionError("its description is no JSON object")
    device = identity.usable(document.get("id")) or fallback_id
    if not device:
        raise DescriptionError("its description has no id that tells it from others")
    base = document.get("base")
    reader = _Reader(device, base if isinstance(base, str) else "", host)
    for role, name, member in _members(document, reader):
        _take(reader, role, name, member)
    components = tuple(_components(reader))
    points = {one.point for part in components for one in part.affordances}
    accesses = {point: access for point, access in reader.accesses.items() if point in points}
    return Description(
        id=device,
        title=_title(document.get("title")) or device[:MAX_TITLE_CHARACTERS],
        components=components,
        accesses=accesses,
        terms=terms(document.get("hearth:link")),
        fingerprint=_hash([one.fingerprint for one in components]),
        manufacturer=_name(document.get("schema:manufacturer", document.get("manufacturer"))),
        model=_name(document.get("schema:model", document.get("model"))),
        problems=tuple(reader.problems),
    )


def _members(document: Mapping[str, Json], reader: _Reader) -> Iterator[tuple[str, str, Mapping[str, Json]]]:
    count = 0
    for group, role in ROLES.items():
        members = document.get(group)
        for name, member in members.items() if isinstance(members, dict) else ():
            count += 1
            if count > MAX_AFFORDANCES:
                reader.problem(
                    f"it describes more than {MAX_AFFORDANCES} things that it can do; the rest is left out"
                )
                return
            if isinstance(member, dict) and 0 < len(name) <= MAX_NAME_CHARACTERS and name.isprintable():
                yield role, name, member
            else:
                reader.problem(f"{name[:MAX_NAME_CHARACTERS]!r} is described in a way that cannot be used")


def _take(reader: _Reader, role: str, name: str, member: Mapping[str, Json]) -> None:
    found = targets(member, role, reader.base, reader.host)
    if found.problem:
        reader.problem(f"{name}: {found.problem}")
    if not found.by_operation:
        reader.problem(f"{name} is left out: nothing says where it is")
        return
    kind, own, component = _meant(role, name, member, found)
    source = member.get("input") if role == "action" else member.get("data") if role == "event" else member
    schema = {key: source[key] for key in _SCHEMA if key in source} if isinstance(source, dict) else {}
    point = f"{reader.device}|{role}/{name}"
    writable = role == "property" and "writeproperty" in found.by_operation and not member.get("readOnly")
    of = contract(kind).affordances.get(own)
    if of is not None and role == "property" and writable and not of.writable:
        reader.problem(f"{name}: a {kind}'s {own} can only be read; it is not written")
        writable = False
    reader.accesses[point] = Access(point, role, name, found, schema, _unit(schema))
    described = AffordanceDescription(
        name=own,
        point=point,
        role=role,
        schema=schema,
        title="" if of else _title(member.get("title")),
        observable="observeproperty" in found.by_operation or role != "property",
        readable=role == "property" and "readproperty" in found.by_operation,
        writable=writable,
        hazard=_hazard(member.get("hearth:hazard")),
        privilege=_privilege(member.get("hearth:privilege")),
    )
    reader.parts.setdefault((kind, component), []).append(described)


def _meant(role: str, name: str, member: Mapping[str, Json], found: Targets) -> tuple[str, str, str]:
    """Kind, affordance and component. What says nothing that is known here is a setting, or something that can be read."""
    capability, component = member.get("hearth:capability"), member.get("hearth:component", "")
    if isinstance(capability, str) and isinstance(component, str):
        kind, _, own = capability.partition(".")
        if kind in KINDS and own and _fits(contract(kind), own, role):
            return kind, own, component[:MAX_NAME_CHARACTERS]
    if role == "property" and ("writeproperty" not in found.by_operation or member.get("readOnly")):
        return "other", "value", name
    if role == "event":
        return "other", "occurred", name
    pressed = role == "action" and "input" not in member
    return UNKNOWN, "press" if pressed else "value" if role == "property" else "call", name


def _fits(of: Contract, own: str, role: str) -> bool:
    known = of.affordances.get(own)
    return known is not None and known.role == role and not known.absolute


def _components(reader: _Reader) -> Iterator[ComponentDescription]:
    for (kind, name), affordances in reader.parts.items():
        component = ComponentDescription(
            key=f"{kind}:{name}" if name else kind,
            kind=kind,
            affordances=tuple(affordances),
            title=_title(name.replace("_", " ")),
            certain=kind in BELIEVED,
            fingerprint=_fingerprint(reader, kind, affordances),
            commands=tuple(_commands(reader, affordances)),
        )
        try:
            compose("urn:hearth:look", "look", [component], allot_names([component], {}))
        except ComposeError as error:
            reader.problem(f"{component.key} is left out: {str(error)[:200]}")
        else:
            yield component


def _commands(reader: _Reader, affordances: list[AffordanceDescription]) -> Iterator[str]:
    for one in affordances:
        target = _commanding(reader.accesses[one.point], one)
        if target is not None:
            yield f"{one.name} → {target}"


def _commanding(access: Access, one: AffordanceDescription) -> Target | None:
    if one.role == "action":
        return access.target("invokeaction")
    return access.target("writeproperty") if one.writable else None


def _fingerprint(reader: _Reader, kind: str, affordances: list[AffordanceDescription]) -> str:
    rows: list[Json] = [kind]
    for one in sorted(affordances, key=lambda one: one.name):
        access = reader.accesses[one.point]
        target = _commanding(access, one)
        shape: list[Json] = [access.schema.get(name) for name in ("type", "enum", "unit")] if target else []
        rows.append([one.name, one.role, one.writable, str(target or ""), *shape])
    return _hash(rows)


def _hash(rows: object) -> str:
    return hashlib.sha256(orjson.dumps(rows, option=orjson.OPT_SORT_KEYS)).hexdigest()[:32]


def _title(text: object) -> str:
    plain = "".join(c for c in text if c.isprintable()) if isinstance(text, str) else ""
    return " ".join(plain.split())[:MAX_TITLE_CHARACTERS]


def _name(value: object) -> str:
    """schema.org's manufacturer may be an object with a name."""
    return _title(value.get("name") if isinstance(value, dict) else value)


def _unit(schema: Mapping[str, Json]) -> str | None:
    unit = schema.get("unit")
    return unit if isinstance(unit, str) else None


def _hazard(said: object) -> Hazard:
    return Hazard(said) if isinstance(said, int) and said in tuple(Hazard) else Hazard.COMFORT


def _privilege(said: object) -> Privilege:
    return Privilege(said) if isinstance(said, str) and said in tuple(Privilege) else Privilege.VIEW
