"""What a rule file may say, and the words in which a mistake is answered."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capabilities.vocabulary import Hazard, Privilege
from policies import PolicyError, defaults, parse
from policies.parse import LONGEST_FILE_CHARS

HEAD = "format = 1\n"
ALLOW = '[[allow]]\nid = "a"\nwhy = "w"\nwho = ["agent"]\nmay = ["light.*"]\n'
LIMIT = '[[limit]]\nid = "l"\nwhy = "w"\non = ["light.on"]\nvalue = { max = 1 }\n'


def problems(text: str) -> list[str]:
    with pytest.raises(PolicyError) as caught:
        parse(text, name="house.toml")
    assert str(caught.value) == "\n".join(map(str, caught.value.problems))
    return [str(problem) for problem in caught.value.problems]


def only(text: str) -> str:
    (said,) = problems(text)
    return said


def test_a_whole_document_is_read() -> None:
    rules = parse(
        HEAD
        + """
        [[allow]]
        id = "night-nurse"
        why = "She looks after grandmother"
        who = ["guest", "anna", "id:agent"]
        may = ["light.*", "*.target", "lock.unlock", "*"]
        see = ["*", "sensitive"]
        privilege = "manage"
        things = ["lamp"]
        rooms = ["hall"]
        labels = ["care"]

        [[limit]]
        id = "band"
        why = "Comfort"
        on = ["thermostat.target", "thermostat.set"]
        who = ["agent"]
        hazard_min = 1
        privilege = "operate"
        value = { min = 16, max = 23.5, one_of = [16, 20.0] }
        members.target = { max = 23 }
        """,
        name="house",
    )
    (allow,), (limit,) = rules.document.allow, rules.document.limit
    assert (rules.name, allow.privilege, allow.who) == (
        "house",
        Privilege.MANAGE,
        ("guest", "anna", "id:agent"),
    )
    assert allow.see == ("*", "sensitive")
    assert limit.hazard_min is Hazard.NUISANCE
    assert limit.value is not None
    assert (limit.value.min, limit.value.max, limit.value.one_of) == (16, 23.5, (16, 20.0))
    assert limit.members is not None
    assert limit.members["target"].max == 23


def test_an_empty_document_is_one() -> None:
    assert parse(HEAD, name="empty").document.allow == ()


@pytest.mark.parametrize("name", defaults.NAMES)
def test_the_shipped_sets_are_valid(name: str) -> None:
    assert parse(defaults.load(name), name=name).document.limit


def test_all_problems_come_at_once_in_the_order_of_the_file() -> None:
    text = """format = 1
[[allow]]
id = "A b"
whom = ["agent"]
may = ["lihgt.*",
  "light"]
