"""What an input must be: bounds on numbers, options and members, and how a failure is said."""

from __future__ import annotations

import sys
from dataclasses import replace

import pytest

from capabilities.vocabulary import Hazard, Json, Privilege
from policies import (
    Accepted,
    AccessRequest,
    Decision,
    Finding,
    Policy,
    Principal,
    Remedy,
    Role,
    Subject,
    Verdict,
    compile_rules,
    parse,
)

COO = Principal("coo", Role.AGENT)
ALL = '[[allow]]\nid = "all"\nwho = ["agent"]\nmay = ["*"]\nwhy = "w"\n'
BAND = """
[[limit]]
id = "heating-band"
on = ["thermostat.target"]
value = { min = 16, max = 23 }
why = "Comfort without waste"
"""


def policy(text: str, *narrowing: str) -> Policy:
    sets = [parse("format = 1\n" + one, name=f"set{i}") for i, one in enumerate((text, *narrowing))]
    return compile_rules(sets[0], sets[1:])


def subject(capability: str = "thermostat.target") -> Subject:
    return Subject("heater", "hall", frozenset(), capability, Privilege.OPERATE, Hazard.COMFORT)


def decide(rules: Policy, value: Json = None, of: Subject | None = None) -> Decision:
    return rules.decide(AccessRequest(COO, of or subject(), value))


def refused_by(decision: Decision) -> list[str]:
    assert decision.verdict is Verdict.DENY
    return [finding.rule for finding in decision.findings]


@pytest.mark.parametrize(
    ("value", "seen", "unknown"),
    [
        (15.99, "15.99 is below 16", False),
        (24, "24 is above 23", False),
        (None, "nothing is not a number", True),
        (True, "true is not a number", True),
        ("20", '"20" is not a number', True),
        ([20], "a list is not a number", True),
        ({"min": 20}, "an object is not a number", True),
        (float("nan"), "a number that is not finite is not in any range", True),
        (float("inf"), "a number that is not finite is not in any range", True),
        (10**400, "a number that is not finite is not in any range", True),
        ("x\n\u202e" + "y" * 100, '"x\\n\\u202e' + "y" * 57 + '\\u2026" is not a number', True),
    ],
)
def test_a_value_of_another_kind_is_unknown_and_fails(value: Json, seen: str, unknown: bool) -> None:
    (finding,) = decide(policy(ALL + BAND), value).findings
    assert (finding.seen, finding.unknown) == (seen, unknown)


@pytest.mark.parametrize("value", [float("inf"), float("-inf"), float("nan"), 10**400, -(10**400)])
@pytest.mark.parametrize("bounds", ["min = 0", "max = 0"])
def test_what_is_not_finite_keeps_no_bound(value: float, bounds: str) -> None:
    rules = policy(ALL + f'[[limit]]\nid = "l"\nwhy = "w"\non = ["*"]\nvalue = {{ {bounds} }}')
    assert refused_by(decide(rules, value)) == ["l"]
    assert not decide(rules, -sys.float_info.max).permitted or bounds == "max = 0"


@pytest.mark.parametrize(
    ("one_of", "admitted", "refused"),
    [
        ('["heat", "off"]', ["heat", "off"], ["cool", None, 1, ["heat"], {"heat": 1}, ""]),
        ("[1, 2.5]", [1, 1.0, 2.5], [True, "1", 2, float("nan"), [1]]),
        ("[true]", [True], [1, 1.0, False, "true"]),
        ("[0]", [0, 0.0, -0.0], [False, None, ""]),
    ],
)
def test_one_of(one_of: str, admitted: list[Json], refused: list[Json]) -> None:
    rules = policy(ALL + f'[[limit]]\nid = "l"\nwhy = "w"\non = ["*"]\nvalue = {{ one_of = {one_of} }}')
    assert [value for value in admitted + refused if decide(rules, value).permitted] == admitted


@pytest.mark.parametrize(
    ("bounds", "said"),
    [
        ("min = 1", "target at least 1"),
        ("max = 1.5", "target at most 1.5"),
        ("min = 1, max = 1", "target exactly 1"),
        ('one_of = ["b", "a"]', 'target one of "a", "b"'),
        ("one_of = [false]", "target false"),
        ("one_of = [10, 9, 1.0]", "target one of 1, 9, 10"),
    ],
)
def test_remedies_in_words(bounds: str, said: str) -> None:
    rules = policy(ALL + f'[[limit]]\nid = "l"\nwhy = "w"\non = ["*"]\nvalue = {{ {bounds} }}')
    (finding,) = decide(rules, "no").findings
    assert finding.remedy is not None
    assert finding.remedy.text == said


@pytest.mark.parametrize(
    ("bounds", "accepted"),
    [
        ("min = 1", Accepted(minimum=1)),
        ("max = 1", Accepted(maximum=1)),
        ("min = 1, max = 2", Accepted(1, 2)),
        ("min = 1, one_of = [2, 1]", Accepted(minimum=1, one_of=(1, 2))),
        ('one_of = ["a"]', Accepted(one_of=("a",))),
    ],
)
def test_remedies_and_accepted_as_data(bounds: str, accepted: Accepted) -> None:
    decision = decide(
        policy(ALL + f'[[limit]]\nid = "l"\nwhy = "w"\non = ["*"]\nvalue = {{ {bounds} }}'), "no"
    )
    assert decision.accepted == accepted
    data = {"minimum": accepted.minimum, "maximum": accepted.maximum}
    expected: dict[str, Json] = {name: value for name, value in data.items() if value is not None}
    if accepted.one_of is not None:
        expected["one_of"] = list(accepted.one_of)
    assert decision.findings[0].remedy is not None
    assert decision.findings[0].remedy.data == expected


