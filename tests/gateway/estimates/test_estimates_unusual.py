"""Values that are marked, and those that are not."""

from __future__ import annotations

import math
import random
import sys
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capabilities.vocabulary import Json
from gateway.estimates.track import Beat, Track
from gateway.estimates.unusual import What

DAY = 86_400.0
EVERY = 600.0


def room(days: float, seed: int = 1) -> Iterator[tuple[float, float]]:
    """A noisy room: 20 °C, warmer by day."""
    rnd = random.Random(seed)
    for i in range(int(days * DAY / EVERY)):
        t = i * EVERY
        yield t, round(20 + math.sin(2 * math.pi * t / DAY) + rnd.gauss(0, 0.1), 2)


def fed(track: Track, series: Iterator[tuple[float, float]]) -> tuple[float, list[str]]:
    """When the last report came, and what was marked."""
    t, marks = 0.0, []
    for t, x in series:
        if track.see(x, t, int(t % DAY // 3600)) and track.unusual is not None:
            marks.append(str(track.unusual.what))
    return t, marks


def is_marked(track: Track) -> bool:
    return track.unusual is not None


@pytest.fixture
def known() -> tuple[Track, float]:
    """The track of a room that is known for ten days, and when it reported last."""
    track = Track("temperature.temperature", "°C")
    t, marks = fed(track, room(10))
    assert marks == []
    return track, t


def test_what_cannot_be_is_marked_at_once() -> None:
    track = Track("temperature.temperature", "°C")
    assert track.see(-127.0, 0.0, 3)
    assert track.unusual is not None
    assert (track.unusual.what, track.unusual.reason) == (
        What.IMPOSSIBLE,
        "-127 is what such sensors say when they measure nothing",
    )
    assert track.see(-127.0, 60.0, 3) is False  # it is told once
    assert track.see(400.0, 90.0, 3)
    assert track.unusual is not None
    assert track.unusual.reason == "400 cannot be: such a value lies between -90 and 150"
    assert track.see(21.0, 120.0, 3)
    assert not is_marked(track)
    assert Track("humidity.humidity", "%").see(170.0, 0.0, -1)
    assert not Track("other.value", None).see(-127.0, 0.0, -1)


def test_a_spike_is_marked_and_its_end_is_not(known: tuple[Track, float]) -> None:
    track, t = known
    assert track.see(58.0, t + EVERY, 0)
    assert track.unusual is not None
    assert track.unusual.what is What.JUMP
    assert "to 58 at once" in track.unusual.reason
    assert track.see(20.1, t + 2 * EVERY, 0)
    assert track.unusual is None


def test_after_a_long_silence_any_value_is_ordinary(known: tuple[Track, float]) -> None:
    track, t = known
    track.see(24.0, t + 5 * 3600, -1)
    assert track.unusual is None


def test_power_may_jump() -> None:
    track = Track("power.power", "W")
    rnd = random.Random(1)
    for i in range(2000):
        track.see(1.0 + round(rnd.gauss(0, 0.1), 1), i * EVERY, -1)
    assert not track.see(2000.0, 2000 * EVERY, -1)


def test_a_frozen_value_is_marked_after_hours(known: tuple[Track, float]) -> None:
    track, t = known
    marked = [n for n in range(1, 100) if track.see(20.37, t + n * EVERY, -1) and track.unusual]
    assert len(marked) == 1
    assert 30 <= marked[0] <= 40
    assert track.unusual is not None
    assert track.unusual.what is What.FROZEN
    assert track.see(20.41, t + 100 * EVERY, -1)
    assert track.unusual is None


def test_what_is_often_still_is_not_frozen() -> None:
    track = Track("temperature.temperature", "°C")
    values = [21.0 if i % 200 < 190 else 21.5 for i in range(1500)] + [21.0] * 900
    assert not any(track.see(x, i * EVERY, -1) for i, x in enumerate(values))


def test_out_of_its_hours() -> None:
    track = Track("power.power", "W")
    for i in range(int(16 * DAY / EVERY)):
        hour = int(i * EVERY % DAY // 3600)
        track.see(2000.0 if 10 <= hour < 12 else 1.0 + i % 2, i * EVERY, hour)
    t = 16 * DAY + 3 * 3600
    assert track.see(2000.0, t, 3)
    assert track.unusual is not None
    assert track.unusual.reason == "2000 at this hour of the day; in 16 days it was between 1 and 2 then"


def test_the_first_week_nothing_but_the_impossible_is_marked() -> None:
    track, rnd = Track("temperature.temperature", "°C"), random.Random(1)
    series = [(i * EVERY, rnd.choice((rnd.gauss(20, 0.1), rnd.uniform(-40, 60)))) for i in range(400)]
    assert fed(track, iter(series))[1] == []


json_values = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=True, allow_infinity=True),
    st.text(max_size=3),
    st.lists(st.integers(), max_size=2),
)


@given(
    reports=st.lists(
        st.tuples(json_values, st.floats(-10, 1e7), st.integers(-1, 23)),
        max_size=60,
    ),
    unit=st.sampled_from([None, "°C", "%", "kWh", "unknown"]),
)
def test_whatever_comes_at_whatever_time_nothing_raises(
    reports: list[tuple[Json, float, int]], unit: str | None
) -> None:
    """Also times that go backward: a computer's clock should not, and nothing breaks where it does."""
    track, beat = Track("temperature.temperature", unit), Beat()
    t = 0.0
    for value, later, hour in reports:
        t += later
        track.see(value, t, hour)
        beat.see(value, t, hour)
        assert track.uncertainty is None or track.uncertainty > 0
        assert all(math.isfinite(x) or math.isnan(x) for x in track.row)
        assert track.unusual is None or track.unusual.reason.isprintable()


def test_memory_is_small() -> None:
    track, beat = Track("temperature.temperature", "°C"), Beat()
    assert track.hours is not None
    assert sum(map(sys.getsizeof, (track, track.row, track.hours))) < 640
    assert sum(map(sys.getsizeof, (beat, beat.row))) < 200
