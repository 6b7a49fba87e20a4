"""A mandate file binds one agent and whoever it lets in, and nobody else."""

from __future__ import annotations

import tomllib

import pytest
from jsonschema import Draft202012Validator

from capabilities.vocabulary import Hazard, Privilege
from gateway.rulebook.changes import told
from policies import (
    AccessRequest,
    Mandate,
    Policy,
    PolicyError,
    Principal,
    Role,
    Subject,
    Terms,
    Verdict,
    compile_rules,
    mandate_of,
    parse,
)
from policies.json_schema import json_schema

HOUSE = """
format = 1
[[allow]]
id = "agents"
who = ["agent", "adult"]
may = ["light.*"]
see = ["*"]
why = "They may"
"""
COO_FILE = """
format = 1
mandate = "coo"

[[allow]]
id = "hall-alone"
may = ["light.*"]
see = ["light.on"]
rooms = ["hall"]
why = "The hall is its business"

[[limit]]
id = "dim"
on = ["light.brightness"]
value = { max = 60 }
why = "Nobody reads by it"
"""
COO = Principal("coo", Role.AGENT, acts_for="anna", acts_for_role=Role.ADULT)
SUB = Principal("coo.sub", Role.AGENT, acts_for="anna", acts_for_role=Role.ADULT, makers=(COO,))
OTHER = Principal("other", Role.AGENT, acts_for="anna", acts_for_role=Role.ADULT)


def policy(*files: str) -> Policy:
    return compile_rules(
        parse(HOUSE, name="household"), [parse(one, name=f"f{n}") for n, one in enumerate(files)]
    )


def subject(room: str = "hall", capability: str = "light.brightness") -> Subject:
    return Subject("lamp", room, frozenset(), capability, Privilege.OPERATE, Hazard.COMFORT)


def verdict(who: Principal, value: int, room: str = "hall") -> Verdict:
    return policy(COO_FILE).decide(AccessRequest(who, subject(room), value)).verdict


def test_it_binds_the_agent_and_whoever_it_lets_in_and_nobody_else() -> None:
    for who in (COO, SUB):
        assert verdict(who, 60) is Verdict.PERMIT
        assert verdict(who, 61) is Verdict.DENY
        assert verdict(who, 10, "office") is Verdict.DENY
        assert not policy(COO_FILE).may_see(who, subject())
    assert verdict(OTHER, 100, "office") is Verdict.PERMIT
    assert policy(COO_FILE).may_see(OTHER, subject())


def test_every_part_of_the_meet_is_named() -> None:
    """House, person, mandate file, and what was handed on."""
    terms = Terms.model_validate({"use": [{"may": ["light.brightness"]}]})
    handed = Mandate("delegation:coo", mandate_of("", terms).terms)
    who = Principal("coo", Role.AGENT, acts_for="anna", acts_for_role=Role.ADULT, mandates=(handed,))
    found = policy(COO_FILE).prospect(who, subject())
    named = {(one.set, one.rule) for one in found.reasons}
    assert named == {("household", "agents"), ("f0", "hall-alone"), ("f0", "dim"), ("delegation:coo", "use")}


def test_a_role_of_that_name_is_not_meant() -> None:
    text = COO_FILE.replace('"coo"', '"agent"')
    assert policy(text).decide(AccessRequest(OTHER, subject("office"), 100)).permitted


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ('mandate = "coo"', 'mandate = "Coo Coo"', 3, "must be the id of one agent"),
        ('mandate = "coo"', "mandate = 3", 3, "must be the id of one agent"),
        ('id = "dim"', 'id = "dim"\nwho = ["child"]', 14, "is always coo"),
        ('id = "hall-alone"', 'id = "hall-alone"\nwho = ["other"]', 7, "leave it out"),
        ('may = ["light.*"]', 'may = ["light.*"]\nunasked = ["x"]', 8, "no ask of this set"),
        ('mandate = "coo"\n', "", 4, "is missing"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(old: str, new: str, line: int, said: str) -> None:
    with pytest.raises(PolicyError) as caught:
        parse(COO_FILE.replace(old, new, 1), name="coo")
    assert said in str(caught.value)
    assert line in {one.line for one in caught.value.problems}


def test_the_set_that_allows_is_nobodys_mandate() -> None:
    with pytest.raises(PolicyError, match="a file of its own"):
        compile_rules(parse(COO_FILE, name="household"))


def test_taking_a_mandate_away_is_told_as_more() -> None:
    with_file = told({"household": HOUSE, "coo": COO_FILE}, {"household": HOUSE})
    assert with_file.more
    assert not with_file.less
    assert any("coo" in one for one in with_file.more)
    back = told({"household": HOUSE}, {"household": HOUSE, "coo": COO_FILE})
    assert back.less
    assert not back.more


def test_the_schema_knows_it() -> None:
    validator = Draft202012Validator(json_schema())
    assert not [*validator.iter_errors(tomllib.loads(COO_FILE))]
    assert [*validator.iter_errors(tomllib.loads(COO_FILE.replace('mandate = "coo"', "")))]
    assert [*validator.iter_errors(tomllib.loads(COO_FILE.replace('id = "dim"', 'id = "dim"\nwho = ["a"]')))]
    assert [*validator.iter_errors(tomllib.loads(HOUSE.replace('who = ["agent", "adult"]\n', "")))]
