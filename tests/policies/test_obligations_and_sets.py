"""What a permitted use owes; several sets, mandates, shadows; an agent and its person."""

from __future__ import annotations

import dataclasses

import pytest

from capabilities.vocabulary import Json
from policies import (
    AccessRequest,
    Approval,
    GivenFacts,
    Obligation,
    PolicyError,
    Principal,
    Role,
    RuleRef,
    Verdict,
    Waiver,
    compile_rules,
    parse,
)
from policies.obligations import merged
from tests.policies.writing import (
    ANNA,
    BEN,
    BOT,
    COO,
    HEATER,
    KID,
    LAMP,
    Q,
    ask,
    decide,
    limit,
    policy,
    refusal,
    then,
)

DUTIES = (
    then('max_on = "2h"\nnotify = ["adult"]')
    + then('max_on = "30m"\nrestore = "1h"', "s")
    + then('confirm = true\nnotify = ["child", "adult"]', "u")
    + then('restore = "1d"\nwho = ["guest"]', "v")
)


def owed(rules: str, **asked: Json) -> dict[str, tuple[Json, str]]:
    decision = decide(rules, value=asked.get("value", True), safe=bool(asked.get("safe")))
    return {one.kind: (one.value, one.rule.rule) for one in decision.obligations}


def test_obligations_add_up_and_the_tightest_wins() -> None:
    assert owed(DUTIES) == {
        "confirm": (True, "u"),
        "max_on": (1800, "s"),
        "notify": (["adult", "child"], "t"),
        "restore": (3600, "s"),
    }


def test_times_are_owed_by_what_starts_only() -> None:
    assert set(owed(DUTIES, value=False)) == {"confirm", "notify"}
    assert set(owed(DUTIES, safe=True)) == {"confirm", "max_on", "notify", "restore"}


def test_what_was_owed_by_a_start_is_not_owed_by_a_stop() -> None:
    """Permits of one kind are remembered."""
    rules = policy(DUTIES)
    for value, kinds in ((True, 4), (False, 2), (True, 4), (False, 2)):
        assert len(decide(rules, value=value).obligations) == kinds


def test_what_is_not_done_owes_nothing() -> None:
    assert decide(DUTIES + limit("never = true")).obligations == ()
    assert decide(DUTIES + ask()).obligations != ()  # who is asked is told what would be owed


def test_a_permit_names_the_rules_of_its_duties() -> None:
    assert [one.rule for one in decide(DUTIES).findings] == ["all", "s", "t", "u"]


def test_sets_may_only_shorten() -> None:
    shorter, longer = then('max_on = "10m"'), then('max_on = "9h"')
    decision = decide(policy(then('max_on = "1h"'), shorter, longer))
    assert decision.obligations == (Obligation("max_on", RuleRef("set1", "t"), 600),)


def test_merging_does_not_depend_on_the_order() -> None:
    a, b = RuleRef("s", "a"), RuleRef("s", "b")
    found = [Obligation("max_on", b, 60), Obligation("max_on", a, 60), Obligation("notify", b, ["x"]),
             Obligation("notify", a, ["y"]), Obligation("confirm", b, True), Obligation("max_on", a, 61)]  # fmt: skip
    expected = (
        Obligation("confirm", b, True),
        Obligation("max_on", a, 60),
        Obligation("notify", a, ["x", "y"]),
    )
    assert merged(found) == merged(reversed(found)) == expected


@pytest.mark.parametrize(
    ("duty", "words"),
    [
        (Obligation("max_on", Q, 60), "is switched off after 60 s"),
        (Obligation("restore", Q, 60), "is put back as it was after 60 s"),
        (Obligation("confirm", Q, True), "counts as done only when the device itself says so"),
        (Obligation("notify", Q, ["adult", "kid"]), "is told to adult, kid"),
    ],
)
def test_duties_in_words(duty: Obligation, words: str) -> None:
    assert duty.say() == words


# ---------------------------------------------------------------- sets


def test_every_set_may_forbid_and_none_may_allow() -> None:
    mandate = '[[allow]]\nid = "a"\nwhy = "w"\nwho = ["coo"]\nmay = ["light.*"]\n'
    rules = policy("", mandate, limit('who = ["agent"]\nvalue = { one_of = [false] }'))
    assert refusal(decide(rules)).set == "set2"
    assert decide(rules, value=False).permitted
    assert refusal(decide(rules, value=False, of=HEATER)).set == "set1"
    assert decide(rules, value=False, of=HEATER, who=BOT).permitted  # the mandate is not about it
    assert decide(rules, who=ANNA).permitted


def test_the_order_of_narrowing_sets_does_not_show() -> None:
    one, other = (parse("format = 1\n" + limit(f"value = {{ max = {n} }}"), name=f"s{n}") for n in (1, 2))
    root = parse('format = 1\n[[allow]]\nid = "a"\nwhy = "w"\nwho = ["agent"]\nmay = ["*"]', name="root")
    here, there = compile_rules(root, [one, other]), compile_rules(root, [other, one])
    person = dataclasses.replace(COO, acts_for="")
    assert here.version == there.version
    assert decide(here, value=3, who=person) == decide(there, value=3, who=person)


