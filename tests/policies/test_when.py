"""`when`: rules that hold only for what starts something, in some modes, at some times. What is not known is such a moment."""

from __future__ import annotations

from dataclasses import replace

import pytest

from capabilities.vocabulary import Json
from policies import (
    Accepted,
    AccessRequest,
    Approval,
    GivenFacts,
    LocalTime,
    Policy,
    RuleRef,
    Verdict,
    Waiver,
)
from tests.policies.writing import (
    BEN,
    COO,
    HEATER,
    LAMP,
    SET,
    L,
    Q,
    ask,
    decide,
    limit,
    policy,
    refusal,
    rule,
    then,
)

NIGHT, NOON = '["22:00", "07:00"]', '["12:00", "14:00"]'
AT_NIGHT = GivenFacts(at=LocalTime(23 * 60, 4), house_mode="night")
BY_DAY = GivenFacts(at=LocalTime(12 * 60, 4), house_mode="home")


def at(hours: float, weekday: int = 4) -> GivenFacts:
    return GivenFacts(at=LocalTime(hours * 60, weekday), house_mode="home")


def mode(name: str | None) -> GivenFacts:
    return GivenFacts(house_mode=name)


def never(when: str, more: str = "") -> str:
    return limit(f"never = true\nwhen = {{ {when} }}\n{more}")


def prospect(rules: Policy | str) -> tuple[str, ...]:
    made = policy(rules) if isinstance(rules, str) else rules
    return made.prospect(COO, HEATER).conditions


# ---------------------------------------------------------------- the moments


@pytest.mark.parametrize(
    ("when", "facts", "holds"),
    [
        ('modes = ["night", "away"]', mode("night"), True),
        ('modes = ["night", "away"]', mode("away"), True),
        ('modes = ["night", "away"]', mode("home"), False),
        ('modes = ["night", "away"]', mode(None), True),  # what nobody knows is such a moment
        (f"between = {NIGHT}", at(22), True),  # the beginning belongs to it
        (f"between = {NIGHT}", at(21.99), False),
        (f"between = {NIGHT}", at(6.99), True),
        (f"between = {NIGHT}", at(7), False),  # the end does not
        (f"between = {NOON}", at(12), True),
        (f"between = {NOON}", at(14), False),
        (f"between = {NOON}", GivenFacts(), True),  # the clock is not known
        (f"between = {NOON}", at(12, 7), True),  # no day of any week
        (f'between = {NIGHT}\ndays = ["fri"]', at(23, 4), True),
        (f'between = {NIGHT}\ndays = ["fri"]', at(6, 5), True),  # Saturday morning is still Friday's night
        (f'between = {NIGHT}\ndays = ["fri"]', at(23, 5), False),
        (f'between = {NIGHT}\ndays = ["fri"]', at(6, 4), False),  # Friday morning is Thursday's night
        (f'between = {NIGHT}\ndays = ["sun"]', at(6, 0), True),  # the week is a circle
        (f'between = {NIGHT}\ndays = ["fri"]', GivenFacts(), True),
        (f'between = {NIGHT}\nmodes = ["night"]', AT_NIGHT, True),  # all that is given must be so
        (f'between = {NIGHT}\nmodes = ["night"]', replace(AT_NIGHT, house_mode="home"), False),
        (f'between = {NIGHT}\nmodes = ["night"]', replace(AT_NIGHT, at=LocalTime(720, 4)), False),
        (f'between = {NIGHT}\nmodes = ["night"]', replace(AT_NIGHT, at=None), True),
    ],
)
def test_when_a_rule_holds(when: str, facts: GivenFacts, holds: bool) -> None:
    words = when.replace("\n", ", ")
    forbidding = decide(never(words), facts)
    assert forbidding.verdict is (Verdict.DENY if holds else Verdict.PERMIT)
    assert forbidding.rests_on_facts
    asking = decide(ask(f"when = {{ {words} }}"), facts)
    assert asking.verdict is (Verdict.NEEDS_APPROVAL if holds else Verdict.PERMIT)
    owing = decide(then(f"confirm = true\nwhen = {{ {words} }}"), facts)
    assert [one.kind for one in owing.obligations] == (["confirm"] if holds else [])
    assert owing.rests_on_facts


