"""Words of a command line become values of the schema's type."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capabilities.vocabulary import Json
from gateway.cli.exits import Exit, Failure
from gateway.cli.values import action_input, describe, parse

PERCENT: dict[str, Json] = {"type": "integer", "minimum": 0, "maximum": 100, "unit": "percent"}
CELSIUS: dict[str, Json] = {"type": "number", "minimum": 5, "maximum": 35, "unit": "degreeCelsius"}


@pytest.mark.parametrize(
    ("text", "schema", "value"),
    [
        ("true", {"type": "boolean"}, True),
        ("on", {"type": "boolean"}, True),
        ("Off", {"type": "boolean"}, False),
        ("0", {"type": "boolean"}, False),
        ("40", PERCENT, 40),
        ("40%", PERCENT, 40),
        ("40 %", PERCENT, 40),
        ("40.0", PERCENT, 40),
        ("40.5", PERCENT, 40.5),  # the gateway says what is wrong with it
        ("21.5C", CELSIUS, 21.5),
        ("21,5 °C", CELSIUS, 21.5),
        ("-3", CELSIUS, -3),
        ("70F", CELSIUS, 21.111111),
        ("294.65 K", CELSIUS, 21.5),
        ("2min", {"type": "number", "unit": "s"}, 120),
        ("heat", {"type": "string", "enum": ["off", "heat"]}, "heat"),
        ("HEAT", {"type": "string", "enum": ["off", "heat"]}, "heat"),
        ("2", {"enum": [1, 2, 3]}, 2),
        ("on", {"type": "string"}, "on"),
        ('"on"', {"type": "string"}, "on"),
        ('{"h": 1}', {"type": "object"}, {"h": 1}),
        ("[1, 2]", {"type": "array"}, [1, 2]),
        ("5", {"oneOf": [{"type": "boolean"}, {"type": "integer"}]}, 5),
        ("12.5", {}, 12.5),
        ("on", {}, True),
        ("hello", {}, "hello"),
        ("null", {"type": "null"}, None),
    ],
)
def test_words_become_values(text: str, schema: dict[str, Json], value: Json) -> None:
    assert parse(text, schema, "it") == value
    assert type(parse(text, schema, "it")) is type(value)


@pytest.mark.parametrize(
    ("text", "schema", "message"),
    [
        ("blue", PERCENT, "it takes a whole number from 0 to 100 %, not 'blue'"),
        ("21.5K", PERCENT, "it is in %, not in 'K'"),
        ("5 cows", CELSIUS, "it is in °C, not in 'cows'"),
        ("5m", {"type": "number"}, "it has no unit; leave 'm' out"),
        ("maybe", {"type": "boolean"}, "it takes true or false (or on, off), not 'maybe'"),
        ("cool", {"enum": ["off", "heat", "auto"]}, "it takes off, heat or auto, not 'cool'"),
        ("{", {"type": "object"}, "it takes an object as JSON"),
        (
            "x",
            {"oneOf": [{"type": "boolean"}, {"type": "integer"}]},
            "it takes true or false or a whole number, not 'x'",
        ),
    ],
)
def test_what_does_not_fit_is_named(text: str, schema: dict[str, Json], message: str) -> None:
    with pytest.raises(Failure) as caught:
        parse(text, schema, "it")
    assert message in str(caught.value)
    assert caught.value.code is Exit.USAGE


TRANSITION: dict[str, Json] = {
    "type": "object",
    "properties": {"brightness": PERCENT, "seconds": {"type": "number", "unit": "s"}},
    "required": ["brightness"],
}


@pytest.mark.parametrize(
    ("words", "schema", "value"),
    [
        ([], None, None),
        ([], PERCENT, None),
        (["30%"], PERCENT, 30),
        (["brightness=30%", "seconds=2min"], TRANSITION, {"brightness": 30, "seconds": 120}),
        (["30"], TRANSITION, {"brightness": 30}),
        (['{"brightness": 1}'], TRANSITION, {"brightness": 1}),
        (["two", "words"], {"type": "string"}, "two words"),
    ],
)
def test_an_actions_input(words: list[str], schema: dict[str, Json] | None, value: Json) -> None:
    assert action_input(words, schema, "dim") == value


def test_an_actions_input_that_does_not_fit() -> None:
    with pytest.raises(Failure, match="lock takes no input"):
        action_input(["now"], None, "lock")
    with pytest.raises(Failure, match="dim takes brightness=… and seconds=…, not 'speed=1'"):
        action_input(["speed=1"], TRANSITION, "dim")
    with pytest.raises(Failure, match="dim seconds is in s, not in '%'"):
        action_input(["brightness=1", "seconds=5%"], TRANSITION, "dim")


@given(
    st.text(), st.sampled_from(["boolean", "number", "integer", "string", "object", "array", "null", "other"])
)
def test_any_text_is_a_value_or_a_usage_error(text: str, kind: str) -> None:
    try:
        parse(text, {"type": kind, "unit": "percent"}, "it")
    except Failure as failure:
        assert failure.code is Exit.USAGE


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_comes_back_as_it_was_written(number: float) -> None:
    assert parse(repr(number), {"type": "number"}, "it") == number


def test_a_schema_in_words() -> None:
    assert describe(CELSIUS) == "a number from 5 to 35 °C"
    assert describe(TRANSITION) == "an object with brightness and seconds"
    assert describe({"enum": ["off", "heat"]}) == "off or heat"
