"""What is said of rules that are valid, and can hardly be meant so."""

from __future__ import annotations

import pytest

from policies import Role, defaults, parse
from policies.checking import Book, House, Severity, check
from tests.policies.random_rules import Maker
from tests.policies.remarked import EVERYBODY, notes, remarks, rule, text_of

HOUSE = House(
    things={"tank": frozenset({"level", "battery"}), "lamp": frozenset({"on"})},
    rooms=frozenset({"hall", "kitchen"}),
    labels=frozenset({"heater"}),
    principals={"anna": Role.OWNER, "coo": Role.AGENT},
)

ALONE = House(principals={"coo": Role.AGENT})
"""Nobody but who is at the box."""


def test_the_shipped_sets_are_free_of_errors_and_warnings() -> None:
    root, safety = (parse(defaults.load(name), name=name) for name in ("household", "safety"))
    assert [str(one) for one in check(Book(root, [safety])) if one.severity is not Severity.NOTE] == []


def test_a_remark_names_set_line_and_rule() -> None:
    (said,) = remarks(EVERYBODY + rule('on = ["light.toggle"]\nnever = true'))
    assert said == 's0:10: warning: "a": light.toggle is carried out as a write of light.on: name that'


# --- contradictions

TARGET = 'on = ["thermostat.target"]\n'


def test_bounds_that_leave_nothing_over() -> None:
    two = rule(TARGET + 'who = ["agent"]\nvalue = { min = 23 }') + rule(TARGET + "value = { max = 22 }", "b")
    assert text_of(remarks(EVERYBODY + two)) == [
        'error: "a": agents can never use thermostat.target: at least 23 ("a") and at most 22 ("b")'
    ]
    lifted = two.replace("value = { max = 22 }", 'value = { max = 22 }\nwaivable_by = ["adult"]')
    assert text_of(remarks(EVERYBODY + lifted))[0].startswith("warning")
    assert remarks(EVERYBODY + two.replace("min = 23", "min = 22")) == []
    assert remarks(EVERYBODY.replace(', "agent"', "") + two) == []  # who may not, is not kept from it


def test_contradictions_are_found_where_selectors_meet() -> None:
    one = TARGET + 'things = ["heater"]\nvalue = { min = 23 }'
    assert remarks(EVERYBODY + rule(one) + rule(TARGET + 'rooms = ["hall"]\nvalue = { max = 22 }', "b"))
    assert not remarks(EVERYBODY + rule(one) + rule(TARGET + 'things = ["other"]\nvalue = { max = 22 }', "b"))
    assert not remarks(
        EVERYBODY
        + rule(one + '\nwho = ["child"]')
        + rule(TARGET + 'who = ["agent"]\nvalue = { max = 22 }', "b")
    )
    (said,) = text_of(
        remarks(EVERYBODY.replace('"agent"', '"agent", "coo"') + rule(one + '\nwho = ["coo"]'), HOUSE)
    )[:1] or [""]
    assert "heater" in said  # known to no house
    in_sets = remarks(
        EVERYBODY + rule(TARGET + "value = { min = 23 }"), None, rule(TARGET + "value = { max = 22 }", "b")
    )
    assert text_of(in_sets) == [
        'error: "a": adults, children and agents can never use thermostat.target: at least 23 ("a") and at most 22 ("s1/b")'
    ]


def test_three_that_agree_in_pairs_only() -> None:
    options = ('["heat", "off"]', '["off", "cool"]', '["cool", "heat"]')
    three = "".join(
        rule(f'on = ["thermostat.mode"]\nvalue = {{ one_of = {one} }}', name)
        for one, name in zip(options, "abc", strict=True)
    )
    (said,) = remarks(EVERYBODY + three)
    assert '("a")' in said
    assert '("b")' in said
    assert '("c")' in said


