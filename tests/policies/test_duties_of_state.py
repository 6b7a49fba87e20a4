"""What is owed because something runs, whoever switched it on: at the device, by an automation of its bridge, by nobody."""

from __future__ import annotations

import dataclasses

import pytest

from policies import GivenFacts, LocalTime, Obligation, RuleRef
from policies import policy as module
from tests.policies.writing import HEATER, LAMP, limit, policy, then


def seconds(text: str, *narrowing: str, facts: GivenFacts | None = None) -> int | None:
    found = policy(text, *narrowing).duties_of_state(LAMP, facts)
    assert len(found) <= 1
    for one in found:
        assert one.kind == "max_on"
        assert isinstance(one.value, int)
        return one.value
    return None


@pytest.mark.parametrize(
    ("words", "owed"),
    [
        ('max_on = "1h"', 3_600),
        ('max_on = "1h"\nwhen = { starts = true }', 3_600),
        ('max_on = "1h"\nthings = ["lamp"]\nrooms = ["hall"]', 3_600),
        ('max_on = "1h"\nthings = ["other"]', None),
        ('max_on = "1h"\nlabels = ["heater"]', None),
        ('max_on = "1h"\nhazard_min = 2', None),
        ('max_on = "1h"\nprivilege = "manage"', None),
        ('max_on = "1h"\non = ["fan.*"]', None),
        ('max_on = "1h"\non = ["light.on"]', 3_600),
        # Who switched it on is not known.
        ('max_on = "1h"\nwho = ["agent"]', None),
        (
            'max_on = "1h"\nwho = ["owner", "adult", "child", "guest", "agent", "guest-agent", "service"]',
            None,
        ),
        # What a use owes, and no state.
        ('restore = "1h"\nconfirm = true\nnotify = ["adult"]', None),
        ('restore = "1m"\nmax_on = "1h"', 3_600),
    ],
)
def test_which_rules_bind_a_state(words: str, owed: int | None) -> None:
    assert seconds(then(words)) == owed


def test_the_tightest_wins() -> None:
    assert seconds(then('max_on = "2h"') + then('max_on = "1h"', "s"), then('max_on = "3h"')) == 3_600
    rules = policy(then('max_on = "2h"'), then('max_on = "30m"'))
    assert rules.duties_of_state(LAMP) == (Obligation("max_on", RuleRef("set1", "t"), 1_800),)


def test_a_shadow_binds_nothing() -> None:
    assert seconds("", "shadow = true\n" + then('max_on = "1h"')) is None


def test_what_may_never_be_used_is_bound_all_the_same() -> None:
    assert seconds(limit("never = true") + then('max_on = "1h"')) == 3_600


@pytest.mark.parametrize(
    ("facts", "owed"),
    [
        (None, 7_200),
        (GivenFacts(house_mode="night"), 600),
        (GivenFacts(house_mode="home"), 7_200),
        (GivenFacts(), 600),  # what is not known is such a moment
    ],
)
def test_a_mode_counts_where_facts_are_given(facts: GivenFacts | None, owed: int) -> None:
    rules = then('max_on = "2h"') + then('max_on = "10m"\nwhen = { modes = ["night"] }', "s")
    assert seconds(rules, facts=facts) == owed


@pytest.mark.parametrize(("at", "owed"), [(LocalTime(23 * 60, 0), 600), (LocalTime(12 * 60, 0), None)])
def test_hours_count_where_facts_are_given(at: LocalTime, owed: int | None) -> None:
    words = 'max_on = "10m"\nwhen = { starts = true, between = ["22:00", "07:00"] }'
    assert seconds(then(words), facts=GivenFacts(at=at)) == owed


class Broken(GivenFacts):
    def mode(self) -> str | None:
        raise OSError


def test_a_moment_that_cannot_be_had_is_such_a_moment() -> None:
    assert seconds(then('max_on = "10m"\nwhen = { modes = ["night"] }'), facts=Broken()) == 600


def test_it_is_remembered_by_subject_and_never_mixed_up() -> None:
    rules = policy(then('max_on = "1h"\nthings = ["lamp"]'))
    first = rules.duties_of_state(LAMP)
    assert rules.duties_of_state(LAMP) is first
    assert rules.duties_of_state(HEATER) == ()
    assert rules.duties_of_state(dataclasses.replace(LAMP, thing="other")) == ()
    assert rules.duties_of_state(dataclasses.replace(LAMP)) == first


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_BINDINGS", 3)
    rules = policy(then('max_on = "1h"'))
    subjects = [dataclasses.replace(LAMP, thing=f"lamp-{number}") for number in range(10)]
    for one in subjects * 2:
        assert rules.duties_of_state(one) == (Obligation("max_on", RuleRef("house", "t"), 3_600),)
    assert len(rules._duties) == 3
