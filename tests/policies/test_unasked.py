"""What goes unasked: an allow of the household's own set that spares an ask, and how far it reaches."""

from __future__ import annotations

import dataclasses

import pytest

from capabilities.vocabulary import Hazard, Json, Privilege
from policies import (
    Decision,
    GivenFacts,
    Policy,
    PolicyError,
    Principal,
    Role,
    RuleRef,
    Subject,
    Verdict,
    compile_rules,
    parse,
)
from tests.policies.writing import ANNA, BEN, BOT, COO, HEATER, KID, LAMP, SET, Q, ask, decide, policy


def allow(words: str, name: str = "u") -> str:
    return f'[[allow]]\nid = "{name}"\nwhy = "w"\n{words}\n'


def coo(words: str = "", name: str = "u") -> str:
    return allow(f'who = ["coo"]\nmay = ["light.*", "thermostat.target"]\nunasked = ["q"]\n{words}', name)


OF_AGENTS = ask('who = ["agent"]')
SPARED = policy(OF_AGENTS + coo())


def seen(decision: Decision, rule: str = "q") -> list[str]:
    return [one.seen for one in decision.findings if one.rule == rule]


def test_what_an_allow_covers_goes_unasked() -> None:
    decision = decide(SPARED)
    assert decision.permitted
    assert seen(decision) == ['not asked, by rule "u"']
    assert SPARED.open_asks(decision) == ()
    assert SPARED.prospect(COO, LAMP).verdict is Verdict.PERMIT
    assert SPARED.prospect(COO, LAMP).conditions == ()
    assert decide(SPARED) is decide(SPARED)  # from what was remembered


@pytest.mark.parametrize(
    ("who", "of"),
    [
        (BOT, LAMP),
        (Principal("coo", Role.GUEST_AGENT), dataclasses.replace(LAMP, capability="fan.on")),
        (COO, dataclasses.replace(LAMP, capability="fan.on")),
        (COO, dataclasses.replace(LAMP, privilege=Privilege.MANAGE)),
    ],
)
def test_what_it_does_not_cover_is_asked(who: Principal, of: Subject) -> None:
    rules = policy(ask('who = ["agent", "guest-agent"]') + coo(), "")
    loose = allow(
        'who = ["agent", "guest-agent", "adult", "owner"]\nmay = ["*"]\nprivilege = "manage"', "loose"
    )
    assert decide(policy(ask('who = ["agent", "guest-agent"]') + coo() + loose), of=of, who=who).verdict is (
        Verdict.NEEDS_APPROVAL
    )
    assert decide(rules, of=LAMP).permitted


@pytest.mark.parametrize(
    ("words", "spared"),
    [
        ('things = ["lamp"]', True),
        ('things = ["other"]', False),
        ('rooms = ["hall"]', True),
        ('rooms = ["attic"]', False),
        ('labels = ["a"]', False),
    ],
)
def test_it_holds_where_the_allow_holds(words: str, spared: bool) -> None:
    assert decide(OF_AGENTS + coo(words)).permitted is spared


def test_only_the_asks_that_are_named_are_spared() -> None:
    rules = policy(OF_AGENTS + ask('who = ["agent"]', "p") + coo(), OF_AGENTS)
    refs = [one.ref for one in rules.open_asks(decide(rules))]
    assert refs == [RuleRef("house", "p"), RuleRef("set1", "q")]  # of another set is another ask


def test_what_can_cost_a_life_is_asked_all_the_same() -> None:
    deadly = dataclasses.replace(LAMP, hazard=Hazard.LIFE_SAFETY)
    spares = allow('who = ["agent", "owner"]\nmay = ["light.on"]\nunasked = ["q"]')
    names = allow('who = ["agent", "owner"]\nmay = ["light.on"]', "v")
    assert decide(OF_AGENTS + spares + names, of=LAMP).permitted
    assert decide(OF_AGENTS + spares + names, of=deadly).verdict is Verdict.NEEDS_APPROVAL
    alone = decide(OF_AGENTS + spares, of=deadly)
    assert alone.verdict is Verdict.DENY
    assert alone.findings[0].remedy is not None
    assert '"u" lets it go unasked, which does not reach hazard 3' in alone.findings[0].remedy.text