@pytest.mark.parametrize(
    ("value", "becomes", "starts"),
    [
        (True, None, True),
        (False, None, False),
        (0, None, False),
        (40, None, True),
        ("Closed", None, False),
        ("open", None, True),
        (None, None, True),  # nobody knows: a start
        (None, "locked", False),  # actions that leave something at rest
        (None, False, False),
        (None, "docked", False),
        (None, "unlocked", True),
        (True, False, False),  # what it becomes says more than what is given
        (False, True, True),
        ({"on": False}, None, True),
    ],
)
def test_what_starts(value: Json, becomes: Json, starts: bool) -> None:
    forbidding = decide(never("starts = true"), value=value, becomes=becomes)
    assert forbidding.permitted is not starts
    assert not forbidding.rests_on_facts  # the request says it all
    asking = decide(ask("when = { starts = true }"), value=value, becomes=becomes)
    assert asking.permitted is not starts
    owing = decide(then('notify = ["adult"]\nwhen = { starts = true }'), value=value, becomes=becomes)
    assert bool(owing.obligations) is starts
    counted = decide(limit('at_most = "6/h"\nwhen = { starts = true }'), value=value, becomes=becomes)
    assert counted.counts == ((L,) if starts else ())


# ---------------------------------------------------------------- limits

COLD = 'value = { max = 20 }\nwhen = { modes = ["night"] }'


def test_bounds_hold_at_such_a_moment_only_and_only_then_narrow() -> None:
    rules = policy(limit(COLD) + limit("value = { min = 5, max = 25 }", "m"))
    by_day, by_night = (decide(rules, mode(name), 22, of=HEATER) for name in ("home", "night"))
    assert (by_day.permitted, by_day.accepted) == (True, Accepted(5, 25))
    assert (by_night.permitted, by_night.accepted) == (False, Accepted(5, 20))
    finding = refusal(by_night)
    assert finding.seen == "22 is above 20 and it is in mode night"
    assert finding.remedy is not None
    assert finding.remedy.data == {"minimum": 5, "maximum": 20}
    assert finding.remedy.text == "target between 5 and 20, or mode home or away or holiday"
    assert decide(rules, mode(None), 20, of=HEATER).accepted == Accepted(5, 20)
    assert decide(rules, mode("night"), 26, of=HEATER).accepted == Accepted(5, 20)
    assert decide(rules, mode("home"), 25, of=HEATER).permitted


def test_members_are_bounded_at_such_a_moment_only() -> None:
    rules = policy(limit('members = { brightness = { max = 30 } }\nwhen = { modes = ["night"] }'))
    bright: Json = {"brightness": 80}
    by_day, by_night = (decide(rules, mode(name), bright, of=SET) for name in ("home", "night"))
    assert (by_day.permitted, by_day.accepted) == (True, None)
    assert not by_night.permitted
    assert by_night.accepted == Accepted(members={"brightness": Accepted(maximum=30)})
    assert decide(rules, mode("night"), {"brightness": 30}, of=SET).permitted
    assert decide(rules, mode("night"), {}, of=SET).permitted


def test_a_step_is_bounded_at_such_a_moment_only() -> None:
    rules = policy(limit('value = { max_change = 1 }\nwhen = { modes = ["night"] }'))
    by_night = GivenFacts(house_mode="night", present={("heater", "target"): (20,)})
    by_day = replace(by_night, house_mode="home")
    assert decide(rules, by_night, 22, of=HEATER).accepted == Accepted(19, 21)
    assert not decide(rules, by_night, 22, of=HEATER).permitted
    assert decide(rules, by_day, 22, of=HEATER).permitted
    assert decide(rules, by_day, 22, of=HEATER).accepted is None


def test_never_under_when_leaves_the_other_moments() -> None:
    rules = policy(never(f'modes = ["night"], between = {NIGHT}'))
    decision = decide(rules, AT_NIGHT, of=HEATER)
    finding = refusal(decision)
    assert finding.seen.endswith("it is in mode night and it is 23:00, which is between 22:00 and 07:00")
    assert decision.accepted == Accepted(one_of=())
    assert not finding.unknown
    assert rules.may_use(COO, HEATER)
    assert decide(rules, BY_DAY, of=HEATER).accepted is None
    assert refusal(decide(rules, of=HEATER)).unknown


@pytest.mark.parametrize(
    ("words", "free"),
    [
        ("never = true", False),
        ("value = { one_of = [1] }", False),
        ('modes = ["home"]', False),
        ('not_between = ["20:00", "23:59"]', True),
        ('at_most = "1/h"', True),
        ('rest = "5m"', True),
    ],
)
def test_toward_the_safe_state_is_as_free_as_without_when(words: str, free: bool) -> None:
    facts = replace(AT_NIGHT, uses={(L, "lamp"): (1.0,)}, off={"lamp": 1.0})
    rules = policy(limit(f'{words}\nwhen = {{ modes = ["night"] }}'))
    assert not decide(rules, facts, 7).permitted
    assert decide(rules, facts, 7, safe=True).permitted is free
    assert decide(rules, facts, 7, safe=True).counts == ()
    assert decide(rules, replace(facts, house_mode="home"), 7).permitted


