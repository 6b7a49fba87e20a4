"""What a rule file may say, and the words in which a mistake is answered."""

from __future__ import annotations

import pytest

from capabilities.vocabulary import Hazard, Privilege
from policies import PolicyError, defaults, parse
from policies.parse import LONGEST_FILE_CHARS

HEAD = "format = 1\n"
ALLOW = '[[allow]]\nid = "a"\nwhy = "w"\nwho = ["agent"]\nmay = ["light.*"]\n'
ASK = '[[ask]]\nid = "q"\nwhy = "w"\non = ["light.on"]\napprover = ["adult"]\nvalid = "2m"\n'
THEN = '[[then]]\nid = "t"\nwhy = "w"\non = ["light.on"]\nmax_on = "2h"\n'
LIMIT = '[[limit]]\nid = "l"\nwhy = "w"\non = ["light.on"]\nvalue = { max = 1 }\n'


LIMIT_WORDS = (
    "at_most, days, hazard_min, id, labels, members, modes, needs, never, not_between, on, privilege, rest, rooms, "
    "things, value, waivable_by, when, who, why"
)


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
        on = ["thermostat.target", "thermostat.mode"]
        who = ["agent"]
        hazard_min = 1
        privilege = "operate"
        value = { min = 16, max = 23.5, one_of = [16, 20.0] }
        members.target = { max = 23, max_change = 2 }
        needs = [{ thing = "tank", property = "level", min = 20, fresh = "2m", trusted = true }]
        not_between = ["22:00", "07:00"]
        days = ["fri", "sat"]
        at_most = "6/h"
        rest = "5m"
        modes = ["home"]
        when = { starts = true, between = ["08:00", "20:00"], days = ["mon"], modes = ["home", "away"] }
        waivable_by = ["adult"]

        [[ask]]
        id = "open"
        why = "Somebody looks"
        on = ["garage.open"]
        approver = ["adult"]
        valid = "2m"

        [[then]]
        id = "heater"
        why = "Forgotten heaters"
        on = ["outlet.on"]
        labels = ["heater"]
        max_on = "2h"
        restore = "3h"
        confirm = true
        notify = ["adult"]
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
    assert (limit.members["target"].max, limit.members["target"].max_change) == (23, 2)
    assert limit.needs is not None
    assert (limit.needs[0].thing, limit.needs[0].min, limit.needs[0].trusted) == ("tank", 20, True)
    assert (limit.not_between, limit.days, limit.modes) == (("22:00", "07:00"), ("fri", "sat"), ("home",))
    assert limit.when is not None
    assert (limit.when.starts, limit.when.between, limit.when.days) == (True, ("08:00", "20:00"), ("mon",))
    assert limit.at_most is not None
    assert (limit.at_most.count, limit.at_most.seconds) == (6, 3600)
    assert limit.rest is not None
    assert limit.rest.seconds == 300
    (ask,), (then,) = rules.document.ask, rules.document.then
    assert (ask.approver, ask.valid.seconds) == (("adult",), 120)
    assert then.max_on is not None
    assert (then.max_on.seconds, then.confirm, then.notify) == (7200, True, ("adult",))
    assert [rules.line_of(one) for one in ("night-nurse", "band", "open", "heater", "none")] == [
        3,
        14,
        32,
        39,
        0,
    ]


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
        "members, privilege, rooms, see, things, unasked, value, who, why",
        'house.toml:5: allow "A b", may: "lihgt" in "lihgt.*" is not a kind; did you mean "light"? ',
        'house.toml:6: allow "A b", may: "light" is not a capability: write <kind>.<name>, <kind>.*, *.<name> or *; '
        'did you mean "light.*"?',
        'house.toml:11: limit "band": "rom" is not a known word; did you mean "rooms"? Known words: '
        + LIMIT_WORDS,
        'house.toml:12: limit "band", value.max: must be a finite number: nan and inf bound nothing',
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "house.toml:1: format: is missing"),
        ("format = 2", "house.toml:1: format: must be 1"),
        ("format = true", "house.toml:1: format: must be 1"),
        (HEAD + "shadow = 1", "house.toml:2: shadow: must be true or false"),
        (HEAD + "ask = 3", "house.toml:2: ask: must be tables: write [[ask]] above each"),
        (HEAD + "[then]\nx = 1", "house.toml:2: then: must be tables: write [[then]] above each"),
        (
            HEAD + "[[limits]]",
            'house.toml:2: "limits" is not a known word; did you mean "limit"? Known words: allow, ask, format, limit, '
            "mandate, shadow, then",
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
        ("needs = []", ", needs: must name at least one"),
        ("needs = 3", ', needs: must be a list of tables, like [{ thing = "tank", property = "level", min = 20 }]'),
        ("needs = [3]", ', needs: must be a list of tables, like [{ thing = "tank", property = "level", min = 20 }]'),
        ("needs = [{ thing = 'tank', min = 2 }]", ", needs.property: is missing"),
        ("needs = [{ property = 'level' }]", ", needs: needs nothing: give min, max, equals or fresh"),
        ("needs = [{ property = 'level', mni = 2, min = 1 }]", ', needs: "mni" is not a known word; did you mean "min"? '
         "Known words: equals, fresh, max, min, property, thing, trusted"),
        ("needs = [{ property = 'a', min = 1 }, { property = 'b', min = '2' }]", ", needs 2.min: must be a number"),
        ("needs = [{ property = 'a', min = 3, max = 2 }]", ", needs: can never be met: min 3 is above max 2"),
        ("needs = [{ property = 'a', equals = [1] }]", ", needs.equals: must be a number, text, true or false"),
        ("needs = [{ property = 'a', equals = 1, min = 2 }]",
         ", needs: has both a range and equals: one of the two says it all"),
        ("needs = [{ property = 'a', fresh = 5 }]", ', needs.fresh: must be text, like "2m"'),
        ("needs = [{ property = 'a', fresh = '2m', trusted = 'yes' }]", ", needs.trusted: must be true or false"),
        ('at_most = 6', ', at_most: must be text, like "6/h"'),
        ('at_most = "6 per hour"',
         ', at_most: "6 per hour" is not a rate: write how many and in what time, like "6/h" or "1/10m"'),
        ('at_most = "0/h"', ', at_most: "0/h" must allow 1 to 1,000; what shall never happen is never = true'),
        ('at_most = "1/8d"', ', at_most: the time in "1/8d" must be more than nothing and at most 7d'),
        ("rest = 5", ', rest: must be text, like "5m"'),
        ('rest = "5"', ', rest: "5" is not a duration: write a whole number and s, m, h or d, like "90s" or "2h"'),
        ('rest = "0s"', ', rest: "0s" must be more than nothing and at most 7d'),
        ("not_between = []", ', not_between: must be two times of day, like ["22:00", "07:00"]'),
        ('not_between = "22:00"', ', not_between: must be two times of day, like ["22:00", "07:00"]'),
        ('not_between = ["22:00", "07:00", "08:00"]', ', not_between: must be two times of day, like ["22:00", "07:00"]'),
        ('not_between = ["22:00", "24:00"]',
         ', not_between: "24:00" is not a time of day: write it like "07:00" or "22:30"'),
        ('not_between = ["22:00", 7]', ', not_between: must be text, like "22:00"'),
        ('not_between = ["22:00", "22:00"]',
         ": not_between begins and ends at one time: two different ones make an interval"),
        ('days = ["mon"]', ': days says when quiet hours begin: give not_between too, like ["22:00", "07:00"]'),
        ('days = ["monday"]', ', days: must be one of mon, tue, wed, thu, fri, sat, sun; did you mean "mon"?'),
        ('days = "mon"', ', days: must be a list, like ["mon", "tue"]'),
        ("modes = []", ", modes: must name at least one"),
        ('modes = "home"', ', modes: must be a list, like ["home", "night"]'),
        ('modes = ["hom"]', ', modes: must be one of home, away, night, holiday; did you mean "home"?'),
        ("waivable_by = []", ", waivable_by: must name at least one"),
        ('waivable_by = ["onwer"]', ', waivable_by: "onwer" is not a role; did you mean "owner"? Roles: owner, adult, '
         'child, guest, agent, guest-agent, service; a principal with such an id is written "id:onwer"'),
        ('when = { not_between = ["22:00", "07:00"] }', ', when: when says at which hours the rule holds: write between = '
         '["22:00", "07:00"], or put not_between beside the when. Known words: between, days, modes, starts'),
        ("starts = true", ': "starts" is a word inside of when, like when = { starts = true }. '
         f"Known words: {LIMIT_WORDS}"),
        ('between = ["22:00", "07:00"]', ': "between" is a word inside of when, like when = { between = ["22:00", "07:00"] }. '
         f"Known words: {LIMIT_WORDS}"),
        ("when = { needs = 1 }", ', when: "needs" is not a known word. Known words: between, days, modes, starts'),
        ("when = 3", ", when: must be a table, like { starts = true }"),
        ("when = {}", ", when: is always: give starts = true, modes or between"),
        ("when = { start = true }", ', when: "start" is not a known word; did you mean "starts"? '
         "Known words: between, days, modes, starts"),
        ('when = { between = "22:00" }', ', when.between: must be two times of day, like ["22:00", "07:00"]'),
        ('when = { between = ["22:00", 7] }', ', when.between: must be text, like "22:00"'),
        ('when = { modes = "night" }', ', when.modes: must be a list, like ["home", "night"]'),
        ('when = { modes = ["nigt"] }',
         ', when.modes: must be one of home, away, night, holiday; did you mean "night"?'),
        ('when = { starts = true, days = ["mon"] }',
         ', when: days says when between begins: give between too, like ["22:00", "07:00"]'),
        ('approver = ["adult"]', f': "approver" is a word of [[ask]], not of [[limit]]. Known words: {LIMIT_WORDS}'),
        ('notfy = ["adult"]', f': "notfy" is not a known word. Known words: {LIMIT_WORDS}'),
        ("members.x = { max_change = 0 }", ", members.x.max_change: must be above 0: the farthest that one use may move it"),
        ("members.x = { maxx = 3 }", ', members.x: "maxx" is not a known word; did you mean "max"? '
         "Known words: max, max_change, min, one_of"),
        ("members.x = {}", ", members.x: bounds nothing: give min, max, one_of or max_change"),
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
        ("things = 'lamp'", ', things: must be a list, like ["lamp"]'),
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
        ("may = ['*']", f': "may" is a word of [[allow]], not of [[limit]]. Known words: {LIMIT_WORDS}'),
    ],
)  # fmt: skip
def test_faults_of_a_limit(line: str, said: str) -> None:
    assert only(HEAD + LIMIT + line) == f'house.toml:7: limit "l"{said}'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (LIMIT.replace("value = { max = 1 }\n", ""), '2: limit "l": limits nothing: give value, members, needs, '
         "not_between, at_most, rest, modes or never = true"),
        (LIMIT + "never = true", '7: limit "l": never = true leaves nothing to limit: take value out'),
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
        (ALLOW + "when = { starts = true }", '7: allow "a": an allow holds always, and has no when: put the when on a limit'),
        (ALLOW + "hazard_min = 2", '7: allow "a": "hazard_min" is a word of [[limit]], [[ask]] and [[then]], not of'),
        (ALLOW + LIMIT.replace('"l"', '"a"'), '8: "a": is already the id of the rule in line 3; give each rule its own'),
        (ASK + THEN.replace('"t"', '"q"'), '9: "q": is already the id of the rule in line 3; give each rule its own'),
        (ASK.replace('valid = "2m"\n', ""), '2: ask "q", valid: is missing'),
        (ASK.replace("adult", "adlut"), '6: ask "q", approver: "adlut" is not a role; did you mean "adult"?'),
        (ASK.replace('["adult"]', '"adult"'), '6: ask "q", approver: must be a list, like ["adult"]'),
        (ASK + "never = true", '8: ask "q": "never" is a word of [[limit]], not of [[ask]]. Known words: approvals, approver'),
        (ASK + "approvals = 0", '8: ask "q", approvals: must be a number from 1 to 5: so many different people say yes'),
        (ASK + "approvals = 6", '8: ask "q", approvals: must be a number from 1 to 5'),
        (ASK + "approvals = 2.0", '8: ask "q", approvals: must be a number from 1 to 5'),
        (ASK + "approvals = true", '8: ask "q", approvals: must be a number from 1 to 5'),
        (ASK.replace("adult", "anna") + "approvals = 2",
         '8: ask "q": approvals can never be had: approver names one, and 2 must say yes'),
        (ASK.replace('"adult"', '"anna", "id:anna"') + "approvals = 2", '8: ask "q": approvals can never be had: approver'),
        (ASK + "once = 1", '8: ask "q", once: must be true or false'),
        (ASK + 'members = { "" = { max = 3 } }', '8: ask "q", members: the name of a member must be text of 1 to'),
        (LIMIT + "once = true", '7: limit "l": "once" is a word of [[ask]], not of [[limit]]'),
        (ASK + "value = 3", '8: ask "q", value: must be a table, like { min = 16, max = 23 }'),
        (THEN.replace('max_on = "2h"\n', ""), '2: then "t": owes nothing: give max_on, restore, confirm = true or notify'),
        (THEN.replace('"2h"', "2"), '6: then "t", max_on: must be text, like "2h"'),
        (THEN + 'restore = "9d"', '7: then "t", restore: "9d" must be more than nothing and at most 7d'),
        (THEN + "confirm = 'yes'", '7: then "t", confirm: must be true or false'),
        (THEN + "notify = 'adult'", '7: then "t", notify: must be a list, like ["adult"]'),
        (THEN + "value = { max = 1 }", '7: then "t": "value" is a word of [[allow]], [[limit]] and [[ask]], not of [[then]]'),
        (THEN + "max_onn = '2h'", '7: then "t": "max_onn" is not a known word; did you mean "max_on"? Known words: confirm'),
        (LIMIT.replace("light.on", "light.brightnes"),
         '5: limit "l", on: "brightnes" is no name of the kind light; did you mean "brightness"? Known names of light: on'),
        (LIMIT.replace("light.on", "*.brightnes"),
         '5: limit "l", on: "brightnes" in "*.brightnes" is a name of no kind; did you mean "brightness"?'),
        (ALLOW + 'see = ["lock.stat"]', '7: allow "a", see: "stat" is no name of the kind lock; did you mean "state"?'),
        (ALLOW + ALLOW, '8: "a": is already the id of the rule in line 3; give each rule its own'),
    ],
)  # fmt: skip
def test_faults_of_a_rule(text: str, said: str) -> None:
    assert only(HEAD + text).startswith("house.toml:" + said)