def test_what_is_asked_each_time_is_asked_all_the_same() -> None:
    rules = policy(ask('who = ["agent"]\nonce = true') + coo())
    assert decide(rules).verdict is Verdict.NEEDS_APPROVAL
    assert rules.prospect(COO, LAMP).conditions == ("needs approval by adult, each time",)


# ---------------------------------------------------------------- bounds


@pytest.mark.parametrize(
    ("bounds", "value", "spared"),
    [
        ("value = { min = 18, max = 22 }", 22, True),
        ("value = { min = 18, max = 22 }", 22.5, False),
        ("value = { min = 18, max = 22 }", "x", False),
        ("value = { one_of = [19, 20] }", 20, True),
        ("value = { one_of = [19, 20] }", 21, False),
        ("value = { max_change = 1 }", 20, True),
        ("value = { max_change = 1 }", 21.5, False),
    ],
)
def test_beyond_its_bounds_it_is_asked_and_not_denied(bounds: str, value: Json, spared: bool) -> None:
    facts = GivenFacts(present={("heater", "target"): (20,)})
    rules = policy(OF_AGENTS + coo(bounds))
    decision = decide(rules, facts, value, of=HEATER)
    assert decision.verdict is (Verdict.PERMIT if spared else Verdict.NEEDS_APPROVAL)
    assert decision.accepted is None
    if spared:
        assert seen(decision) == ['not asked, by rule "u"']


def test_a_present_value_that_is_not_known_is_asked_about() -> None:
    assert not decide(OF_AGENTS + coo("value = { max_change = 1 }"), value=20, of=HEATER).permitted


@pytest.mark.parametrize(
    ("value", "spared"),
    [({"brightness": 80}, True), ({"brightness": 81}, False), ({}, True), (80, False), (None, False)],
)
def test_members_have_bounds_too(value: Json, spared: bool) -> None:
    rules = policy(OF_AGENTS + coo("members = { brightness = { max = 80 } }"))
    assert decide(rules, value=value, of=SET).permitted is spared


def test_bounds_are_told_as_what_goes_unasked() -> None:
    two = coo("value = { min = 18, max = 22 }") + coo("value = { one_of = [30] }", "v")
    rules = policy(OF_AGENTS + two)
    best = rules.prospect(COO, HEATER)
    assert best.verdict is Verdict.PERMIT
    assert best.conditions == (
        "needs approval by adult, but not with value between 18 and 22 or with value 30",
    )
    assert decide(rules, value=20, of=HEATER).permitted
    assert seen(decide(rules, value=30, of=HEATER)) == ['not asked, by rule "v"']
    assert not decide(rules, value=25, of=HEATER).permitted


# ---------------------------------------------------------------- who goes unasked


def spares(who: str, ask_who: str, requester: Principal = COO) -> bool:
    rules = ask(f"who = {ask_who}" if ask_who else "")
    return decide(rules + allow(f'who = {who}\nmay = ["light.*"]\nunasked = ["q"]'), who=requester).permitted


@pytest.mark.parametrize(
    ("who", "ask_who", "spared"),
    [
        ('["coo"]', '["agent"]', True),
        ('["agent"]', '["agent"]', True),
        ('["anna"]', '["agent"]', False),  # what she may without asking, her agent asks for
        ('["coo"]', '["agent", "owner"]', False),  # what she has to ask for, her agent asks for too
        ('["coo", "anna"]', '["agent", "owner"]', True),
        ('["coo"]', "", False),
        ('["coo", "owner"]', "", True),
        ('["anna"]', '["owner"]', True),  # her agent is asked for her alone
    ],
)
def test_everybody_whom_the_ask_is_about_must_go_unasked(who: str, ask_who: str, spared: bool) -> None:
    assert spares(who, ask_who) is spared


