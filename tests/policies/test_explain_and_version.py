"""What a principal can do, and what makes two sets of rules the same."""

from __future__ import annotations

from capabilities.vocabulary import Hazard, Privacy, Privilege
from policies import Accepted, Policy, Principal, Role, Subject, Verdict, compile_rules, explain, parse

TEXT = """
format = 1
[[allow]]
id = "comfort"
who = ["agent"]
may = ["light.*", "thermostat.*"]
see = ["*"]
why = "w"

[[limit]]
id = "low"
on = ["thermostat.target"]
value = { max = 23 }
why = "w"
"""
NARROW = """
format = 1
[[limit]]
id = "warm"
on = ["thermostat.*"]
rooms = ["bath"]
value = { min = 24 }
why = "w"
[[limit]]
id = "off"
on = ["thermostat.mode"]
never = true
why = "w"
"""


def policy(text: str = TEXT, narrow: str = NARROW, name: str = "house") -> Policy:
    return compile_rules(parse(text, name=name), [parse(narrow, name="more")])


def subject(capability: str, room: str = "hall", privacy: Privacy = Privacy.PUBLIC) -> Subject:
    return Subject("thing", room, frozenset(), capability, Privilege.OPERATE, Hazard.COMFORT, privacy)


def test_explain() -> None:
    subjects = [
        subject("light.on"),
        subject("thermostat.target"),
        subject("thermostat.target", "bath"),
        subject("thermostat.mode"),
        subject("thermostat.mode", "bath"),
        subject("lock.state", privacy=Privacy.SENSITIVE),
    ]
    rights = explain(policy(), Principal("coo", Role.AGENT), subjects)
    assert [
        (right.see, right.use, right.accepted, [finding.rule for finding in right.reasons])
        for right in rights
    ] == [
        (True, Verdict.PERMIT, None, ["comfort"]),
        (True, Verdict.PERMIT, Accepted(maximum=23), ["comfort", "low"]),
        (True, Verdict.DENY, Accepted(24, 23), ["low", "warm"]),
        (True, Verdict.DENY, Accepted(one_of=()), ["off"]),
        (True, Verdict.DENY, Accepted(minimum=24, one_of=()), ["off"]),
        (False, Verdict.DENY, None, ["no-allow"]),
    ]
    assert [right.subject for right in rights] == subjects
    assert not any(reason.unknown for right in rights for reason in right.reasons)
    low, warm = rights[2].reasons
    assert low.seen == "target at most 23, and others rule that out"
    assert warm.remedy is not None
    assert warm.remedy.text == "no target is accepted: the rules leave nothing over"


def test_a_version_is_the_same_for_the_same_rules() -> None:
    head, allow, limit = TEXT.partition("[[allow]]")[0], *TEXT.partition("format = 1\n")[2].split("\n\n")
    moved = head + "# a comment\n" + limit + "\n\n" + allow.replace('["light.*", "thermostat.*"]',
                                                                 '["thermostat.*",\n"light.*"]')  # fmt: skip
    assert policy(moved).version == policy().version
    assert len(policy().version) == 16
    assert policy(narrow=NARROW.replace("rooms", "labels")).version != policy().version


def test_a_version_changes_with_anything_that_shows() -> None:
    variants = [
        policy(),
        policy(name="other"),
        policy(TEXT.replace("23", "22")),
        policy(TEXT.replace('"w"', '"x"')),
        policy(TEXT.replace('"comfort"', '"comforts"')),
        policy(TEXT.replace('"agent"', '"adult"')),
        policy(TEXT.replace('["*"]', '["*", "sensitive"]')),
        compile_rules(parse(TEXT, name="house")),
        compile_rules(parse(NARROW, name="more"), [parse(TEXT, name="house")]),
    ]
    assert len({one.version for one in variants}) == len(variants)
