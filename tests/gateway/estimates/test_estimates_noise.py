"""How much a number jitters."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.estimates.noise import uncertainty
from gateway.estimates.track import Track


def told(values: list[float], every: float = 60.0, *, unit: str | None = None, step: float = 0.0) -> Track:
    track = Track("other.value", unit, step)
    for i, x in enumerate(values):
        track.see(x, i * every, -1)
    return track


def jitter(track: Track) -> float:
    assert track.jitter is not None
    return track.jitter


@pytest.mark.parametrize("deviation", [0.05, 3.0])
def test_the_noise_is_found_on_a_ramp_and_a_wave(deviation: float) -> None:
    rnd = random.Random(2)
    for shape in (lambda i: 0.0, lambda i: i * deviation, lambda i: 100 * math.sin(i / 60)):
        track = told([shape(i) + rnd.gauss(0, deviation) for i in range(3000)])
        assert jitter(track) == pytest.approx(deviation, rel=0.35)


def test_a_third_of_the_values_may_be_anything() -> None:
    rnd = random.Random(4)
    values = [
        (rnd.uniform(0, 2000) if i % 300 < 75 else 1.2) + rnd.gauss(0, 0.2) for i in range(3000)
    ]  # a machine that runs now and then
    assert jitter(told(values)) < 1.0


def test_never_less_than_the_resolution_leaves_open() -> None:
    rnd = random.Random(6)
    steady = told([21.0 + 0.5 * (rnd.random() < 0.02) for _ in range(500)])
    assert steady.uncertainty == pytest.approx(0.5 / math.sqrt(12), rel=0.05)
    declared = told([21.0] * 100, step=0.1)
    assert declared.uncertainty == pytest.approx(0.1 / math.sqrt(12), rel=0.05)


def test_of_what_never_moved_and_of_what_is_hardly_known_nothing_is_said() -> None:
    assert told([5.0] * 100).uncertainty is None
    assert told([1.0, 2.0, 3.0]).uncertainty is None


@given(
    seed=st.integers(0, 10_000),
    shift=st.integers(-1000, 1000),
    doubled=st.integers(-6, 6),
)
def test_shifted_values_have_the_same_noise_and_scaled_ones_a_scaled_one(
    seed: int, shift: int, doubled: int
) -> None:
    """In whole numbers and powers of two, so that nothing is rounded."""
    rnd = random.Random(seed)
    values = [float(rnd.randint(-50, 50)) for _ in range(60)]
    scale = 2.0**doubled
    plain, other = told(values), told([x * scale + shift * scale for x in values])
    assert jitter(other) == pytest.approx(jitter(plain) * scale, rel=1e-9)
    found = uncertainty(plain.row)
    assert found is not None
    assert uncertainty(other.row) == pytest.approx(found * scale, rel=1e-9)
