"""Modes, quiet hours, rates and rest."""

from __future__ import annotations

import math

import pytest

from capabilities.vocabulary import Json
from policies import GivenFacts, LocalTime
from tests.policies.writing import ANNA, LAMP, SET, L, data, decide, limit, policy, refusal


@pytest.mark.parametrize(
    ("mode", "permitted", "seen"),
    [
        ("home", True, ""),
        ("night", True, ""),
        ("away", False, "the house is in mode away"),
        (None, False, "the mode of the house is not known"),
    ],
)
@pytest.mark.parametrize("safe", [False, True])
def test_modes_hold_for_safe_commands_too(mode: str | None, permitted: bool, seen: str, safe: bool) -> None:
    decision = decide(limit('modes = ["night", "home"]'), GivenFacts(house_mode=mode), safe=safe)
    assert decision.permitted is permitted
    assert decision.rests_on_facts
    if not permitted:
        finding = refusal(decision)
        assert (finding.seen, finding.unknown) == (seen, mode is None)
        assert finding.remedy and finding.remedy.text == "mode home or night"
        assert data(decision) == {"modes": ["home", "night"]}


NIGHT, NOON = '["22:00", "07:00"]', '["12:00", "14:30"]'


@pytest.mark.parametrize(
    ("hours", "days", "minutes", "weekday", "quiet"),
    [
        (NIGHT, "", 22 * 60, 0, True),  # the beginning belongs to them
        (NIGHT, "", 22 * 60 - 0.01, 0, False),
        (NIGHT, "", 7 * 60, 0, False),  # the end does not
        (NIGHT, "", 7 * 60 - 0.01, 0, True),
        (NIGHT, "", 0, 0, True),
        (NIGHT, "", 1439.99, 6, True),
        (NIGHT, "", 12 * 60, 3, False),
        (NOON, "", 12 * 60, 0, True),
        (NOON, "", 14 * 60 + 29, 0, True),
        (NOON, "", 14 * 60 + 30, 0, False),
        (NOON, "", 11 * 60 + 59, 0, False),
        (NIGHT, '["fri"]', 23 * 60, 4, True),
        (NIGHT, '["fri"]', 6 * 60, 5, True),  # Saturday morning still belongs to Friday's night
        (NIGHT, '["fri"]', 23 * 60, 5, False),
        (NIGHT, '["fri"]', 6 * 60, 4, False),  # Friday morning belongs to Thursday's
        (NIGHT, '["sun"]', 6 * 60, 0, True),  # the week is a circle
        (NIGHT, '["mon"]', 6 * 60, 0, False),
        (NOON, '["sat", "sun"]', 13 * 60, 6, True),
        (NOON, '["sat", "sun"]', 13 * 60, 0, False),
    ],
)
def test_quiet_hours(hours: str, days: str, minutes: float, weekday: int, quiet: bool) -> None:
    rules = limit(f"not_between = {hours}\n" + (f"days = {days}" if days else ""))
    facts = GivenFacts(at=LocalTime(minutes, weekday))
    assert decide(rules, facts).permitted is not quiet
    assert decide(rules, facts, safe=True).permitted


def test_quiet_hours_tell_when_they_end() -> None:
    decision = decide(limit(f"not_between = {NIGHT}"), GivenFacts(at=LocalTime(22 * 60 + 5.5, 0)))
    assert refusal(decision).seen == "it is 22:05, which is between 22:00 and 07:00"
    assert not refusal(decision).unknown
    assert data(decision) == {"not_before": "07:00"}


@pytest.mark.parametrize(
    "now",
    [
        None,
        LocalTime(math.nan, 0),
        LocalTime(-1, 0),
        LocalTime(1440, 0),
        LocalTime(720, 7),
        LocalTime(720, -1),
    ],
)
@pytest.mark.parametrize("days", ["", 'days = ["mon"]'])
def test_what_is_no_time_is_a_quiet_hour(now: LocalTime | None, days: str) -> None:
    rules = limit(f"not_between = {NIGHT}\n{days}")
    finding = refusal(decide(rules, GivenFacts(at=now)))
    assert finding.unknown
    assert "not synchronised" in finding.seen
    assert decide(rules, GivenFacts(at=now), safe=True).permitted


