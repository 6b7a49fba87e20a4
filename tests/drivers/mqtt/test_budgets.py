"""A publisher that changes its mind without end is slowed down, and nobody else is."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from drivers.mqtt import budgets
from drivers.mqtt.budgets import CHANGE_EVERY_S, CHANGES_AT_ONCE, ChangeBudget


def test_some_changes_go_at_once_then_one_in_a_while() -> None:
    budget = ChangeBudget()
    assert [budget.take("a", 0.0) for _ in range(CHANGES_AT_ONCE + 5)] == [True] * CHANGES_AT_ONCE + [
        False
    ] * 5
    assert budget.take("b", 0.0), "another device is not concerned"
    assert not budget.take("a", CHANGE_EVERY_S - 0.1)
    assert budget.take("a", CHANGE_EVERY_S + 0.1)
    assert budget.held_back == 6


@given(st.lists(st.tuples(st.sampled_from("abc"), st.floats(0, 5)), max_size=200))
def test_over_any_time_no_device_gets_more_than_its_share(changes: list[tuple[str, float]]) -> None:
    budget, now, taken = ChangeBudget(), 0.0, dict.fromkeys("abc", 0)
    for device, later in changes:
        now += later
        taken[device] += budget.take(device, now)
    assert all(count <= CHANGES_AT_ONCE + now / CHANGE_EVERY_S + 1e-6 for count in taken.values())


def test_the_book_is_bounded() -> None:
    budget = ChangeBudget()
    for number in range(budgets.KNOWN_DEVICES + 50):
        budget.take(str(number), 0.0)
    assert len(budget._spent) == budgets.KNOWN_DEVICES
