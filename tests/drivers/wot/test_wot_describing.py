"""Descriptions as kinds: a lamp where it is one, everything else with care until a person says what it is."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capabilities.components import ComponentDescription
from capabilities.compose import compose
from capabilities.naming import allot_names
from capabilities.recast import castable, recast
from capabilities.thing import Thing
from capabilities.vocabulary import Hazard, Privilege
from drivers.wot.described import Described
from drivers.wot.document import DescriptionError, document_of
from drivers.wot.origins import Origin, Reach
from drivers.wot.reading import describe
from tests.drivers.wot_peer import lamp_td

REACH = Reach(Origin("http", "lamp.local", 80), "http://lamp.local/td", frozenset({"10.0.0.5"}))


async def described(**members: Any) -> Described:
    description = lamp_td(**{"properties": {}, "actions": {}, "events": {}, "@type": "Thing", **members})
    return await describe("x", document_of(description), REACH)


def prop(**members: Any) -> dict[str, Any]:
    return {"forms": [{"href": "p"}], **members}


def thing_of(*components: ComponentDescription) -> Thing:
    return compose("thing", "Thing", components, allot_names(components, {}))


def only(found: Described) -> ComponentDescription:
    (component,) = found.components
    return component


async def test_a_lamp_says_that_it_is_one() -> None:
    found = await describe("x", document_of(lamp_td()), REACH)
    lamp = next(one for one in found.components if one.kind == "light")
    assert lamp.certain
    assert [one.name for one in lamp.affordances] == ["on", "brightness"]
    level = found.points["x properties/brightness"].measure
    assert (level.seen(255), level.seen(0), level.sent(50)) == (100, 0, 128)
    thing = thing_of(*found.components)
    assert thing.kind == "light"
    assert {"on", "brightness", "uptime"} <= thing.properties.keys()
    assert thing.writes["on"].hazard is Hazard.COMFORT
    assert "fade" in thing.actions
    assert thing.actions["fade"].hazard is Hazard.PROPERTY


async def test_what_could_be_a_lamp_waits_for_a_person() -> None:
    members = {"status": prop(type="boolean"), "brightness": prop(type="integer", minimum=0, maximum=100)}
    one = only(await described(properties=members))
    assert (one.kind, one.certain, one.proposal) == ("setting", False, "light")
    before = thing_of(one)
    assert all(write.hazard is Hazard.PROPERTY for write in before.writes.values())
    assert all(write.privilege is Privilege.MANAGE for write in before.writes.values())
    lamp = thing_of(recast(one, "light"))
    assert {"on", "brightness"} == lamp.writes.keys()
    assert all(write.hazard is Hazard.COMFORT for write in lamp.writes.values())


async def test_a_truth_value_can_become_what_it_switches() -> None:
    one = only(await described(properties={"relay": prop(type="boolean")}))
    assert (one.kind, one.certain) == ("setting", False)
    assert {"light", "switch", "outlet", "setting"} <= set(castable(one))
    assert thing_of(one).writes["value"].hazard is Hazard.PROPERTY
    assert thing_of(recast(one, "light")).writes["on"].hazard is Hazard.COMFORT


async def test_names_make_nothing_safe() -> None:
    for name in ("lamp", "safe", "readonly", "light", "stop"):
        found = await described(
            properties={name: prop(type="boolean")},
            actions={f"{name}_now": {"forms": [{"href": "a"}], "safe": True, "idempotent": True}},
        )
        thing = thing_of(*found.components)
        for operation in (*thing.writes.values(), *thing.actions.values()):
            assert operation.hazard is Hazard.PROPERTY
            assert not operation.toward_safe
        assert not any(action.idempotent for action in thing.actions.values())


@pytest.mark.parametrize(
    ("types", "unit", "kind", "raw", "seen"),
    [
        ("saref:Temperature", "fahrenheit", "temperature", 212, 100),
        ("TemperatureProperty", "degree celsius", "temperature", 20.5, 20.5),
        ("iot:Temperature", "K", "temperature", 273.15, 0),
        ("HumidityProperty", "percent", "humidity", 40, 40),
        ("saref:Power", "kW", "power", 1.5, 1500),
        ("saref:Temperature", "bananas", "other", 3, 3),
        ("UnheardOfProperty", "om:degree_Celsius", "other", 3, 3),
    ],
)
async def test_sensors_are_known_by_their_types(
    types: str, unit: str, kind: str, raw: float, seen: float
) -> None:
    found = await described(
        properties={"x": prop(**{"@type": types}, type="number", unit=unit, readOnly=True)}
    )
    assert only(found).kind == kind
    assert found.points["x properties/x"].measure.seen(raw) == pytest.approx(seen)
    assert not only(found).affordances[0].writable


async def test_a_unit_is_kept() -> None:
    found = await described(
        properties={"level": prop(type="number", unit="om:degree_Celsius", readOnly=True)}
    )
    assert only(found).affordances[0].schema["unit"] == "°C"


async def test_another_hearths_words_can_only_raise() -> None:
    def said(**members: Any) -> dict[str, Any]:
        return prop(type="boolean", **{"hearth:hazard": 0, "hearth:privilege": "view", **members})

    found = await described(
        properties={
            "on": said(**{"hearth:capability": "outlet.on"}),
            "lamp": said(**{"hearth:capability": "light.on", "hearth:component": "lamp", "hearth:hazard": 3}),
            "made_up": said(**{"hearth:capability": "light.explode"}),
        }
    )
    thing = thing_of(*found.components)
    assert thing.writes["on"].hazard is Hazard.PROPERTY
    assert thing.writes["lamp_on" if "lamp_on" in thing.writes else "lamp"].hazard is Hazard.LIFE_SAFETY
    assert {one.kind for one in found.components} == {"outlet", "light", "setting"}
    assert not next(one for one in found.components if one.kind == "outlet").certain


async def test_one_bad_affordance_costs_only_itself() -> None:
    members: dict[str, Any] = {
        "good": prop(type="number", readOnly=True), "list": [], "no forms": {"type": "number"}, "x" * 80: prop(), "": prop(),
        "wrong": prop(type="number", minimum="low"), "odd": {"type": "number", "forms": 7}, "line\nbreak": prop(),
    }  # fmt: skip
    found = await described(properties=members, actions=["no"], created=5)
    assert list(found.points) == ["x properties/good"]
    assert len(found.problems) >= 7


async def test_what_is_only_written_is_done() -> None:
    found = await described(properties={"displayText": prop(type="string", maxLength=20, writeOnly=True)})
    (one,) = only(found).affordances
    assert (one.name, one.role, one.privilege) == ("display_text", "action", Privilege.MANAGE)


async def test_variables_become_input_or_have_a_value() -> None:
    actions = {
        "say": {"uriVariables": {"text": {"type": "string"}}, "forms": [{"href": "say{?text}"}]},
        "go": {"uriVariables": {"to": {"type": "string"}}, "forms": [{"href": "go/{to}"}]},
    }
    properties = {
        "now": prop(
            type="string",
            readOnly=True,
            uriVariables={"zone": {"default": "UTC"}},
            forms=[{"href": "now{?zone}"}],
        ),
        "never": prop(type="string", readOnly=True, forms=[{"href": "never/{of}"}]),
    }
    found = await described(actions=actions, properties=properties)
    assert found.points["x actions/go"].schema["required"] == ["to"]
    assert found.points["x actions/say"].write.address({"text": "a b&c"}).endswith("/say?text=a%20b%26c")  # type: ignore[union-attr]
    assert found.points["x properties/now"].read.address().endswith("/now?zone=UTC")  # type: ignore[union-attr]
    assert "x properties/never" not in found.points


async def test_a_move_changes_no_fingerprint_and_another_command_does() -> None:
    at = Reach(Origin("http", "10.0.0.9", 81), "http://10.0.0.9:81/td")
    here = await describe("x", document_of(lamp_td()), REACH)
    there = await describe("x", document_of(lamp_td()), at)
    assert here.fingerprint == there.fingerprint
    changed = lamp_td()
    changed["properties"]["on"]["forms"][0]["href"] = "properties/boiler"
    assert (await describe("x", document_of(changed), REACH)).fingerprint != here.fingerprint
    retitled = lamp_td(title="Other")
    assert (await describe("x", document_of(retitled), REACH)).fingerprint == here.fingerprint


GO = {"type": "object", "properties": {"to": {"type": "integer", "maximum": 5}}, "required": ["to"]}
WIDER: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"type": "number", "unit": "Cel", "maximum": 25}, {"type": "number", "unit": "Cel", "maximum": 90}),
    ({"type": "number", "unit": "Cel", "maximum": 25}, {"type": "number", "unit": "K", "maximum": 25}),
    ({"type": "number", "unit": "Cel", "maximum": 25}, {"type": "number", "maximum": 25}),
    ({"type": "number", "exclusiveMaximum": 25}, {"type": "number", "exclusiveMaximum": 2500}),
    ({"type": "number", "const": 25}, {"type": "number"}),
    ({"type": "string", "enum": ["eco"]}, {"type": "string", "enum": ["eco", "burn"]}),
    ({"type": "string", "enum": ["eco"]}, {"type": "string"}),
    (GO, {**GO, "properties": {"to": {"type": "integer", "maximum": 500}}}),
    (GO, {**GO, "properties": {**GO["properties"], "force": {"type": "boolean"}}}),  # type: ignore[dict-item]
]


@pytest.mark.parametrize(("before", "after"), WIDER)
async def test_whatever_is_said_of_a_commands_value_belongs_to_its_fingerprint(
    before: dict[str, Any], after: dict[str, Any]
) -> None:
    for as_input in (False, True):
        one, other = await described(**_having(before, as_input)), await described(**_having(after, as_input))
        assert one.fingerprint != other.fingerprint
        assert only(one).fingerprint != only(other).fingerprint


def _having(schema: dict[str, Any], as_input: bool) -> dict[str, Any]:
    if not as_input:
        return {"properties": {"a": prop(**schema)}}
    return {"properties": {}, "actions": {"a": {"input": schema, "forms": [{"href": "a"}]}}}


async def test_who_must_be_known_belongs_to_a_fingerprint() -> None:
    basic = {"securityDefinitions": {"b": {"scheme": "basic"}}, "security": "b"}
    bearer = {"securityDefinitions": {"b": {"scheme": "bearer"}}, "security": "b"}
    found = [await describe("x", document_of(lamp_td(**one)), REACH) for one in ({}, basic, bearer)]
    assert len({one.fingerprint for one in found}) == 3
    assert len({one.components[0].fingerprint for one in found}) == 3


async def test_hardware_addresses_are_told() -> None:
    found = await described(
        id="urn:dev:mac:0024befffe804ff1", properties={"a": prop(type="number", readOnly=True)}
    )
    assert found.identities == {"mac:00:24:be:80:4f:f1"}


json = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(
        ["type", "forms", "href", "op", "properties", "items", "enum", "@type", "uriVariables", "input", "minimum", "pattern",
         "contentType", "subprotocol", "security", "hearth:capability", "hearth:hazard", "unit", "oneOf", "const", "a"]
    ), inner, max_size=4),
    max_leaves=25,
)  # fmt: skip


@given(json, json, json, json)
@settings(max_examples=150, deadline=None)
async def test_whatever_is_described_composes_or_is_left_out(
    one: Any, other: Any, action: Any, base: Any
) -> None:
    description = lamp_td(
        properties={"on": one, "b": other, "c": prop(type="boolean")}, actions={"a": action}, events={"e": other}, base=base,
        forms=one, version=base, security=other or "nosec_sc",
    )  # fmt: skip
    try:
        found = await describe("x", document_of(description), REACH)
    except DescriptionError:
        return
    if found.components:
        thing_of(*found.components)
