"""Who may say yes: approvals of asks, and consents that lift limits."""

from __future__ import annotations

import math

import pytest

from capabilities.vocabulary import Json
from policies import Accepted, Approval, GivenFacts, Principal, Remedy, Role, RuleRef, Verdict, Waiver
from tests.policies.writing import (
    ANNA,
    BEN,
    BOT,
    COO,
    HEATER,
    KID,
    LAMP,
    L,
    Q,
    ask,
    data,
    decide,
    limit,
    policy,
    refusal,
)

GUS = Principal("gus", Role.GUEST)
SERVICE = Principal("recorder", Role.SERVICE)


def yes(by: Principal = ANNA, age_s: float = 0.0, asks: tuple[RuleRef, ...] = (Q,)) -> GivenFacts:
    return GivenFacts(given=(Approval(by, frozenset(asks), age_s),))


def test_an_ask_without_conditions_always_asks() -> None:
    rules = policy(ask('who = ["agent"]'))
    decision = decide(rules)
    assert decision.verdict is Verdict.NEEDS_APPROVAL
    assert data(decision) == {"approver": ["adult"], "valid": 120}
    assert refusal(decision).remedy is not None
    assert decide(rules, who=BEN).permitted
    assert rules.may_use(COO, LAMP)
    assert rules.prospect(COO, LAMP).verdict is Verdict.NEEDS_APPROVAL


def test_an_approval_is_told_in_the_permit() -> None:
    decision = decide(ask(), yes(BEN, 30))
    assert decision.permitted
    assert decision.rests_on_facts
    assert [(one.rule, one.seen) for one in decision.findings] == [
        ("all", ""),
        ("q", "approved by ben 30 s ago"),
    ]


@pytest.mark.parametrize(
    ("who", "approver", "by", "answered"),
    [
        ('["agent"]', '["adult"]', ANNA, True),  # its own person, and the owner is an adult
        ('["agent"]', '["adult"]', BEN, True),
        ('["agent"]', '["owner"]', BEN, False),
        ('["agent"]', '["adult"]', KID, False),
        ('["agent"]', '["child"]', KID, True),
        ('["agent"]', '["ben"]', BEN, True),
        ('["agent"]', '["ben"]', ANNA, False),
        ('["agent"]', '["agent", "coo"]', COO, False),  # nobody answers for itself,
        ('["agent"]', '["agent", "bot"]', BOT, False),  # and software for nobody
        ('["agent"]', '["service"]', SERVICE, False),
        ('["agent"]', '["adult"]', Principal("adult", Role.GUEST), False),
        # What a person would have to ask another for, its agent has to ask another for too.
        ('["agent", "adult"]', '["adult"]', ANNA, False),
        ('["agent", "anna"]', '["adult"]', ANNA, False),
        ('["agent", "adult"]', '["adult"]', BEN, True),
    ],
)
def test_who_may_answer_for_an_agent(who: str, approver: str, by: Principal, answered: bool) -> None:
    decision = decide(ask(f"who = {who}", approver=approver), yes(by), who=COO)
    assert decision.verdict is (Verdict.PERMIT if answered else Verdict.NEEDS_APPROVAL)


def test_an_ask_of_everybody_is_answered_by_somebody_else() -> None:
    rules = policy(ask())
    assert not decide(rules, yes(ANNA), who=ANNA).permitted
    assert not decide(rules, yes(ANNA), who=COO).permitted
    assert not decide(rules, yes(COO), who=ANNA).permitted
    assert decide(rules, yes(BEN), who=ANNA).permitted
    assert decide(rules, yes(ANNA), who=KID).permitted


@pytest.mark.parametrize(
    ("age", "counts"),
    [(0, True), (120, True), (120.5, False), (-1, False), (math.nan, False), (math.inf, False)],
)
def test_an_approval_counts_for_a_while(age: float, counts: bool) -> None:
    assert decide(ask(), yes(BEN, age)).permitted is counts


