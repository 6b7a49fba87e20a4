"""Needs and max_change: what other readings must be, and how far a value may move."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pytest

from capabilities.vocabulary import Json
from policies import Accepted, GivenFacts, Observed
from tests.policies.writing import HEATER, SET, data, decide, limit, policy, refusal

TANK = 'needs = [{ thing = "tank", property = "level", min = 20, max = 80, fresh = "2m", trusted = true }]'


def tank(value: Json, **known: float) -> GivenFacts:
    seen = Observed(value, **known)  # type: ignore[arg-type]
    return GivenFacts(readings={("tank", "level"): seen})


@pytest.mark.parametrize(
    ("facts", "permitted", "unknown", "safe", "seen"),
    [
        (tank(20), True, False, True, ""),
        (tank(80.0), True, False, True, ""),
        (tank(19.5), False, False, False, "tank.level: 19.5 is below 20"),
        (tank(81), False, False, False, "tank.level: 81 is above 80"),
        (GivenFacts(), False, True, True, "tank.level is unknown: nothing was heard of it"),
        (tank(50, good=False), False, True, True, "tank.level is unknown: what was heard last is not certain any more"),
        (tank(50, trusted=False), False, True, True,
         "tank.level is unknown: the device itself has not said so since the start"),
        (tank(50, age_s=120), True, False, True, ""),
        (tank(50, age_s=121), False, True, True, "tank.level is unknown: last heard of 121 s ago"),
        (tank(5, age_s=121), False, True, True, "tank.level is unknown: last heard of 121 s ago"),
        (tank(True), False, True, True, "tank.level: true is not a number"),
        (tank("50"), False, True, True, 'tank.level: "50" is not a number'),
        (tank(None), False, True, True, "tank.level: nothing is not a number"),
        (tank(math.nan), False, True, True, "tank.level: a number that is not finite is not in any range"),
        (tank(22, deviation=1), True, False, True, ""),
        (tank(21.5, deviation=1), False, True, True, "tank.level is 21.5 ± 2, too uncertain to tell"),
        (tank(81, deviation=1), False, True, True, "tank.level is 81 ± 2, too uncertain to tell"),
        (tank(17.5, deviation=1), False, False, False, "tank.level: 17.5 is below 20"),
        (tank(50, deviation=100), False, True, True, "tank.level is 50 ± 200, too uncertain to tell"),
        (tank(50, deviation=math.inf), False, True, True,
         "tank.level is 50 ± a number that is not finite, too uncertain to tell"),
    ],
)  # fmt: skip
def test_what_is_not_known_is_not_so_and_stops_no_safe_command(
    facts: GivenFacts, permitted: bool, unknown: bool, safe: bool, seen: str
) -> None:
    rules = policy(limit(TANK))
    decision = decide(rules, facts)
    assert decision.permitted is permitted
    assert decide(rules, facts, safe=True).permitted is safe
    assert decision.rests_on_facts
    if not permitted:
        finding = refusal(decision)
        assert (finding.seen, finding.unknown, finding.about) == (seen, unknown, ("tank", "level"))


@pytest.mark.parametrize("age", [math.nan, math.inf])
def test_an_age_that_is_no_number_is_not_fresh(age: float) -> None:
    assert refusal(decide(limit(TANK), tank(50, age_s=age))).unknown


def test_a_need_says_as_data_what_it_wants() -> None:
    wanted = {"thing": "tank", "property": "level", "minimum": 20, "maximum": 80, "fresh_seconds": 120}
    decision = decide(limit(TANK))
    assert data(decision) == wanted
    remedy = refusal(decision).remedy
    assert remedy is not None
    assert remedy.text == "tank.level between 20 and 80, heard of in the last 2m, by the device's own word"


@pytest.mark.parametrize(
    ("equals", "value", "deviation", "permitted", "safe"),
    [
        ('"shut"', "shut", 0, True, True),
        ('"shut"', "open", 0, False, False),
        ('"shut"', 1, 0, False, False),
        ("true", True, 0, True, True),
        ("true", 1, 0, False, False),
        ("1", 1.0, 0, True, True),
        ("1", True, 0, False, False),
        ("1", 1, 0.5, False, True),  # it may be, and may not be
        ("1", 2, 0.5, False, True),
        ("1", 2.01, 0.5, False, False),
        ("1", None, 0, False, False),
    ],
)
def test_equals(equals: str, value: Json, deviation: float, permitted: bool, safe: bool) -> None:
    rules = policy(limit(f'needs = [{{ property = "state", equals = {equals} }}]'))
    facts = GivenFacts(readings={("lamp", "state"): Observed(value, deviation=deviation)})
    assert decide(rules, facts).permitted is permitted
    assert decide(rules, facts, safe=True).permitted is safe


def test_a_need_without_a_thing_is_of_the_thing_itself() -> None:
    rules = limit('needs = [{ property = "level", min = 1 }]')
    other, own = ({(thing, "level"): Observed(1)} for thing in ("other", "lamp"))
    assert refusal(decide(rules, GivenFacts(readings=other))).about == ("lamp", "level")
    assert decide(rules, GivenFacts(readings=own)).permitted


def test_fresh_alone_asks_for_a_sign_of_life() -> None:
    rules = limit('needs = [{ thing = "tank", property = "level", fresh = "2m" }]')
    assert decide(rules, tank(None)).permitted
    assert data(decide(rules)) == {"thing": "tank", "property": "level", "fresh_seconds": 120}


def test_every_need_must_be_met() -> None:
    rules = limit(
        'needs = [{ thing = "tank", property = "level", min = 1 }, { property = "ok", equals = true }]'
    )
    assert refusal(decide(rules, tank(1))).about == ("lamp", "ok")
    both = {("tank", "level"): Observed(1), ("lamp", "ok"): Observed(True)}
    assert decide(rules, GivenFacts(readings=both)).permitted


# ---------------------------------------------------------------- how far it moves

STEP = limit('on = ["thermostat.target"]\nvalue = { min = 5, max = 30, max_change = 3 }')


def now(*values: Json, member: str = "target") -> GivenFacts:
    return GivenFacts(present={("heater", member): values, ("lamp", member): values})


@pytest.mark.parametrize(
    ("value", "present", "permitted", "unknown"),
    [
        (23, (20,), True, False),
        (17, (20,), True, False),
        (23.01, (20,), False, False),
        (16.99, (20,), False, False),
        (20, (), False, True),
        (20, (None,), False, True),
        (20, ("20",), False, True),
        (20, (True,), False, True),
        (20, (math.nan,), False, True),
        (20, (20, math.nan), False, True),
        (20, (math.inf,), False, True),
        (20, (10**400,), False, True),
        (20, (20, None), False, True),
        (21, (20, 22), True, False),  # a command is under way: from both it must be near
        (23, (20, 22), True, False),
        (23.5, (20, 22), False, False),
        (18.5, (20, 22), False, False),
        (20, (10, 30), False, False),  # nothing is near both
    ],
)
@pytest.mark.parametrize("safe", [False, True])
def test_max_change(value: Json, present: Sequence[Json], permitted: bool, unknown: bool, safe: bool) -> None:
    decision = decide(STEP, now(*present), value, of=HEATER, safe=safe)
    assert decision.permitted is permitted
    assert decision.rests_on_facts
    if not permitted:
        assert refusal(decision).unknown is unknown
        assert refusal(decision).about == ("heater", "")


@pytest.mark.parametrize("value", ["20", None, True, math.nan, math.inf, 10**400, [], {}])
def test_only_a_number_can_be_near(value: Json) -> None:
    decision = decide(limit("value = { max_change = 3 }"), now(20), value, of=HEATER)
    assert not decision.permitted
    assert decision.accepted == Accepted(17, 23)


@pytest.mark.parametrize(("present", "value"), [(0.1, 0.4), (20.1, 20.4), (19.9, 20.2), (1.1, 0.8)])
def test_decimal_steps_are_not_refused_for_their_binary_tails(present: float, value: float) -> None:
    rules = policy(limit("value = { max_change = 0.3 }"))
    decision = decide(rules, now(present), value, of=HEATER)
    assert decision.permitted
    assert not decide(rules, now(present), value + 0.001 * (value - present), of=HEATER).permitted


def test_the_accepted_range_is_the_step_within_the_bounds() -> None:
    assert decide(STEP, now(20), 21, of=HEATER).accepted == Accepted(17, 23)
    assert decide(STEP, now(29), 30, of=HEATER).accepted == Accepted(26, 30)
    far = decide(STEP, now(20), 25, of=HEATER)
    assert far.accepted == Accepted(17, 23)
    assert refusal(far).seen == "25 is more than 3 from the present 20"
    assert data(far) == {"minimum": 17, "maximum": 23}
    nothing = decide(STEP, now(), 20, of=HEATER).accepted
    assert nothing is not None
    assert nothing.one_of == ()
    two = policy(limit("value = { max_change = 3 }") + limit("value = { max_change = 1 }", "m"))
    assert decide(two, now(20), 21, of=HEATER).accepted == Accepted(19, 21)


def test_members_move_by_their_own_steps() -> None:
    rules = policy(limit("members = { brightness = { max = 80, max_change = 30 } }"))
    facts = now(50, member="brightness")
    decision = decide(rules, facts, {"brightness": 70}, of=SET)
    assert decision.permitted
    assert decision.accepted == Accepted(members={"brightness": Accepted(20, 80)})
    finding = refusal(decide(rules, facts, {"brightness": 19}, of=SET))
    assert finding.about == ("lamp", "")
    assert finding.seen == "19 is more than 30 from the present 50"
    assert decide(rules, GivenFacts(), {"on": True}, of=SET).permitted
    assert not decide(rules, GivenFacts(), {"brightness": 50}, of=SET).permitted
    only_step = limit("members = { brightness = { max_change = 30 } }")
    assert "is not an object" in refusal(decide(only_step, facts, 50, of=SET)).seen
