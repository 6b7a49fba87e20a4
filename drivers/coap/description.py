"""What an endpoint says of itself: its Thing Description, read as every description is (`drivers.wot`), over CoAP's forms.

The family for the Web of Things owns what an affordance becomes. It knows forms of http, so CoAP's are written in its words
first: `PUT /on` is `PUT /on` in both.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final
from urllib.parse import quote, unquote, urlsplit

import orjson
from aiocoap.numbers.codes import Code

from capabilities.components import AffordanceDescription, ComponentDescription
from capabilities.vocabulary import Hazard, Json, Privilege
from drivers.coap import identity
from drivers.coap.forms import Target, targets
from drivers.coap.tame import line
from drivers.coap.terms import Terms, terms
from drivers.wot.content import ContentError, check_size
from drivers.wot.described import Described, Point, digest
from drivers.wot.document import DescriptionError as UnreadableDocument
from drivers.wot.document import Document, document_of
from drivers.wot.forms import Way
from drivers.wot.origins import Origin, Reach
from drivers.wot.reading import describe, describe_at_once

MAX_TD_BYTES: Final = 64 * 1024
"""PROTOCOL.md allows an endpoint 8 kB; other devices have more memory."""

MAX_AFFORDANCES: Final = 64
MAX_PROBLEMS: Final = 12

ROLES: Final = {"properties": "property", "actions": "action", "events": "event"}
_HERE: Final = Reach(Origin("http", "endpoint.invalid", 80), "http://endpoint.invalid/.well-known/wot")
"""Nowhere (RFC 2606): what stands before a path."""

_OPEN: Final[dict[str, Json]] = {"securityDefinitions": {"open": {"scheme": "nosec"}}, "security": ["open"]}
_KEPT: Final = frozenset(
    {"@context", "@type", "title", "version", "schema:manufacturer", "manufacturer", "schema:model"}
)
_WATCHED: Final = ("observeproperty", "subscribeevent")


class DescriptionError(Exception):
    """It cannot be used. The text says why."""


@dataclass(frozen=True, slots=True)
class Access:
    """How one affordance is reached. `watch` is what tells of its own accord."""

    point: Point
    role: str
    read: Target | None = None
    write: Target | None = None
    watch: Target | None = None

    @property
    def title(self) -> str:
        return line(self.point.name, 40)

    @property
    def unit(self) -> str | None:
        unit = self.point.schema.get("unit")
        return unit if isinstance(unit, str) else None


@dataclass(frozen=True, slots=True)
class Said:
    """What a description was made of, as it came from `host`: a Thing Description, or a list of links."""

    host: str
    text: bytes
    is_links: bool = False


@dataclass(frozen=True, slots=True)
class Description:
    """`id` is the device's. `said` is for recordings."""

    id: str
    title: str
    components: tuple[ComponentDescription, ...]
    accesses: Mapping[str, Access]
    terms: Terms | None
    fingerprint: str
    manufacturer: str = ""
    model: str = ""
    problems: tuple[str, ...] = ()
    said: Said | None = field(default=None, compare=False, repr=False)


async def described(document: Json, host: str, fallback_id: str = "") -> Description:
    """`document` is a Thing Description as it came from `host`. Raises `DescriptionError`."""
    device, read, problems = _usable(document, host, fallback_id)
    return _description(device, document, await describe(device, read, _HERE), problems)


def described_at_once(document: Json, host: str, fallback_id: str = "") -> Description:
    """As `described`, where nobody else waits for a turn."""
    device, read, problems = _usable(document, host, fallback_id)
    return _description(device, document, describe_at_once(device, read, _HERE), problems)


def _usable(document: Json, host: str, fallback_id: str) -> tuple[str, Document, list[str]]:
    if not isinstance(document, dict):
        raise DescriptionError("its description is no JSON object")
    device = identity.usable(document.get("id")) or fallback_id
    if not device:
        raise DescriptionError("its description has no id that tells it from others")
    problems: list[str] = []
    try:
        check_size(document)
        read = document_of(_rewritten(document, host, problems))
    except (ContentError, UnreadableDocument) as error:
        raise DescriptionError(str(error)) from None
    return device, read, problems


def _description(device: str, document: Json, found: Described, problems: list[str]) -> Description:
    assert isinstance(document, dict)
    secured = _secured(document)
    return Description(
        id=device,
        title=found.title,
        components=tuple(_bound(_raised(one, document), secured) for one in found.components),
        accesses={point: _access(one) for point, one in found.points.items()},
        terms=terms(document.get("hearth:link")),
        fingerprint=digest(found.fingerprint, secured) if secured else found.fingerprint,
        manufacturer=found.manufacturer,
        model=found.model,
        problems=(*problems[:MAX_PROBLEMS], *found.problems[:MAX_PROBLEMS]),
    )


