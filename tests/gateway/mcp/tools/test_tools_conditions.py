"""What a value must be: JSON equality, numbers that are no truth values, and all that is given together."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from capabilities.vocabulary import Json
from gateway.mcp.tools.conditions import Condition, bare, same
from gateway.mcp.tools.marking import is_word, marked

NUMBERS = st.integers(-100, 100) | st.floats(-100, 100)
PLAIN: st.SearchStrategy[Json] = st.none() | st.booleans() | NUMBERS | st.text(max_size=5)
VALUES: st.SearchStrategy[Json] = st.recursive(
    PLAIN, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
)


@given(VALUES, VALUES)
def test_a_value_equals_itself_and_exactly_one_of_equal_and_different_holds(one: Json, other: Json) -> None:
    assert same(one, one)
    assert same(one, other) == same(other, one)
    plain = bare(other)
    assert Condition(equals=other).met_by(one) == same(one, plain)
    assert Condition(not_equals=other).met_by(one) != Condition(equals=other).met_by(one)


@given(NUMBERS, NUMBERS, NUMBERS)
def test_bounds_are_inclusive_and_hold_together(value: float, low: float, high: float) -> None:
    both = Condition(minimum=low, maximum=high)
    assert both.met_by(value) == (low <= value <= high)
    assert both.met_by(value) == (
        Condition(minimum=low).met_by(value) and Condition(maximum=high).met_by(value)
    )


@given(st.none() | st.booleans() | st.text(max_size=5), NUMBERS)
def test_what_is_no_number_is_within_no_bounds(value: Json, low: float) -> None:
    assert not Condition(minimum=low).met_by(value)
    assert not Condition(maximum=low).met_by(value)


def test_true_is_not_one_and_null_is_a_value() -> None:
    assert not same(True, 1)
    assert same(1, 1.0)
    assert Condition(equals=None).met_by(None)
    assert not Condition(equals=None).met_by(0)
    assert Condition.model_validate({"equals": None}).says_something
    assert not Condition().says_something


@given(st.text(alphabet="abc XYZ", max_size=20))
def test_a_mark_is_taken_off_again(text: str) -> None:
    line = " ".join(text.split())
    shown = marked(line)
    assert bare(shown) == line
    assert isinstance(shown, str) == is_word(line)


@given(st.text(max_size=400))
def test_what_was_shown_can_be_waited_for(text: str) -> None:
    shown = marked(text)
    assert Condition(equals=shown).met_by(text)
    assert not Condition(not_equals=shown).met_by(text)
