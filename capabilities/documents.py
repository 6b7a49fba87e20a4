"""The JSON of a composed Thing Description: affordances, and the Thing around them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from capabilities.effects import Effect
from capabilities.thing_models import ModelAffordance
from capabilities.vocabulary import Json

CONTEXT: Final[list[Json]] = ["https://www.w3.org/2022/wot/td/v1.1", {"hearth": "urn:hearth:ns:1#"}]
NO_SECURITY: Final[dict[str, Json]] = {"nosec_sc": {"scheme": "nosec"}}

UNCERTAIN: Final = "hearth:uncertain"


@dataclass(frozen=True, slots=True)
class Look:
    """How an affordance looks in its Thing: names are those in the Thing."""

    capability: str  # <kind>.<name in the model>
    component: str  # the component's prefix
    title: str
    observable: bool
    readable: bool
    effect: Effect | None
    base: str | None  # the property that an absolute action writes
    parts: Mapping[str, str] | None
    shown: tuple[str, ...] = ()  # values besides the options that can be written


def affordance_document(of: ModelAffordance, look: Look) -> dict[str, Json]:
    """One affordance as it stands in the TD, without forms."""
    document: dict[str, Json] = {"title": look.title}
    if of.description:
        document["description"] = of.description
    if of.role == "property":
        document.update(of.schema or {})
        options = document.get("enum")
        if look.shown and isinstance(options, list):  # a description is of what is read, too
            document["enum"] = [*options, *(value for value in look.shown if value not in options)]
        document |= _property_flags(of, look)
    elif of.schema is not None:
        document["input" if of.role == "action" else "data"] = dict(of.schema)
    if of.role == "action":
        document["safe"] = False
        document["idempotent"] = of.idempotent
    document["hearth:capability"] = look.capability
    if look.component:
        document["hearth:component"] = look.component
    document["hearth:privilege"] = of.privilege.value
    document["hearth:privacy"] = of.privacy.value
    if of.is_operation:
        document |= _operation_members(of, look)
    return document


def as_guess(document: dict[str, Json]) -> dict[str, Json]:
    """The affordance of a component whose kind is a guess that nobody has looked at."""
    return document | {UNCERTAIN: True}


def thing_document(
    thing_id: str,
    title: str,
    kind: str,
    groups: Mapping[str, dict[str, Json]],
    *,
    room: str,
    labels: Iterable[str],
    version: str,
    uncertain: bool = False,
) -> dict[str, Json]:
    """The whole TD; `uncertain` where the kind of one of its components is a guess.

    The server replaces the security, which TD 1.1 demands, by that of the caller's connection.
    """
    document: dict[str, Json] = {
        "@context": CONTEXT,
        "id": f"urn:hearth:{thing_id}",
        "title": title,
        "securityDefinitions": NO_SECURITY,
        "security": "nosec_sc",
        "hearth:kind": kind,
    }
    if uncertain:
        document[UNCERTAIN] = True
    if room:
        document["hearth:room"] = room
    if marks := sorted(labels):
        document["hearth:labels"] = list[Json](marks)
    if version:
        document["version"] = {"instance": version}
    document |= {group: members for group, members in groups.items() if members}
    return document


def _property_flags(of: ModelAffordance, look: Look) -> dict[str, Json]:
    flags: dict[str, Json] = {"observable": look.observable}
    if not of.writable:
        flags["readOnly"] = True
    elif not (look.observable or look.readable):
        flags["writeOnly"] = True
    return flags


def _operation_members(of: ModelAffordance, look: Look) -> dict[str, Json]:
    members: dict[str, Json] = {
        "hearth:hazard": int(of.hazard),
        "hearth:reversibility": of.reversibility.value,
    }
    if look.effect is not None:
        members["hearth:effect"] = _effect_document(look.effect)
    if look.base is not None and of.absolute is not None:
        members["hearth:absolute"] = {"by": of.absolute, "property": look.base}
    if look.parts is not None:
        members["hearth:parts"] = dict(look.parts)
    if of.toward_safe:
        members["hearth:towardSafe"] = _given(of.role, of.toward_safe_value)
    if of.has_panic:
        members["hearth:panic"] = _given(of.role, of.panic)
    return members


def _effect_document(effect: Effect) -> dict[str, Json]:
    document: dict[str, Json] = {"property": effect.property}
    if not effect.expects_input():
        document["expected"] = effect.value_for(None)
    if effect.one_of:
        document["oneOf"] = list(effect.one_of)
    if effect.failed:
        document["failed"] = list(effect.failed)
    document["within"] = effect.within
    if effect.tolerance:
        document["tolerance"] = effect.tolerance
    return document


def _given(role: str, value: Json) -> Json:
    return True if role == "action" and value is None else {"value": value}
