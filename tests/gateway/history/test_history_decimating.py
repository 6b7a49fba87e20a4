"""Fewer points that look the same."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from gateway.history.decimating import envelope, largest_triangles
from gateway.history.levels import GAP, GOOD
from gateway.history.rows import Points


@st.composite
def long_series(draw: st.DrawFn, *, gaps: bool) -> Points:
    size = draw(st.integers(1, 400))
    random = np.random.default_rng(draw(st.integers(0, 2**32)))
    t = np.cumsum(random.exponential(10.0, size))
    code = np.where(random.random(size) < (0.1 if gaps else 0.0), GAP, GOOD).astype(np.uint8)
    value = np.where(code == GAP, np.nan, np.round(random.normal(0, 10, size)))
    return Points(t, value, code)


@given(long_series(gaps=True), st.integers(4, 100))
def test_an_envelope_keeps_the_ends_the_extremes_and_the_gaps(points: Points, most: int) -> None:
    fewer = envelope(points, most)
    assert (fewer.t[0], fewer.t[-1]) == (points.t[0], points.t[-1])
    if np.isfinite(points.value).any():
        assert np.nanmin(fewer.value) == np.nanmin(points.value)
        assert np.nanmax(fewer.value) == np.nanmax(points.value)
    assert set(fewer.t.tolist()) <= set(points.t.tolist())
    assert np.isnan(fewer.value).any() == np.isnan(points.value).any()
    turns = int(np.count_nonzero(np.diff(np.isfinite(points.value))))
    assert len(fewer) <= max(most, 4) + 2 * turns


@given(long_series(gaps=False), st.integers(3, 100))
def test_triangles_keep_the_ends_and_the_count(points: Points, most: int) -> None:
    fewer = largest_triangles(points, most)
    assert len(fewer) == min(most, len(points))
    assert (fewer.t[0], fewer.t[-1]) == (points.t[0], points.t[-1])
    assert (np.diff(fewer.t) > 0).all()


def test_a_spike_survives_both() -> None:
    value = np.zeros(10_000)
    value[4_321] = 50.0
    points = Points(np.arange(10_000.0), value, np.zeros(10_000, np.uint8))
    for fewer in (envelope(points, 100), largest_triangles(points, 100)):
        assert fewer.value.max() == 50.0
