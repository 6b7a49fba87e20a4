"""The rules against Cedar, an engine that is not ours: random books and requests, and not one disagreement.

What Cedar cannot see, because it is told the same facts: the clock, counters, freshness and sets' reload. Other tests do.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence

import cedarpy
import pytest

from policies import AccessRequest, Decision, RuleSet, Subject, Verdict, compile_rules
from tests.at_length import at_length
from tests.policies.cedar.context import Data, context_of, entities_of, schema_of
from tests.policies.cedar.export import policies_of
from tests.policies.random_rules import PRINCIPALS, Maker

SHARES = 8
BOOKS_IN_A_SHARE = 13
REQUESTS_TO_A_BOOK = 100
"""8 shares of 13 books for each of two seeds: 20,800 requests."""

SEEDS = ("oracle", os.environ.get("HEARTH_SEED", "1"))
Refusals = set[str]


class Oracle:
    """One book in Cedar, parsed once."""

    def __init__(self, book: Sequence[RuleSet], subjects: Sequence[Subject]) -> None:
        schema, text = schema_of(book), policies_of(book)
        checked = cedarpy.validate_policies(text, schema)
        assert checked.validation_passed, [str(error) for error in checked.errors]
        self._schema = cedarpy.Schema.from_str(schema)
        self._policies = cedarpy.PolicySet.from_str(text)
        self._entities = cedarpy.Entities.from_json_str(entities_of(PRINCIPALS, subjects), self._schema)

    def ask(
        self, questions: Sequence[tuple[AccessRequest, int, Data]]
    ) -> list[tuple[Verdict, Refusals, Refusals]]:
        """For each request, number of its subject, and context: the verdict, the rules that deny, the rules that ask."""
        asked: list[dict[str, object]] = [
            {
                "principal": {"type": "Principal", "id": request.principal.id},
                "action": {"type": "Action", "id": action},
                "resource": {"type": "Affordance", "id": str(number)},
                "context": context,
            }
            for request, number, context in questions
            for action in ("use", "use-unasked")
        ]
        answers = cedarpy.is_authorized_batch(asked, self._policies, self._entities, self._schema)
        return [_verdict(*pair) for pair in zip(answers[::2], answers[1::2], strict=True)]


def _verdict(use: cedarpy.AuthzResult, unasked: cedarpy.AuthzResult) -> tuple[Verdict, Refusals, Refusals]:
    for answer in (use, unasked):
        assert not answer.diagnostics.errors, answer.diagnostics.errors
    denying = set() if use.allowed else set(use.diagnostics.id_annotations_by_reason.values())
    asking = (
        set() if unasked.allowed else set(unasked.diagnostics.id_annotations_by_reason.values()) - denying
    )
    if not use.allowed:
        return Verdict.DENY, denying, asking
    return Verdict.PERMIT if unasked.allowed else Verdict.NEEDS_APPROVAL, denying, asking


def _refusals(decision: Decision, verdict: Verdict) -> Refusals:
    return {f"{one.set}/{one.rule}" for one in decision.findings if one.verdict is verdict}


@pytest.mark.parametrize("seed", at_length(SEEDS, here=SEEDS[1:]))
@pytest.mark.parametrize("share", range(SHARES))
def test_cedar_agrees(share: int, seed: str) -> None:
    seen: Counter[Verdict] = Counter()
    for number in range(BOOKS_IN_A_SHARE):
        name = f"{seed}-{share}-{number}"
        maker = Maker(name)
        book, subjects = maker.book(), maker.subjects(8)
        rules, oracle = compile_rules(book[0], book[1:]), Oracle(book, subjects)
        cases = []
        for _ in range(REQUESTS_TO_A_BOOK):
            request = maker.request(subjects)
            cases.append((request, maker.facts(book, request)))
        questions = [
            (request, _place(subjects, request.subject), context_of(book, request, facts))
            for request, facts in cases
        ]
        for (request, facts), (verdict, denying, asking) in zip(cases, oracle.ask(questions), strict=True):
            decision = rules.decide(request, facts)
            where = f"{name}: {request} {facts}"
            assert decision.verdict is verdict, where
            # That no allow of the root is there, Cedar says by permitting nothing.
            assert _refusals(decision, Verdict.DENY) - {"root/no-allow"} == denying - {"root/no-allow"}, where
            assert _refusals(decision, Verdict.NEEDS_APPROVAL) == asking, where
            seen[decision.verdict] += 1
    assert seen.total() == BOOKS_IN_A_SHARE * REQUESTS_TO_A_BOOK
    assert min(seen[verdict] for verdict in Verdict) > 0.02 * seen.total()


def _place(subjects: Sequence[Subject], subject: Subject) -> int:
    return next(number for number, one in enumerate(subjects) if one is subject)
