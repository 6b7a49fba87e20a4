"""Every decision is what a plain second reading of the rules gives, over random books, requests and facts."""

from __future__ import annotations

import os
from collections import Counter

import pytest

from policies import AccessRequest, Decision, GivenFacts, Policy, RuleSet, Verdict, compile_rules, strictest
from tests.policies import plain
from tests.policies.random_rules import PRINCIPALS, Maker

SEEDS = ["reading", os.environ.get("HEARTH_SEED", "1")]
BOOKS = int(os.environ.get("HEARTH_BOOKS", "60"))
REQUESTS = 40


def compare(rules: Policy, book: list[RuleSet], request: AccessRequest, facts: GivenFacts) -> Decision:
    decision = rules.decide(request, facts)
    expected = plain.read(book, request, facts)
    findings = {
        verdict: {(one.set, one.rule) for one in decision.findings if one.verdict is verdict}
        for verdict in Verdict
    }
    assert decision.verdict.name == expected.verdict
    assert findings[Verdict.DENY] == expected.denied
    assert findings[Verdict.NEEDS_APPROVAL] == expected.asked
    assert {(ref.set, ref.rule) for ref in decision.counts} == expected.counts
    assert {duty.kind: duty.value for duty in decision.obligations} == expected.owed
    if decision.permitted:
        waived = {(one.set, one.rule) for one in decision.findings if one.seen.startswith("waived by")}
        assert waived == expected.lifted
        assert plain.accepts(decision.accepted, request.value)
        assert rules.may_use(request.principal, request.subject)
    else:
        assert all(one.verdict is not Verdict.PERMIT and one.remedy for one in decision.findings)
    return decision


@pytest.mark.parametrize("seed", SEEDS)
def test_a_decision_is_what_a_plain_reading_gives(seed: str) -> None:
    seen: Counter[Verdict] = Counter()
    for number in range(BOOKS):
        maker = Maker(f"{seed}-{number}")
        book = maker.book()
        rules, subjects = compile_rules(book[0], book[1:]), maker.subjects(6)
        for _ in range(REQUESTS):
            request = maker.request(subjects)
            facts = maker.facts(book, request)
            decision = compare(rules, book, request, facts)
            assert (
                compare(rules, book, request, facts) == decision
            )  # the second time from what was remembered
            assert strictest([decision, decision]).verdict is decision.verdict
            seen[decision.verdict] += 1
    assert min(seen[verdict] for verdict in Verdict) > 0.05 * seen.total()


@pytest.mark.parametrize("seed", SEEDS)
def test_reading_is_what_a_plain_reading_gives(seed: str) -> None:
    seen: Counter[bool] = Counter()
    for number in range(BOOKS):
        maker = Maker(f"see-{seed}-{number}")
        book = maker.book()
        rules = compile_rules(book[0], book[1:])
        for subject in maker.subjects(20):
            for principal in PRINCIPALS:
                expected = plain.may_see(book, principal, subject)
                assert rules.may_see(principal, subject) is expected
                seen[expected] += 1
    assert min(seen[True], seen[False]) > 0.05 * seen.total()