@pytest.mark.parametrize(
    ("one", "two", "said"),
    [
        ('needs = [{ thing = "tank", property = "level", min = 20 }]',
         'needs = [{ thing = "tank", property = "level", max = 10 }]',
         'tank.level at least 20 ("a") and tank.level at most 10 ("b")'),
        ('modes = ["home"]', 'modes = ["away", "night"]', 'only in mode home ("a") and only in mode away or night ("b")'),
        ('not_between = ["06:00", "22:00"]', 'not_between = ["21:00", "06:00"]',
         'only outside 06:00 to 22:00 ("a") and only outside 21:00 to 06:00 ("b")'),
    ],
)  # fmt: skip
def test_conditions_that_never_hold_together(one: str, two: str, said: str) -> None:
    both = rule(f'on = ["valve.*"]\n{one}') + rule(f'on = ["valve.open", "valve.position"]\n{two}', "b")
    assert [one for one in text_of(remarks(EVERYBODY + both)) if one.startswith("error")] == [
        f'error: "a": adults, children and agents can never use valve.open, valve.position: {said}'
    ]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ('on = ["light.*"]\nvalue = { max = 80 }',
         "light.on: at most 80 (\"a\"), and it takes true or false"),
        ('on = ["light.*"]\nvalue = { max = 80 }', "light.effect: at most 80 (\"a\"), and it takes text"),
        ('on = ["light.*"]\nvalue = { max = 80 }',
         'light.color, light.set: at most 80 ("a"), and its input is an object: bound its members'),
        ('on = ["garage.open", "garage.position"]\nvalue = { max = 80 }',
         'garage.open: at most 80 ("a"), and it takes no input'),
        ('on = ["light.brightness"]\nvalue = { min = 101 }',
         'light.brightness: at least 101 ("a"), and it takes a number from 0 to 100'),
        ('on = ["light.brightness"]\nmembers = { x = { max = 3 } }',
         'light.brightness: x at most 3 ("a"), and its input is no object, and has no members'),
    ],
)  # fmt: skip
def test_bounds_that_an_operation_never_keeps(body: str, said: str) -> None:
    found = text_of(remarks(EVERYBODY + rule(body)))
    assert f'warning: "a": adults, children and agents can never use {said}' in found


# --- allows


def test_allows_that_are_barred() -> None:
    bar = rule('on = ["*"]\nwho = ["agent"]\nhazard_min = 2\nnever = true', "bar")
    allow = '[[allow]]\nid = "a"\nwhy = "w"\nwho = ["agent"]\nmay = ["valve.open", "lock.*"]\n'
    assert text_of(remarks(allow + bar)) == ['warning: "a": allows nothing: "bar" bars all of it']
    assert text_of(remarks(allow.replace('"lock.*"', '"light.on"') + bar)) == [
        'warning: "a": allows valve.open in vain: "bar" bars it'
    ]
    assert remarks(allow.replace('"agent"', '"agent", "adult"') + bar) == []
    assert remarks(allow + bar.replace("never = true", 'never = true\nwaivable_by = ["adult"]')) == []


def test_wildcards_that_stop_short() -> None:
    allow = '[[allow]]\nid = "a"\nwhy = "w"\nwho = ["adult"]\nmay = ["smoke.*"]\nprivilege = "manage"\n'
    assert notes(allow) == [
        "its wildcards do not reach smoke.silence and smoke.test: what can cost a life must be named"
    ]
    assert notes(allow.replace('"smoke.*"', '"smoke.*", "smoke.test", "smoke.silence"')) == []
    assert notes('[[allow]]\nid = "a"\nwhy = "w"\nwho = ["adult"]\nsee = ["lock.*"]\n') == [
        "its wildcards do not show lock.operated and lock.state: what is sensitive must be named"
    ]


def test_names_of_what_is_only_read_or_only_used() -> None:
    allow = '[[allow]]\nid = "a"\nwhy = "w"\nwho = ["adult"]\nmay = ["lock.state", "light.on"]\nsee = ["lock.unlock"]\n'
    assert text_of(remarks(allow)) == [
        'warning: "a": lock.unlock can only be used, and there is nothing to see: may is the word',
        'warning: "a": nothing of lock.state can be used, only read: see is the word for it',
    ]
    limit = rule('on = ["temperature.*"]\nnever = true')
    assert text_of(remarks(EVERYBODY + limit)) == [
        'warning: "a": nothing of temperature.* can be used, only read: the rule holds nothing there'
    ]


