from __future__ import annotations

import math
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from capabilities.errors import SchemaError
from capabilities.scalars import MAX_DEPTH
from capabilities.schema import accepts, compile_schema, same
from capabilities.vocabulary import Json

# The oracle: jsonschema (draft 7), with objects closed where their properties are given.

_number = st.integers(-20, 20) | st.sampled_from([-2.5, -0.5, 0.0, 0.5, 1.0, 3.0, 12.25, 19.5])
_scalar = st.none() | st.booleans() | _number | st.text("abc", max_size=4)
_value = st.recursive(
    _scalar,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=6,
)
_names = st.sampled_from(["a", "b", "c"])


def _some(**members: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=members)


def _typed(kind: str, **members: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({"type": st.just(kind)}, optional=members)


_bounds = {
    "minimum": _number,
    "maximum": _number,
    "exclusiveMinimum": _number,
    "exclusiveMaximum": _number,
    "multipleOf": st.sampled_from([1, 2, 3, 0.5, 0.25]),
}
_lengths = {
    "minLength": st.integers(0, 3),
    "maxLength": st.integers(0, 3),
    "pattern": st.sampled_from(["^a", "b$", "[ab]+", "^(a|b)c?$"]),
}
_leaf = (
    _typed("boolean")
    | _typed("null")
    | _typed("number", **_bounds)
    | _typed("integer", **_bounds)
    | _typed("string", **_lengths)
    | _some(**_bounds, **_lengths)
    | _some(enum=st.lists(_value, min_size=1, max_size=4))
    | _some(const=_value)
    | st.fixed_dictionaries({"type": st.just("integer"), "enum": st.lists(_number, min_size=1, max_size=4)})
)


def _closed(properties: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    optional = {"required": st.lists(st.sampled_from(sorted(properties)), unique=True)} if properties else {}
    return _typed("object", **optional).map(lambda schema: schema | {"properties": properties})


_schema = st.recursive(
    _leaf,
    lambda inner: (
        _typed("array", items=inner, minItems=st.integers(0, 2), maxItems=st.integers(0, 3))
        | _typed("array", items=st.lists(inner, min_size=1, max_size=2))
        | st.dictionaries(_names, inner, max_size=3).flatmap(_closed)
        | _typed("object", required=st.lists(_names, unique=True, max_size=2))
        | _some(oneOf=st.lists(inner, min_size=1, max_size=3))
    ),
    max_leaves=5,
)


def _for_oracle(schema: dict[str, Any]) -> dict[str, Any]:
    closed = dict(schema)
    if "properties" in schema:
        closed["additionalProperties"] = False
        closed["properties"] = {name: _for_oracle(member) for name, member in schema["properties"].items()}
    if isinstance(schema.get("items"), dict):
        closed["items"] = _for_oracle(schema["items"])
    elif "items" in schema:
        closed["items"] = [_for_oracle(item) for item in schema["items"]]
    if "oneOf" in schema:
        closed["oneOf"] = [_for_oracle(choice) for choice in schema["oneOf"]]
    return closed


@given(_schema, _value)
def test_accepts_what_jsonschema_accepts(schema: dict[str, Any], value: Json) -> None:
    expected = jsonschema.Draft7Validator(_for_oracle(schema)).is_valid(value)
    check = compile_schema(schema)
    assert accepts(check, value) == expected
    if expected:
        assert same(check(value), value)
        assert same(check(check(value)), value)


@given(_value.filter(lambda value: isinstance(value, dict | list)))
def test_a_result_shares_nothing_with_its_input(value: Json) -> None:
    assert compile_schema({})(value) is not value


_any_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
_members = [
    "type",
    "const",
    "enum",
    "oneOf",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "minLength",
    "maxLength",
    "pattern",
    "items",
    "minItems",
    "maxItems",
    "properties",
    "required",
    "default",
    "unit",
]


@given(st.dictionaries(st.sampled_from(_members), _any_json), _any_json)
def test_any_json_as_schema_gives_a_check_or_a_schema_error(schema: dict[str, Any], value: Json) -> None:
    try:
        check = compile_schema(schema)
    except SchemaError as error:
        assert error.problem
        assert error.remedy
    else:
        accepts(check, value)


# What it says


@pytest.mark.parametrize(
    ("schema", "value", "message"),
    [
        ({"type": "boolean"}, "on", "the value is 'on'; give true or false"),
        ({"type": "boolean"}, 1, "the value is 1; give true or false"),
        ({"type": "number"}, True, "the value is true; give a number"),
        (
            {"type": "number", "minimum": 5, "maximum": 30, "multipleOf": 0.5, "unit": "°C"},
            31,
            "the value is 31; give a number from 5 to 30 in steps of 0.5 (°C)",
        ),
        ({"type": "integer", "minimum": 0}, 1.5, "the value is 1.5; give a whole number of at least 0"),
        ({"type": "number", "exclusiveMaximum": 5}, 5, "the value is 5; give a number below 5"),
        ({"type": "string", "enum": ["heat", "cool", "off"]}, "heta", "the value is 'heta'; known: heat"),
        ({"enum": [1, None]}, 2, "the value is 2; give one of 1, null"),
        (
            {"type": "string", "maxLength": 2},
            "abc",
            "the value has 3 characters; give from 0 to 2 characters",
        ),
        ({"type": "string", "pattern": "^[0-9]+$"}, "a", "the value is 'a'; give a text that fits ^[0-9]+$"),
        ({"type": "array", "minItems": 1}, [], "the value has 0 items; give at least 1 items"),
        ({"type": "null"}, 0, "the value is 0; give null"),
        (
            {"oneOf": [{"type": "null"}, {"type": "boolean"}]},
            3,
            "the value is 3; give null, or give true or false",
        ),
        (
            {"oneOf": [{"type": "number"}, {"type": "integer"}]},
            3,
            "the value fits 2 alternatives; give a value that fits exactly one",
        ),
        ({}, math.inf, "the value is inf; give a finite number"),
        ({"type": "object"}, [1], "the value is a list of 1; give an object"),
    ],
)
def test_an_error_says_what_is_wrong_and_what_would_be_right(
    schema: dict[str, Json], value: Json, message: str
) -> None:
    with pytest.raises(SchemaError) as caught:
        compile_schema(schema)(value)
    assert str(caught.value) == message


COLOUR: dict[str, Json] = {
    "type": "object",
    "properties": {
        "hue": {"type": "number", "minimum": 0, "maximum": 360},
        "fade": {"type": "integer", "default": 2},
        "steps": {"type": "array", "items": {"type": "object", "properties": {"x": {"type": "integer"}}}},
    },
    "required": ["hue"],
}


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"hue": 400}, "hue is 400; give a number from 0 to 360"),
        ({"huge": 4}, "the value has the unknown member 'huge'; known: hue"),
        ({}, "the value lacks the member 'hue'; give it"),
        ({"hue": 1, "steps": [{"x": 1}, {"x": "y"}]}, "steps[1].x is 'y'; give a whole number"),
    ],
)
def test_an_error_says_where(value: Json, message: str) -> None:
    with pytest.raises(SchemaError) as caught:
        compile_schema(COLOUR)(value)
    assert str(caught.value) == message


