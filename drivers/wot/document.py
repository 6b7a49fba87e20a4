"""Bytes that say they are a Thing Description → what of it can be used, and a line for everything else.

One bad affordance costs no Thing: it is left out. The models are those of TD 1.1 (`capabilities.td`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, TypeVar

from pydantic import ValidationError

from capabilities.td import (
    ActionAffordance,
    EventAffordance,
    Node,
    PropertyAffordance,
    SecurityScheme,
    ThingDescription,
)
from capabilities.vocabulary import Json
from drivers.wot.content import ContentError, loads

MAX_DESCRIPTION_BYTES: Final = 512 * 1024
"""The longest real ones (a gateway with a hundred points) have some 200 kB."""

MAX_AFFORDANCES: Final = 256
"""Of one Thing, of all sorts together: a gateway that shows a hundred points as one Thing has so many."""

MAX_ALL_FORMS: Final = 8192
"""Of one Thing: a hundred points with the seventy forms that some servers list of each."""

MAX_NAME_CHARACTERS: Final = 64
MAX_ID_CHARACTERS: Final = 256
MAX_PROBLEMS: Final = 20
"""Lines about one Thing; the rest is counted in one more."""

MAX_SCHEMES: Final = 32

AnyNode = TypeVar("AnyNode", bound=Node)
Affordance = PropertyAffordance | ActionAffordance | EventAffordance

_MODELS: Final[Mapping[str, type[Affordance]]] = {
    "properties": PropertyAffordance,
    "actions": ActionAffordance,
    "events": EventAffordance,
}


class DescriptionError(ValueError):
    """It is no description that could be used at all. The text says why."""


@dataclass(slots=True)
class Problems:
    """A bounded list of lines."""

    lines: list[str] = field(default_factory=list)
    more: int = 0

    def add(self, line: str) -> None:
        if line in self.lines:
            return
        if len(self.lines) < MAX_PROBLEMS:
            self.lines.append(line[:300])
        else:
            self.more += 1

    def all(self) -> tuple[str, ...]:
        return (*self.lines, f"and {self.more} more of this kind") if self.more else tuple(self.lines)


@dataclass(frozen=True, slots=True)
class Document:
    """`base` is without its affordances, which are by group and name. `id` is "" where it has none. `said` is the JSON that it
    was read from.
    """

    base: ThingDescription
    properties: Mapping[str, PropertyAffordance]
    actions: Mapping[str, ActionAffordance]
    events: Mapping[str, EventAffordance]
    problems: Problems
    said: Json = field(default=None, compare=False, repr=False)

    @property
    def id(self) -> str:
        return self.base.id or ""

    @property
    def types(self) -> tuple[str, ...]:
        return types_of(self.base)

    @property
    def is_directory(self) -> bool:
        return any(
            one.rpartition("#")[2].rpartition(":")[2] in ("ThingDirectory", "DirectoryDescription")
            for one in self.types
        )


def types_of(node: ThingDescription | Affordance) -> tuple[str, ...]:
    given = node.at_type
    return (given,) if isinstance(given, str) else tuple(given or ())[:16]


def read_document(body: bytes) -> Document:
    """Raises `DescriptionError`."""
    if len(body) > MAX_DESCRIPTION_BYTES:
        raise DescriptionError(
            f"its description has {len(body)} bytes; at most {MAX_DESCRIPTION_BYTES} are read"
        )
    try:
        data = loads(body)
    except ContentError as error:
        raise DescriptionError(f"its description cannot be read: {error}") from None
    return document_of(data)


def document_of(data: Json) -> Document:
    """Of JSON whose size has been looked at. Raises `DescriptionError`."""
    if not isinstance(data, dict):
        raise DescriptionError("its description is no JSON object")
    problems = Problems()
    left = _Forms(MAX_ALL_FORMS)
    groups: dict[str, dict[str, Affordance]] = {}
    for group in _MODELS:
        room = MAX_AFFORDANCES - sum(map(len, groups.values()))
        groups[group] = _group(data, group, problems, room, left)
    base = _base({name: value for name, value in data.items() if name not in _MODELS}, problems)
    return Document(
        base,
        {name: one for name, one in groups["properties"].items() if isinstance(one, PropertyAffordance)},
        {name: one for name, one in groups["actions"].items() if isinstance(one, ActionAffordance)},
        {name: one for name, one in groups["events"].items() if isinstance(one, EventAffordance)},
        problems,
        data,
    )


def _base(data: dict[str, Json], problems: Problems) -> ThingDescription:
    if not isinstance(data.get("title"), str):
        data = {**data, "title": ""}
        problems.add("it has no title")
    schemes = data.get("securityDefinitions")
    if not isinstance(schemes, dict) or not data.get("security"):
        raise DescriptionError(
            "its description does not say how it is secured (`security`, `securityDefinitions`)"
        )
    data["securityDefinitions"] = {
        name: scheme
        for name, scheme in list(schemes.items())[:MAX_SCHEMES]
        if _parsed(SecurityScheme, scheme, f"its security {name[:40]!r}", problems) is not None
    }
    identity = data.get("id")
    if identity is not None and not _is_id(identity):
        data = {name: value for name, value in data.items() if name != "id"}
        problems.add("its id is too long, or none")
    try:
        return ThingDescription.from_dict(data)
    except ValidationError as error:
        wrong = {
            str(one["loc"][0]) for one in error.errors(include_input=False, include_url=False) if one["loc"]
        }
    problems.add(f"left out, because they are not as TD 1.1 says: {', '.join(sorted(wrong))[:160]}")
    kept = {name: value for name, value in data.items() if name not in wrong or name in ("security", "title")}
    try:
        return ThingDescription.from_dict({"@context": "https://www.w3.org/2022/wot/td/v1.1", **kept})
    except ValidationError as error:
        raise DescriptionError(f"its description is not as TD 1.1 says: {_first(error)}") from None


def _is_id(identity: Json) -> bool:
    return (
        isinstance(identity, str)
        and 0 < len(identity) <= MAX_ID_CHARACTERS
        and identity.isprintable()
        and " " not in identity
    )


@dataclass(slots=True)
class _Forms:
    """How many are still read."""

    left: int

    def of(self, member: Json, problems: Problems) -> Json:
        """`member` with as many as there is room for."""
        forms = member.get("forms") if isinstance(member, dict) else None
        if not isinstance(member, dict) or not isinstance(forms, list):
            return member
        kept = forms[: self.left]
        self.left -= len(kept)
        if len(kept) < len(forms):
            problems.add(f"it has more than {MAX_ALL_FORMS} forms; the others are not looked at")
        return {**member, "forms": kept}


def _group(
    data: dict[str, Json], group: str, problems: Problems, most: int, forms: _Forms
) -> dict[str, Affordance]:
    members = data.get(group)
    if members is None:
        return {}
    if not isinstance(members, dict):
        problems.add(f"its {group} are no object")
        return {}
    if len(members) > most:
        problems.add(f"it has {len(members)} {group}; {most} of them are looked at")
    found: dict[str, Affordance] = {}
    for name, member in list(members.items())[:most]:
        if not name or len(name) > MAX_NAME_CHARACTERS or not name.isprintable():
            problems.add(f"a name among its {group} is empty, too long or cannot be printed: {name[:20]!r}")
            continue
        one = _parsed(_MODELS[group], forms.of(member, problems), f"{group}/{name}", problems)
        if one is not None:
            found[name] = one
    return found


def _parsed(model: type[AnyNode], data: Json, where: str, problems: Problems) -> AnyNode | None:
    try:
        return model.from_dict(data)
    except ValidationError as error:
        problems.add(f"{where} is left out: {_first(error)}")
    except RecursionError:
        problems.add(f"{where} is left out: it is nested too deep")
    return None


def _first(error: ValidationError) -> str:
    one = error.errors(include_input=False, include_url=False)[0]
    return f"{'.'.join(map(str, one['loc']))[:80]}: {one['msg'][:120]}"
