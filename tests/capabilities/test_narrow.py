from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from capabilities.errors import ComposeError
from capabilities.narrow import narrow
from capabilities.schema import accepts, compile_schema
from capabilities.thing_models import contract
from capabilities.vocabulary import KINDS, Json

NARROWED = [
    (
        {"type": "number", "minimum": 0, "maximum": 100},
        {"minimum": 10},
        {"type": "number", "minimum": 10, "maximum": 100},
    ),
    (
        {"type": "number", "minimum": 0},
        {"minimum": -5, "maximum": 3},
        {"type": "number", "minimum": 0, "maximum": 3},
    ),
    ({"type": "number"}, {"type": "integer"}, {"type": "integer"}),
    ({"type": "number", "multipleOf": 0.5}, {"multipleOf": 2}, {"type": "number", "multipleOf": 2}),
    ({"enum": ["a", "b", "c"]}, {"enum": ["c", "d", "a"]}, {"enum": ["c", "a"]}),
    ({"type": "string"}, {"enum": ["x"]}, {"type": "string", "enum": ["x"]}),
    ({}, {"type": "boolean"}, {"type": "boolean"}),
    ({"type": "number"}, {"minimum": None}, {"type": "number"}),
    ({"type": "number"}, {"unit": "%"}, {"type": "number", "unit": "%"}),
    (
        {"type": "object", "properties": {"a": {"type": "number"}, "b": {"type": "number"}}},
        {"properties": {"a": {"maximum": 1}}},
        {"type": "object", "properties": {"a": {"type": "number", "maximum": 1}}},
    ),
    ({"type": "array"}, {"items": {"type": "string"}}, {"type": "array", "items": {"type": "string"}}),
]


@pytest.mark.parametrize(("model", "described", "expected"), NARROWED)
def test_narrowing(model: dict[str, Json], described: dict[str, Json], expected: dict[str, Json]) -> None:
    assert narrow(model, described) == expected


CONTRADICTIONS = [
    ({"type": "boolean"}, {"type": "string"}, "has type 'string'; its model says boolean"),
    ({"type": "integer"}, {"type": "number"}, "has type 'number'; its model says integer"),
    (
        {"type": "number", "maximum": 100},
        {"minimum": 200},
        "has no value between minimum 200 and maximum 100",
    ),
    (
        {"type": "number", "maximum": 5},
        {"exclusiveMinimum": 5},
        "has no value between exclusiveMinimum 5 and maximum 5",
    ),
    (
        {"enum": ["heat", "cool"]},
        {"enum": ["warm"]},
        "has only values that its model does not know ('warm'); it knows 'heat', 'cool'",
    ),
    (
        {"type": "number"},
        {"enum": ["1"]},
        "has only values that its model does not know ('1'); it knows number values",
    ),
    ({"unit": "°C"}, {"unit": "°F"}, "has unit '°F'; convert it to '°C'"),
    ({"type": "number"}, {"minimum": "5"}, "has minimum '5'; it is a number"),
    ({"type": "number"}, {"minimun": 5}, "describes 'minimun'; a schema has minimum"),
    ({"type": "number"}, {"hearth:hazard": 0}, "describes 'hearth:hazard'"),
    ({"type": "number"}, {"readOnly": False}, "describes 'readOnly'"),
    ({"multipleOf": 5}, {"multipleOf": 2}, "has multipleOf 2; its model allows multiples of 5"),
    ({"type": "number", "maximum": 5}, {"const": 7}, "has const 7, which its own schema refuses"),
    ({"properties": {"a": {}}}, {"properties": {"b": {}}}, "has the member 'b'; its model has a"),
    (
        {"properties": {"a": {"type": "null"}}},
        {"properties": {"a": {"type": "boolean"}}},
        "has a member 'a' that has type",
    ),
    (
        {"required": ["a"], "properties": {"a": {}, "b": {}}},
        {"properties": {"b": {}}},
        "has a schema whose required",
    ),
    ({"type": "string"}, {"pattern": "(a+)+"}, "has a schema whose pattern"),
    ({}, {"items": {"privilege": 1}}, "describes 'privilege'"),
]


@pytest.mark.parametrize(("model", "described", "message"), CONTRADICTIONS)
def test_contradictions(model: dict[str, Json], described: dict[str, Json], message: str) -> None:
    with pytest.raises(ComposeError) as caught:
        narrow(model, described)
    assert str(caught.value).startswith(message)


_numbers = st.integers(-10, 120) | st.sampled_from([0.5, 2.5, 99.5])
_words = st.sampled_from(["heat", "cool", "off", "open", "closed", "x"])
_leaf = st.none() | st.booleans() | _numbers | _words
_value = st.recursive(
    _leaf,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["a", "hue", "saturation", "by"]), inner)
    ),
    max_leaves=4,
)
_described = st.recursive(
    st.fixed_dictionaries(
        {},
        optional={
            "type": st.sampled_from(["boolean", "number", "integer", "string", "object", "array"]),
            "minimum": _numbers,
            "maximum": _numbers,
            "exclusiveMinimum": _numbers,
            "multipleOf": st.sampled_from([0.5, 1, 2]),
            "enum": st.lists(_value, min_size=1, max_size=4),
            "const": _value,
            "default": _value,
            "minLength": st.integers(0, 4),
            "maxLength": st.integers(0, 4),
            "required": st.lists(st.sampled_from(["a", "hue"]), unique=True),
        },
    ),
    lambda inner: st.fixed_dictionaries(
        {},
        optional={
            "items": inner | st.lists(inner, max_size=2),
            "oneOf": st.lists(inner, min_size=1, max_size=2),
            "properties": st.dictionaries(st.sampled_from(["a", "hue", "saturation"]), inner, max_size=3),
        },
    ),
    max_leaves=4,
)
_models = (
    st.sampled_from([of.schema or {} for kind in KINDS for of in contract(kind).affordances.values()])
    | _described
)


@example(
    model={"properties": {}, "oneOf": [{"properties": {"a": {"default": None}}}]}, described={}, value={}
)
@given(_models, _described, _value)
def test_narrowing_never_widens(model: dict[str, Any], described: dict[str, Any], value: Json) -> None:
    """What the narrowed schema makes of a value, the model accepts."""
    try:
        compile_schema(model)
        narrowed = compile_schema(narrow(model, described))
    except ValueError:
        return
    if accepts(narrowed, value):
        assert accepts(compile_schema(model), narrowed(value))
