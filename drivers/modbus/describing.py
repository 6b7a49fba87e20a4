"""From a profile to what the gateway is told: components, affordances, fingerprints."""

from __future__ import annotations

import hashlib
from typing import Final

import orjson

from capabilities.components import AffordanceDescription, ComponentDescription
from capabilities.vocabulary import Hazard, Json
from drivers.driver import Candidate, Endpoint
from drivers.modbus.profile import NUMBERS, ComponentTable, ProfileTable, PropertyTable

FAMILY: Final = "modbus"


def schema_of(of: PropertyTable) -> dict[str, Json]:
    """The DataSchema of what a property shows."""
    if of.type in {"bool", "bit"}:
        return {"type": "boolean"}
    if of.type == "enum":
        return {"type": "string", "enum": list(of.options.values())}
    if of.type == "string":
        return {"type": "string", "maxLength": 2 * of.width}
    schema: dict[str, Json] = {"type": "number"}
    if of.unit:
        schema["unit"] = of.unit
    if of.minimum is not None:
        schema["minimum"] = of.minimum
    if of.maximum is not None:
        schema["maximum"] = of.maximum
    return schema


def affordance(point: str, of: PropertyTable) -> AffordanceDescription:
    return AffordanceDescription(
        name=of.name,
        point=point,
        schema=schema_of(of),
        title=of.title,
        observable=True,
        readable=True,
        writable=of.writable,
        shown=tuple(of.shown.values()),
        hazard=Hazard(of.hazard),
        privilege=of.privilege,
    )


def point_of(device: str, key: str, name: str) -> str:
    """The driver's address of a property."""
    return f"{device}#{key}.{name}"


def component(device: str, of: ComponentTable) -> ComponentDescription:
    print_ = fingerprint(of)
    return ComponentDescription(
        key=of.key,
        kind=of.kind,
        affordances=tuple(affordance(point_of(device, of.key, one.name), one) for one in of.property),
        title=of.title,
        certain=of.certain,
        fingerprint=print_,
        lasting=print_,
        commands=tuple(_command(one) for one in of.property if one.writable),
    )


def candidate(
    device: str,
    profile: ProfileTable,
    *,
    endpoint: Endpoint,
    title: str = "",
    room: str = "",
    serial_number: str = "",
    problems: tuple[str, ...] = (),
) -> Candidate:
    """A unit that answered. Its fingerprint is that of its profile: where it is reached does not count."""
    components = tuple(component(device, one) for one in profile.component)
    return Candidate(
        driver=FAMILY,
        id=device,
        endpoint=endpoint,
        title=title or profile.title,
        components=components,
        fingerprint=hashlib.sha256("".join(one.fingerprint for one in components).encode()).hexdigest()[:16],
        manufacturer=profile.manufacturer,
        model=profile.model,
        identities=frozenset(
            {f"serial:{slug(profile.manufacturer)}:{serial_number.lower()}"} if serial_number else ()
        ),
        problems=problems,
        room=room,
    )


def fingerprint(of: ComponentTable) -> str:
    """Changes with the kind and with whatever a command or a value is made of; not with titles and intervals."""
    fields = {"title", "poll_s", "settle_s"}
    parts = [of.kind, of.certain, *(one.model_dump(mode="json", exclude=fields) for one in of.property)]
    return hashlib.sha256(orjson.dumps(parts, option=orjson.OPT_SORT_KEYS)).hexdigest()[:16]


def slug(text: str) -> str:
    return "-".join("".join(c if c.isalnum() else " " for c in text.lower()).split())


def _command(of: PropertyTable) -> str:
    table, place = of.writes_to
    if of.type in NUMBERS:
        low, high = of.write_range
        return f"{of.name} {low:g}..{high:g} → {table} {place}"
    return f"{of.name} → {table} {place}"