def test_an_approval_is_of_the_rules_that_were_shown() -> None:
    other, set1 = RuleRef("house", "p"), RuleRef("set1", "q")
    rules = policy(ask() + ask(name="p"), "\n" + ask())
    pending = {(one.set, one.rule) for one in decide(rules, yes(BEN)).findings}
    assert pending == {("house", "p"), ("set1", "q")}
    assert not decide(rules, yes(BEN, asks=(other, set1))).permitted
    assert decide(rules, yes(BEN, asks=(Q, other, set1))).permitted
    each = tuple(Approval(BEN, frozenset({ref})) for ref in (Q, other, set1))
    assert decide(rules, GivenFacts(given=each)).permitted


@pytest.mark.parametrize(
    ("value", "verdict", "unknown"),
    [(20, Verdict.PERMIT, False), (24, Verdict.NEEDS_APPROVAL, False), ("x", Verdict.NEEDS_APPROVAL, True)],
)
def test_an_ask_with_conditions_asks_beyond_them(value: Json, verdict: Verdict, unknown: bool) -> None:
    rules = policy(ask('on = ["thermostat.target"]\nvalue = { max = 23 }'))
    decision = decide(rules, value=value, of=HEATER)
    assert decision.verdict is verdict
    assert decision.accepted is None  # it narrows nothing
    if not decision.permitted:
        assert refusal(decision).unknown is unknown
        remedy = refusal(decision).remedy
        assert remedy is not None
        assert remedy.text == "approval by adult, or with target at most 23"
    assert decide(rules, yes(BEN), value, of=HEATER).permitted


def test_any_condition_that_fails_asks() -> None:
    rules = policy(ask('modes = ["home"]\nmembers = { x = { max = 1 } }\nat_most = "1/m"'))
    home = GivenFacts(house_mode="home")
    assert decide(rules, home, {"x": 1}).permitted
    assert decide(rules, home, {}).permitted
    cases: list[tuple[GivenFacts, Json]] = [(GivenFacts(), {"x": 1}), (home, {"x": 2}), (home, 1)]
    for facts, value in cases:
        assert decide(rules, facts, value).verdict is Verdict.NEEDS_APPROVAL
    assert decide(rules, home, {"x": 1}).counts == (Q,)
    often = GivenFacts(house_mode="home", uses={(Q, "lamp"): (1.0,)})
    assert decide(rules, often, {}).verdict is Verdict.NEEDS_APPROVAL


@pytest.mark.parametrize(("value", "asks"), [(21, False), (19, False), (21.5, True), ("x", True)])
def test_a_step_that_is_too_far_asks(value: Json, asks: bool) -> None:
    rules = policy(ask("value = { max_change = 1 }"))
    decision = decide(rules, GivenFacts(present={("heater", "target"): (20,)}), value, of=HEATER)
    assert decision.verdict is (Verdict.NEEDS_APPROVAL if asks else Verdict.PERMIT)
    assert decision.accepted is None
    assert decide(rules, value=value, of=HEATER).verdict is Verdict.NEEDS_APPROVAL


def test_a_safe_command_is_not_asked_about() -> None:
    assert decide(ask(), safe=True).permitted
    assert decide(ask('modes = ["home"]'), safe=True).permitted
    assert not decide(ask() + limit("never = true"), yes(), safe=True).permitted


def test_an_approval_lifts_no_limit() -> None:
    decision = decide(ask() + limit("value = { max = 1 }"), yes(BEN, asks=(Q, L)), 2)
    assert [one.rule for one in decision.findings] == ["l"]


def test_a_denial_tells_of_asks_too() -> None:
    decision = decide(ask() + limit("value = { max = 1 }"), value=2)
    assert [(one.verdict, one.rule) for one in decision.findings] == [
        (Verdict.DENY, "l"),
        (Verdict.NEEDS_APPROVAL, "q"),
    ]


def test_what_an_ask_saw_is_about_somebodys_state() -> None:
    decision = decide(ask('needs = [{ thing = "tank", property = "level", min = 1 }]'))
    assert refusal(decision).about == ("tank", "level")
    assert refusal(decision).unknown


# ---------------------------------------------------------------- several people, and each time


def yeses(*approvers: Principal, standing: bool = False) -> GivenFacts:
    return GivenFacts(
        given=tuple(
            Approval(one, frozenset({Q}), float(place), standing) for place, one in enumerate(approvers)
        )
    )


TWO = policy(ask('who = ["agent"]\napprovals = 2'))


