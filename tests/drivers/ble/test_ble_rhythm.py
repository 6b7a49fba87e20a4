"""How long a device may be silent."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.ble.rhythm import LEARNED, LEAST_S, MISSED, SLEEPY_S, UNKNOWN_S, Rhythm


def after(gaps: list[float]) -> Rhythm:
    rhythm, now = Rhythm(), 1000.0
    rhythm.heard(now)
    for gap in gaps:
        now += gap
        rhythm.heard(now)
    return rhythm


@given(st.lists(st.floats(0, 1e5)))
def test_silence_is_judged_within_bounds(gaps: list[float]) -> None:
    rhythm = after(gaps)
    assert LEAST_S <= rhythm.stale_after_s <= UNKNOWN_S < rhythm.lost_after_s * 6
    assert rhythm.stale_after_s < rhythm.lost_after_s


@given(st.floats(1, 200), st.integers(LEARNED + 1, 60))
def test_a_steady_device_is_stale_after_some_of_its_gaps(gap: float, times: int) -> None:
    stale = after([gap] * times).stale_after_s
    assert stale == pytest.approx(min(UNKNOWN_S, max(LEAST_S, gap * MISSED)))


def test_until_it_is_known_half_an_hour_is_waited() -> None:
    assert after([2.0] * (LEARNED - 1)).stale_after_s == UNKNOWN_S
    assert after([2.0] * LEARNED).stale_after_s == LEAST_S


def test_one_long_gap_is_forgotten_slowly() -> None:
    rhythm = after([100.0] + [10.0] * 20)
    assert rhythm.stale_after_s > 10.0 * MISSED
    assert after([100.0] + [10.0] * 200).stale_after_s == LEAST_S


def test_a_sleepy_device_may_sleep() -> None:
    rhythm = after([2.0] * 50)
    rhythm.sleepy = True
    assert rhythm.stale_after_s == SLEEPY_S


def test_the_same_advertisement_on_three_channels_is_one() -> None:
    assert after([0.001] * 100).stale_after_s == UNKNOWN_S