def test_an_agent_may_what_it_and_its_person_may() -> None:
    for who in ("agent", "owner", "coo", "anna"):
        rules = policy(limit(f'who = ["{who}"]\nvalue = {{ max = 20 }}'))
        assert not decide(rules, value=21, who=COO).permitted, who
    for who in ("adult", "child", "ben"):
        rules = policy(limit(f'who = ["{who}"]\nvalue = {{ max = 20 }}'))
        assert decide(rules, value=21, who=COO).permitted is (who != "adult")
        assert not decide(rules, value=21, who=KID if who == "child" else BEN).permitted


def test_an_agent_gets_no_right_that_its_person_lacks() -> None:
    text = 'format = 1\n[[allow]]\nid = "a"\nwhy = "w"\nwho = ["agent", "adult"]\nmay = ["*"]\nsee = ["*"]\n'
    rules = compile_rules(parse(text, name="root"))
    toy = Principal("toy", Role.AGENT, acts_for="kid", acts_for_role=Role.CHILD)
    assert decide(rules).permitted
    assert "child kid" in refusal(decide(rules, who=toy)).seen
    assert rules.may_see(COO, LAMP)
    assert not rules.may_see(toy, LAMP)
    assert not rules.may_use(toy, LAMP)


def test_a_mandate_on_the_person_binds_its_agent() -> None:
    mandate = '[[allow]]\nid = "a"\nwhy = "w"\nwho = ["anna"]\nmay = ["light.*"]\n'
    rules = policy("", mandate)
    assert decide(rules, who=COO).permitted
    assert not decide(rules, who=COO, of=HEATER).permitted
    assert decide(rules, who=BOT, of=HEATER).permitted


def test_asks_of_both_are_asked() -> None:
    decision = decide(ask('who = ["agent"]') + ask('who = ["owner"]', "p"))
    assert [one.rule for one in decision.findings] == ["p", "q"]


# ---------------------------------------------------------------- shadows

SHADOW = "shadow = true\n"


def test_a_shadow_only_reports() -> None:
    rules = policy("", SHADOW + limit("value = { one_of = [false] }") + limit('at_most = "1/m"', "r"))
    decision = decide(rules)
    assert decision.permitted
    assert {one.set for one in decision.findings} == {"house"}
    assert decision.counts == ()
    request = _request()
    would = rules.shadow(request, GivenFacts(), decision)
    assert would is not None
    assert (would.verdict, [(one.set, one.rule) for one in would.findings]) == (Verdict.DENY, [("set1", "l")])
    assert would.counts == (RuleRef("set1", "r"),)


def test_where_a_shadow_agrees_there_is_nothing_to_report() -> None:
    rules = policy(limit("never = true"), SHADOW + limit("never = true"))
    assert rules.shadow(_request(), GivenFacts(), decide(rules)) is None
    assert rules.shadow(_request(), GivenFacts(), decide("")) is not None
    plain = policy("")
    assert plain.shadow(_request(), GivenFacts(), decide(plain)) is None
    owing = policy("", SHADOW + then('max_on = "1h"') + limit("value = { one_of = [true] }"))
    assert decide(owing).obligations == ()
    assert owing.shadow(_request(), GivenFacts(), decide(owing)) is None


def test_a_shadow_counts_its_own_uses() -> None:
    rules = policy("", SHADOW + limit('at_most = "1/m"'))
    ref = RuleRef("set1", "l")
    kept = rules.shadow(_request(), GivenFacts(), decide(rules))
    assert kept is not None
    assert (kept.findings, kept.counts) == ((), (ref,))
    broken = rules.shadow(_request(), GivenFacts(uses={(ref, "lamp"): (1.0,)}), decide(rules))
    assert broken is not None
    assert [one.rule for one in broken.findings] == ["l"]


def test_shadow_sets_stand_in_the_version_and_none_is_the_root() -> None:
    assert policy("", SHADOW).version != policy("", "").version
    with pytest.raises(PolicyError, match="as a shadow it would allow nothing"):
        compile_rules(parse("format = 1\nshadow = true", name="root"))


def test_quiet_hours_in_the_other_order_are_another_version() -> None:
    versions = {
        policy(limit(f"not_between = {hours}")).version
        for hours in ('["22:00", "07:00"]', '["07:00", "22:00"]')
    }
    assert len(versions) == 2


# ---------------------------------------------------------------- what an answer rests on


@pytest.mark.parametrize(
    ("text", "rests"),
    [
        ("", False),
        (limit("value = { one_of = [true] }"), False),
        (then('max_on = "1h"'), False),
        (limit('at_most = "1/m"'), True),
        (limit('needs = [{ property = "level", min = 1 }]'), True),
        (ask("value = { one_of = [true] }"), True),
        (ask(), True),
    ],
)
def test_an_answer_says_whether_it_rests_on_facts(text: str, rests: bool) -> None:
    facts = GivenFacts(given=(Approval(BEN, frozenset({Q})),))
    assert decide(text, facts).rests_on_facts is rests
    waived = GivenFacts(waivers={(RuleRef("house", "w"), "lamp"): Waiver(BEN, 9)})
    assert decide(limit('never = true\nwaivable_by = ["adult"]', "w") + text, waived).rests_on_facts


def _request() -> AccessRequest:
    return AccessRequest(COO, LAMP, True)