# --- ways around


@pytest.mark.parametrize(
    ("body", "left"),
    [
        ('on = ["garage.open"]\nnever = true', "garage.position, which does"),
        ('on = ["garage.position"]\nnever = true', "garage.close and garage.open, which do"),
        ('on = ["garage.position"]\nvalue = { max = 50 }', "garage.open, which does"),
        ('on = ["lock.unlock"]\nnever = true', "lock.open, which does"),
        ('on = ["valve.open"]\nrest = "5m"', "valve.position, which does"),
        ('on = ["valve.open", "valve.position"]\nrest = "5m"', ""),
        ('on = ["garage.*"]\nnever = true', ""),
        ('on = ["light.on"]\nnever = true', ""),
        ('on = ["light.brightness"]\nvalue = { max = 50 }', ""),
        ('on = ["blind.stop"]\nnever = true', ""),
    ],
)
def test_a_limit_on_one_of_several_operations_that_do_the_same(body: str, left: str) -> None:
    found = [one for one in text_of(remarks(EVERYBODY + rule(body))) if "not about" in one]
    pattern = body.partition('"')[2].partition('"')[0]
    assert found == ([f'warning: "a": is about {pattern}, and not about {left} the same'] if left else [])


def test_what_another_rule_holds_is_no_way_around() -> None:
    one, two = (
        rule('on = ["garage.open"]\nnever = true'),
        rule('on = ["garage.position"]\nvalue = { max = 0 }', "b"),
    )
    assert remarks(EVERYBODY + one + two) == []
    asked = rule('on = ["garage.position"]\napprover = ["adult"]\nvalid = "2m"', "b", "ask")
    assert "not about garage.position" in remarks(EVERYBODY + one + asked)[0]


# --- people, duties, modes, ids


@pytest.mark.parametrize(
    ("body", "house", "said"),
    [
        ('approver = ["agent"]', None, "nobody can approve: approver names no person, and software answers for nobody"),
        ('approver = ["coo"]', None, ""),
        ('approver = ["coo"]', HOUSE, "nobody can approve: approver names no person, and software answers for nobody"),
        ('approver = ["guest"]', HOUSE, "nobody in this house can approve"),
        ('approver = ["owner"]', HOUSE, ""),  # who is at the box may, for her
        ('approver = ["adult", "owner"]', ALONE, ""),
        ('approver = ["adult", "owner"]\napprovals = 2', ALONE, "nobody in this house can approve"),
        ('approver = ["anna", "guest"]', HOUSE, "anna is asked, too, and nobody else in this house may approve"),
        ('approver = ["owner"]\nwho = ["agent"]', HOUSE, ""),
        ('approver = ["owner"]\nwho = ["agent"]\napprovals = 2', HOUSE,
         "2 people must approve, and only 1 person of this house may, each with a key of their own"),
        ('approver = ["owner"]\nwho = ["agent"]\napprovals = 2', None, ""),
        ('approver = ["anna"]\nwho = ["anna"]', None, "anna is asked, and nobody else may approve: nobody answers for itself"),
    ],
)  # fmt: skip
def test_asks_that_nobody_answers(body: str, house: House | None, said: str) -> None:
    ask = rule(f'on = ["light.on"]\nvalid = "2m"\n{body}', kind="ask")
    assert [one.partition('"a": ')[2] for one in remarks(EVERYBODY + ask, house)] == ([said] if said else [])


