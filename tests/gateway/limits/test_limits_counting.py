"""The limiter's promises, for whatever comes: never more than said, memory that is bounded, nobody pays for another address."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.api.limits import Limit, Limiter, Rate
from gateway.api.problems import Problem
from gateway.networks import network_of

LIMIT = Limit(Rate(3, 10), Rate(12, 2))

ADDRESSES = st.sampled_from(
    [f"10.0.0.{n}" for n in range(12)] + ["fe80::1%eth0", "fd00::1", "fd00::ffff:2", "fd00:0:0:1::1"]
)
PAUSES = st.sampled_from([0.0, 0.25, 1.0, 2.0, 5.0, 9.75, 10.0, 60.0])


class HandClock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def wall(self) -> float:
        return self.now

    monotonic = wall


def most_seen(times: list[float], window_s: float) -> int:
    """The fullest window of this length, its end not counted."""
    return max((sum(1 for at in times if first <= at < first + window_s) for first in times), default=0)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(PAUSES, ADDRESSES), max_size=120), st.sampled_from([1.0, 10.0, 33.0, 60.0]))
def test_never_more_than_said_in_any_window(asked: list[tuple[float, str]], window_s: float) -> None:
    clock = HandClock()
    limiter = Limiter(clock, LIMIT)
    through: dict[str, list[float]] = {}
    for pause, address in asked:
        clock.now += pause
        if limiter.take(address) == 0:
            through.setdefault(network_of(address), []).append(clock.now)
    for times in through.values():
        assert most_seen(times, window_s) <= LIMIT.per_address.most_in(window_s)
    everybody = sorted(at for times in through.values() for at in times)
    assert most_seen(everybody, window_s) <= LIMIT.in_all.most_in(window_s)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(PAUSES, st.ip_addresses().map(str)), max_size=200))
def test_memory_is_bounded_and_the_total_holds_those_with_many_addresses(
    asked: list[tuple[float, str]],
) -> None:
    clock = HandClock()
    limiter, through = Limiter(clock, LIMIT, remembered=8), []
    for pause, address in asked:
        clock.now += pause
        if limiter.take(address) == 0:
            through.append(clock.now)
        assert len(limiter) <= 8
    assert most_seen(through, 60.0) <= LIMIT.in_all.most_in(60.0)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(PAUSES, ADDRESSES), max_size=60), ADDRESSES)
def test_the_wait_that_is_told_is_the_wait(asked: list[tuple[float, str]], last: str) -> None:
    clock = HandClock()
    limiter = Limiter(clock, LIMIT)
    for pause, address in asked:
        clock.now += pause
        limiter.take(address)
    assert limiter.wait_s(last) == limiter.wait_s(last)  # to ask costs nothing
    wait = limiter.take(last)
    if wait:
        clock.now += wait
        assert limiter.take(last) == 0


def test_one_address_does_not_use_up_what_there_is_in_all() -> None:
    clock = HandClock()
    limiter = Limiter(clock, Limit(Rate(3, 10), Rate(6, 1_000)))
    assert [limiter.take("10.0.0.66") > 0 for _ in range(100)] == [False] * 3 + [True] * 97
    assert [limiter.take(f"10.0.0.{n}") > 0 for n in range(7, 11)] == [False] * 3 + [True]  # those are six


def test_half_of_it_is_kept_for_who_comes_for_the_first_time() -> None:
    """Three machines that never stop would otherwise hold a budget of one more each two seconds."""
    clock = HandClock()
    limiter = Limiter(clock, Limit(Rate(12, 5), Rate(60, 2)))
    for second in range(600):
        clock.now += 1
        for one in ("10.0.0.66", "10.0.0.67", "10.0.0.68"):
            limiter.take(one)
        if second % 60 == 59:
            assert limiter.take(f"10.0.1.{second // 60}") == 0


@pytest.mark.parametrize(
    ("address", "counted_as"),
    [
        ("192.168.1.7", "192.168.1.7"),
        ("::ffff:192.168.1.7", "192.168.1.7"),
        ("fd00:1:2:3:4:5:6:7", "fd00:1:2:3::"),
        ("fd00:1:2:3::99%eth0", "fd00:1:2:3::"),
        ("", ""),
        ("no:address", "no:address"),
    ],
)
def test_what_is_counted_as_one(address: str, counted_as: str) -> None:
    assert network_of(address) == counted_as


def test_a_refusal_says_when_there_is_one_again() -> None:
    clock = HandClock()
    limiter = Limiter(clock, Limit(Rate(1, 30), Rate(100, 1)))

    class Request:
        remote = "10.0.0.1"

    limiter.spend(Request())  # type: ignore[arg-type]
    clock.now += 0.5
    with pytest.raises(Problem) as raised:
        limiter.check(Request())  # type: ignore[arg-type]
    assert (raised.value.status, raised.value.headers["Retry-After"]) == (429, "30")