def test_what_holds_at_times_may_be_lifted_as_any_other() -> None:
    rules = policy(limit(COLD + '\nwaivable_by = ["adult"]') + limit("value = { max = 25 }", "m"))
    lifted = replace(mode("night"), waivers={(L, "heater"): Waiver(BEN, 60)})
    decision = decide(rules, lifted, 22, of=HEATER)
    assert decision.permitted
    assert decision.accepted == Accepted(maximum=25)
    assert ("l", "waived by ben, for another 60 s") in {(one.rule, one.seen) for one in decision.findings}
    assert not decide(rules, replace(lifted, waivers={}), 22, of=HEATER).permitted


@pytest.mark.parametrize(("name", "counts"), [("night", (L,)), (None, (L,)), ("home", ())])
def test_a_rate_counts_such_uses_only(name: str | None, counts: tuple[RuleRef, ...]) -> None:
    rules = policy(limit('at_most = "1/h"\nwhen = { modes = ["night"] }'))
    assert decide(rules, mode(name)).counts == counts
    full = replace(mode(name), uses={(L, "lamp"): (1.0,)})
    assert decide(rules, full).permitted is (counts == ())
    assert decide(rules, full).counts == counts


def test_an_ask_may_count_at_such_a_moment_only() -> None:
    rules = policy(ask('at_most = "1/h"\nwhen = { modes = ["night"] }'))
    assert [decide(rules, mode(name)).counts for name in ("night", "home")] == [(Q,), ()]
    full = {(Q, "lamp"): (1.0,)}
    assert decide(rules, replace(mode("night"), uses=full)).verdict is Verdict.NEEDS_APPROVAL
    assert decide(rules, replace(mode("home"), uses=full)).permitted


# ---------------------------------------------------------------- asks and duties


def test_an_ask_without_conditions_asks_at_such_a_moment_only() -> None:
    rules = policy(ask(f"when = {{ between = {NIGHT} }}"))
    asked = decide(rules, AT_NIGHT)
    assert asked.verdict is Verdict.NEEDS_APPROVAL
    finding = refusal(asked)
    assert finding.seen == "it is 23:00, which is between 22:00 and 07:00"
    assert finding.remedy is not None
    assert finding.remedy.text == "approval by adult, or after 07:00"
    assert finding.remedy.data == {"approver": ["adult"], "valid": 120}
    assert decide(rules, BY_DAY).permitted
    assert decide(rules, AT_NIGHT, safe=True).permitted
    assert decide(rules, replace(AT_NIGHT, given=(Approval(BEN, frozenset({Q})),))).permitted


def test_an_ask_with_conditions_asks_for_what_breaks_them_at_such_a_moment() -> None:
    rules = policy(ask('value = { max = 22 }\nwhen = { modes = ["night"] }'))
    verdicts = {
        (name, value): decide(rules, mode(name), value, of=HEATER).verdict
        for name in ("night", "home")
        for value in (22, 23)
    }
    assert [key for key, verdict in verdicts.items() if verdict is not Verdict.PERMIT] == [("night", 23)]
    assert decide(rules, mode("night"), 23, of=HEATER).accepted is None  # an ask narrows nothing


def test_duties_are_owed_at_such_a_moment_only() -> None:
    rules = policy(
        then('max_on = "2h"') + then('max_on = "10m"\nnotify = ["adult"]\nwhen = { modes = ["night"] }', "n")
    )
    by_day, by_night = (decide(rules, mode(name)) for name in ("home", "night"))
    assert [(one.kind, one.value) for one in by_day.obligations] == [("max_on", 7200)]
    assert [(one.kind, one.value) for one in by_night.obligations] == [("max_on", 600), ("notify", ["adult"])]
    assert [one.rule for one in by_day.findings] == ["all", "t"]
    assert [one.rule for one in by_night.findings] == ["all", "n", "t"]
    assert decide(rules, mode(None)).obligations == by_night.obligations
    asked = decide(policy(ask() + then('notify = ["adult"]\nwhen = { modes = ["night"] }')), mode("home"))
    assert asked.verdict is Verdict.NEEDS_APPROVAL
    assert asked.obligations == ()