def test_several_must_say_yes() -> None:
    decision = decide(TWO)
    assert data(decision) == {"approver": ["adult"], "valid": 120, "approvals": 2}
    assert refusal(decision).remedy == Remedy("approval by two adults", data(decision))
    assert TWO.open_asks(decision)[0].missing == 2
    both = decide(TWO, yeses(ANNA, BEN))
    assert [one.seen for one in both.findings if one.rule == "q"] == [
        "approved by anna 0 s ago and by ben 1 s ago"
    ]


@pytest.mark.parametrize(
    "given", [(ANNA,), (ANNA, ANNA, ANNA), (ANNA, COO), (KID, ANNA, Principal("ANNA", Role.GUEST))]
)
def test_while_one_is_missing_it_is_told_who_has_said_yes(given: tuple[Principal, ...]) -> None:
    decision = decide(TWO, yeses(*given))
    assert refusal(decision).seen == "approved by 1 of 2: anna"
    assert data(decision) == {"approver": ["adult"], "valid": 120, "approvals": 2, "approved_by": ["anna"]}
    (one,) = TWO.open_asks(decision)
    assert (one.approvals, one.given, one.missing) == (2, ("anna",), 1)


def test_what_was_seen_besides_is_told_too() -> None:
    rules = policy(ask('on = ["thermostat.target"]\nvalue = { max = 23 }\napprovals = 3'))
    found = refusal(decide(rules, yeses(BEN, COO), 24, of=HEATER))
    assert found.seen == "24 is above 23; approved by 1 of 3: ben"
    assert found.remedy is not None
    assert found.remedy.text == "approval by three adults, or with target at most 23"


@pytest.mark.parametrize(
    ("approver", "words", "text"),
    [
        ('["owner", "coo"]', "approvals = 2", "approval by two different people (coo or owner)"),
        ('["child"]', "approvals = 5", "approval by five children"),
        ('["coo", "anna"]', "once = true", "approval by anna or coo, each time"),
        ('["owner"]', "approvals = 2\nonce = true", "approval by two owners, each time"),
        ('["agent"]', "approvals = 2", "approval by two different people (agent)"),
        ('["adult"]', "once = false\napprovals = 1", "approval by adult"),
    ],
)
def test_what_is_asked_for_in_words(approver: str, words: str, text: str) -> None:
    rules = policy(ask(words, approver=approver))
    remedy = refusal(decide(rules)).remedy
    assert remedy is not None
    assert remedy.text == text
    assert rules.prospect(COO, LAMP).conditions == (f"needs {text}",)


def test_what_asks_each_time_is_answered_by_no_standing_approval() -> None:
    rules = policy(ask("once = true"))
    assert data(decide(rules)) == {"approver": ["adult"], "valid": 120, "once": True}
    assert not decide(rules, yeses(BEN, standing=True)).permitted
    assert decide(rules, yeses(BEN)).permitted
    assert not decide(rules, yes(BEN, 121)).permitted


def test_standing_approvals_count_together_with_others() -> None:
    mixed = GivenFacts(
        given=(Approval(ANNA, frozenset({Q}), 9_000, standing=True), Approval(BEN, frozenset({Q})))
    )
    assert decide(TWO, mixed).permitted
    each_time = policy(ask('who = ["agent"]\napprovals = 2\nonce = true'))
    assert refusal(decide(each_time, mixed)).seen == "approved by 1 of 2: ben"


# ---------------------------------------------------------------- consents

BAND = 'value = { max = 20 }\nwaivable_by = ["adult"]'


def lifted(by: Principal = BEN, left_s: float = 60.0, ref: RuleRef = L, thing: str = "lamp") -> GivenFacts:
    return GivenFacts(waivers={(ref, thing): Waiver(by, left_s)})


def test_a_consent_lifts_a_limit_and_its_range() -> None:
    rules = policy(limit(BAND) + limit("value = { max = 25 }", "m"))
    plain = decide(rules, value=22)
    assert (plain.verdict, plain.accepted) == (Verdict.DENY, Accepted(maximum=20))
    decision = decide(rules, lifted(), 22)
    assert decision.permitted
    assert decision.accepted == Accepted(maximum=25)
    assert decision.rests_on_facts
    assert [one.seen for one in decision.findings if one.rule == "l"] == ["waived by ben, for another 60 s"]
    assert refusal(decide(rules, lifted(), 26)).rule == "m"
    assert decide(rules, lifted(), 26).accepted == Accepted(maximum=25)