def _secured(document: Mapping[str, Json]) -> str:
    """What it says of who may command it; "" for everybody. It is spoken to openly in any case: one that says otherwise now is
    not as it was.
    """
    named, schemes = document.get("security"), document.get("securityDefinitions")
    names = [named] if isinstance(named, str) else named if isinstance(named, list) else []
    found = [
        schemes.get(one) if isinstance(schemes, dict) and isinstance(one, str) else None for one in names
    ]
    strict = [one for one in found if not isinstance(one, dict) or one.get("scheme") != "nosec"]
    return orjson.dumps(strict, option=orjson.OPT_SORT_KEYS).decode() if strict else ""


def _bound(component: ComponentDescription, secured: str) -> ComponentDescription:
    return replace(component, fingerprint=digest(component.fingerprint, secured)) if secured else component


def _raised(component: ComponentDescription, document: Mapping[str, Json]) -> ComponentDescription:
    """With the hazard and privilege that the device itself asks for, where they are higher: also where no kind is known."""
    return replace(component, affordances=tuple(_raise(one, document) for one in component.affordances))


def _raise(one: AffordanceDescription, document: Mapping[str, Json]) -> AffordanceDescription:
    group, _, name = one.point.partition(" ")[2].partition("/")
    members = document.get(group)
    member = members.get(name) if isinstance(members, dict) else None
    if not isinstance(member, dict):
        return one
    hazard, privilege = member.get("hearth:hazard"), member.get("hearth:privilege")
    if type(hazard) is int and one.hazard < hazard <= max(Hazard):
        one = replace(one, hazard=Hazard(hazard))
    if isinstance(privilege, str) and privilege in tuple(Privilege):
        one = replace(one, privilege=max(one.privilege, Privilege(privilege), key=lambda of: of.rank))
    return one


def device_of(point: str) -> str:
    """Whose a point is: ids have no spaces."""
    return point.partition(" ")[0]


def _rewritten(document: Mapping[str, Json], host: str, problems: list[str]) -> Json:
    base = document.get("base")
    here: dict[str, Json] = {name: document[name] for name in _KEPT if name in document}
    for group in ROLES:
        here[group] = {}
    for group, name, member in _members(document, problems):
        found = targets(member, ROLES[group], base if isinstance(base, str) else "", host)
        if found.problem:
            problems.append(f"{group}/{line(name, 40)}: {found.problem}")
        forms: list[Json] = [_form(operation, target) for operation, target in found.by_operation.items()]
        members = here[group]
        assert isinstance(members, dict)
        members[name] = {**member, "forms": forms, "uriVariables": {}}
    return {**here, **_OPEN}


def _members(
    document: Mapping[str, Json], problems: list[str]
) -> Iterator[tuple[str, str, Mapping[str, Json]]]:
    count = 0
    for group in ROLES:
        members = document.get(group)
        for name, member in members.items() if isinstance(members, dict) else ():
            count += 1
            if count > MAX_AFFORDANCES:
                problems.append(
                    f"it describes more than {MAX_AFFORDANCES} things that it can do; the rest is left out"
                )
                return
            if isinstance(member, dict):
                yield group, name, member
            else:
                problems.append(f"{group}/{line(name, 40)} is described in a way that cannot be used")


def _form(operation: str, target: Target) -> Json:
    path = "/".join(quote(one, safe="") for one in target.path)
    query = "&".join(quote(one, safe="=") for one in target.query)
    form: dict[str, Json] = {
        "op": operation,
        "href": f"/{path}?{query}" if query else f"/{path}",
        "htv:methodName": target.code.name,
        "contentType": "application/json",
    }
    return {**form, "subprotocol": "sse"} if operation in _WATCHED else form


def _access(point: Point) -> Access:
    role = "action" if point.is_action else "event" if point.is_event else "property"
    return Access(point, role, _target(point.read), _target(point.write), _target(point.watch))


def _target(way: Way | None) -> Target | None:
    if way is None:
        return None
    parts = urlsplit(way.url)
    path = tuple(unquote(one) for one in parts.path.removeprefix("/").split("/"))
    query = tuple(unquote(one) for one in parts.query.split("&")) if parts.query else ()
    return Target(Code[way.method], path, query)