[[limit]]
id = "band"
why = "w"
on = ["light.on"]
rom = ["x"]
value = { min = 5,
max = nan }
""".replace(",\nmax", ", max")
    kinds = "Known kinds: light, outlet, switch, "
    assert [line[: line.find(kinds)] if kinds in line else line for line in problems(text)] == [
        'house.toml:2: allow "A b", who: is missing',
        'house.toml:2: allow "A b", why: is missing',
        'house.toml:3: allow "A b", id: must be lower-case letters, digits and "-", 64 at the most, like "heating-band"',
        'house.toml:4: allow "A b": "whom" is not a known word; did you mean "who"? Known words: id, labels, may, '
        "privilege, rooms, see, things, who, why",
        'house.toml:5: allow "A b", may: "lihgt" in "lihgt.*" is not a kind; did you mean "light"? ',
        'house.toml:6: allow "A b", may: "light" is not a capability: write <kind>.<name>, <kind>.*, *.<name> or *; '
        'did you mean "light.*"?',
        'house.toml:11: limit "band": "rom" is not a known word; did you mean "rooms"? Known words: hazard_min, id, '
        "labels, members, never, on, privilege, rooms, things, value, who, why",
        'house.toml:12: limit "band", value.max: must be a finite number: nan and inf bound nothing',
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "house.toml:1: format: is missing"),
        ("format = 2", "house.toml:1: format: must be 1"),
        ("format = true", "house.toml:1: format: must be 1"),
        (HEAD + "shadow = true", 'house.toml:2: "shadow" is not supported by this version'),
        (HEAD + '[[ask]]\nid = "x"', "house.toml:2: [[ask]] is not supported by this version"),
        (HEAD + '[[then]]\nid = "x"', "house.toml:2: [[then]] is not supported by this version"),
        (
            HEAD + "[[limits]]",
            'house.toml:2: "limits" is not a known word; did you mean "limit"? Known words: allow, format, limit',
        ),
        (HEAD + "allow = 1", "house.toml:2: allow: must be tables: write [[allow]] above each"),
        (HEAD + "[limit]\nid = 'x'", "house.toml:2: limit: must be tables: write [[limit]] above each"),
        (HEAD + "limit = [1]", "house.toml:2: limit 1: must be tables: write [[limit]] above each"),
        (HEAD + "a = ", "house.toml:2: is not TOML: Invalid value"),
        (HEAD + "format = 1", "house.toml:2: is not TOML: Cannot overwrite a value"),
        (HEAD + "\na = [", "house.toml:3: is not TOML: Invalid value"),
        ("a = " + "[" * 5000, "house.toml: is nested too deeply"),
        ("#" * (LONGEST_FILE_CHARS + 1), "house.toml: is longer than 1,000,000 characters"),
    ],
)
def test_faults_of_the_file(text: str, said: str) -> None:
    assert only(text) == said


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("needs = []", ': "needs" is not supported by this version'),
        ('at_most = "6/h"', ': "at_most" is not supported by this version'),
        ('rest = "5m"', ': "rest" is not supported by this version'),
        ("not_between = []", ': "not_between" is not supported by this version'),
        ("modes = []", ': "modes" is not supported by this version'),
        ('waivable_by = ["owner"]', ': "waivable_by" is not supported by this version'),
        ("members.x = { max_change = 3 }", ', members.x: "max_change" is not supported by this version'),
        ("members.x = { maxx = 3 }", ', members.x: "maxx" is not a known word; did you mean "max"? '
         "Known words: max, min, one_of"),
        ("members.x = {}", ", members.x: bounds nothing: give min, max or one_of"),
        ("members.x = 3", ", members.x: must be a table, like { min = 16, max = 23 }"),
        ("members.x = { min = 2, max = 1 }", ", members.x: can never be met: min 2 is above max 1"),
        ("members.x = { max = 1, one_of = [1, 2] }",
         ", members.x: can never be met: 2 in one_of is not within min and max"),
        ("members.x = { max = 1, one_of = [true] }",
         ", members.x: can never be met: True in one_of is not within min and max"),
        ("members.x = { one_of = [] }", ", members.x.one_of: must name at least one"),
        ("members.x = { one_of = [[]] }", ", members.x.one_of: must be a number, text, true or false"),
        ("members.x = { one_of = [inf] }",
         ", members.x.one_of: must be a finite number: nan and inf bound nothing"),
        ("members.x = { max = true }", ", members.x.max: must be a number"),
        ("members.x = { max = 2026-01-01 }", ", members.x.max: must be a number"),
        ("members = {}", ", members: must name at least one"),
        ("members = 3", ", members: must be a table, like { brightness = { max = 80 } }"),
        ("never = 1", ", never: must be true or false"),
        ("things = []", ", things: must name at least one"),
        ("things = 'lamp'", ", things: must be a list"),
        ("things = [1]", ", things: must be text"),
        ("rooms = [' ']", ", rooms: must be text of 1 to 300 characters"),
        ("rooms = ['hall', \"a\\nb\"]", ", rooms: must stand on one line, without control characters"),
        ("hazard_min = 4", ", hazard_min: must be a hazard: 0 comfort, 1 nuisance, 2 property, 3 life safety"),
        ("hazard_min = true", ", hazard_min: must be a hazard: 0 comfort, 1 nuisance, 2 property, 3 life safety"),
        ("privilege = 'manag'", ", privilege: must be one of view, operate, manage, administer; did you mean "
         '"manage"?'),
        ("who = ['agnt']", ', who: "agnt" is not a role; did you mean "agent"? Roles: owner, adult, child, guest, '
         'agent, guest-agent, service; a principal with such an id is written "id:agnt"'),
        ("who = ['Owner']", ', who: "Owner" is not a role; did you mean "owner"? Roles: owner, adult, child, guest, '
         'agent, guest-agent, service; a principal with such an id is written "id:Owner"'),
        ("who = ['*']", ', who: "*" is not a role. Roles: owner, adult, child, guest, agent, guest-agent, service; '
         'a principal with such an id is written "id:*"'),
        ("who = ['id:']", ", who: needs a principal's id after \"id:\""),
        ("may = ['*']", ': "may" is not a known word. Known words: hazard_min, id, labels, members, never, on, '
         "privilege, rooms, things, value, who, why"),
    ],
)  # fmt: skip
def test_faults_of_a_limit(line: str, said: str) -> None:
    assert only(HEAD + LIMIT + line) == f'house.toml:7: limit "l"{said}'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (LIMIT.replace("value = { max = 1 }\n", ""), '2: limit "l": limits nothing: give value, members or never = true'),
        (LIMIT + "never = true", '2: limit "l": never = true leaves nothing to bound: take value and members out'),
        (LIMIT.replace("light.on", "lamp.on"), '5: limit "l", on: "lamp" in "lamp.on" is not a kind; did you mean '),
        (LIMIT.replace('["light.on"]', "[]"), '5: limit "l", on: must name at least one'),
        (LIMIT.replace('on = ["light.on"]\n', ""), '2: limit "l", on: is missing'),
        (LIMIT.replace("light.on", "*.*"), '5: limit "l", on: "*.*" is written "*"'),
        (LIMIT.replace("light.on", "light.o*"), '5: limit "l", on: "o*" in "light.o*" is not a name: a name is letters'),
        (LIMIT.replace("light.on", "light."), '5: limit "l", on: "" in "light." is not a name'),
        (LIMIT.replace("light.on", "li*.on"), '5: limit "l", on: "li*" in "li*.on" is not a kind'),
        (LIMIT.replace('"w"', '""'), '4: limit "l", why: must be text of 1 to 300 characters'),
        (LIMIT.replace('"l"', '"no-allow"'), '3: limit "no-allow", id: "no-allow" is kept for findings that come from'),
        (LIMIT.replace('"l"', "7"), "3: limit 1, id: must be text"),
        (ALLOW.replace('may = ["light.*"]\n', ""), '2: allow "a": allows nothing: give may (to use), see (to read) or'),
        (ALLOW + 'see = ["sensitive"]', '2: allow "a": "sensitive" in see widens wildcards, and there is none beside'),
        (ALLOW + 'see = ["sensitiv"]', '7: allow "a", see: "sensitiv" is not a capability'),
        (ALLOW.replace("light.*", "sensitive"), '6: allow "a", may: "sensitive" is not a capability'),
        (ALLOW + "hazard_min = 2", '7: allow "a": "hazard_min" is not a known word'),
        (ALLOW + LIMIT.replace('"l"', '"a"'), '8: "a": is already the id of the rule in line 3; give each rule its own'),
        (ALLOW + ALLOW, '8: "a": is already the id of the rule in line 3; give each rule its own'),
    ],
)  # fmt: skip
def test_faults_of_a_rule(text: str, said: str) -> None:
    assert only(HEAD + text).startswith("house.toml:" + said)


@given(st.text(max_size=80) | st.sampled_from([ALLOW, LIMIT]).flatmap(
    lambda rule: st.tuples(st.integers(0, len(rule)), st.text('[]{}="\'\n#.,x1-', max_size=4)).map(
        lambda cut: HEAD + rule[: cut[0]] + cut[1] + rule[cut[0] :]
    )
))  # fmt: skip
def test_any_text_is_a_rule_set_or_a_policy_error(text: str) -> None:
    try:
        parse(text, name="any")
    except PolicyError as error:
        assert error.problems
        assert all(0 <= problem.line <= text.count("\n") + 1 for problem in error.problems)
