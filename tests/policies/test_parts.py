"""Requests that are several, and several decisions in one."""

from __future__ import annotations

import pytest

from capabilities.vocabulary import Hazard, Json, Privilege
from policies import (
    Accepted,
    AccessRequest,
    Decision,
    Obligation,
    Principal,
    Role,
    RuleRef,
    Subject,
    Verdict,
    compile_rules,
    parse,
    strictest,
    with_parts,
)

RULES = compile_rules(
    parse(
        """
        format = 1
        [[allow]]
        id = "lights"
        who = ["agent", "adult"]
        may = ["light.*"]
        why = "w"

        [[limit]]
        id = "dim"
        on = ["light.brightness"]
        value = { max = 80 }
        why = "w"

        [[limit]]
        id = "agents-dimmer"
        who = ["agent"]
        on = ["light.brightness"]
        value = { min = 5, max = 50 }
        why = "w"

        [[limit]]
        id = "not-dark"
        on = ["light.set"]
        members = { brightness = { min = 10 } }
        why = "w"
        """,
        name="house",
    )
)
COO, ANNA = Principal("coo", Role.AGENT, acts_for="anna"), Principal("anna", Role.ADULT)


def decide(capability: str, value: Json, who: Principal = COO) -> Decision:
    subject = Subject("lamp", "hall", frozenset(), capability, Privilege.OPERATE, Hazard.COMFORT)
    return RULES.decide(AccessRequest(who, subject, value))


def decide_set(value: dict[str, Json]) -> Decision:
    parts = {member: decide(f"light.{member}", part) for member, part in value.items()}
    return with_parts(decide("light.set", value), parts)


def test_a_limit_on_one_property_holds_when_several_are_set() -> None:
    assert decide_set({"brightness": 50, "on": True}).permitted
    decision = decide_set({"brightness": 90, "on": True})
    assert decision.verdict is Verdict.DENY
    assert [finding.rule for finding in decision.findings] == ["agents-dimmer", "dim"]
    assert decision.accepted == Accepted(members={"brightness": Accepted(10, 50)})
    assert [finding.rule for finding in decide_set({"brightness": 1}).findings] == [
        "not-dark",
        "agents-dimmer",
    ]


def test_parts_count_owe_and_rest_on_facts_like_the_whole() -> None:
    one, other, third = (RuleRef("house", name) for name in "abc")

    def of(*counts: RuleRef, owed: int, rests: bool = False) -> Decision:
        duty = Obligation("max_on", counts[0], owed)
        return Decision(Verdict.PERMIT, (), "v", (duty,), counts=counts, rests_on_facts=rests)

    both = with_parts(of(one, third, owed=60), {"on": of(other, one, owed=30, rests=True)})
    assert both.counts == (one, other, third)
    assert both.obligations == (Obligation("max_on", other, 30),)
    assert both.rests_on_facts
    assert not with_parts(of(one, owed=60), {"on": of(one, owed=60)}).rests_on_facts


def test_a_part_that_nothing_allows_denies_the_whole() -> None:
    refused = Decision(Verdict.DENY, (), "v")
    assert with_parts(decide("light.set", {}), {"on": refused}).verdict is Verdict.DENY


def test_parts_without_bounds_leave_the_range_as_it_is() -> None:
    permitted = Decision(Verdict.PERMIT, (), "v")
    assert with_parts(permitted, {"on": permitted}).accepted is None
    assert with_parts(permitted, {}).verdict is Verdict.PERMIT
    bounded = Decision(Verdict.PERMIT, (), "v", (), Accepted(one_of=()))
    assert with_parts(bounded, {"on": permitted}).accepted == Accepted(one_of=())


def test_an_agent_may_what_it_and_its_person_may() -> None:
    both = strictest([decide("light.brightness", 60), decide("light.brightness", 60, ANNA)])
    assert [finding.rule for finding in both.findings] == ["agents-dimmer"]
    assert both.accepted == Accepted(5, 50)
    permitted = strictest([decide("light.brightness", 40), decide("light.brightness", 40, ANNA)])
    assert permitted.permitted
    assert [finding.rule for finding in permitted.findings] == ["lights", "agents-dimmer", "dim"]


def test_the_strictest_of_several_with_their_ranges_met() -> None:
    def of(verdict: Verdict, accepted: Accepted | None) -> Decision:
        return Decision(verdict, (), "v", (), accepted)

    options = Accepted(one_of=("a", 1, 2.0, True, None))
    found = strictest([of(Verdict.PERMIT, options), of(Verdict.NEEDS_APPROVAL, Accepted(maximum=1))])
    assert found.verdict is Verdict.NEEDS_APPROVAL
    assert found.accepted == Accepted(maximum=1, one_of=(1,))
    assert strictest([of(Verdict.PERMIT, None)]).accepted is None
    members = Accepted(members={"x": Accepted(minimum=1)})
    met = strictest([of(Verdict.DENY, members), of(Verdict.PERMIT, Accepted(members={"x": Accepted(0, 3)}))])
    assert met.accepted == Accepted(members={"x": Accepted(1, 3)})
    assert met.verdict is Verdict.DENY
    texts = strictest(of(Verdict.PERMIT, Accepted(one_of=options)) for options in (("a", "b"), ("b", "c")))
    assert texts.accepted == Accepted(one_of=("b",))
    lows = strictest(of(Verdict.PERMIT, Accepted(minimum=low)) for low in (1, 2))
    assert lows.accepted == Accepted(minimum=2)
    highs = strictest(of(Verdict.PERMIT, Accepted(maximum=high)) for high in (1, 2))
    assert highs.accepted == Accepted(maximum=1)
    with pytest.raises(ValueError, match="no decision"):
        strictest([])
