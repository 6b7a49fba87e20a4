"""An exception anywhere in an evaluation is a denial, with a finding that names the rule where there is one."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capabilities.vocabulary import Json
from policies import (
    AccessRequest,
    Approval,
    Decision,
    GivenFacts,
    LocalTime,
    Observed,
    RuleRef,
    Subject,
    Verdict,
    Waiver,
    compile_rules,
)
from tests.policies.random_rules import PRINCIPALS, Maker
from tests.policies.writing import BEN, HEATER, LAMP, SET, L, Q, ask, decide, limit, policy, then


@dataclass(frozen=True)
class Broken(GivenFacts):
    """Facts of which one cannot be had."""

    method: str = ""

    def _check(self, method: str) -> None:
        if method == self.method:
            raise OSError("no such fact")

    def local_time(self) -> LocalTime | None:
        self._check("local_time")
        return super().local_time()

    def mode(self) -> str | None:
        self._check("mode")
        return super().mode()

    def reading(self, thing: str, name: str) -> Observed | None:
        self._check("reading")
        return super().reading(thing, name)

    def before(self, subject: Subject, member: str) -> Sequence[Json]:
        self._check("before")
        return super().before(subject, member)

    def age_of_use(self, rule: RuleRef, thing: str, nth: int) -> float | None:
        self._check("age_of_use")
        return super().age_of_use(rule, thing, nth)

    def off_for_s(self, subject: Subject) -> float | None:
        self._check("off_for_s")
        return super().off_for_s(subject)

    def waiver(self, rule: RuleRef, thing: str) -> Waiver | None:
        self._check("waiver")
        return super().waiver(rule, thing)

    def approvals(self) -> Sequence[Approval]:
        self._check("approvals")
        return super().approvals()


WORDS = {
    "local_time": 'not_between = ["22:00", "07:00"]',
    "mode": 'modes = ["home"]',
    "reading": 'needs = [{ property = "level", min = 1 }]',
    "before": "value = { max_change = 3 }",
    "age_of_use": 'at_most = "6/h"',
    "off_for_s": 'rest = "1m"',
}


def fine(method: str = "") -> Broken:
    return Broken(
        at=LocalTime(720, 0),
        house_mode="home",
        readings={("lamp", "level"): Observed(5)},
        present={("lamp", "on"): (20,)},
        off={"lamp": 1e6},
        waivers={(L, "lamp"): Waiver(BEN, 60)},
        given=(Approval(BEN, frozenset({Q})),),
        method=method,
    )


@pytest.mark.parametrize("method", WORDS)
@pytest.mark.parametrize("lift", ["", 'waivable_by = ["adult"]\n'])
@pytest.mark.parametrize("value", [20, 40])
def test_a_fact_that_fails_denies_by_the_limit_that_wants_it(method: str, lift: str, value: int) -> None:
    """What errs is not lifted, and no other limit that fails first changes that."""
    bound = limit('value = { max = 30 }\nwaivable_by = ["adult"]', "m")
    rules = policy(limit(lift + WORDS[method]) + bound)
    consents = {(RuleRef("house", name), "lamp"): Waiver(BEN, 9) for name in "lm"}
    facts = replace(fine(method), waivers=consents)
    decision = decide(rules, facts, value)
    _denied_by(decision, "l", "OSError")
    assert decide(rules, replace(facts, method=""), 20).permitted


@pytest.mark.parametrize("method", WORDS)
def test_a_fact_that_fails_denies_by_the_ask_that_wants_it(method: str) -> None:
    rules = policy(ask(WORDS[method]))
    assert decide(rules, fine(), 20).permitted
    _denied_by(decide(rules, fine(method), 20), "q", "OSError")


def test_approvals_and_consents_that_fail_deny() -> None:
    _denied_by(decide(ask(), fine("approvals")), "q", "OSError")
    assert decide(ask(), fine()).permitted
    waivable = limit('never = true\nwaivable_by = ["adult"]')
    _denied_by(decide(waivable, fine("waiver")), "l", "OSError")
    assert decide(waivable, fine()).permitted
    assert decide(limit("value = { one_of = [true] }"), fine("waiver")).permitted  # nobody asked for it


def test_a_fact_that_nobody_wants_may_fail() -> None:
    for method in (*WORDS, "waiver", "approvals"):
        assert decide(then('max_on = "1h"'), fine(method)).permitted


@pytest.mark.parametrize(
    "clause",
    ["clauses.Modes", "clauses.QuietHours", "clauses.AtMost", "clauses.Rest", "clauses.Need",
     "input_clauses.MaxChange"],
)  # fmt: skip
def test_a_clause_that_fails_denies_by_its_rule(clause: str, monkeypatch: pytest.MonkeyPatch) -> None:
    everything = "\n".join(WORDS.values())
    rules, asking = policy(limit(everything) + limit("value = { max = 30 }", "m")), policy(ask(everything))
    assert decide(rules, fine(), 20).permitted
    monkeypatch.setattr(f"policies.{clause}.failure", _explode)
    _denied_by(decide(rules, fine(), 20), "l", "ZeroDivisionError")
    _denied_by(decide(asking, fine(), 20), "q", "ZeroDivisionError")


@pytest.mark.parametrize(
    "part",
    ["binding.owed", "binding.starts", "acceptance.Acceptance.admit", "binding.Binding._permit", "binding.Binding._accepted",
     "policy.Policy._bind", "index.Index.concerning"],
)  # fmt: skip
@pytest.mark.parametrize("value", [20, 40])
def test_whatever_fails_denies(part: str, value: int, monkeypatch: pytest.MonkeyPatch) -> None:
    rules = policy(limit("value = { max = 30, max_change = 5 }") + then("confirm = true"))
    monkeypatch.setattr(f"policies.{part}", _explode)
    decision = decide(rules, fine(), value)
    assert decision.verdict is Verdict.DENY
    assert decision.findings
    assert decision.version == rules.version


@pytest.mark.parametrize("part", ["bound_failures", "denial"])
def test_reasons_that_cannot_be_told_deny(part: str, monkeypatch: pytest.MonkeyPatch) -> None:
    rules = policy(limit("value = { max = 30, max_change = 5 }"))
    monkeypatch.setattr(f"policies.binding.{part}", _explode)
    _denied_by(decide(rules, fine(), 40), "l", "ZeroDivisionError")


def test_a_bound_that_fails_denies_by_its_rule(monkeypatch: pytest.MonkeyPatch) -> None:
    rules = policy(limit("value = { max = 30 }") + ask("value = { max = 30 }"))
    monkeypatch.setattr("policies.bounds.Bounds.admit", _explode)
    decision = decide(rules, fine(), 20)
    assert {one.rule for one in decision.findings if one.verdict is Verdict.DENY} == {"l", "q"}


def test_what_fails_once_only_denies_all_the_same() -> None:
    class Flaky(GivenFacts):
        calls = 0

        def mode(self) -> str | None:
            Flaky.calls += 1
            if Flaky.calls == 1:
                raise OSError
            return "home"

    decision = decide(limit('modes = ["home"]'), Flaky())
    assert [one.rule for one in decision.findings] == ["l"]
    assert decision.verdict is Verdict.DENY


ODD: tuple[Json, ...] = (
    None, True, False, 0, 1, 1.0, -0.0, math.nan, math.inf, -math.inf, 10**400, -(10**400), 1e308, 5e-324, "", "1",
    "\ud800", "x" * 10_000, [], [1, [2, [3]]], {}, {"x": {"x": {}}}, {"x": math.nan}, {"": None},
)  # fmt: skip


@pytest.mark.parametrize("place", range(len(ODD)))
def test_odd_values_are_decided(place: int) -> None:
    odd = ODD[place]
    everything = "\n".join(WORDS[word] for word in WORDS if word not in {"before", "reading"})
    more = (
        "value = { min = 1, max = 30, max_change = 3 }\n"
        'needs = [{ property = "level", min = 1, max = 9 }, { property = "level", equals = 5 }]\n'
        + everything
    )
    rules = policy(
        limit(more)
        + ask(more)
        + limit("members = { x = { min = 1, max_change = 1 } }", "m")
        + then('max_on = "1h"')
    )
    for value in (odd, 20):
        for of in (LAMP, HEATER, SET):
            facts = GivenFacts(
                readings={(of.thing, "level"): Observed(odd, deviation=0.5)},
                present={(of.thing, name): (odd, 20) for name in ("on", "target", "set", "x")},
            )
            assert decide(rules, facts, value, of=of, becomes=odd).verdict is Verdict.DENY


NUMBERS = st.floats() | st.integers() | st.sampled_from([10**400, -(10**400)])
ANYTHING: st.SearchStrategy[Json] = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["x", "y"]) | st.text(), inner, max_size=3)
    ),
    max_leaves=8,
)


@settings(max_examples=150, deadline=None)
@given(
    st.integers(0, 10_000), st.tuples(ANYTHING, ANYTHING, ANYTHING), st.floats(), st.floats(), st.booleans()
)
def test_any_json_value_gets_a_decision(
    seed: int, values: tuple[Json, Json, Json], age: float, deviation: float, safe: bool
) -> None:
    value, becomes, seen = values
    maker = Maker(seed)
    book = maker.book()
    rules, (subject,) = compile_rules(book[0], book[1:]), maker.subjects(1)
    request = AccessRequest(maker.one(PRINCIPALS), subject, value, safe, becomes)
    known = maker.facts(book, request)
    odd = Observed(seen, age, deviation=deviation)
    facts = replace(
        known,
        at=LocalTime(age, 3),
        readings=dict.fromkeys([*known.readings, ("t1", "level"), ("t2", "level")], odd),
        present={key: (*found, seen) for key, found in known.present.items()},
        off={subject.thing: age},
    )
    decision = rules.decide(request, facts)
    assert isinstance(decision, Decision)
    assert isinstance(decision.verdict, Verdict)
    assert "evaluation-error" not in {one.rule for one in decision.findings}  # some rule always tells


def _explode(*_: object, **__: object) -> bool:
    raise ZeroDivisionError


def _denied_by(decision: Decision, rule: str, error: str) -> None:
    assert decision.verdict is Verdict.DENY
    found = [one for one in decision.findings if one.rule == rule]
    assert found, decision.findings
    assert any(one.unknown and error in one.seen for one in found)