@pytest.mark.parametrize(
    ("ask", "allow", "said"),
    [
        ("", 'may = ["light.*"]', ""),
        ("", 'may = ["*"]', ""),
        ("once = true", 'may = ["light.*"]', 'warning: "u": "a" asks about each use (once = true): unasked does not spare it'),
        ("", 'may = ["fan.*"]', '"a" asks about nothing that it allows: unasked spares nothing'),
        ('things = ["x"]', 'may = ["light.*"]\nthings = ["y"]',
         '"a" asks about nothing that it allows: unasked spares nothing'),
    ],
)  # fmt: skip
def test_questions_that_are_not_spared(ask: str, allow: str, said: str) -> None:
    asking = rule(f'on = ["light.on"]\nvalid = "2m"\napprover = ["adult"]\n{ask}', kind="ask")
    spare = rule(f'who = ["coo"]\nunasked = ["a"]\n{allow}', "u", "allow")
    text = EVERYBODY + asking + spare
    found = [one for one in (*text_of(remarks(text)), *notes(text)) if "unasked" in one]
    assert found == ([said] if said else [])


def test_consent_that_nobody_can_give() -> None:
    limit = rule('on = ["light.on"]\nmodes = ["home"]\nwaivable_by = ["agent", "service"]')
    assert text_of(remarks(EVERYBODY + limit)) == [
        'error: "a": nobody can lift it: waivable_by names no person, and software consents to nothing'
    ]


@pytest.mark.parametrize(
    ("on", "owed", "said"),
    [
        ("outlet.on", 'max_on = "2h"', ""),
        ("valve.open", 'max_on = "2h"', ""),
        ("vacuum.locate", 'max_on = "2h"', "there is no off for vacuum.locate, so max_on does nothing there"),
        ("fan.preset", 'max_on = "2h"', "there is no off for fan.preset, so max_on does nothing there"),
        ("thermostat.target", 'restore = "2h"', ""),
        (
            "button.press",
            'restore = "2h"',
            "nothing of button.press can be put back, so restore does nothing there",
        ),
    ],
)
def test_duties_without_a_meaning(on: str, owed: str, said: str) -> None:
    found = remarks(EVERYBODY + rule(f'on = ["{on}"]\n{owed}', kind="then"))
    assert [one.partition('"a": ')[2] for one in found] == ([said] if said else [])


def test_modes_that_exclude_nothing_and_ids_that_are_doubled() -> None:
    modes = rule('on = ["light.on"]\nmodes = ["home", "away", "night", "holiday"]')
    assert "modes names every mode: it only holds while the mode is not known" in notes(EVERYBODY + modes)
    assert 'set "s0" has a rule "a", too: another id tells them apart' in notes(
        EVERYBODY + modes, rule('on = ["light.on"]\nnever = true')
    )


# --- a house


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ('things = ["tnak"]', 'warning: "a": no Thing here is called "tnak"; did you mean "tank"?'),
        ('rooms = ["halll"]', 'warning: "a": no room here is called "halll"; did you mean "hall"?'),
        ('labels = ["heatr"]', 'warning: "a": no label here is called "heatr"; did you mean "heater"?'),
        ('who = ["annna"]', 'warning: "a": no principal here is called "annna"; did you mean "anna"?'),
        ('waivable_by = ["bert"]', 'warning: "a": no principal here is called "bert".'),
        ('needs = [{ thing = "tnk", property = "level", min = 1 }]',
         'warning: "a": no Thing here is called "tnk"; did you mean "tank"?'),
        ('needs = [{ thing = "tank", property = "levl", min = 1 }]',
         'warning: "a": "levl" is no property of tank; did you mean "level"?'),
        ('things = ["lamp"]\nneeds = [{ property = "level", min = 1 }]', 'warning: "a": "level" is no property of lamp.'),
        ('things = ["tank"]\nrooms = ["hall"]\nlabels = ["heater"]\nwho = ["coo"]', ""),
    ],
)  # fmt: skip
def test_names_that_the_house_does_not_have(body: str, said: str) -> None:
    text = EVERYBODY + rule(f'on = ["light.on"]\n{body}' + ("" if "needs" in body else '\nmodes = ["home"]'))
    assert text_of(remarks(text, HOUSE)) == ([said] if said else [])
    assert remarks(text) == []


def test_any_book_is_looked_at() -> None:
    for number in range(60):
        maker = Maker(f"check-{number}")
        root, *others = maker.book()
        found = check(Book(root, others), HOUSE)
        assert found == check(Book(root, others[::-1]), HOUSE)
        assert all(one.text and one.rule for one in found)
