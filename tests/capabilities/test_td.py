from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from capabilities.td import ThingDescription, ThingModel
from capabilities.vocabulary import Hazard, Privilege

_word = st.text("abcdef", min_size=1, max_size=6)
# Among the unknown members stand the Python names of known ones: they must not be mixed up.
_unknown = st.sampled_from(
    [
        "x",
        "foo:bar",
        "hearth:future",
        "read_only",
        "at_type",
        "at_context",
        "one_of",
        "security_definitions",
        "hazard",
        "to_dict",
        "model_config",
        "response_schema",
    ]
)
_scalar = (
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.floats(-1e9, 1e9) | st.text(max_size=5)
)
_json = st.recursive(
    _scalar,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(_word, inner, max_size=2),
    max_leaves=4,
)
_numbers = st.integers(-1000, 1000) | st.floats(-1000, 1000)


def _object(
    required: dict[str, st.SearchStrategy[Any]], optional: dict[str, st.SearchStrategy[Any]]
) -> st.SearchStrategy[dict[str, Any]]:
    """Known members, each perhaps null where it may be absent, and unknown ones."""
    nullable = {name: strategy | st.none() for name, strategy in optional.items()}
    known = st.fixed_dictionaries(required, optional=nullable)
    return st.tuples(st.dictionaries(_unknown, _json, max_size=2), known).map(lambda both: both[0] | both[1])


_texts: dict[str, st.SearchStrategy[Any]] = {
    "@type": _word | st.lists(_word, max_size=2),
    "title": _word,
    "titles": st.dictionaries(_word, _word, max_size=2),
    "description": _word,
}
_schema_members: dict[str, st.SearchStrategy[Any]] = _texts | {
    "type": st.sampled_from(["boolean", "number", "object"]),
    "const": _json,
    "default": _json,
    "enum": st.lists(_json, max_size=2),
    "unit": _word,
    "readOnly": st.booleans(),
    "minimum": _numbers,
    "maxLength": st.integers(0, 9),
    "multipleOf": _numbers,
}
_schema = st.recursive(
    _object({}, _schema_members),
    lambda inner: _object(
        {},
        {
            "items": inner,
            "oneOf": st.lists(inner, max_size=2),
            "properties": st.dictionaries(_word, inner, max_size=2),
        },
    ),
    max_leaves=3,
)
_form = _object(
    {"href": _word},
    {"op": _word | st.lists(_word), "contentType": _word, "response": _object({}, {"contentType": _word})},
)
_effect = _object(
    {"property": _word, "within": _numbers},
    {"expected": _json, "tolerance": _numbers, "oneOf": st.lists(_json)},
)
_hearth: dict[str, st.SearchStrategy[Any]] = {
    "hearth:capability": _word,
    "hearth:privilege": st.sampled_from(["view", "operate", "manage", "administer"]),
    "hearth:hazard": st.integers(0, 3),
    "hearth:reversibility": st.sampled_from(["reversible", "costly", "irreversible"]),
    "hearth:privacy": st.sampled_from(["public", "personal", "sensitive"]),
    "hearth:effect": _effect,
    "hearth:towardSafe": st.just(True) | _object({"value": _json}, {}),
    "hearth:panic": st.just(True) | _object({"value": _json}, {}),
    "forms": st.lists(_form, max_size=2),
}
_property = _object({}, _schema_members | _hearth | {"observable": st.booleans()})
_action = _object({}, _texts | _hearth | {"input": _schema, "output": _schema, "idempotent": st.booleans()})
_event = _object({}, _texts | _hearth | {"data": _schema, "subscription": _schema})
_td = _object(
    {
        "@context": st.just("https://www.w3.org/2022/wot/td/v1.1")
        | st.lists(_word | st.dictionaries(_word, _word, max_size=2), max_size=2),
        "title": _word,
        "security": _word | st.lists(_word, max_size=2),
        "securityDefinitions": st.dictionaries(
            _word, _object({"scheme": _word}, {"proxy": _word}), max_size=2
        ),
    },
    {
        "id": _word,
        "version": _object({}, {"instance": _word}),
        "links": st.lists(_object({"href": _word}, {"rel": _word}), max_size=2),
        "properties": st.dictionaries(_word, _property, max_size=2),
        "actions": st.dictionaries(_word, _action, max_size=2),
        "events": st.dictionaries(_word, _event, max_size=2),
        "schemaDefinitions": st.dictionaries(_word, _schema, max_size=1),
        "hearth:kind": _word,
        "hearth:labels": st.lists(_word, max_size=2),
    },
)


@given(_td)
def test_every_member_survives_a_round_trip(document: dict[str, Any]) -> None:
    text = json.dumps(document)
    parsed = ThingDescription.model_validate_json(text)
    assert json.loads(parsed.to_json()) == json.loads(text)
    assert ThingDescription.from_dict(document).to_dict() == document
    assert ThingDescription.from_dict(parsed.to_dict()) == parsed


MINIMAL: dict[str, Any] = {
    "@context": "https://www.w3.org/2022/wot/td/v1.1",
    "title": "Lamp",
    "securityDefinitions": {"nosec_sc": {"scheme": "nosec"}},
    "security": "nosec_sc",
}


def test_hearth_members_are_typed() -> None:
    on = {
        "type": "boolean",
        "hearth:privilege": "manage",
        "hearth:hazard": 2,
        "hearth:effect": {"property": "on", "within": 3},
    }
    thing = ThingDescription.from_dict(MINIMAL | {"properties": {"on": on}})
    assert thing.properties is not None
    parsed = thing.properties["on"]
    assert parsed.privilege is Privilege.MANAGE
    assert parsed.hazard is Hazard.PROPERTY
    assert not isinstance(parsed.effect, list)
    assert parsed.effect is not None
    assert parsed.effect.within == 3


@pytest.mark.parametrize(
    "wrong",
    [
        {"title": 3},
        {"properties": {"on": {"readOnly": "yes"}}},
        {"properties": {"on": {"hearth:hazard": 9}}},
        {"properties": {"on": {"hearth:privilege": "root"}}},
        {"properties": {"on": {"minimum": True}}},
        {"actions": {"go": {"hearth:towardSafe": False}}},
        {"security": None},
        {"properties": {"on": {"forms": [{"op": "readproperty"}]}}},
    ],
)
def test_what_td_11_does_not_allow_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        ThingDescription.from_dict(MINIMAL | wrong)


def test_a_thing_model_needs_no_security() -> None:
    model = ThingModel.from_dict(
        {"@context": "x", "@type": "tm:ThingModel", "title": "Light", "tm:optional": ["/properties/on"]}
    )
    assert model.optional == ["/properties/on"]
