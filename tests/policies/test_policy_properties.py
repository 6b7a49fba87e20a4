"""Properties of every decision in the whole language: nothing that should narrow widens, and order never matters."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from capabilities.vocabulary import Json
from policies import (
    Accepted,
    AccessRequest,
    GivenFacts,
    Policy,
    Remedy,
    RuleSet,
    Subject,
    Verdict,
    compile_rules,
)
from policies.documents import AllowTable, Document, SelectingTable
from tests.policies import plain
from tests.policies.random_rules import PRINCIPALS, Maker

MAKERS = st.integers(0, 1_000_000).map(Maker)
REQUESTS = 12
few = settings(max_examples=60, deadline=None)


def policy_of(house: Sequence[RuleSet]) -> Policy:
    return compile_rules(house[0], house[1:])


def asked(maker: Maker, house: Sequence[RuleSet]) -> list[tuple[AccessRequest, GivenFacts]]:
    subjects = maker.subjects(4)
    requests = [maker.request(subjects) for _ in range(REQUESTS)]
    return [(request, maker.facts(house, request)) for request in requests]


def with_more(rules: RuleSet, kind: str, more: object) -> RuleSet:
    table = getattr(Document.model_validate({"format": 1, kind: [{"id": "extra", "why": "w", **more}]}), kind)  # type: ignore[dict-item]
    changed = {kind: (*getattr(rules.document, kind), *table)}
    return RuleSet(name=rules.name, document=rules.document.model_copy(update=changed))


@few
@given(MAKERS)
def test_a_limit_an_ask_or_a_set_never_widens(maker: Maker) -> None:
    house = maker.book()
    root, *others = house
    narrowed = {
        "limit": [with_more(root, "limit", maker.limit()), *others],
        "ask": [with_more(root, "ask", maker.ask()), *others],
        "set": [*house, maker.rule_set("extra", most_allows=2)],
        "mandate": [
            *house,
            with_more(RuleSet(name="extra", document=Document(format=1)), "allow", maker.allow()),
        ],
        "elsewhere": [
            *house,
            with_more(RuleSet(name="extra", document=Document(format=1)), "limit", maker.limit()),
        ],
    }
    before = policy_of(house)
    cases = asked(maker, house)
    for how, changed in narrowed.items():
        after = policy_of(changed)
        assert after.version != before.version
        for request, facts in cases:
            who, subject = request.principal, request.subject
            assert after.decide(request, facts).verdict <= before.decide(request, facts).verdict, how
            assert after.may_use(who, subject) <= before.may_use(who, subject), how
            assert after.may_see(who, subject) <= before.may_see(who, subject), how


@few
@given(MAKERS)
def test_a_shadow_changes_nothing_and_reports_what_it_would(maker: Maker) -> None:
    house = maker.book(most_narrowing=1)
    shadow = maker.rule_set("shadow", most_allows=1, shadow=True)
    earnest = RuleSet(name="shadow", document=shadow.document.model_copy(update={"shadow": False}))
    before, cast, real = policy_of(house), policy_of([*house, shadow]), policy_of([*house, earnest])
    for request, facts in asked(maker, [*house, shadow]):
        decision, would = cast.decide(request, facts), real.decide(request, facts)
        assert decision._replace(version=before.version) == before.decide(request, facts)
        reported = cast.shadow(request, facts, decision)
        stricter = would.verdict < decision.verdict
        assert stricter == bool(reported and reported.findings)
        if reported is not None:
            assert reported.verdict is would.verdict
            assert {one.set for one in reported.findings} <= {"shadow"}


@few
@given(MAKERS, st.randoms(use_true_random=False))
def test_order_never_matters(maker: Maker, chance: Random) -> None:
    def mixed(rule: object) -> object:
        if isinstance(rule, SelectingTable | AllowTable):
            words = ("on", "who", "may", "see", "things", "rooms", "labels", "needs", "modes", "days", "notify",
                     "approver", "waivable_by")  # fmt: skip
            lists = {word: found[::-1] for word in words if (found := getattr(rule, word, None))}
            return rule.model_copy(update=lists)
        return rule

    def shuffled(rules: RuleSet) -> RuleSet:
        tables: dict[str, tuple[object, ...]] = {}
        for kind in ("allow", "limit", "ask", "then"):
            found = [mixed(rule) for rule in getattr(rules.document, kind)]
            chance.shuffle(found)
            tables[kind] = tuple(found)
        return RuleSet(name=rules.name, document=rules.document.model_copy(update=tables))

    house = maker.book()
    root, *others = map(shuffled, house)
    chance.shuffle(others)
    one, other = policy_of(house), policy_of([root, *others])
    assert one.version == other.version
    for request, facts in asked(maker, house):
        assert one.decide(request, facts) == other.decide(request, facts)
        who, subject = request.principal, request.subject
        assert one.prospect(who, subject) == other.prospect(who, subject)


@few
@given(MAKERS)
def test_an_agent_gets_no_more_than_its_person_or_than_an_agent_of_nobody(maker: Maker) -> None:
    house = maker.book()
    rules = policy_of(house)
    people = {one.id: one for one in PRINCIPALS}
    for request, facts in asked(maker, house):
        agent = request.principal
        if agent.person is None:
            continue
        alone = dataclasses.replace(request, principal=dataclasses.replace(agent, acts_for=""))
        person = dataclasses.replace(request, principal=people[agent.acts_for])
        mine = rules.decide(request, facts).verdict
        assert mine <= rules.decide(alone, facts).verdict
        assert mine <= rules.decide(person, facts).verdict
        assert rules.may_see(agent, request.subject) <= rules.may_see(person.principal, request.subject)


Change = Callable[[GivenFacts], GivenFacts]
LESS_IS_KNOWN: dict[str, Change] = {
    "time": lambda facts: dataclasses.replace(facts, at=None),
    "mode": lambda facts: dataclasses.replace(facts, house_mode=None),
    "readings": lambda facts: dataclasses.replace(facts, readings={}),
    "present": lambda facts: dataclasses.replace(facts, present={}),
    "rest": lambda facts: dataclasses.replace(facts, off={}),
    "waivers": lambda facts: dataclasses.replace(facts, waivers={}),
    "approvals": lambda facts: dataclasses.replace(facts, given=()),
}


@few
@given(MAKERS)
def test_to_know_less_never_permits_more(maker: Maker) -> None:
    house = maker.book()
    rules = policy_of(house)
    for request, facts in asked(maker, house):
        plainly = dataclasses.replace(request, toward_safe=False)
        before = rules.decide(plainly, facts).verdict
        for what, forget in LESS_IS_KNOWN.items():
            assert rules.decide(plainly, forget(facts)).verdict <= before, what


@few
@given(MAKERS)
def test_toward_safe_is_never_refused_where_the_same_is_permitted(maker: Maker) -> None:
    house = maker.book()
    rules = policy_of(house)
    for request, facts in asked(maker, house):
        safe, other = (dataclasses.replace(request, toward_safe=way) for way in (True, False))
        decision = rules.decide(safe, facts)
        assert decision.verdict >= rules.decide(other, facts).verdict
        assert decision.verdict is not Verdict.NEEDS_APPROVAL
        assert decision.counts == ()


@few
@given(MAKERS)
def test_what_is_accepted_is_what_the_bounds_let_pass(maker: Maker) -> None:
    """Denied for its value alone exactly where the value is outside of what the answer says is accepted."""
    house = maker.book()
    rules = policy_of(house)
    for request, facts in asked(maker, house):
        decision = rules.decide(request, facts)
        inside = plain.accepts(decision.accepted, request.value)
        if decision.permitted:
            assert inside
        if not inside:
            assert decision.verdict is Verdict.DENY
            about_it = (_is_about_the_input(one.remedy) or one.unknown for one in decision.findings)
            never = any("never" in one.seen for one in decision.findings)
            assert never or decision.accepted == Accepted(one_of=()) or any(about_it)


def _is_about_the_input(remedy: Remedy | None) -> bool:
    data = remedy.data if remedy else None
    return isinstance(data, dict) and not data.keys().isdisjoint({"minimum", "maximum", "one_of"})


@few
@given(MAKERS)
def test_a_remedy_for_the_input_helps(maker: Maker) -> None:
    """Every value that all remedies about the input name is no longer refused for the input."""
    house = maker.book()
    rules = policy_of(house)
    for request, facts in asked(maker, house):
        decision = rules.decide(request, facts)
        accepted = decision.accepted
        if accepted is None or accepted.members or isinstance(request.value, dict):
            continue
        tried: list[Json] = [*(accepted.one_of or ()), accepted.minimum, accepted.maximum]
        for value in tried:
            if value is None or not plain.accepts(accepted, value):
                continue
            changed = dataclasses.replace(request, value=value)
            if plain.starts(changed) and not plain.starts(request):
                continue  # what accepts a stop need not accept a start
            again = rules.decide(changed, facts)
            assert not any(
                _is_about_the_input(one.remedy) and one.about is None
                for one in again.findings
                if one.verdict is Verdict.DENY
            )
            break


@few
@given(MAKERS)
def test_what_is_remembered_is_what_is_found_anew(maker: Maker) -> None:
    house = maker.book()
    rules = policy_of(house)
    for request, facts in asked(maker, house) * 2:
        assert rules.decide(request, facts) == policy_of(house).decide(request, facts)


def test_subjects_are_known_by_identity_and_never_mixed_up() -> None:
    maker = Maker(7)
    house = maker.book()
    rules = policy_of(house)
    for request, facts in asked(maker, house):
        copy: Subject = dataclasses.replace(request.subject)
        assert rules.decide(dataclasses.replace(request, subject=copy), facts) == rules.decide(request, facts)
