"""Roll-ups against a slow reference, through every level."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.history.journal import columns
from gateway.history.levels import BAD, GAP, GOOD, STALE
from gateway.history.packing import Damaged, pack_points, pack_rows, unpack_points, unpack_rows
from gateway.history.rolling import Grid, between, coarser, filled, fixed, rolled
from gateway.history.rows import COLUMNS, NOTHING, Held, Points, Rows, points

DAY_EDGES = np.array([0.0, 82_800.0, 172_800.0, 262_800.0])
"""A day of 23 hours, and one of 25."""


@st.composite
def series(draw: st.DrawFn) -> Points:
    steps = draw(
        st.lists(st.sampled_from([0.0, 0.5, 7.0, 59.0, 60.0, 61.0, 900.0, 4_000.0, 20_000.0]), max_size=40)
    )
    t = np.cumsum(np.array(steps)) + draw(st.sampled_from([0.0, 30.0, 3_600.0]))
    size = len(steps)
    values = draw(st.lists(st.floats(-1e6, 1e6, width=32), min_size=size, max_size=size))
    codes = draw(st.lists(st.sampled_from([GOOD, GOOD, STALE, BAD, GAP]), min_size=size, max_size=size))
    value = [v if code <= STALE else math.nan for v, code in zip(values, codes, strict=True)]
    return points(t.tolist(), value, codes)


HELD = st.sampled_from([NOTHING, Held(5.0, GOOD), Held(-3.0, STALE), Held(math.nan, BAD)])


def reference(all_: Points, held: Held, begin: float, end: float) -> dict[str, float]:
    """One window, report by report."""
    before = all_.between(-math.inf, begin)
    value, code = (float(before.value[-1]), int(before.code[-1])) if len(before) else held
    at, known, good, area, count = begin, 0.0, 0.0, 0.0, 0
    shown: list[float] = []
    inside = all_.between(begin, end)
    for t, fresh, its in [*zip(inside.t, inside.value, inside.code, strict=True), (end, math.nan, GAP)]:
        if code <= STALE and t > at:
            known, area = known + t - at, area + value * (t - at)
            good += (t - at) * (code == GOOD)
            shown.append(value)
        if t == end:
            break
        at, value, code = float(t), float(fresh), int(its)
        if code <= STALE:
            shown.append(value)
            count += 1
    return {
        "low": min(shown, default=math.nan),
        "high": max(shown, default=math.nan),
        "mean": area / known if known else (shown[-1] if shown else math.nan),
        "last": value,
        "count": count,
        "known": known,
        "good": good,
        "code": code,
    }


def check(rows: Rows, all_: Points, held: Held, grid: Grid) -> None:
    for at in range(len(rows)):
        begin, end = (float(one[0]) for one in grid(rows.t[at : at + 1]))
        expected = reference(all_, held, begin, end)
        for name, value in expected.items():
            told = float(getattr(rows, name)[at])
            if name == "mean" and not expected["known"]:
                assert math.isnan(told) == math.isnan(value)
                continue
            assert told == pytest.approx(value, rel=1e-9, abs=1e-3, nan_ok=True), (name, begin)


@given(series(), HELD)
@settings(max_examples=50)
def test_every_level_is_what_the_reports_were(all_: Points, held: Held) -> None:
    minute = rolled(all_, held, fixed(60))
    quarter = coarser(minute, fixed(60), held, fixed(900))
    hour = coarser(quarter, fixed(900), held, fixed(3600))
    for rows, width in ((minute, 60), (quarter, 900), (hour, 3600)):
        check(rows, all_, held, fixed(width))
        assert rows.t.tolist() == sorted({t // width * width for t in all_.t.tolist()})
    kept = all_.between(0.0, float(DAY_EDGES[-1]))
    quarter = quarter.between(0.0, float(DAY_EDGES[-1]))
    days = coarser(quarter, fixed(900), held, between(DAY_EDGES))
    check(days, kept, held, between(DAY_EDGES))


@given(series(), HELD)
@settings(max_examples=50)
def test_windows_without_a_report_are_as_they_were_left(all_: Points, held: Held) -> None:
    rows = rolled(all_, held, fixed(900))
    starts = np.arange(0.0, 20_000.0, 900.0)
    rows = rows.between(0.0, 20_000.0)
    dense = filled(rows, held, starts, starts + 900)
    assert len(dense) == len(starts)
    check(dense, all_, held, fixed(900))


@given(series(), st.floats(0, 60_000))
@settings(max_examples=50)
def test_an_open_window_is_told_as_far_as_it_is_known(all_: Points, until: float) -> None:
    all_ = all_.between(0.0, until)
    rows = rolled(all_, NOTHING, fixed(3600), until)
    for at, begin in enumerate(rows.t.tolist()):
        expected = reference(all_, NOTHING, begin, min(begin + 3600, until))
        assert float(rows.known[at]) == pytest.approx(expected["known"], abs=1e-3)


@given(series())
@settings(max_examples=50)
def test_what_is_packed_comes_back(all_: Points) -> None:
    again = unpack_points(pack_points(all_))
    for name in ("t", "value", "code"):
        assert np.array_equal(getattr(again, name), getattr(all_, name), equal_nan=name == "value")
    rows = rolled(all_, NOTHING, fixed(60))
    back = unpack_rows(pack_rows(rows))
    for name in COLUMNS:
        assert np.allclose(getattr(back, name), getattr(rows, name), rtol=1e-6, atol=1e-3, equal_nan=True), (
            name
        )


def test_a_counter_keeps_its_small_steps() -> None:
    total = 1_234_567.0 + np.arange(100) * 0.01
    rows = rolled(points((np.arange(100) * 60.0).tolist(), total.tolist(), [GOOD] * 100), NOTHING, fixed(60))
    back = unpack_rows(pack_rows(rows))
    assert np.allclose(np.diff(back.last), 0.01, atol=1e-6)


@given(st.binary(max_size=200))
def test_what_is_no_piece_is_said_to_be_damaged(data: bytes) -> None:
    for read in (unpack_points, unpack_rows):
        try:
            read(data)
        except Damaged:
            continue
        assert data[1:5] == bytes(4)  # nothing is in it


def test_a_journal_of_which_all_was_thrown_away_has_no_series() -> None:
    empty = columns([])
    assert len(empty) == 0
    assert list(empty.each()) == []