def test_what_a_consent_lifts_rests_on_it_even_where_something_else_refuses() -> None:
    rules = policy(limit(BAND) + limit("value = { max = 25 }", "m"))
    assert decide(rules, lifted(), 26).rests_on_facts
    assert not decide(rules, value=26).rests_on_facts


def test_a_limit_that_is_kept_needs_no_consent() -> None:
    decision = decide(limit(BAND), lifted(), 19)
    assert decision.accepted == Accepted(maximum=20)
    assert all(one.seen == "" for one in decision.findings)


@pytest.mark.parametrize(
    "facts",
    [
        lifted(KID),
        lifted(COO),
        lifted(BOT),
        lifted(Principal("adult", Role.GUEST)),
        lifted(left_s=0),
        lifted(left_s=-1),
        lifted(left_s=math.nan),
        lifted(left_s=math.inf),  # a consent has an end
        lifted(thing="other"),
        lifted(ref=RuleRef("set1", "l")),
        lifted(ref=RuleRef("house", "m")),
    ],
)
def test_what_is_no_consent_lifts_nothing(facts: GivenFacts) -> None:
    assert not decide(limit(BAND), facts, 22).permitted


def test_only_waivable_limits_are_lifted() -> None:
    assert not decide(limit("value = { max = 20 }"), lifted(ANNA), 22).permitted
    agents = limit('value = { max = 20 }\nwaivable_by = ["agent", "coo"]')
    assert not decide(agents, lifted(COO), 22).permitted
    assert decide(limit(BAND), lifted(ANNA), 22).permitted  # the owner is an adult


@pytest.mark.parametrize(
    "words",
    [
        'at_most = "1/m"',
        'modes = ["home"]',
        'not_between = ["22:00", "07:00"]',
        'rest = "1m"',
        "never = true",
    ],
)
def test_every_limit_that_says_so_can_be_lifted(words: str) -> None:
    rules = policy(limit(f'{words}\nwaivable_by = ["ben"]'))
    facts = GivenFacts(uses={(L, "lamp"): (1.0,)}, off={"lamp": 0.0}, waivers=lifted().waivers)
    assert decide(rules, facts).permitted
    assert not decide(rules, GivenFacts(uses=facts.uses, off=facts.off)).permitted
    assert rules.may_use(COO, LAMP)


def test_a_consent_lifts_no_silence_and_no_ask() -> None:
    asking = decide(limit(BAND) + ask(), lifted(), 22)
    assert asking.verdict is Verdict.NEEDS_APPROVAL
    mandate = '[[allow]]\nid = "a"\nwhy = "w"\nwho = ["agent"]\nmay = ["fan.*"]\n'
    silent = decide(policy(limit(BAND), mandate), lifted(), 22)
    assert [one.rule for one in silent.findings] == ["no-allow"]


def test_a_step_can_be_lifted() -> None:
    rules = policy(
        limit('on = ["thermostat.target"]\nvalue = { max = 25, max_change = 1 }\nwaivable_by = ["adult"]')
    )
    facts = GivenFacts(present={("heater", "target"): (20,)}, waivers={(L, "heater"): Waiver(BEN, 9)})
    decision = decide(rules, facts, 30, of=HEATER)
    assert decision.permitted
    assert decision.accepted is None


def test_what_can_only_be_done_under_a_consent_is_shown_as_such() -> None:
    rules = policy(limit('never = true\nwaivable_by = ["adult"]') + limit("value = { max = 9 }", "m"))
    best = rules.prospect(COO, LAMP)
    assert (best.verdict, best.accepted) == (Verdict.PERMIT, Accepted(maximum=9))
    assert best.conditions == ('only while "l" is lifted, which adult or owner may do',)
    closed = policy(limit('never = true\nwaivable_by = ["adult"]') + limit("never = true", "m"))
    assert not closed.may_use(COO, LAMP)
    assert closed.prospect(COO, LAMP).verdict is Verdict.DENY