def test_what_was_remembered_by_day_does_not_hold_by_night() -> None:
    rules = policy(
        limit('at_most = "9/h"\nwhen = { modes = ["night"] }')
        + then("confirm = true\nwhen = { starts = true }")
        + limit(COLD, "m")
    )
    for _ in range(2):
        for name, counts, accepted in (("home", (), None), ("night", (L,), Accepted(maximum=20))):
            for value, kinds in ((19, ["confirm"]), (0, [])):
                decision = decide(rules, mode(name), value, of=HEATER)
                assert (decision.counts, decision.accepted) == (counts, accepted)
                assert [one.kind for one in decision.obligations] == kinds


# ---------------------------------------------------------------- in words


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (limit(COLD), "in mode night only with value at most 20"),
        (never("starts = true"), "when it starts something not at all"),
        (never(f'between = {NIGHT}, days = ["sun", "fri"]'), "between 22:00 and 07:00 on fri, sun not at all"),
        (limit('at_most = "6/h"\nwhen = { starts = true }'), "when it starts something only at most 6/h"),
        (ask('when = { modes = ["night", "away"] }'), "needs approval by adult in mode away or night"),
        (
            ask('value = { max = 22 }\nwhen = { modes = ["night"] }'),
            "needs approval by adult in mode night, except with value at most 22",
        ),
        (then("confirm = true\nwhen = { starts = true }"),
         "when it starts something counts as done only when the device itself says so"),
    ],
)  # fmt: skip
def test_conditions_in_words(words: str, said: str) -> None:
    assert prospect(words) == (said,)


@pytest.mark.parametrize(
    ("when", "rests"), [("starts = true", False), ('modes = ["home"]', True), (f"between = {NOON}", True)]
)
@pytest.mark.parametrize("kind", ["limit", "then"])
def test_whoever_looks_at_the_moment_rests_on_facts(kind: str, when: str, rests: bool) -> None:
    words = {"limit": "value = { max = 30 }", "then": "confirm = true"}[kind]
    name = rule(kind, f"{words}\nwhen = {{ {when} }}", "l")
    for facts in (BY_DAY, AT_NIGHT):
        assert decide(name, facts, 20, of=HEATER).rests_on_facts is rests
        assert decide(name, facts, 0, of=HEATER).rests_on_facts is rests


# ---------------------------------------------------------------- facts that cannot be had


class NoMode(GivenFacts):
    def mode(self) -> str | None:
        raise OSError


class NoClock(GivenFacts):
    def local_time(self) -> LocalTime | None:
        raise OSError


@pytest.mark.parametrize(
    ("when", "facts"), [('modes = ["night"]', NoMode()), (f"between = {NIGHT}", NoClock())]
)
@pytest.mark.parametrize("safe", [False, True])
@pytest.mark.parametrize(
    "case",
    [
        ("limit", "never = true", False),
        ("limit", 'never = true\nwaivable_by = ["adult"]', False),
        ("limit", "value = { max = 30 }", False),
        ("limit", 'at_most = "6/h"', True),
        ("ask", 'approver = ["adult"]\nvalid = "2m"', True),
        ("ask", 'approver = ["adult"]\nvalid = "2m"\nat_most = "6/h"', True),
        ("then", "confirm = true", False),
    ],
)
def test_a_moment_that_cannot_be_had_denies_by_its_rule(
    case: tuple[str, str, bool], when: str, facts: GivenFacts, safe: bool
) -> None:
    """Once, and beside what is wrong besides."""
    kind, words, spares_safe = case
    text = rule(kind, f"{words}\nwhen = {{ {when} }}", "x")
    decision = decide(text, facts, 20, of=HEATER, safe=safe)
    if safe and spares_safe:
        assert decision.permitted
        return
    assert decision.verdict is Verdict.DENY
    (finding,) = decision.findings
    assert (finding.rule, finding.set, finding.unknown) == ("x", "house", True)
    assert "OSError" in finding.seen
    worse = decide(text + limit("value = { max = 10 }"), facts, 20, of=HEATER, safe=safe)
    assert [one.rule for one in worse.findings] == ["l", "x"]
    asked = decide(text + ask(), facts, 20, of=HEATER)
    assert asked.verdict is Verdict.DENY
    assert {one.rule for one in asked.findings} == {"x", "q"}


def test_only_the_rule_whose_moment_cannot_be_had_denies() -> None:
    rules = policy(
        limit("value = { max = 30 }\nwhen = { starts = true }")
        + never('modes = ["night"]').replace('"l"', '"n"')
    )
    request = AccessRequest(COO, LAMP, 20)
    assert [one.rule for one in rules.decide(request, NoMode()).findings] == ["n"]
    assert rules.decide(request, NoMode()).accepted == Accepted(maximum=30, one_of=())
