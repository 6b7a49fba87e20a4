"""`/things?view=cards`: what a screen shows of each Thing, its states and its controls, in one answer.

A Thing Description says all that a program needs; a screen with 200 of them needs a tenth of it, at once.
"""

from __future__ import annotations

from typing import Final

from capabilities.vocabulary import Json
from gateway.adopted import Adopted
from gateway.api.forms import visible
from gateway.api.readings import short
from gateway.api.waiting import waiting
from gateway.context import Gateway
from gateway.rights import Rights
from policies import Principal

SHAPE: Final = (
    *("title", "type", "unit", "minimum", "maximum", "multipleOf", "enum", "properties"),
    *("hearth:capability", "hearth:component", "hearth:hazard", "hearth:reversibility", "hearth:absolute"),
    *("hearth:effect", "hearth:towardSafe", "hearth:parts", "hearth:uncertain"),
)
"""Members of an affordance that a control is made of, as they stand in the Thing Description,
here without the prefix."""


def card(gateway: Gateway, adopted: Adopted, principal: Principal) -> dict[str, Json]:
    """One Thing. `properties` and `actions` are those that the caller may read or use; a property has its value, unless the
    caller may only write it. Times are seconds since the epoch.
    """
    rights = gateway.rights.of(principal)
    document = adopted.thing.document
    shown: dict[str, Json] = {
        "id": adopted.id,
        "title": document["title"],
        "kind": adopted.thing.kind,
        "room": adopted.room,
        "properties": _properties(adopted, rights),
        "actions": _actions(adopted, rights),
    }
    if adopted.labels:
        shown["labels"] = list[Json](sorted(adopted.labels))
    if adopted.reach.reachable is False:
        shown["out_of_reach"] = adopted.reach.reason or "out of reach"
    if adopted.suspended:
        shown["suspended"] = adopted.suspended
    if adopted.members:
        shown["group"] = True
    if document.get("hearth:uncertain"):
        shown["uncertain"] = True
    if principal.role.is_person and waiting(gateway, adopted):
        shown["waits"] = True
    return shown


def _properties(adopted: Adopted, rights: Rights) -> dict[str, Json]:
    shown: dict[str, Json] = {}
    for name, document in _members(adopted, "properties").items():
        sees, writes = (adopted.id, name) in rights.sees, (adopted.id, name) in rights.writes
        if not (sees or writes):
            continue
        one = _shape(visible(document, adopted, rights))
        if writes:
            one["writes"] = True
        if sees and not document.get("writeOnly") and (slot := adopted.slots.get(name)) is not None:
            one |= short(slot)
        shown[name] = one
    return shown


def _actions(adopted: Adopted, rights: Rights) -> dict[str, Json]:
    shown: dict[str, Json] = {}
    for name, document in _members(adopted, "actions").items():
        if (adopted.id, name) in rights.acts:
            one = _shape(visible(document, adopted, rights))
            if "input" in document:
                one["input"] = document["input"]
            shown[name] = one
    return shown


def _shape(document: dict[str, Json]) -> dict[str, Json]:
    return {name.removeprefix("hearth:"): document[name] for name in SHAPE if name in document}


def _members(adopted: Adopted, group: str) -> dict[str, dict[str, Json]]:
    members = adopted.thing.document.get(group)
    return {} if members is None else members  # type: ignore[return-value]
