"""Principals, subjects and facts for Cedar: entities, the context of a request, and the schema of both."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from capabilities.vocabulary import Json
from policies import AccessRequest, Approval, GivenFacts, Observed, Principal, RuleRef, RuleSet, Subject
from policies.documents import ConditionTable
from tests.policies.cedar.export import APPROVALS, RANKS, ROLES, fact_of, scaled
from tests.policies.random_rules import MEMBERS, READINGS, SOURCES

Data = dict[str, Json]
PEOPLE = ("owner", "adult", "child", "guest")
_VALUE = "number?: Long, text?: String, truth?: Bool"
_BEFORE = "{ count: Long, first?: Long, second?: Long }"
_APPROVAL = "{ by: Principal, asks: Set<String>, age: Long, standing: Bool }"


def schema_of(book: Sequence[RuleSet]) -> str:
    """Everything that a policy may look at, with its type."""
    context = [
        "toward_safe: Bool, is_object: Bool, mode?: String, minutes?: Long, weekday?: Long, off_for?: Long",
        f"value: {{ {_VALUE} }}, after: {{ {_VALUE} }}, before_value: {_BEFORE}",
        *(f"{place}_approval?: {_APPROVAL}" for place in APPROVALS),
        *(f"{name}: {{ given: Bool, {_VALUE} }}, before_{name}: {_BEFORE}" for name in MEMBERS),
        *(
            f"{thing}_{name}: {{ {_VALUE}, good: Bool, trusted: Bool, age: Long, margin: Long }}"
            for thing in SOURCES
            for name in READINGS
        ),
        *(
            f"{fact_of(*ref)}: {{ nth_use?: Long, waived_by?: Principal, waived_for?: Long }}"
            for ref, _ in rules_of(book)
        ),
    ]
    return f"""
        entity Role in [Role];
        entity Principal in [Role] = {{ person?: Principal }};
        entity Affordance = {{
            thing: String, room: String, labels: Set<String>, kind: String, name: String, privilege: Long, hazard: Long
        }};
        type Facts = {{ {", ".join(context)} }};
        action "use", "use-unasked" appliesTo {{ principal: [Principal], resource: [Affordance], context: Facts }};
    """


def rules_of(book: Sequence[RuleSet]) -> list[tuple[RuleRef, ConditionTable]]:
    return [
        (RuleRef(one.name, rule.id), rule)
        for one in book
        for rule in (*one.document.limit, *one.document.ask)
    ]


def entities_of(principals: Iterable[Principal], subjects: Sequence[Subject]) -> str:
    """Owners are adults, and owners, adults, children and guests are people: through the roles' own parents."""
    parents = {"owner": ["adult"], **{role: ["people"] for role in PEOPLE if role != "owner"}}
    found: list[Data] = [_entity("Role", "people", [])]
    found += [_entity("Role", role, parents.get(role, [])) for role in ROLES]
    for one in principals:
        attributes: Data = {"person": _uid("Principal", one.acts_for)} if one.person else {}
        found.append(_entity("Principal", one.id, [one.role], attributes))
    for number, subject in enumerate(subjects):
        kind, _, name = subject.capability.partition(".")
        attributes = {
            "thing": subject.thing, "room": subject.room, "labels": [*sorted(subject.labels)], "kind": kind,
            "name": name, "privilege": RANKS[subject.privilege], "hazard": int(subject.hazard),
        }  # fmt: skip
        found.append(_entity("Affordance", str(number), [], attributes))
    return json.dumps(found)


def context_of(book: Sequence[RuleSet], request: AccessRequest, facts: GivenFacts) -> Data:
    """What is known for one request."""
    thing, name = request.subject.thing, request.subject.capability.partition(".")[2]
    value = request.value
    found: Data = {
        "toward_safe": request.toward_safe,
        "is_object": isinstance(value, dict),
        "value": _typed(value),
        "after": _lower(_typed(value if request.becomes is None else request.becomes)),
        "before_value": _before(facts.present.get((thing, name), ())),
    }
    for member in MEMBERS:
        given = isinstance(value, dict) and member in value
        inner = _typed(value[member]) if isinstance(value, dict) and member in value else {}
        found[member] = {"given": given, **inner}
        found[f"before_{member}"] = _before(facts.present.get((thing, member), ()))
    for source in SOURCES:
        for reading in READINGS:
            found[f"{source}_{reading}"] = _observed(facts.readings.get((source, reading)))
    for ref, rule in rules_of(book):
        found[fact_of(*ref)] = _of_rule(ref, rule, thing, facts)
    if facts.house_mode is not None:
        found["mode"] = facts.house_mode
    if facts.at is not None:
        found |= {"minutes": int(facts.at.minutes), "weekday": facts.at.weekday}
    off = facts.off.get(thing, 0.0)
    if off is not None:
        found["off_for"] = scaled(off)
    for place, approval in zip(APPROVALS, facts.given, strict=False):
        found[f"{place}_approval"] = _approval(approval)
    return found


def _of_rule(ref: RuleRef, rule: ConditionTable, thing: str, facts: GivenFacts) -> Data:
    found: Data = {}
    ages = facts.uses.get((ref, thing), ())
    if rule.at_most is not None and len(ages) >= rule.at_most.count:
        found["nth_use"] = scaled(ages[rule.at_most.count - 1])
    waiver = facts.waivers.get((ref, thing))
    if waiver is not None:
        found |= {"waived_by": _reference(waiver.by), "waived_for": scaled(waiver.left_s)}
    return found


def _approval(approval: Approval) -> Data:
    asks: list[Json] = [str(ref) for ref in sorted(approval.asks)]
    return {
        "by": _reference(approval.approver), "asks": asks, "age": scaled(approval.age_s), "standing": approval.standing,
    }  # fmt: skip


def _typed(value: Json) -> Data:
    """A number, a text, a truth value, or nothing that Cedar could compare."""
    if isinstance(value, bool):
        return {"truth": value}
    if isinstance(value, str):
        return {"text": value}
    if isinstance(value, int | float) and -1e6 < value < 1e6:
        return {"number": scaled(value)}
    return {}


def _lower(typed: Data) -> Data:
    text = typed.get("text")
    return {"text": text.lower()} if isinstance(text, str) else typed


def _before(present: Sequence[Json]) -> Data:
    found: Data = {"count": len(present)}
    for place, value in zip(("first", "second"), present, strict=False):
        number = _typed(value).get("number")
        if number is not None:
            found[place] = number
    return found


def _observed(seen: Observed | None) -> Data:
    """What was never heard of is not good, whatever its other words say."""
    if seen is None:
        return {"good": False, "trusted": False, "age": 0, "margin": 0}
    margin = 2 * scaled(seen.deviation)
    return {
        "good": seen.good, "trusted": seen.trusted, "age": scaled(seen.age_s), "margin": margin, **_typed(seen.value),
    }  # fmt: skip


def _entity(kind: str, name: str, parents: Iterable[str], attributes: Data | None = None) -> Data:
    return {
        "uid": _uid(kind, name),
        "parents": [_uid("Role", parent) for parent in parents],
        "attrs": attributes or {},
    }


def _uid(kind: str, name: str) -> Data:
    return {"type": kind, "id": name}


def _reference(principal: Principal) -> Data:
    return {"__entity": _uid("Principal", principal.id)}
