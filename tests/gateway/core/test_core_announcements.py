"""Whether an announcement that comes again speaks of the same commands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft7Validator

from capabilities.components import AffordanceDescription, ComponentDescription
from capabilities.stored import components_from_json, components_to_json
from capabilities.vocabulary import Hazard, Json, Privilege
from gateway.announcements import can_move, moved, no_laxer, no_surer

ON = AffordanceDescription("on", "p/on", writable=True)


def lamp(fingerprint: str, lasting: str, kind: str = "light") -> ComponentDescription:
    return ComponentDescription("main", kind, (ON,), fingerprint=fingerprint, lasting=lasting)


@pytest.mark.parametrize(
    ("known", "again", "has_moved"),
    [
        (lamp("old name", "device 7"), lamp("new name", "device 7"), False),
        (lamp("old name", "device 7"), lamp("new name", "device 8"), True),
        (lamp("old name", "device 7"), lamp("old name", "device 8"), True),
        (lamp("old name", "device 7"), lamp("old name", ""), False),
        (lamp("old name", "device 7"), lamp("new name", ""), True),
        (lamp("old name", ""), lamp("old name", "device 7"), False),
        (lamp("old name", ""), lamp("new name", "device 7"), True),
        (lamp("old name", "device 7"), lamp("old name", "device 7", kind="lock"), True),
    ],
    ids=[
        "renamed",
        "another device",
        "another device under the old name",
        "nobody vouches, nothing changed",
        "nobody vouches",
        "vouched for at last",
        "never vouched for",
        "kind",
    ],
)
def test_a_mere_renaming_is_no_move(
    known: ComponentDescription, again: ComponentDescription, has_moved: bool
) -> None:
    assert moved(known, again) is has_moved


def component(kind: str, *affordances: AffordanceDescription) -> ComponentDescription:
    return ComponentDescription("main", kind, affordances)


@pytest.mark.parametrize(
    ("described", "moves"),
    [
        (component("button", AffordanceDescription("pressed", "p", "event")), False),
        (component("button", AffordanceDescription("press", "p", "action")), True),
        (component("lock", AffordanceDescription("state", "p")), True),
        (component("temperature", AffordanceDescription("temperature", "p")), False),
        (component("setting", AffordanceDescription("identify", "relay/set", "action")), True),
        (component("setting", AffordanceDescription("calibration", "relay/set", writable=True)), True),
    ],
    ids=[
        "a remote control",
        "a button to be pressed",
        "a lock that is only read",
        "a sensor",
        "a relay that says that it only blinks",
        "a relay that says that it only sets how it measures",
    ],
)
def test_what_can_move_something(described: ComponentDescription, moves: bool) -> None:
    assert can_move(described) is moves


def test_what_lasts_is_stored() -> None:
    components = (lamp("a", "b"),)
    assert components_from_json(components_to_json(components)) == components


def test_what_lasts_is_kept_while_nobody_vouches_for_it() -> None:
    known = lamp("name", "device 7")
    assert no_surer(known, lamp("name", "")) == known
    assert no_surer(known, lamp("other name", "")).lasting == ""
    assert no_surer(known, lamp("name", "device 8")).lasting == "device 8"


CAREFUL = AffordanceDescription(
    "target", "p", writable=True, schema={"type": "number", "minimum": 5, "maximum": 30}, hazard=Hazard.PROPERTY,
    privilege=Privilege.ADMINISTER,
)  # fmt: skip


def test_what_a_command_asks_for_does_not_fall_by_an_announcement() -> None:
    eased = replace(CAREFUL, hazard=Hazard.COMFORT, privilege=Privilege.VIEW, title="new")
    (kept,) = no_laxer(component("fan", CAREFUL), component("fan", eased)).affordances
    assert kept == replace(CAREFUL, title="new")
    raised = component("fan", replace(CAREFUL, hazard=Hazard.LIFE_SAFETY))
    assert no_laxer(component("fan", CAREFUL), raised) is raised
    assert no_laxer(None, raised) is raised


RANGE: dict[str, Json] = {"type": "number", "minimum": 5, "maximum": 30}
TO: dict[str, Json] = {"type": "integer", "maximum": 5}
GO: dict[str, Json] = {"type": "object", "properties": {"to": TO}, "required": ["to"]}


def go(**members: Json) -> dict[str, Json]:
    return {**GO, "properties": members}


@pytest.mark.parametrize(
    ("schema", "kept"),
    [
        ({**RANGE, "minimum": 0, "maximum": 90}, RANGE),
        ({**RANGE, "minimum": 10, "maximum": 20}, {**RANGE, "minimum": 10, "maximum": 20}),
        ({**RANGE, "minimum": 10, "maximum": 90}, {**RANGE, "minimum": 10}),
        ({"type": "number"}, RANGE),
        ({**RANGE, "minimum": 60, "maximum": 90}, RANGE),
        ({**RANGE, "minimum": 6, "unit": "degF"}, RANGE),
        ({"type": "string"}, RANGE),
    ],
    ids=["wider", "narrower", "higher", "no ends any more", "elsewhere", "another unit", "another type"],
)
def test_how_far_a_command_goes_does_not_grow_by_an_announcement(
    schema: dict[str, Json], kept: dict[str, Json]
) -> None:
    assert _let_in(RANGE, schema) == kept


@pytest.mark.parametrize(
    ("known", "wider"),
    [
        ({"type": "string", "enum": ["eco", "off"]}, {"type": "string", "enum": ["eco", "off", "burn"]}),
        ({"type": "string", "enum": ["eco", "off"]}, {"type": "string"}),
        ({"type": "number", "const": 25}, {"type": "number"}),
        ({"type": "number", "const": 25}, {"type": "number", "const": 26}),
        ({"type": "number", "exclusiveMaximum": 25}, {"type": "number", "exclusiveMaximum": 2500}),
        ({"type": "number", "exclusiveMaximum": 25}, {"type": "number", "maximum": 25}),
        ({"type": "number", "multipleOf": 5}, {"type": "number", "multipleOf": 1}),
        ({"type": "integer"}, {"type": "number"}),
        ({"type": "string", "maxLength": 4}, {"type": "string", "maxLength": 40}),
        ({"type": "string", "pattern": "^a"}, {"type": "string"}),
        ({"type": "array", "maxItems": 2}, {"type": "array"}),
        ({"type": "array", "items": {"maximum": 5}}, {"type": "array", "items": {"maximum": 6}}),
        (GO, go(to={"type": "integer", "maximum": 500})),
        (GO, go(to=TO, force={"type": "boolean"})),
        (GO, {"type": "object", "properties": GO["properties"]}),
        (GO, go(to={"type": "integer", "maximum": 5, "default": 5})),
        ({"oneOf": [{"type": "boolean"}]}, {"oneOf": [{"type": "boolean"}, {"type": "number"}]}),
        ({}, {"type": "object", "properties": {"force": {"type": "boolean"}}}),
        (GO, {}),
    ],
)
def test_what_a_command_takes_does_not_grow_by_an_announcement(
    known: dict[str, Json], wider: dict[str, Json]
) -> None:
    assert _let_in(known, wider, role="action") == known
    narrower = {**known, "title": "otherwise called"} if known else known
    assert _let_in(known, narrower, role="action") == narrower


def test_another_unit_is_another_command() -> None:
    known = component("setting", replace(CAREFUL, schema={**RANGE, "unit": "°C"}))
    assert not moved(known, replace(known, title="otherwise called"))
    for unit in ({}, {"unit": "K"}):
        assert moved(known, component("setting", replace(CAREFUL, schema={**RANGE, **unit})))


def _let_in(known: dict[str, Json], announced: dict[str, Json], role: str = "property") -> Mapping[str, Json]:
    one = replace(CAREFUL, role=role, writable=role == "property")
    before, now = component("setting", replace(one, schema=known)), replace(one, schema=announced)
    (kept,) = no_laxer(before, component("setting", now)).affordances
    return kept.schema


numbers = st.integers(-6, 6) | st.sampled_from([-2.5, -0.5, 0.0, 0.5, 1.5, 2.0])
words = st.sampled_from(["", "a", "ab", "abc", "b"])
scalars = st.none() | st.booleans() | numbers | words
values = st.recursive(
    scalars,
    lambda one: st.lists(one, max_size=3) | st.dictionaries(st.sampled_from("abc"), one, max_size=3),
    max_leaves=5,
)
KINDS = st.sampled_from(["boolean", "null", "number", "integer", "string", "array", "object"])
counts = st.integers(0, 3)


def schemas(inner: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    members = st.fixed_dictionaries({}, optional={"a": inner, "b": inner, "c": inner})
    return st.fixed_dictionaries(
        {}, optional={
            "type": KINDS, "minimum": numbers, "maximum": numbers, "exclusiveMinimum": numbers, "exclusiveMaximum": numbers,
            "multipleOf": st.integers(1, 4), "minLength": counts, "maxLength": counts, "minItems": counts, "maxItems": counts,
            "pattern": st.sampled_from(["^a", "b"]), "enum": st.lists(values, min_size=1, max_size=3),
            "const": values.filter(lambda one: one is not None), "items": inner, "properties": members,
            "required": st.lists(st.sampled_from("abc"), max_size=2, unique=True),
            "oneOf": st.lists(inner, min_size=1, max_size=2), "unit": st.sampled_from(["K", "%"]),
        },
    )  # fmt: skip


any_schema = st.recursive(st.just({}) | schemas(st.just({})), schemas, max_leaves=3)


@st.composite
def pairs(draw: st.DrawFn) -> tuple[dict[str, Any], dict[str, Any]]:
    """Two that have much in common."""
    known, other = draw(any_schema), draw(any_schema)
    kept = draw(st.sets(st.sampled_from(sorted(known)))) if known else set()
    return known, {**other, **{name: known[name] for name in kept}}


def closed(schema: Any) -> Any:
    """As JSON Schema says what is meant here: an object takes the members that are described."""
    if isinstance(schema, list):
        return [closed(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    made = dict(schema)
    for name in ("items", "oneOf"):
        if name in made:
            made[name] = closed(made[name])
    if "properties" in made:
        made["properties"] = {name: closed(one) for name, one in made["properties"].items()}
        made["additionalProperties"] = False
    return made


@given(pairs(), st.lists(values, max_size=12))
@settings(max_examples=300, deadline=None)
def test_whatever_is_let_in_was_let_in_before(
    pair: tuple[dict[str, Any], dict[str, Any]], tried: list[Any]
) -> None:
    known, announced = pair
    merged: dict[str, Any] = dict(_let_in(known, announced))
    assert merged.get("unit") == known.get("unit")
    old, new = Draft7Validator(closed(known)), Draft7Validator(closed(merged))
    options = [*merged.get("enum", []), *([merged["const"]] if "const" in merged else [])]
    for value in (*tried, *options, *range(-7, 8)):
        assert not new.is_valid(value) or old.is_valid(value), (known, announced, value)
