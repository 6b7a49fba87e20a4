"""What is accepted: read, met, and the nearest value in it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.leases.lease import fence_of
from gateway.leases.ranges import EXCLUSIVE, BadRange, Range, all_of, read

numbers = st.floats(-100, 100).map(lambda value: round(value, 2))
values = st.one_of(st.booleans(), numbers, st.sampled_from(["heat", "off", "auto"]))


@st.composite
def ranges(draw: Any) -> Range:
    kind = draw(st.integers(0, 3))
    if kind == 0:
        return EXCLUSIVE
    if kind == 1:
        return Range(one_of=tuple(draw(st.lists(values, min_size=1, max_size=4))))
    low, high = sorted((draw(numbers), draw(numbers)))
    open_end = draw(st.integers(0, 3))
    return Range(None if open_end == 1 else low, None if open_end == 2 else high)


@given(ranges(), ranges(), values)
def test_what_both_accept_is_what_each_accepts(one: Range, other: Range, value: Any) -> None:
    both = one.meet(other)
    accepted = both is not None and both.accepts(value)
    assert accepted == (one.accepts(value) and other.accepts(value))
    mirrored = other.meet(one)
    assert (mirrored is not None and mirrored.accepts(value)) == accepted


@given(ranges(), values)
def test_the_nearest_value_is_accepted(one: Range, wish: Any) -> None:
    nearest = one.nearest(wish)
    assert nearest is None or one.accepts(nearest)
    if one.accepts(wish):
        assert nearest == wish


@given(ranges())
def test_a_range_is_read_as_it_is_shown(one: Range) -> None:
    assert read(one.shown()) == one


@given(st.recursive(values | st.none(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))
def test_whatever_comes_is_read_or_refused(data: Any) -> None:
    try:
        read(data)
    except BadRange as error:
        assert str(error)


@given(st.text())
def test_whatever_a_header_holds_names_a_lease_or_nothing(text: str) -> None:
    found = fence_of(text)
    assert found is None or (found[0] and found[1] >= 0)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("5h2k;fence=12", ("5h2k", 12)),
        ('"5h2k"; fence=12', ("5h2k", 12)),
        ("5h2k", None),
        ("5h2k;fence=-1", None),
        ("5h2k;fence=٣", None),
        (";fence=1", None),
    ],
)
def test_how_a_lease_is_named(text: str, named: tuple[str, int] | None) -> None:
    assert fence_of(text) == named


def test_all_of_several() -> None:
    assert all_of([Range(10, 20), Range(15, 30), Range(None, 18)]) == Range(15, 18)
    assert all_of([Range(10, 20), EXCLUSIVE]) is None
    assert all_of([EXCLUSIVE]) is None
    assert all_of([Range(one_of=(1, 2)), Range(one_of=(2, 3)), Range(one_of=(1, 3))]) is None


@pytest.mark.parametrize(
    ("one", "said"),
    [
        (Range(19, 21), "19 to 21"),
        (Range(21, 21), "21 alone"),
        (Range(None, 21), "21 at most"),
        (Range(19), "19 at least"),
        (Range(one_of=(True, "heat")), "on or heat"),
        (EXCLUSIVE, "nothing else"),
    ],
)
def test_what_is_said_of_it(one: Range, said: str) -> None:
    assert one.say() == said
