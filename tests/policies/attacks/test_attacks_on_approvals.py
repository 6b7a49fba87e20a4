"""Attacks on the question itself: who answers, for whom, for what, and when."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies import AccessRequest, Approval, Decision, GivenFacts, Principal, Role, RuleRef, Subject, Verdict
from tests.policies.attacks.attacked_house import (
    BEN,
    COO,
    HOUSE,
    SOFTWARE,
    TIM,
    decide,
    operations,
    subject,
)

ADULT_DECIDES, WHO_COMES_IN = RuleRef("household", "an-adult-decides"), RuleRef("household", "who-comes-in")
ASKED = frozenset({ADULT_DECIDES, WHO_COMES_IN})


def answered(*approvals: Approval, capability: str = "lock.unlock", by: Principal = COO) -> Decision:
    return decide(capability, by=by, facts=GivenFacts(given=approvals))


def test_a_persons_yes_is_what_it_takes() -> None:
    assert answered(Approval(BEN, ASKED)).permitted


@pytest.mark.parametrize("role", SOFTWARE)
@pytest.mark.parametrize("name", ["coo", "automation", "ben", "anna", "owner", "adult"])
def test_an_agent_that_writes_automations_writes_one_that_fires_the_approval(role: Role, name: str) -> None:
    """Software answers for nobody, under whatever name."""
    assert answered(Approval(Principal(name, role), ASKED)).verdict is Verdict.NEEDS_APPROVAL


def test_an_agent_that_holds_the_approvals_token_answers_itself() -> None:
    """An error that hands the token to the agent is worth nothing: the answer counts with the answerer's own name and role."""
    for answer in (Approval(COO, ASKED), Approval(Principal("coo", Role.ADULT), ASKED)):
        assert answered(answer).verdict is Verdict.NEEDS_APPROVAL


def test_an_agent_that_lets_another_agent_answer() -> None:
    delegate = Principal("helper", Role.AGENT, acts_for="ben", acts_for_role=Role.ADULT)
    assert answered(Approval(delegate, ASKED)).verdict is Verdict.NEEDS_APPROVAL


def test_a_child_that_answers_for_its_own_agent() -> None:
    agent = Principal("tims-helper", Role.AGENT, acts_for="tim", acts_for_role=Role.CHILD)
    assert answered(Approval(TIM, ASKED), by=agent).verdict is Verdict.NEEDS_APPROVAL
    assert answered(Approval(Principal("lea", Role.CHILD), ASKED), by=agent).verdict is Verdict.NEEDS_APPROVAL


@pytest.mark.parametrize("age_s", [301.0, 86_400.0, math.inf, -1.0, math.nan])
def test_a_yes_is_kept_for_later(age_s: float) -> None:
    assert answered(Approval(BEN, ASKED, age_s)).verdict < Verdict.PERMIT


def test_a_yes_to_another_question_is_none_to_this() -> None:
    others = frozenset({RuleRef("household", "agents-ask-to-arm"), RuleRef("safety", "an-adult-decides")})
    assert answered(Approval(BEN, others)).verdict is Verdict.NEEDS_APPROVAL
    one_of_two = answered(Approval(BEN, ASKED), capability="garage.close")
    assert [str(finding.rule) for finding in one_of_two.findings] == ["garage-doors-close-on-nobody"]


@given(of=st.sampled_from(operations()), value=st.sampled_from([None, True, False, 0, 21, 100, "off"]))
def test_no_yes_makes_a_denial_a_permit(of: Subject, value: bool | int | str | None) -> None:
    """Limits, and what no rule allows, stand: an approval answers questions and nothing else."""
    before = HOUSE.decide(AccessRequest(COO, of, value))
    questions = frozenset(RuleRef(one.set, one.rule) for one in before.findings)
    after = HOUSE.decide(AccessRequest(COO, of, value), GivenFacts(given=(Approval(BEN, questions),)))
    if before.verdict is Verdict.DENY:
        assert after.verdict is Verdict.DENY


def test_a_prompt_that_nobody_sees_is_not_a_silent_deny() -> None:
    """The answer says that it is a question, whose it is, and for how long a yes would count."""
    decision = decide("lock.unlock")
    assert decision.verdict is Verdict.NEEDS_APPROVAL
    first, second = decision.findings
    assert first.remedy is not None
    assert first.remedy.text == "approval by adult"
    assert first.remedy.data == {"approver": ["adult"], "valid": 300}
    assert second.remedy is not None
    assert second.remedy.text == "approval by adult, each time"
    assert second.remedy.data == {"approver": ["adult"], "valid": 300, "once": True}
    assert [(one.ref, one.once) for one in HOUSE.open_asks(decision)] == [
        (ADULT_DECIDES, False),
        (WHO_COMES_IN, True),
    ]


def test_a_yes_for_the_evening_opens_no_door() -> None:
    """Not even together with an ordinary yes to the other question."""
    standing = Approval(BEN, ASKED, standing=True)
    for yeses in ((standing,), (standing, Approval(BEN, frozenset({ADULT_DECIDES})))):
        assert [one.rule for one in answered(*yeses).findings] == ["who-comes-in"]
    assert answered(standing, Approval(BEN, frozenset({WHO_COMES_IN}))).permitted


def test_what_waits_for_a_yes_is_decided_again() -> None:
    """A permit that rests on an approval says so, and the gateway looks once more before it sends."""
    assert answered(Approval(BEN, ASKED)).rests_on_facts


def test_a_question_does_not_tell_what_its_asker_may_not_see() -> None:
    assert not HOUSE.may_see(COO, subject("lock.state"))
    assert all(finding.seen == "" for finding in decide("lock.unlock").findings)
