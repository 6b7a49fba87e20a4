from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jsonschema
import pytest

from capabilities.components import ComponentDescription
from capabilities.compose import compose
from capabilities.errors import ModelError
from capabilities.schema import accepts, compile_schema
from capabilities.thing_models import ModelAffordance, all_models, contract, model
from capabilities.vocabulary import KINDS, SENSOR_KINDS, Hazard, Privacy, Privilege, Reversibility

EVERY = [(kind, name, of) for kind in KINDS for name, of in contract(kind).affordances.items()]
OPERATIONS = [row for row in EVERY if row[2].is_operation]

# What is toward the safe state for every single instance of its kind, each with the reason why.
TOWARD_SAFE = {
    "blind.stop": "a still blind pinches nothing further, and a hand can move it on",
    "garage.stop": "a still door crushes nobody further, and can be released by hand",
    "vacuum.stop": "a still robot harms nothing where it stands",
    "vacuum.pause": "a still robot harms nothing where it stands",
    "mower.stop": "blades that stand cut nobody",
    "mower.pause": "blades that stand cut nobody",
}

# What sounds safe and is not, each with the instance for which it is not.
NOT_TOWARD_SAFE = {
    "light.on": "darkness on a stair",
    "outlet.on": "off: a freezer, a respirator",
    "switch.on": "off: a frost protection",
    "fan.on": "off: a radon ventilation",
    "lock.lock": "somebody inside in a fire, a child outside in the cold",
    "lock.unlock": "a burglar",
    "garage.open": "a burglar",
    "garage.close": "somebody below",
    "blind.close": "a way out",
    "blind.open": "an awning in a storm",
    "thermostat.mode": "off: frozen pipes",
    "thermostat.target": "low: frost, high: heat stroke",
    "water-heater.on": "off: legionella and frost",
    "valve.close": "a sprinkler, a boiler",
    "valve.stop": "half open may be the worst",
    "siren.on": "off: a gas warning that nobody heard yet",
    "alarm.disarm": "an intruder; a fire alarm hushed",
    "alarm.arm_home": "armed with people inside",
    "media.pause": "a baby monitor",
    "media.stop": "a baby monitor",
    "camera.on": "off: no evidence, on: no privacy",
    "smoke.silence": "people asleep",
    "co.silence": "people asleep",
    "vacuum.dock": "it drives",
    "mower.dock": "it drives, with blades that may turn",
    "setting.value": "unknown",
    "button.press": "unknown",
}


def ids(rows: list[tuple[str, str, ModelAffordance]]) -> list[str]:
    return [f"{kind}.{name}" for kind, name, _ in rows]


def test_every_kind_has_a_model() -> None:
    models = all_models()
    assert tuple(models) == KINDS
    for kind, each in models.items():
        assert each.kind == kind
        assert each.at_type == "tm:ThingModel"
        assert each.id == f"urn:hearth:tm:{kind}"
        assert each.description
        assert each.version is not None
        assert each.version.model


def test_a_word_that_is_no_kind_is_refused() -> None:
    with pytest.raises(ModelError, match="'lite' is no kind; known: light"):
        contract("lite")
    with pytest.raises(ModelError):
        model("../light")


@pytest.mark.parametrize("kind", KINDS)
def test_everything_in_a_model_is_optional(kind: str) -> None:
    each = model(kind)
    groups = {"properties": each.properties, "actions": each.actions, "events": each.events}
    expected = [f"/{group}/{name}" for group, members in groups.items() for name in members or {}]
    assert each.optional == expected


def test_toward_safe_is_exactly_what_is_safe_for_every_instance() -> None:
    assert {f"{kind}.{name}" for kind, name, of in EVERY if of.toward_safe} == set(TOWARD_SAFE)
    assert {f"{kind}.{name}" for kind, name, of in EVERY if of.has_panic} == set(TOWARD_SAFE)


def test_what_only_sounds_safe_is_there_and_is_not_marked() -> None:
    known = {f"{kind}.{name}": of for kind, name, of in EVERY}
    for name in NOT_TOWARD_SAFE:
        assert not known[name].toward_safe, name
        assert not known[name].has_panic, name


def test_what_is_marked_as_safe_says_why() -> None:
    for capability in TOWARD_SAFE:
        kind, name = capability.split(".")
        actions = model(kind).actions
        assert actions is not None
        assert actions[name].rationale


