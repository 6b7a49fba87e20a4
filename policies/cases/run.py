"""Cases against rules."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from policies.cases.checks import CaseResult, checked, checked_reading
from policies.cases.facts import CaseFacts, approvals_of, principal_of
from policies.cases.reading import Case, Cases, OwnRules
from policies.cases.subjects import Asked
from policies.compile import compile_rules
from policies.decision import AccessRequest, Decision, Principal
from policies.documents import RuleSet
from policies.facts import Facts
from policies.parts import with_parts
from policies.policy import Policy


def run_cases(policy: Policy, cases: Cases, sets: Sequence[RuleSet] = ()) -> list[CaseResult]:
    """What `policy` makes of every case, in their order.

    `sets` are those that `policy` was compiled from, the root first: a case that brings rules beside the household's is run
    against all of them together. Raises ValueError where such a case is there and `sets` are not, and `PolicyError` where
    its rules do not go with them.
    """
    compiled: dict[OwnRules, Policy] = {}
    results = []
    for case in cases.cases:
        own = case.own
        if own is not None and own not in compiled:
            compiled[own] = _compiled(case.name, own, sets)
        results.append(run_case(policy if own is None else compiled[own], case))
    return results


def run_case(policy: Policy, case: Case) -> CaseResult:
    """What `policy` makes of one case, whatever rules the case brings."""
    principal = principal_of(case.given)
    if not case.asked.is_use:
        return checked_reading(case, may_see=policy.may_see(principal, case.asked.subject))
    decide = partial(_decide, policy, principal, case.asked)
    facts = CaseFacts(case.given)
    decision = decide(facts)
    approvals = approvals_of(case.given, decision)
    if approvals:
        # As in the house: first the rules ask, then a person answers what they asked, then all rules are looked at again.
        facts = CaseFacts(case.given, approvals)
        decision = decide(facts)
    return checked(case, decision, facts.unseen())


def _decide(policy: Policy, principal: Principal, asked: Asked, facts: Facts) -> Decision:
    def one(use: Asked) -> Decision:
        request = AccessRequest(principal, use.subject, use.value, use.toward_safe, use.becomes)
        return policy.decide(request, facts)

    if asked.parts is None:
        return one(asked)
    return with_parts(one(asked), {member: one(part) for member, part in asked.parts.items()})


def _compiled(name: str, own: OwnRules, sets: Sequence[RuleSet]) -> Policy:
    if own.only is not None:
        return compile_rules(own.only, own.sets)
    if not sets:
        raise ValueError(f'case "{name}" brings rules beside the household\'s: give run_cases the sets, too')
    root, *narrowing = sets
    return compile_rules(root if own.more is None else _with(root, own.more), [*narrowing, *own.sets])


def _with(root: RuleSet, more: RuleSet) -> RuleSet:
    """`root` and the rules of `more`; one with an id that `root` has stands in its place."""
    new, old = more.document, root.document
    replaced = {rule.id for table in (new.allow, new.limit, new.ask, new.then) for rule in table}
    kept = {
        "allow": (*(rule for rule in old.allow if rule.id not in replaced), *new.allow),
        "limit": (*(rule for rule in old.limit if rule.id not in replaced), *new.limit),
        "ask": (*(rule for rule in old.ask if rule.id not in replaced), *new.ask),
        "then": (*(rule for rule in old.then if rule.id not in replaced), *new.then),
    }
    return RuleSet(name=root.name, document=old.model_copy(update=kept))