def used(*ages: float, thing: str = "lamp") -> GivenFacts:
    return GivenFacts(uses={(L, thing): ages})


@pytest.mark.parametrize(
    ("rate", "ages", "wait"),
    [
        ("1/m", (), None),
        ("1/m", (59.5,), 1),
        ("1/m", (60.0,), None),  # a use that old has left the window
        ("1/m", (0.0,), 60),
        ("2/10m", (10.0,), None),
        ("2/10m", (10.0, 590.25), 10),  # the second-latest is what the window waits for
        ("2/10m", (10.0, 600.0), None),
        ("2/10m", (10.0, 20.0, 30.0), 580),
        ("3/h", (1.0, 2.0), None),
        ("3/h", (1.0, 2.0, 3.0), 3597),
    ],
)
def test_at_most_is_a_sliding_window(rate: str, ages: tuple[float, ...], wait: int | None) -> None:
    rules = limit(f'at_most = "{rate}"')
    decision = decide(rules, used(*ages))
    assert decision.permitted is (wait is None)
    assert decision.counts == (L,)
    assert decision.rests_on_facts
    if wait is not None:
        assert data(decision) == {"after_seconds": wait}
        assert refusal(decision).seen.endswith(f"at most {rate}")
    safe = decide(rules, used(*ages), safe=True)
    assert safe.permitted
    assert safe.counts == ()


def test_a_rate_is_of_one_thing_and_of_everybody() -> None:
    rules = limit('at_most = "1/m"')
    assert not decide(rules, used(1.0), who=ANNA).permitted
    assert decide(rules, used(1.0, thing="other")).permitted


def test_only_rates_count() -> None:
    rules = policy(limit('at_most = "2/m"') + limit('modes = ["home"]', "m") + limit('at_most = "9/d"', "n"))
    decision = decide(rules, GivenFacts(house_mode="home"))
    assert decision.permitted
    assert [ref.rule for ref in decision.counts] == ["l", "n"]


RESTING = limit('rest = "5m"')


@pytest.mark.parametrize(
    ("value", "becomes", "starts"),
    [
        (True, None, True),
        (False, None, False),
        (0, None, False),
        (0.0, None, False),
        (0.1, None, True),
        (-1, None, True),
        ("off", None, False),
        ("OFF", None, False),
        ("Closed", None, False),
        ("on", None, True),
        ("", None, True),
        (None, None, True),  # nobody knows: a start
        ({"on": False}, None, True),
        ([], None, True),
        (math.nan, None, True),
        (True, False, False),  # what it becomes says more than what is given
        (None, "locked", False),
        (0, True, True),
        (False, "open", True),
    ],
)
def test_rest_is_about_starts(value: Json, becomes: Json, starts: bool) -> None:
    decision = decide(RESTING, GivenFacts(off={"lamp": 10.0}), value, becomes=becomes, of=SET)
    assert decision.permitted is not starts


@pytest.mark.parametrize(("off", "wait"), [(None, None), (0.0, 300), (299.5, 1), (300.0, None), (1e9, None)])
def test_rest_waits_until_it_was_off_long_enough(off: float | None, wait: int | None) -> None:
    decision = decide(RESTING, GivenFacts(off={"lamp": off}))
    assert decision.permitted is (wait is None)
    assert decision.rests_on_facts
    if wait is not None:
        assert data(decision) == {"after_seconds": wait}
    assert decide(RESTING, GivenFacts(off={"lamp": off}), safe=True).permitted


def test_an_unknown_time_of_rest_is_none() -> None:
    assert data(decide(RESTING)) == {"after_seconds": 300}


@pytest.mark.parametrize("words", ['at_most = "1/m"', 'rest = "5m"'])
def test_a_time_that_is_no_number_denies_by_its_rule(words: str) -> None:
    facts = GivenFacts(uses={(L, LAMP.thing): (math.nan,)}, off={LAMP.thing: math.nan})
    finding = refusal(decide(limit(words), facts))
    assert (finding.rule, finding.unknown) == ("l", True)
