"""What is coarse is coarse: windows and held states, from random series."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from gateway.contracts.accumulating import KEPT_WINDOWS, Aggregator, Held
from gateway.contracts.granularity import HOLDS_S, WINDOWS_S, counted, rounded, share
from gateway.contracts.terms import ContractTerms, Presence

BEGIN = 86_400.0 * 20_000
QUARTER = 900

Steps = st.lists(
    st.tuples(st.integers(1, 2_000), st.one_of(st.none(), st.integers(-50, 50).map(float))), max_size=30
)


def fed(series: list[tuple[int, float | None]], length: int = QUARTER, late: float = 0.0) -> Aggregator:
    one, at = Aggregator(length, BEGIN + late), BEGIN + late
    for wait, value in series:
        at += wait
        one.put(at, value)
    return one


def test_every_window_is_a_whole_number_of_every_shorter_one() -> None:
    """Who may read several windows of one property could else subtract: 16 minutes less 15 is somebody's minute."""
    for lengths in (WINDOWS_S.values(), HOLDS_S.values()):
        assert all(longer % shorter == 0 for shorter, longer in itertools.pairwise(sorted(lengths)))
    assert min(WINDOWS_S.values()) >= 15 * 60


@given(Steps, st.integers(1, 3_000))
@settings(max_examples=150, deadline=None, derandomize=True)
def test_windows_are_what_the_series_was(series: list[tuple[int, float | None]], more: int) -> None:
    one = fed(series)
    end = BEGIN + sum(wait for wait, _ in series) + more
    one.advance(end)
    value, at, by_second = None, int(BEGIN), dict[int, float | None]()
    for wait, next_value in [*series, (more, None)]:
        by_second |= dict.fromkeys(range(at, at + wait), value)
        at, value = at + wait, next_value
    for window in one.windows:
        known = [
            found
            for second in range(int(window.begin), int(window.end))
            if (found := by_second[second]) is not None
        ]
        assert window.known == pytest.approx(len(known) / QUARTER)
        if known:
            assert window.mean == pytest.approx(sum(known) / len(known), abs=1e-9)
            assert window.low <= min(known)
            assert window.high >= max(known)
    assert len(one.windows) == min(int(end - BEGIN) // QUARTER, KEPT_WINDOWS)


@given(Steps, st.integers(0, QUARTER - 1), Steps)
@settings(max_examples=100, deadline=None, derandomize=True)
def test_nothing_shows_before_a_window_ends(
    past: list[tuple[int, float | None]], into: int, minute: list[tuple[int, float | None]]
) -> None:
    """Two houses that differ only within the window that is going on look alike."""
    one, other = fed(past), fed(past)
    now = max(BEGIN + sum(wait for wait, _ in past), 0.0)
    now += (-now) % QUARTER
    for aggregator in (one, other):
        aggregator.advance(now)
    for number, (_, value) in enumerate(minute):
        other.put(now + into * (number + 1) / (len(minute) + 1), value)
    assert list(one.windows) == list(other.windows)


def test_a_window_that_was_not_followed_from_its_beginning_is_not_told() -> None:
    one = fed([(10, 20.0)], late=300)
    one.advance(BEGIN + 900)
    assert list(one.windows) == []
    assert one.covers_since == BEGIN + 900
    one.advance(BEGIN + 1_800)
    assert [(window.begin, window.mean) for window in one.windows] == [(BEGIN + 900, 20.0)]


@given(st.permutations(range(15)))
@settings(max_examples=50, deadline=None, derandomize=True)
def test_in_which_minute_it_was_is_not_told(order: list[int]) -> None:
    """The same minutes in another order give the very same window, so none of them can be read from it."""
    minutes = [float(value) for value in order]
    one = Aggregator(QUARTER, BEGIN)
    for number, value in enumerate(minutes):
        one.put(BEGIN + 60 * number, value)
    one.advance(BEGIN + QUARTER)
    (window,) = one.windows
    shown = (
        rounded(window.mean, 0.5),
        rounded(window.low, 0.5),
        rounded(window.high, 0.5),
        counted(window.reports),
    )
    assert shown == (7.0, 0.0, 14.0, 15)


def test_a_clock_that_jumps_ends_nothing_but_what_is_unknown() -> None:
    one = fed([(10, 20.0)])
    one.advance(BEGIN + 10 * 86_400)
    assert len(one.windows) <= KEPT_WINDOWS
    one.put(BEGIN, 30.0)  # back again
    one.advance(BEGIN + 11 * 86_400)
    assert one.windows[-1].mean == 30.0


@given(st.lists(st.tuples(st.integers(1, 700), st.sampled_from([True, False, None])), max_size=40))
@settings(max_examples=200, deadline=None, derandomize=True)
def test_a_state_is_told_once_it_held_through_a_whole_slot(series: list[tuple[int, bool | None]]) -> None:
    one, at = Held(300, BEGIN), BEGIN
    seconds: list[bool | None] = []
    state: bool | None = None
    for wait, next_state in series:
        seconds += [state] * wait
        at, state = at + wait, next_state
        one.put(at, next_state)
    expected: bool | None = None
    for begin in range(0, len(seconds) - 299, 300):
        slot = set(seconds[begin : begin + 300])
        if len(slot) == 1:
            expected = slot.pop()
    assert one.told is expected


def test_what_comes_and_goes_within_a_slot_does_not_show() -> None:
    one = Held(300, BEGIN)
    one.put(BEGIN, False)
    one.put(BEGIN + 310, True)
    one.put(BEGIN + 590, False)
    one.advance(BEGIN + 3_000)
    assert (one.told, one.since) == (False, BEGIN)


@pytest.mark.parametrize(
    ("value", "step", "expected"),
    [
        (21.73, 0.5, 21.5),
        (1_234.0, None, 1_200.0),
        (0.01234, None, 0.012),
        (0.0, None, 0.0),
        (-0.2, 1.0, 0.0),
    ],
)
def test_rounding(value: float, step: float | None, expected: float) -> None:
    assert rounded(value, step) == expected
    assert str(rounded(value, step))[0] != "-" or expected < 0


def test_shares_and_counts_are_coarse() -> None:
    assert {share(part / 100) for part in range(101)} == {0.0, 0.25, 0.5, 0.75, 1.0}
    assert [counted(number) for number in (0, 2, 3, 8, 12)] == [0, 0, 5, 10, 10]


@pytest.mark.parametrize(
    ("part", "value", "expected"),
    [
        ({"see": ["light.on"]}, True, True),
        ({"see": ["light.on"]}, 12, None),
        ({"see": ["light.brightness"], "above": 5}, 5, False),
        ({"see": ["light.brightness"], "above": 5, "below": 50}, 20, True),
        ({"see": ["lock.state"], "values": ["locked"]}, "locked", True),
        ({"see": ["lock.state"], "values": ["locked"]}, "unlocked", False),
        ({"see": ["light.brightness"], "values": [1]}, True, False),
    ],
)
def test_what_counts_as_so(part: dict[str, object], value: bool | int | str, expected: bool | None) -> None:
    assert Presence.model_validate(part).state(value) is expected


@pytest.mark.parametrize(
    "terms",
    [
        {"aggregated": [{"see": ["*"], "every": "1m"}]},
        {"aggregated": [{"see": ["*"], "every": "16m"}]},
        {"presence": [{"see": ["*"], "hold": "10s"}]},
        {"raw": [{"see": ["sensitive"]}]},
        {"raw": [{"see": []}]},
        {"raw": [{"see": ["*"]}] * 17},
        {"presence": [{"see": ["*"], "above": 1, "values": [True]}]},
        {"retention": "for ever"},
        {"reads": 0},
        {"purpose": " \n "},
        {"layers": []},
        {"more": True},
    ],
)
def test_terms_that_are_refused(terms: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        ContractTerms.model_validate({"purpose": "save energy"} | terms)


def test_what_is_left_out_leaves_less() -> None:
    terms = ContractTerms.model_validate(
        {"purpose": "x", "raw": [{"see": ["light.*"]}, {"see": ["meter.*"]}]}
    )
    assert [one.see for one in terms.without({"raw": [0]}).raw] == [("meter.*",)]
    assert terms.without({}) == terms
    for wrong in ({"raw": [2]}, {"raw": [-1]}, {"purpose": [0]}):
        with pytest.raises(ValueError, match=r"parts|is not"):
            terms.without(wrong)