def test_each_of_them_within_the_bounds_of_its_own() -> None:
    coos = allow('who = ["coo"]\nmay = ["thermostat.target"]\nunasked = ["q"]')
    annas = allow('who = ["anna"]\nmay = ["thermostat.*"]\nunasked = ["q"]\nvalue = { max = 22 }', "v")
    for rules in (
        policy(ask() + coos + annas),
        policy(ask() + coos.replace("coo", "anna") + annas.replace("anna", "coo")),
    ):
        assert decide(rules, value=22, of=HEATER).permitted
        assert seen(decide(rules, value=22, of=HEATER)) != []
        assert decide(rules, value=23, of=HEATER).verdict is Verdict.NEEDS_APPROVAL
    both = decide(policy(ask() + coos + annas), value=22, of=HEATER)
    assert seen(both) == ['not asked, by rule "u" and "v"']


def test_an_agent_passes_its_always_on_to_no_other() -> None:
    helper = Principal("helper", Role.AGENT, "", "anna", acts_for_role=Role.OWNER, makers=(COO,))
    assert not spares('["coo"]', '["agent"]', helper)
    assert not spares('["helper"]', '["agent"]', helper)
    assert spares('["coo", "helper"]', '["agent"]', helper)


def test_another_person_is_still_asked() -> None:
    assert spares('["kid"]', '["child"]', KID)
    assert not spares('["id:adult"]', '["child"]', KID)
    assert not spares('["ben"]', "", ANNA)
    assert spares('["ben"]', "", BEN)


# ---------------------------------------------------------------- how it is written


def test_a_set_that_narrows_spares_nobody() -> None:
    narrowing = parse("format = 1\n" + ask() + coo(), name="landlord")
    for shadow in (False, True):
        one = narrowing.model_copy(
            update={"document": narrowing.document.model_copy(update={"shadow": shadow})}
        )
        with pytest.raises(PolicyError) as error:
            compile_rules(parse("format = 1\n", name="house"), [one])
        assert str(error.value) == (
            'landlord:9: allow "u", unasked: is a word of the household\'s own set: '
            "a set that narrows it spares nobody a question"
        )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (coo(), '7: allow "u", unasked: "q" is no ask of this set. There is none.'),
        (coo() + ask(name="quest") + ask(name="qu"),
         '7: allow "u", unasked: "q" is no ask of this set; did you mean "qu"? Asks: quest, qu.'),
        (coo().replace('unasked = ["q"]', 'unasked = ["u"]') + OF_AGENTS, '7: allow "u", unasked: "u" is no ask of this set'),
        (coo().replace('unasked = ["q"]', "unasked = []") + OF_AGENTS, '7: allow "u", unasked: must name at least one'),
        (coo().replace('unasked = ["q"]', 'unasked = "q"') + OF_AGENTS,
         '7: allow "u", unasked: must be a list, like ["an-adult-decides"]'),
        (coo().replace('unasked = ["q"]', "value = { max = 3 }"),
         '7: allow "u": value of an allow says what goes unasked: give unasked, or bound it by a limit with value'),
        (allow('who = ["coo"]\nsee = ["*"]\nunasked = ["q"]') + OF_AGENTS,
         '7: allow "u": unasked spares the question before a use: give may (to use)'),
        (coo("value = { mni = 3 }") + OF_AGENTS, '8: allow "u", value: "mni" is not a known word; did you mean "min"?'),
        (OF_AGENTS + 'unasked = ["q"]', '9: ask "q": "unasked" is a word of [[allow]], not of [[ask]]'),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said(text: str, said: str) -> None:
    with pytest.raises(PolicyError) as error:
        parse("format = 1\n" + text, name="house")
    assert str(error.value).startswith(f"house:{said}"), str(error.value)


def test_a_version_tells_it_apart() -> None:
    texts = (coo(), coo("value = { max = 3 }"), coo().replace('unasked = ["q"]\n', ""))
    versions = {policy(OF_AGENTS + one).version for one in texts}
    assert len(versions) == 3


class Broken(GivenFacts):
    def before(self, subject: Subject, member: str) -> list[Json]:
        raise OSError


def test_bounds_that_cannot_be_told_deny() -> None:
    rules: Policy = policy(OF_AGENTS + coo("value = { max_change = 1 }"))
    decision = decide(rules, Broken(), 20, of=HEATER)
    assert decision.verdict is Verdict.DENY
    assert [one.rule for one in decision.findings] == [Q.rule]
