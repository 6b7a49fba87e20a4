"""A proposed "always": it can be read, and lets go unasked exactly what it says."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capabilities.vocabulary import Hazard, Json, Privilege
from policies import (
    NO_FACTS,
    AccessRequest,
    Policy,
    PolicyError,
    Principal,
    Role,
    RuleRef,
    Subject,
    Verdict,
    compile_rules,
    parse,
)
from policies.compare import Book, widened
from policies.documents import BoundsTable
from policies.proposing import proposed_allow, who_goes_unasked, why_not_always
from tests.policies import plain
from tests.policies.writing import ALLOW, ANNA, BEN, BOT, COO, HEATER, LAMP, ask, decide, policy

Q, P = RuleRef("house", "q"), RuleRef("house", "p")
ASKS = ask('who = ["agent"]') + ask('on = ["light.*"]', "p")
BASE = f"format = 1\n{ALLOW}{ASKS}"
HELPER = Principal("id:helper", Role.AGENT, "", "anna", acts_for_role=Role.OWNER, makers=(COO,))
REQUESTERS = (COO, BOT, HELPER, ANNA, BEN, Principal("agent", Role.AGENT))
SUBJECTS = [
    Subject(thing, "hall", frozenset(), capability, privilege, hazard)
    for thing in ("lamp", 'the "lamp" \\ of Zoë')
    for capability in ("light.on", "light.brightness", "fan.on")
    for privilege in (Privilege.OPERATE, Privilege.MANAGE)
    for hazard in (Hazard.COMFORT, Hazard.LIFE_SAFETY)
]
ALL = ALLOW.replace(
    'may = ["*"]', 'may = ["*", "light.on", "light.brightness", "fan.on"]\nprivilege = "manage"'
)
BASE = f"format = 1\n{ALL}{ASKS}"
numbers = st.integers(-5, 25) | st.floats(-5, 25) | st.sampled_from([1e16, 1e-7, 2**70])
scalars = numbers | st.booleans() | st.sampled_from(["on", 'he said "no"', "\\u0041", "é\u2028"])


@st.composite
def bounds(draw: st.DrawFn) -> BoundsTable:
    low, high = sorted((draw(numbers), draw(numbers)))
    if draw(st.booleans()):
        return BoundsTable.model_validate({"one_of": draw(st.lists(scalars, min_size=1, max_size=4))})
    ends = draw(st.sampled_from([{"min": low}, {"max": high}, {"min": low, "max": high}]))
    return BoundsTable.model_validate(ends)


whys = st.text(st.characters(exclude_categories=("Cc", "Cs")), min_size=1, max_size=300).filter(str.strip)


def house(more: str = "") -> Policy:
    return compile_rules(parse(BASE + more, name="house"))


BEFORE = house()


@settings(max_examples=150, deadline=None)
@given(
    who=st.lists(st.sampled_from(REQUESTERS), min_size=1, max_size=3),
    of=st.sampled_from(SUBJECTS),
    asks=st.sampled_from([(Q,), (P,), (Q, P), (P, Q, P)]),
    value=st.none() | bounds(),
    members=st.none()
    | st.dictionaries(st.sampled_from(["x", 'a "b"', "é"]), bounds(), min_size=1, max_size=2),
    why=whys,
    tried=st.lists(scalars | st.just({"x": 3}) | st.just({}), min_size=1, max_size=4),
)
def test_it_does_exactly_what_it_says(  # noqa: PLR0917
    who: list[Principal],
    of: Subject,
    asks: tuple[RuleRef, ...],
    value: BoundsTable | None,
    members: dict[str, BoundsTable] | None,
    why: str,
    tried: list[Json],
) -> None:
    named = [one.id for one in who]
    text = proposed_allow(
        "always-1", named, of.capability, of.thing,
        asks=asks, why=why, value=value, members=members, privilege=of.privilege,
    )  # fmt: skip
    rules = parse(BASE + text, name="house")
    rule = rules.document.allow[-1]
    assert (rule.why, rule.value, rule.members) == (why, value, members)
    after = house(text)
    for subject in SUBJECTS:
        for requester in REQUESTERS:
            for one in tried:
                request = AccessRequest(requester, subject, one)
                old, new = BEFORE.decide(request), after.decide(request)
                meant = (subject.thing, subject.capability) == (of.thing, of.capability)
                left = {
                    ref
                    for ref in (each.ref for each in BEFORE.open_asks(old))
                    if not (
                        meant
                        and subject.privilege.rank <= of.privilege.rank
                        and subject.hazard < Hazard.LIFE_SAFETY
                        and ref in asks
                        and {each.id for each in BEFORE.asked_of(ref, requester.chain)} <= {*named}
                        and plain._keeps_all_bounds(rule, request, NO_FACTS)
                    )
                }
                assert {each.ref for each in after.open_asks(new)} == left
                assert new.verdict is (Verdict.NEEDS_APPROVAL if left else Verdict.PERMIT)


def test_as_it_is_written() -> None:
    text = proposed_allow(
        "coo-heats", ["coo", "adult", "id:x", "agents"], "thermostat.target", "heater",
        asks=[Q], why='Anna said "always"', value=BoundsTable(min=18, max=22.5),
        members={"x": BoundsTable(one_of=(True, "on"))}, privilege=Privilege.MANAGE,
    )  # fmt: skip
    assert text == (
        '[[allow]]\nid = "coo-heats"\nwho = ["coo", "id:adult", "id:id:x", "id:agents"]\nmay = ["thermostat.target"]\n'
        'things = ["heater"]\nprivilege = "manage"\nunasked = ["q"]\nwhy = "Anna said \\"always\\""\n'
        'value = { min = 18, max = 22.5 }\nmembers = { x = { one_of = [true, "on"] } }\n'
    )


def test_it_is_told_as_what_may_be_used_without_an_approval() -> None:
    text = proposed_allow(
        "a", ["coo"], "light.brightness", "lamp", asks=[Q], why="w", value=BoundsTable(max=80)
    )
    books = [Book(parse(f"format = 1\n{ALLOW}{ask()}{more}", name="house")) for more in ("", text)]
    assert [str(one) for one in widened(*books)] == [
        "coo may now use light.brightness on lamp without an approval, up to 80"
    ]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"rule_id": "Always!"}, "id"),
        ({"why": ""}, "why"),
        ({"why": "two\nlines"}, "why"),
        ({"why": "x" * 301}, "why"),
        ({"why": "\ud800"}, "no file can have"),
        ({"thing": ""}, "things"),
        ({"who": []}, "who"),
        ({"asks": []}, "unasked"),
        ({"capability": "light.*"}, "one capability"),
        ({"capability": "light.brightnes"}, "may"),
    ],
)
def test_what_no_rule_may_say_is_not_proposed(words: dict[str, object], said: str) -> None:
    good: dict[str, object] = {
        "rule_id": "a", "who": ["coo"], "capability": "light.on", "thing": "lamp", "asks": [Q], "why": "w",
    }  # fmt: skip
    with pytest.raises(PolicyError) as error:
        proposed_allow(**(good | words))  # type: ignore[arg-type]
    assert said in str(error.value)


# ---------------------------------------------------------------- whether, and for whom


def test_for_whom_it_must_be() -> None:
    asks = BEFORE.open_asks(decide(BEFORE, of=LAMP, who=HELPER))
    assert [one.ref for one in asks] == [P, Q]
    assert who_goes_unasked(BEFORE, asks[1:], HELPER.chain) == ("id:helper", "coo")
    assert who_goes_unasked(BEFORE, asks, HELPER.chain) == ("id:helper", "coo", "anna")
    text = proposed_allow("a", who_goes_unasked(BEFORE, asks, HELPER.chain), "light.on", "lamp",
                          asks=[one.ref for one in asks], why="w")  # fmt: skip
    assert decide(house(text), of=LAMP, who=HELPER).permitted
    assert not decide(house(text), of=LAMP, who=BOT).permitted


@pytest.mark.parametrize(
    ("words", "narrowing", "of", "said"),
    [
        ("", "", HEATER, ""),
        ("once = true", "", HEATER, 'rule "q" asks each time'),
        ("", ask(name="p"), HEATER, 'rule "p" is not the household\'s own: it stands in set "set1"'),
        ("", "", dataclasses.replace(HEATER, hazard=Hazard.LIFE_SAFETY), "what can cost a life is asked about each time"),
    ],
)  # fmt: skip
def test_what_can_never_be_said_always_to(words: str, narrowing: str, of: Subject, said: str) -> None:
    rules = policy(ask(words), narrowing)
    assert why_not_always(rules, rules.open_asks(decide(rules, of=HEATER)), of) == said


def test_nothing_asked_is_nothing_to_say_always_to() -> None:
    rules = policy("")
    assert why_not_always(rules, rules.open_asks(decide(rules)), LAMP) == "nothing asks about it"