def test_defaults_are_filled_in_and_whole_floats_become_integers() -> None:
    result = compile_schema(COLOUR)({"hue": 10.0, "steps": [{"x": 3.0}]})
    assert result == {"hue": 10.0, "fade": 2, "steps": [{"x": 3}]}
    assert repr(result) == "{'hue': 10.0, 'steps': [{'x': 3}], 'fade': 2}"


def test_a_filled_in_default_is_not_shared() -> None:
    check = compile_schema({"type": "object", "properties": {"a": {"type": "array", "default": []}}})
    first = check({})
    assert isinstance(first, dict)
    assert isinstance(first["a"], list)
    first["a"].append(1)
    assert check({}) == {"a": []}


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize(
    "schema", [{"type": "number"}, {"type": "integer"}, {"minimum": 0}, {}, {"enum": [1]}]
)
def test_what_is_not_finite_is_refused(schema: dict[str, Json], value: float) -> None:
    assert not accepts(compile_schema(schema), value)


@pytest.mark.parametrize("step", [0.1, 0.01, 0.3, 1 / 3, 0.5, 7])
def test_multiples_forgive_binary_rounding(step: float) -> None:
    check = compile_schema({"type": "number", "multipleOf": step})
    for n in range(-2000, 2000):
        assert accepts(check, n * step)
        assert not accepts(check, (n + 0.4) * step)


def test_what_is_no_json_is_refused() -> None:
    for value in ((1, 2), b"x", {1: 2}, object()):
        assert not accepts(compile_schema({}), value)  # type: ignore[arg-type]


def test_depth_is_bounded() -> None:
    schema: dict[str, Json] = {}
    value: Json = 1
    for _ in range(MAX_DEPTH + 1):
        schema, value = {"type": "array", "items": schema}, [value]
    with pytest.raises(SchemaError, match="nested deeper"):
        compile_schema(schema)
    assert not accepts(compile_schema({}), value)


def test_foreign_text_in_a_message_is_bounded() -> None:
    for value in ("x" * 100_000, 10**5_000, ["y"] * 10_000):
        with pytest.raises(SchemaError) as caught:
            compile_schema({"type": "boolean"})(value)  # type: ignore[arg-type]
        assert len(str(caught.value)) < 200
