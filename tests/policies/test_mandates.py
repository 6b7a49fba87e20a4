"""What was handed on narrows, whatever it says, and never widens."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from capabilities.vocabulary import Hazard, Json, Privacy, Privilege
from policies import (
    AccessRequest,
    Mandate,
    Policy,
    Principal,
    Role,
    Subject,
    Terms,
    Verdict,
    compile_rules,
    parse,
)
from policies import mandate_of as named
from policies.mandates import LONGEST_TERMS_CHARS, compiled, terms_of

HOUSE = """
format = 1
[[allow]]
id = "agents"
who = ["agent", "adult", "guest"]
may = ["light.*", "lock.unlock", "blind.*"]
see = ["*", "camera.image"]
why = "They may"
"""
CAPABILITIES = (
    "light.on",
    "light.brightness",
    "blind.position",
    "lock.unlock",
    "camera.image",
    "meter.power",
)
THINGS = {"lamp": ("hall", {"new"}), "door": ("hall", set()), "desk": ("office", {"quiet"})}
NEVER: dict[str, Json] = {"id": "a", "why": "x", "on": ["light.on"], "never": True}
COO = Principal("coo", Role.AGENT, acts_for="anna", acts_for_role=Role.ADULT)


def house() -> Policy:
    return compile_rules(parse(HOUSE, name="household"))


def subject(thing: str = "lamp", capability: str = "light.on", hazard: int = 0) -> Subject:
    room, labels = THINGS[thing]
    privacy = Privacy.SENSITIVE if capability.startswith("camera") else Privacy.PUBLIC
    return Subject(thing, room, frozenset(labels), capability, Privilege.OPERATE, Hazard(hazard), privacy)


def mandate_of(document: Json) -> Mandate:
    return named("delegation:1", Terms.model_validate(document))


def verdict(who: Principal, of: Subject, value: Json = True) -> Verdict:
    return house().decide(AccessRequest(who, of, value)).verdict


def with_terms(document: Json) -> Principal:
    return replace(COO, mandates=(mandate_of(document),))


def test_it_leaves_uses_of_some_things_only() -> None:
    who = with_terms({"use": [{"things": ["lamp"]}]})
    assert verdict(who, subject("lamp")) is Verdict.PERMIT
    assert verdict(who, subject("desk")) is Verdict.DENY
    assert house().may_see(who, subject("desk", "meter.power"))


def test_no_use_at_all_leaves_reading() -> None:
    who = with_terms({"use": []})
    assert verdict(who, subject()) is Verdict.DENY
    assert not house().may_use(who, subject())
    assert house().may_see(who, subject())


def test_a_mandate_that_names_no_capability_leaves_what_can_kill_as_the_house_has_it() -> None:
    who = with_terms({"use": [{"rooms": ["hall"]}]})
    assert verdict(who, subject("door", "lock.unlock", 3)) is Verdict.PERMIT
    named = with_terms({"use": [{"rooms": ["hall"], "may": ["*"]}]})
    assert verdict(named, subject("door", "lock.unlock", 3)) is Verdict.DENY


def test_what_is_sensitive_must_be_named_in_it_too() -> None:
    camera = subject("door", "camera.image")
    assert house().may_see(COO, camera)
    assert not house().may_see(with_terms({"read": [{"see": ["*"]}]}), camera)
    assert house().may_see(with_terms({"read": [{"see": ["camera.image"]}]}), camera)
    assert house().may_see(with_terms({"read": [{"things": ["door"]}]}), camera)


def test_its_bounds_are_told_as_the_rules_are() -> None:
    limit: Json = {"id": "dim", "why": "The child sleeps", "on": ["light.brightness"], "value": {"max": 30}}
    who = with_terms({"limits": [limit]})
    decision = house().decide(AccessRequest(who, subject("lamp", "light.brightness"), 80))
    assert decision.verdict is Verdict.DENY
    assert (decision.findings[0].set, decision.findings[0].rule) == ("delegation:1", "dim")
    assert decision.accepted is not None
    assert decision.accepted.maximum == 30
    assert verdict(who, subject("lamp", "light.brightness"), 20) is Verdict.PERMIT


def test_that_of_the_person_binds_its_agent() -> None:
    agent = replace(COO, acts_for_mandates=(mandate_of({"use": [{"things": ["desk"]}]}),))
    assert verdict(agent, subject("lamp")) is Verdict.DENY
    assert verdict(agent, subject("desk")) is Verdict.PERMIT


def test_terms_that_nobody_can_read_leave_nothing() -> None:
    who = replace(COO, mandates=(Mandate("delegation:2", "{"),))
    assert verdict(who, subject()) is Verdict.DENY
    assert not house().may_see(who, subject())


@pytest.mark.parametrize(
    ("document", "says"),
    [
        ({"limits": [NEVER] * 2}, "one id"),
        ({"limits": [NEVER | {"waivable_by": ["adult"]}]}, "waivable_by"),
        (
            {
                "limits": [
                    NEVER | {"needs": [{"thing": "b", "property": "on", "equals": True}], "never": False}
                ]
            },
            "needs",
        ),
        ({"uses": []}, "uses"),
        ({"use": [{"may": ["light."]}]}, "light."),
    ],
)
def test_what_means_nothing_here_is_refused(document: Json, says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        Terms.model_validate(document)


def test_it_is_no_longer_than_is_kept() -> None:
    things: Json = [f"{number:0300}" for number in range(100)]
    with pytest.raises(ValueError, match=str(LONGEST_TERMS_CHARS)):
        mandate_of({"use": [{"things": things}]})


PLACES = st.fixed_dictionaries(
    {},
    optional={
        "things": st.lists(st.sampled_from([*THINGS]), min_size=1, max_size=2),
        "rooms": st.lists(st.sampled_from(["hall", "office"]), min_size=1, max_size=2),
        "labels": st.lists(st.sampled_from(["new", "quiet"]), min_size=1, max_size=2),
    },
)
NAMES = st.lists(st.sampled_from([*CAPABILITIES, "*", "light.*", "*.on"]), min_size=1, max_size=3)
USES = st.tuples(PLACES, st.none() | NAMES).map(
    lambda one: one[0] | ({} if one[1] is None else {"may": one[1]})
)
READS = st.tuples(PLACES, st.none() | NAMES).map(
    lambda one: one[0] | ({} if one[1] is None else {"see": one[1]})
)
BOUNDS = st.integers(0, 100).map(
    lambda most: {"id": "bound", "why": "x", "on": ["light.brightness", "blind.*"], "value": {"max": most}}
)
TERMS = st.fixed_dictionaries(
    {},
    optional={
        "use": st.none() | st.lists(USES, max_size=2),
        "read": st.none() | st.lists(READS, max_size=2),
        "limits": st.lists(BOUNDS, max_size=1),
    },
).map(Terms.model_validate)
HOLDERS = st.sampled_from(
    [COO, Principal("paul", Role.GUEST), Principal("anna", Role.ADULT), Principal("x", Role.SERVICE)]
)


ASKED = st.tuples(st.sampled_from([*THINGS]), st.sampled_from(CAPABILITIES), st.integers(0, 3))


@given(TERMS, TERMS, HOLDERS, ASKED, st.integers(0, 100))
def test_more_terms_never_give_more(
    first: Terms, second: Terms, who: Principal, asked: tuple[str, str, int], value: int
) -> None:
    of, policy = subject(*asked), house()
    mandates = (named("delegation:1", first), named("delegation:2", second))
    holders = [replace(who, mandates=mandates[:number]) for number in range(3)]
    decided = [policy.decide(AccessRequest(one, of, value)).verdict for one in holders]
    assert decided == sorted(decided, reverse=True)
    seen = [policy.may_see(one, of) for one in holders]
    assert seen == sorted(seen, reverse=True)
    used = [policy.may_use(one, of) for one in holders]
    assert used == sorted(used, reverse=True)
    assert (
        policy.decide(AccessRequest(replace(who, mandates=mandates[::-1]), of, value)).verdict is decided[2]
    )


@given(TERMS)
def test_they_are_stored_as_they_were_given(terms: Terms) -> None:
    kept = named("delegation:1", terms)
    assert terms_of(kept) == terms
    assert (compiled(kept).uses is None) == (terms.use is None)
