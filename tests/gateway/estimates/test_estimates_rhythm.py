"""How often something reports, and when it is quiet."""

from __future__ import annotations

import math
import random

import pytest

from capabilities.vocabulary import Quality
from gateway.estimates import rhythm
from gateway.estimates.pulse import Pulse
from gateway.estimates.rows import EVERY, thing_row
from gateway.estimates.words import lasting

DAY = 86_400.0


def beaten(times: list[float]) -> Pulse:
    pulse = Pulse("it")
    for t in times:
        pulse.see(t)
    return pulse


def periodic(every: float, days: float, *, lost: float = 0.0, seed: int = 1) -> list[float]:
    rnd = random.Random(seed)
    count = int(days * DAY / every)
    return [(i + rnd.uniform(-0.03, 0.03)) * every for i in range(count) if rnd.random() >= lost]


@pytest.mark.parametrize("lost", [0.0, 0.05, 0.2])
def test_the_typical_gap_is_found_though_reports_are_lost(lost: float) -> None:
    pulse = beaten(periodic(600, 5, lost=lost))
    found = rhythm.reports_every(pulse.row)
    assert found is not None
    assert found[0] == pytest.approx(600, rel=0.2)
    assert rhythm.is_regular(pulse.row)


def test_an_outage_hardly_counts() -> None:
    before = beaten(periodic(600, 3))
    after = beaten([*periodic(600, 3), 10 * DAY])
    assert after.row[EVERY] == pytest.approx(before.row[EVERY], rel=0.05)
    assert rhythm.quiet_after(after.row) <= 2.1 * rhythm.quiet_after(before.row)


def test_what_comes_at_random_times_is_never_called_quiet() -> None:
    rnd = random.Random(3)
    times, t = [], 0.0
    for _ in range(1500):
        t += rnd.expovariate(1 / 1200)
        times.append(t)
    pulse = beaten(times)
    assert not rhythm.is_regular(pulse.row)
    assert pulse.judge(t + 60 * DAY, 0.0, vouched=False)[0] is False


def test_a_silence_is_uncertain_then_stale_and_a_report_mends_it() -> None:
    times = periodic(600, 2)
    pulse = beaten(times)
    end = times[-1]
    changed, again = pulse.judge(end + 1200, 0.0, vouched=False)
    assert (changed, pulse.doubt) == (False, None)
    assert again > 0
    at = end + rhythm.quiet_after(pulse.row)
    changed, again = pulse.judge(at, 0.0, vouched=False)
    assert changed
    assert pulse.doubt is not None
    assert (pulse.doubt.quality, pulse.doubt.reason) == (
        Quality.UNCERTAIN,
        "quiet for 60 min; it reports about every 10 min",
    )
    changed, again = pulse.judge(at + again + 1, 0.0, vouched=False)
    assert changed
    assert pulse.doubt.quality is Quality.STALE
    assert again == math.inf
    assert pulse.see(at + 10_000)
    assert pulse.doubt is None


def test_where_its_driver_vouches_for_it_nothing_is_called_stale() -> None:
    times = periodic(600, 2)
    pulse = beaten(times)
    pulse.judge(times[-1] + 30 * DAY, 0.0, vouched=True)
    assert pulse.doubt is not None
    assert pulse.doubt.quality is Quality.UNCERTAIN


def test_nobody_listened_before() -> None:
    times = periodic(600, 2)
    pulse = beaten(times)
    now = times[-1] + DAY
    assert pulse.judge(now, now - 300, vouched=False)[0] is False


def test_a_contact_that_checks_in_is_missed_when_it_does_not() -> None:
    rnd, times, t = random.Random(5), [0.0], 0.0
    for _ in range(400):
        t += min(rnd.expovariate(1 / 2500), 3600.0)
        times.append(t)
    pulse = beaten(times)
    pulse.judge(t + 4 * 3600, 0.0, vouched=False)
    assert pulse.doubt is not None
    assert "quiet for 4 h" in pulse.doubt.reason


def test_nothing_is_said_of_what_is_hardly_known() -> None:
    assert rhythm.quiet_after(thing_row()) == math.inf
    assert Pulse("it").judge(1e6, 0.0, vouched=False) == (False, math.inf)
    few = beaten([float(i) * 60 for i in range(60)])  # an hour
    assert rhythm.quiet_after(few.row) == math.inf


def test_one_message_with_many_values_is_one_report() -> None:
    together = [t + part for t in periodic(600, 2) for part in (0.0, 0.001, 0.002)]
    found = rhythm.reports_every(beaten(sorted(together)).row)
    assert found is not None
    assert found[0] == pytest.approx(600, rel=0.1)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(5, "5 s"), (600, "10 min"), (3 * 3600, "3 h"), (47 * 3600, "47 h"), (9 * DAY, "9 d")],
)
def test_times_in_words(seconds: float, text: str) -> None:
    assert lasting(seconds) == text
