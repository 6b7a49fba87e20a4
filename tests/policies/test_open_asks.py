"""What a decision that needs approval tells whoever puts the question, and who may answer it."""

from __future__ import annotations

import math

import pytest

from policies import (
    Approval,
    GivenFacts,
    OpenAsk,
    Principal,
    Role,
    RuleRef,
    Verdict,
    strictest,
    with_parts,
)
from tests.policies.writing import ANNA, BEN, BOT, COO, KID, LAMP, SET, Q, ask, decide, limit, policy

P = RuleRef("set1", "p")
TWO = policy(ask('who = ["agent"]'), ask(name="p", approver='["owner", "ben"]', valid="30s"))


def test_the_open_asks_of_a_decision() -> None:
    asks = TWO.open_asks(decide(TWO))
    assert asks == (
        OpenAsk(Q, "w", ("adult",), 120),
        OpenAsk(P, "w", ("ben", "owner"), 30),
    )
    assert min(one.valid_s for one in asks) == 30
    assert [one.missing for one in asks] == [1, 1]


def test_what_is_answered_is_not_open() -> None:
    half = decide(TWO, GivenFacts(given=(Approval(BEN, frozenset({Q})),)))
    assert [one.ref for one in TWO.open_asks(half)] == [P]
    both = decide(TWO, GivenFacts(given=(Approval(BEN, frozenset({Q, P})),)))
    assert both.permitted
    assert TWO.open_asks(both) == ()


def test_what_is_denied_asks_nobody() -> None:
    rules = policy(ask() + limit("value = { max = 1 }"))
    denied = decide(rules, value=2)
    assert denied.verdict is Verdict.DENY
    assert rules.open_asks(denied) == ()


def test_findings_that_are_no_asks_are_left_out() -> None:
    """The house itself caps a decision, too: of a group whose members are not known."""
    decision = decide(TWO)
    of_house = decision.findings[0]._replace(set="house", rule="member")
    assert [one.ref for one in TWO.open_asks(decision._replace(findings=(of_house, *decision.findings)))] == [
        Q,
        P,
    ]


def test_decisions_that_are_joined_keep_their_asks() -> None:
    rules = policy(ask('on = ["light.set"]') + ask('on = ["light.on"]', name="p"))
    whole, part = decide(rules, value={"on": True}, of=SET), decide(rules)
    other = RuleRef("house", "p")
    assert [one.ref for one in rules.open_asks(with_parts(whole, {"on": part}))] == [Q, other]
    # As a group tells it: whose finding it is stands in what was seen.
    member = part._replace(findings=tuple(one._replace(seen="its member lamp") for one in part.findings))
    joined = strictest([whole, part, member])
    assert [one.ref for one in rules.open_asks(joined)] == [Q, other]


def test_a_shadow_asks_nobody() -> None:
    rules = policy("", "shadow = true\n" + ask())
    assert rules.open_asks(decide(rules)) == ()
    assert not rules.may_approve(RuleRef("set1", "q"), BEN, COO.chain)


@pytest.mark.parametrize(
    ("ref", "approver", "requester", "may"),
    [
        (Q, BEN, COO, True),
        (Q, ANNA, COO, True),  # of its own agent, as the rule asks of agents only
        (Q, KID, COO, False),
        (Q, COO, COO, False),
        (Q, BOT, COO, False),
        (P, BEN, COO, True),
        (P, ANNA, COO, False),  # as the rule asks of everybody: she would have to ask herself
        (P, BEN, ANNA, True),
        (P, ANNA, ANNA, False),
        (RuleRef("house", "x"), ANNA, COO, False),
        (RuleRef("", "q"), ANNA, COO, False),
    ],
)
def test_who_may_answer(ref: RuleRef, approver: Principal, requester: Principal, may: bool) -> None:
    assert TWO.may_approve(ref, approver, requester.chain) is may


def test_nobody_answers_for_nobody() -> None:
    assert not TWO.may_approve(Q, BEN, ())


def test_a_chain_is_everybody_whose_rules_bind() -> None:
    maker = Principal("maker", Role.AGENT, acts_for="anna", acts_for_role=Role.OWNER)
    child = Principal("child", Role.AGENT, acts_for="anna", acts_for_role=Role.OWNER, makers=(maker,))
    assert child.chain == (child, maker, Principal("anna", Role.OWNER))
    assert BEN.chain == (BEN,)
    for one in child.chain:
        assert not TWO.may_approve(P, Principal(one.id, Role.OWNER), child.chain)


# ---------------------------------------------------------------- standing approvals


@pytest.mark.parametrize(
    ("age", "counts"),
    [(0, True), (120.5, True), (9e6, True), (-1, False), (math.nan, False), (math.inf, False)],
)
def test_a_standing_approval_has_an_end_of_its_own(age: float, counts: bool) -> None:
    facts = GivenFacts(given=(Approval(BEN, frozenset({Q}), age, standing=True),))
    assert decide(ask(), facts).permitted is counts


@pytest.mark.parametrize("by", [COO, BOT, KID, Principal("anna", Role.SERVICE)])
def test_a_standing_approval_is_still_a_persons(by: Principal) -> None:
    facts = GivenFacts(given=(Approval(by, frozenset({Q}), standing=True),))
    assert decide(ask('who = ["agent"]'), facts).verdict is Verdict.NEEDS_APPROVAL


def test_a_standing_approval_is_told_as_such() -> None:
    facts = GivenFacts(given=(Approval(BEN, frozenset({Q}), 3_600, standing=True),))
    decision = decide(ask(), facts, of=LAMP)
    assert [one.seen for one in decision.findings if one.rule == "q"] == [
        "approved for a while by ben 60 min ago"
    ]