@pytest.mark.parametrize(("kind", "name", "of"), EVERY, ids=ids(EVERY))
def test_an_affordance_is_complete(kind: str, name: str, of: ModelAffordance) -> None:
    assert of.title
    if of.schema is not None:
        compile_schema(of.schema)
    if not of.is_operation:
        assert of.hazard is Hazard.COMFORT
        assert of.privilege is Privilege.VIEW
        assert not of.effects
    if of.role == "property" and name != "value":
        assert of.schema
        assert "type" in of.schema


@pytest.mark.parametrize(("kind", "name", "of"), OPERATIONS, ids=ids(OPERATIONS))
def test_an_effect_can_be_seen(kind: str, name: str, of: ModelAffordance) -> None:
    properties = contract(kind).affordances
    for effect in of.effects:
        watched = properties[effect.property]
        assert watched.role == "property"
        assert 0 < effect.within <= 120
        check = compile_schema(watched.schema or {})
        if not effect.expects_input():
            assert accepts(check, effect.value_for(None))
        for value in effect.one_of:
            assert accepts(check, value)
    if of.role == "property":
        assert [effect.property for effect in of.effects] == [name]
        assert of.effects[0].expects_input()


@pytest.mark.parametrize(("kind", "name", "of"), OPERATIONS, ids=ids(OPERATIONS))
def test_a_relative_or_compound_action_stands_on_properties(
    kind: str, name: str, of: ModelAffordance
) -> None:
    properties = contract(kind).affordances
    if of.absolute is not None:
        base = properties[of.base or ""]
        assert base.writable
        assert base.hazard <= of.hazard
        assert (base.schema or {})["type"] == {"toggle": "boolean", "step": "number"}[of.absolute]
        assert not of.idempotent
    for part, written in (of.parts or {}).items():
        assert properties[written].writable
        inputs = (of.schema or {})["properties"]
        assert isinstance(inputs, dict)
        assert part in inputs


def test_sensors_only_read_but_for_the_detectors_own_functions() -> None:
    able = {f"{kind}.{name}" for kind, name, of in OPERATIONS if kind in SENSOR_KINDS}
    assert able == {"smoke.test", "smoke.silence", "co.test", "co.silence"}


def test_hazards_and_privileges_that_others_rely_on() -> None:
    hazards = {f"{kind}.{name}": of.hazard for kind, name, of in EVERY}
    assert {hazards[f"light.{name}"] for name in contract("light").affordances} == {Hazard.COMFORT}
    for capability in (
        "outlet.on",
        "switch.on",
        "lock.unlock",
        "lock.open",
        "garage.open",
        "garage.close",
        "valve.open",
    ):
        assert hazards[capability] is Hazard.PROPERTY, capability
    for capability in ("alarm.disarm", "smoke.silence", "smoke.test", "co.silence", "co.test"):
        assert hazards[capability] is Hazard.LIFE_SAFETY, capability
    privileges = {f"{kind}.{name}": of.privilege for kind, name, of in EVERY}
    for name in ("permit_join", "restart", "update", "factory_reset"):
        assert privileges[f"setting.{name}"] is Privilege.ADMINISTER
    assert privileges["setting.value"] is privileges["setting.press"] is Privilege.MANAGE
    irreversible = {
        f"{kind}.{name}" for kind, name, of in OPERATIONS if of.reversibility is Reversibility.IRREVERSIBLE
    }
    assert irreversible == {"alarm.trigger", "setting.update", "setting.factory_reset"}


def test_sensitive_kinds_are_sensitive_throughout() -> None:
    for kind in ("camera", "presence"):
        assert {of.privacy for of in contract(kind).affordances.values()} == {Privacy.SENSITIVE}
    for capability in ("lock.state", "lock.operated", "alarm.state"):
        kind, name = capability.split(".")
        assert contract(kind).affordances[name].privacy is Privacy.SENSITIVE


@pytest.mark.parametrize("kind", KINDS)
def test_a_full_thing_of_each_kind_is_a_valid_td(
    kind: str,
    full_component: Callable[[str], ComponentDescription],
    served: Callable[[dict[str, Any]], dict[str, Any]],
    td_schema: jsonschema.Draft7Validator,
) -> None:
    thing = compose("thing", "Thing", [full_component(kind)], {kind: ""})
    document = dict(thing.document)
    assert set(contract(kind).affordances) == {*thing.properties, *thing.actions, *thing.events}
    td_schema.validate(served(document))
    assert thing.td.to_dict() == document