@pytest.mark.parametrize(("value", "seen"), [(1, "1"), (3, "3"), (2.5, "2.5")])
def test_at_the_ends_of_a_range_only_the_options_are_to_blame(value: float, seen: str) -> None:
    rules = policy(
        ALL + '[[limit]]\nid = "l"\nwhy = "w"\non = ["*"]\nvalue = { min = 1, max = 3, one_of = [2] }'
    )
    assert [finding.seen for finding in decide(rules, value).findings] == [f"{seen} is not one of 2"]


@pytest.mark.parametrize(("length", "shown"), [(60, "y" * 60), (61, "y" * 60 + "…")])
def test_text_from_strangers_is_cut(length: int, shown: str) -> None:
    (finding,) = decide(policy(ALL + BAND), "y" * length).findings
    assert finding.seen == f'"{shown}" is not a number'


def test_what_is_seen_of_one_of() -> None:
    rules = policy(ALL + '[[limit]]\nid = "l"\nwhy = "w"\non = ["*"]\nvalue = { one_of = ["heat", "auto"] }')
    (finding,) = decide(rules, "cool").findings
    assert (finding.seen, finding.unknown) == ('"cool" is not one of "auto", "heat"', False)


def test_limits_that_leave_nothing_over_say_so() -> None:
    rules = policy(
        ALL + BAND, '[[limit]]\nid = "hot"\nwhy = "w"\non = ["thermostat.target"]\nvalue = { min = 24 }'
    )
    decision = decide(rules, 23)
    assert refused_by(decision) == ["hot"]
    assert decision.findings[0].remedy is not None
    assert decision.findings[0].remedy.text == "no target is accepted: the rules leave nothing over"
    assert decision.accepted == Accepted(24, 23)
    assert not rules.may_use(COO, subject())


def test_never() -> None:
    rules = policy(ALL, '[[limit]]\nid = "n"\nwhy = "w"\non = ["lock.*"]\nnever = true')
    decision = decide(rules, None, subject("lock.unlock"))
    assert decision.findings == (
        Finding(
            "n", "set1", Verdict.DENY, "w", "unlock: never, whatever the value",
            Remedy('nothing in the request; only a change of rule "n" in set "set1"'),
        ),
    )  # fmt: skip
    assert decision.accepted == Accepted(one_of=())
    assert not rules.may_use(COO, subject("lock.unlock"))
    assert rules.may_use(COO, subject("light.on"))


def test_what_holds_for_a_label_goes_with_it() -> None:
    rule = '[[limit]]\nid = "n"\nwhy = "w"\non = ["lock.*"]\nlabels = ["new", "odd", "old"]\nnever = true'
    rules = policy(ALL, rule)
    decision = decide(rules, None, replace(subject("lock.unlock"), labels=frozenset({"new", "other"})))
    assert decision.findings[0].remedy == Remedy(
        "without the label new, which a person can take off",
        {"thing": "heater", "without_labels": ["new"]},
    )
    decision = decide(rules, None, replace(subject("lock.unlock"), labels=frozenset({"new", "odd"})))
    assert decision.findings[0].remedy is not None
    assert decision.findings[0].remedy.text == "without the labels new and odd, which a person can take off"


MEMBERS = """
[[limit]]
id = "dim"
on = ["light.set"]
members = { brightness = { max = 80 }, effect = { one_of = ["none"] } }
why = "w"
"""


@pytest.mark.parametrize(
    ("value", "seen"),
    [
        ({"brightness": 80}, []),
        ({"on": True}, []),
        ({}, []),
        ({"brightness": 81}, ["brightness 81 is above 80"]),
        ({"brightness": None}, ["brightness nothing is not a number"]),
        (
            {"brightness": 99, "effect": "strobe"},
            ["brightness 99 is above 80", 'effect "strobe" is not one of "none"'],
        ),
        (50, ["50 is not an object"]),
        (None, ["nothing is not an object"]),
        ([{"brightness": 80}], ["a list is not an object"]),
    ],
)
def test_members_of_an_object(value: Json, seen: list[str]) -> None:
    decision = decide(policy(ALL + MEMBERS), value, subject("light.set"))
    assert [finding.seen for finding in decision.findings if finding.verdict is Verdict.DENY] == seen
    assert decision.permitted == (not seen)
    if not decision.permitted:
        of_wrong_type = [finding.seen.endswith(("an object", "a number")) for finding in decision.findings]
        assert [finding.unknown for finding in decision.findings] == of_wrong_type
    assert decision.accepted == Accepted(
        members={"brightness": Accepted(maximum=80), "effect": Accepted(one_of=("none",))}
    )


def test_what_is_both_scalar_and_object_is_nothing() -> None:
    rules = policy(ALL + MEMBERS + '[[limit]]\nid = "l"\nwhy = "w"\non = ["*"]\nvalue = { max = 1 }')
    assert not rules.may_use(COO, subject("light.set"))
    assert refused_by(decide(rules, 1, subject("light.set"))) == ["dim"]
    assert refused_by(decide(rules, {}, subject("light.set"))) == ["l"]
