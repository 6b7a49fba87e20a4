"""`describe_thing`: what one Thing can tell and do for this caller now, within which bounds, and whom it would have to ask."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from pydantic import Field, JsonValue

from capabilities.vocabulary import Json
from gateway.adopted import Adopted
from gateway.api.explaining import Explainer
from gateway.api.things import summary
from gateway.context import Gateway
from gateway.mcp.resource import SCHEME
from gateway.mcp.tool import Arguments, Caller, Tool
from gateway.mcp.tools.marking import MOST_ITEMS, Untrusted, foreign, foreign_or_none, marked
from gateway.mcp.tools.shapes import Name, Short, ShortAnswer, ThingId, seen_thing
from gateway.mcp.tools.uses import Use, use_of
from gateway.rights import ThingRights

MOST_AFFORDANCES: Final = 40
"""Of one answer; `names` asks for others."""

_SCHEMA: Final = (
    "type",
    "unit",
    "minimum",
    "maximum",
    "multipleOf",
    "enum",
    "minLength",
    "maxLength",
    "required",
)
"""Members of a data schema that a model needs; titles and examples are the descriptions'."""


class DescribeArguments(Arguments):
    thing: ThingId
    names: list[Name] = Field(
        [], max_length=20, description="Only these properties, actions and events; left out: all, up to 40."
    )


class Affordance(Short):
    """A property, action or event."""

    name: str
    capability: str
    reads: bool | None = Field(None, description="You may read it, or are told of it.")
    of: JsonValue = Field(None, description="Its values, input or data, as a JSON schema.")
    use: Use | None = Field(None, description="How you may write or invoke it now; left out: not at all.")


class Member(Short):
    thing: str | None = None
    device: Untrusted


class DescribeAnswer(ShortAnswer):
    id: str
    uri: str = Field(description="The whole Thing Description, as a resource.")
    title: Untrusted
    room: Untrusted | None = None
    kind: str
    labels: list[str] | None = None
    reachable: bool | None = None
    out_of_reach: Untrusted | None = None
    suspended: Untrusted | None = Field(
        None, description="Why it waits for a person; nothing moves until then."
    )
    uncertain: bool | None = Field(
        None, description="What a part of it is, is a guess that nobody confirmed."
    )
    members: list[Member] | None = Field(None, description="It is a group, and commands these.")
    properties: list[Affordance]
    actions: list[Affordance]
    events: list[Affordance]
    owed: JsonValue = Field(None, description="What the house will do by itself: when, and by which rule.")
    further: int | None = Field(None, description="How many more there are: ask for them by names.")


async def describe_thing(gateway: Gateway, caller: Caller, wanted: DescribeArguments) -> DescribeAnswer:
    principal = caller.session.principal
    adopted = seen_thing(gateway, principal, wanted.thing)
    told = next(Explainer(gateway, principal, principal, all_rules=False).things(adopted.id), {})
    rights = gateway.rights.of(principal).of(adopted.id)
    assert rights is not None
    uses, listed = _uses(gateway, told), summary(gateway, adopted, principal)
    properties, actions, events = _affordances(adopted, rights, uses, frozenset(wanted.names))
    count = len(properties) + len(actions) + len(events)
    properties, actions = properties[:MOST_AFFORDANCES], actions[:MOST_AFFORDANCES]
    return DescribeAnswer(
        id=adopted.id,
        uri=f"{SCHEME}things/{adopted.id}",
        title=foreign(adopted.title),
        room=foreign_or_none(adopted.room),
        kind=adopted.thing.kind,
        labels=sorted(adopted.labels) or None,
        reachable=adopted.reach.reachable,
        out_of_reach=foreign_or_none(str(listed["out_of_reach"])),
        suspended=foreign_or_none(adopted.suspended),
        uncertain=True if listed["uncertain"] else None,
        members=_members(listed["members"]) or None,
        properties=properties,
        actions=actions,
        events=events[:MOST_AFFORDANCES],
        owed=marked(told.get("owed")) or None,
        further=max(0, count - len(properties) - len(actions) - len(events[:MOST_AFFORDANCES])) or None,
    )


def _uses(gateway: Gateway, told: Mapping[str, Json]) -> dict[tuple[str, bool], Use]:
    listed = told.get("uses")
    found = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    return {(str(one["name"]), bool(one["action"])): use_of(gateway, one) for one in found}


def _affordances(
    adopted: Adopted, rights: ThingRights, uses: Mapping[tuple[str, bool], Use], names: frozenset[str]
) -> tuple[list[Affordance], list[Affordance], list[Affordance]]:
    thing = adopted.thing
    properties = [
        _shown(
            name,
            one.capability,
            _member(adopted, "properties", name),
            name in rights.sees,
            uses.get((name, False)),
        )
        for name, one in thing.properties.items()
        if (name in rights.sees or name in rights.writes) and (not names or name in names)
    ]
    written = [
        _shown(name, one.capability, _member(adopted, "properties", name), False, uses.get((name, False)))
        for name, one in thing.writes.items()
        if name not in thing.properties and name in rights.writes and (not names or name in names)
    ]
    actions = [
        _shown(
            name,
            one.capability,
            _member(adopted, "actions", name).get("input"),
            False,
            uses.get((name, True)),
        )
        for name, one in thing.actions.items()
        if name in rights.acts and (not names or name in names)
    ]
    events = [
        _shown(name, one.capability, _member(adopted, "events", name).get("data"), True, None)
        for name, one in thing.events.items()
        if name in rights.sees and (not names or name in names)
    ]
    return [*properties, *written], actions, events


def _shown(name: str, capability: str, document: Json, reads: bool, use: Use | None) -> Affordance:
    return Affordance(name=name, capability=capability, reads=reads or None, of=_schema(document), use=use)


def _schema(document: Json, depth: int = 3) -> Json:
    """A data schema without what only people read."""
    if not isinstance(document, dict) or depth <= 0:
        return None
    kept: dict[str, Json] = {name: marked(document[name]) for name in _SCHEMA if name in document}
    members = document.get("properties")
    if isinstance(members, dict):
        kept["properties"] = {
            name: _schema(one, depth - 1) for name, one in list(members.items())[:MOST_ITEMS]
        }
    if "items" in document:
        kept["items"] = _schema(document["items"], depth - 1)
    return kept or None


def _member(adopted: Adopted, group: str, name: str) -> dict[str, Json]:
    members = adopted.thing.document.get(group)
    found = members.get(name) if isinstance(members, dict) else None
    return found if isinstance(found, dict) else {}


def _members(listed: Json) -> list[Member]:
    found = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    return [
        Member(thing=str(one["thing"]) if one.get("thing") else None, device=foreign(str(one["device"])))
        for one in found[:MOST_ITEMS]
    ]


DESCRIBE_THING: Final = Tool(
    name="describe_thing",
    title="Describe a thing",
    description=(
        "Tells what one thing can tell and do for you now: each property, action and event with its capability, type and"
        " unit, and of what you may use the verdict of the rules (permit, or needs-approval and by whom), the hazard (0"
        " comfort, 1 nuisance, 2 property, 3 life), the values that the rules accept, the conditions, and what stands"
        " against it now."
    ),
    arguments=DescribeArguments,
    answer=DescribeAnswer,
    run=describe_thing,
)
