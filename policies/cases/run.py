"""Cases against rules."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
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


@dataclass(frozen=True, slots=True)
class _Book:
    """A policy, and the names of its rules (none where they are not known)."""

    policy: Policy
    rules: frozenset[str]


def run_cases(policy: Policy, cases: Cases, sets: Sequence[RuleSet] = ()) -> list[CaseResult]:
    """What `policy` makes of every case, in their order.

    `sets` are those that `policy` was compiled from, the root first: a case that brings rules beside the household's is run
    against all of them together, and whether a case names rules that are there can be told. Raises ValueError where `sets`
    are needed and not given, and `PolicyError` where the rules of a case do not go with them.
    """
    books: dict[OwnRules | None, _Book] = {None: _Book(policy, _ids(sets))}
    results = []
    for case in cases.cases:
        book = books.get(case.own)
        if book is None:
            book = books[case.own] = _book(case, sets)
        result = run_case(book.policy, case)
        strange = tuple(_strange(name) for name in case.names if book.rules and name not in book.rules)
        results.append(replace(result, wrong=(*result.wrong, *strange)))
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
    return checked(case, decision)


def _decide(policy: Policy, principal: Principal, asked: Asked, facts: Facts) -> Decision:
    def one(use: Asked) -> Decision:
        request = AccessRequest(principal, use.subject, use.value, use.toward_safe, use.becomes)
        return policy.decide(request, facts)

    if asked.parts is None:
        return one(asked)
    return with_parts(one(asked), {member: one(part) for member, part in asked.parts.items()})


def _book(case: Case, sets: Sequence[RuleSet]) -> _Book:
    own = case.own or OwnRules()
    base = sets if own.only is None else (own.only,)
    if not base:
        raise ValueError(
            f'case "{case.name}" brings rules beside the household\'s: give run_cases the sets, too'
        )
    root = base[0] if own.more is None else _with(base[0], own.more)
    narrowing = [*base[1:], *own.sets]
    return _Book(compile_rules(root, narrowing), _ids([root, *narrowing]))


def _ids(sets: Iterable[RuleSet]) -> frozenset[str]:
    """Every name by which a case may call a rule."""
    documents = [(one.name, one.document) for one in sets]
    named = [(name, rule.id) for name, of in documents for rule in (*of.allow, *of.limit, *of.ask, *of.then)]
    return frozenset(each for name, rule in named for each in (rule, f"{name}/{rule}"))


def _strange(name: str) -> str:
    return f'There is no rule "{name}", of which uses or a consent are given.'


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
