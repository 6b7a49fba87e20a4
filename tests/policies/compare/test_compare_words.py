"""What an edit lets people do more or less, in the words that they are told."""

from __future__ import annotations

import pytest

from policies import parse
from policies.compare import Book, diff, widened

ALLOW = """
[[allow]]
id = "comfort"
why = "w"
who = ["agent", "adult", "child"]
may = ["light.*", "thermostat.target", "garage.open", "valve.open"]
see = ["*"]
"""
NEVER = '[[limit]]\nid = "l"\nwhy = "w"\nwho = ["agent"]\non = ["light.on"]\nnever = true\n'
MANDATE = '[[allow]]\nid = "m"\nwhy = "w"\nwho = ["agent"]\nmay = ["light.on"]\n'


def book(*texts: str) -> Book:
    root, *others = [
        parse(f"format = 1\n{text}", name=name)
        for name, text in zip(("house", "s1", "s2"), texts, strict=False)
    ]
    return Book(root, others)


def rule(body: str, kind: str = "limit", name: str = "x") -> str:
    return f'[[{kind}]]\nid = "{name}"\nwhy = "w"\n{body}\n'


def limit(body: str, name: str = "x") -> str:
    return rule(body, name=name)


def ask(body: str) -> str:
    return rule(f'on = ["garage.open"]\nwho = ["child"]\n{body}', "ask")


def unasked(words: str) -> str:
    return rule(f'who = ["child"]\nmay = ["garage.open"]\n{words}', "allow", "u")


TARGET = 'on = ["thermostat.target"]\nwho = ["agent"]\n'
TANK = 'on = ["valve.open"]\nrooms = ["garden"]\nneeds = [{ thing = "tank", property = "level", min = 20 }]'
ADULT = 'approver = ["adult"]\nvalid = "2m"'
ALL = 'on = ["*"]\n'


@pytest.mark.parametrize(
    ("old", "new", "more", "less"),
    [
        (limit(TARGET + "value = { max = 23 }"), limit(TARGET + "value = { max = 25 }"),
         ["agents: thermostat.target up to 25 (was 23)"], []),
        (limit(TARGET + "value = { min = 16, max = 23 }"), limit(TARGET + "value = { min = 17 }"),
         ["agents: thermostat.target no longer only up to 23"], ["agents: thermostat.target from 17 (was 16)"]),
        (limit(TARGET + "value = { one_of = [1, 2] }"), limit(TARGET + "value = { one_of = [1, 2, 3] }"),
         ["agents: thermostat.target only 1, 2, 3 (was 1, 2)"], []),
        (limit(TARGET + "value = { max_change = 1 }"), limit(TARGET + "value = { max_change = 3 }"),
         ["agents: thermostat.target by at most 3 at once (was 1 at once)"], []),
        (limit('on = ["light.set"]\nmembers = { brightness = { max = 50 } }'),
         limit('on = ["light.set"]\nmembers = { brightness = { max = 60 } }'),
         ["light.set brightness up to 60 (was brightness up to 50)"], []),
        (limit(TANK), "", ["valve.open in the garden no longer needs tank.level at least 20"], []),
        (limit(TANK), limit(TANK.replace("20", "15")),
         ["valve.open in the garden needs tank.level at least 15 (was tank.level at least 20)"], []),
        (limit(ALL + "hazard_min = 2\nnever = true"), limit(ALL + "hazard_min = 3\nnever = true"),
         ["everything of hazard 2 is no longer barred"], []),
        (limit(ALL + 'not_between = ["22:00", "07:00"]'), limit(ALL + 'not_between = ["23:00", "07:00"]'),
         ["everything outside 23:00 to 07:00 (was 22:00 to 07:00)"], []),
        (limit(ALL + 'at_most = "6/h"'), limit(ALL + 'at_most = "7/h"'), ["everything at most 7/h (was 6/h)"], []),
        (limit(ALL + 'rest = "5m"'), limit(ALL + 'rest = "1m"'),
         ["everything after 1m of rest (was after 5m of rest)"], []),
        (limit(ALL + 'modes = ["home"]'), limit(ALL + 'modes = ["home", "away"]'),
         ["everything in mode away or home (was home)"], []),
        (limit(ALL + 'modes = ["home"]'), limit(ALL + 'modes = ["home"]\nwaivable_by = ["adult"]'),
         ['"x" may now be waived by adult on everything'], []),
        (limit(ALL + 'modes = ["home"]\nwaivable_by = ["owner"]'), limit(ALL + 'modes = ["home"]\nwaivable_by = ["adult"]'),
         ['"x" may be waived by adult on everything (was owner)'], []),
        (limit(ALL + 'at_most = "6/h"'), limit(ALL + 'at_most = "6/h"', "y"),
         ['"house/y" has another name (was "house/x"): what was counted, approved or waived for everything is not for it'],
         ['"house/y" has another name (was "house/x"): what was counted, approved or waived for everything is not for it']),
        (ask(ADULT), "", ["children: no longer asks adult before garage.open"], []),
        (ask(ADULT), ask(ADULT.replace('"adult"', '"adult", "guest"')),
         ["children: garage.open is approved by adult or guest (was adult)"], []),
        (ask(ADULT), ask(ADULT.replace("2m", "5m")), ["children: an approval of garage.open counts for 5m (was 2m)"], []),
        (ask(ADULT + "\napprovals = 3"), ask(ADULT + "\napprovals = 2"),
         ["children: garage.open is approved by 2 people (was 3 people)"], []),
        (ask(ADULT + "\napprovals = 2\nonce = true"), ask(ADULT),
         ["children: garage.open is approved by one person (was 2 people)",
          "children: garage.open may now be approved for a while (was asked about each time)"], []),
        (ask(ADULT), ask(ADULT + "\nonce = true"), [],
         ["children: garage.open is now asked about each time, whoever approved it for a while"]),
        (ask(ADULT) + unasked(""), ask(ADULT) + unasked('unasked = ["x"]'),
         ["children may now use garage.open without an approval"], []),
        (ask(ADULT) + unasked('unasked = ["x"]'), ask(ADULT) + unasked('unasked = ["x"]\nvalue = { min = 2, max = 3 }'),
         [], ["children may no longer use garage.open without an approval"]),
        (ask(ADULT) + unasked('unasked = ["x"]\nvalue = { max = 2 }'),
         ask(ADULT) + unasked('unasked = ["x"]\nvalue = { max = 3 }'),
         ["children may now use garage.open without an approval, up to 3"], []),
        (ask(ADULT), ask(f'modes = ["away"]\n{ADULT}'),
         ["children: garage.open asks adult only outside mode away (was always)"], []),
        (ask(f"value = {{ max = 3 }}\n{ADULT}"), ask(f"value = {{ max = 5 }}\n{ADULT}"),
         ["children: garage.open asks adult only above 5 (was above 3)"], []),
        (limit('on = ["garage.open"]\nnever = true'), rule(f'on = ["garage.open"]\n{ADULT}', "ask"),
         ["garage.open may now be approved by adult (was barred)"], []),
        (rule('on = ["light.on"]\nmax_on = "2h"\nnotify = ["adult", "coo"]', "then"),
         rule('on = ["light.on"]\nmax_on = "3h"\nnotify = ["adult"]', "then"),
         ["light.on is switched off after 3 h (was after 2 h)", "light.on is no longer told to coo"], []),
        (rule('on = ["light.on"]\nconfirm = true\nwho = ["agent"]', "then"), "",
         ["agents: light.on is no longer done only when the device itself says so"], []),
    ],
)  # fmt: skip
def test_an_edit_of_a_limit_an_ask_or_a_duty(old: str, new: str, more: list[str], less: list[str]) -> None:
    there = diff(book(ALLOW + old), book(ALLOW + new))
    assert ([one.text for one in there.more], [one.text for one in there.less]) == (more, less)
    back = diff(book(ALLOW + new), book(ALLOW + old))
    assert bool(back.less) is bool(more)
    assert {one.reversed for one in back.less} == set(there.more)


@pytest.mark.parametrize(
    ("old", "new", "more"),
    [
        ('"garage.open"', '"garage.open", "lock.unlock"', ["adults, children and agents may now use lock.unlock"]),
        ('"light.*", ', '"light.*", "*", ', ["adults, children and agents may now use everything but light.*"]),
        ('"agent", ', '"agent", "coo", ', ["coo may now use garage.open, light.*, thermostat.target, valve.open",
                                          "coo may now see everything"]),
        ('see = ["*"]', 'see = ["*", "sensitive"]',
         ["adults, children and agents may now see everything, as far as it is sensitive"]),
        ('see = ["*"]', 'see = ["*", "camera.image"]',
         ["adults, children and agents may now see camera.image, as far as it is sensitive"]),
        ('why = "w"', 'why = "w"\nprivilege = "manage"',
         ["adults, children and agents may now use garage.open, light.*, thermostat.target, valve.open of privilege manage",
          "adults, children and agents may now see everything of privilege manage"]),
        ('why = "w"', 'why = "another reason"', []),
        ('"child"]', '"child", "owner"]', []),
    ],
)  # fmt: skip
def test_an_edit_of_an_allow(old: str, new: str, more: list[str]) -> None:
    edited = ALLOW.replace(old, new)
    assert edited != ALLOW
    assert [one.text for one in widened(book(ALLOW), book(edited))] == more
    assert widened(book(edited), book(ALLOW)) == []


MORE = [
    "agents may now use garage.open, light.*, thermostat.target, valve.open",
    "agents may now see everything",
]


@pytest.mark.parametrize(
    ("old", "new", "more"),
    [
        (MANDATE, "", MORE),
        (MANDATE, "shadow = true\n" + MANDATE, MORE),
        (MANDATE, MANDATE.replace('["agent"]', '["coo"]'), MORE),
        (MANDATE.replace("agent", "coo"), "", [one.replace("agents", "coo") for one in MORE]),
        (MANDATE, MANDATE.replace('"light.on"', '"light.*", "valve.open"'), ["agents may now use light.*, valve.open"]),
        (MANDATE, MANDATE.replace('"light.on"', '"light.on", "lock.unlock"'), []),
    ],
)  # fmt: skip
def test_a_set_that_narrows_is_what_it_leaves(old: str, new: str, more: list[str]) -> None:
    assert [one.text for one in widened(book(ALLOW, old), book(ALLOW, new))] == more


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('on = ["*"]\nnever = true', 'on = ["light.*", "thermostat.*", "garage.*", "valve.*"]\nnever = true'),
        ('on = ["light.on"]\nmodes = ["home"]', 'on = ["light.on"]\nwho = ["adult", "child", "agent"]\nmodes = ["home"]'),
        ('on = ["light.on"]\nvalue = { one_of = [1] }', 'on = ["light.on"]\nvalue = { min = 1, max = 1 }'),
        ('on = ["light.on"]\nvalue = { max = 3 }', 'on = ["light.on"]\nvalue = { one_of = [1, 3] }'),
        ('on = ["light.on"]\nat_most = "6/h"', 'on = ["light.on"]\nnever = true'),
        ('on = ["light.on"]\nnot_between = ["22:00", "07:00"]', 'on = ["light.on"]\nnot_between = ["21:00", "07:30"]'),
        ('on = ["lock.unlock"]\nvalue = { max = 3 }', 'on = ["light.on"]\nvalue = { max = 3 }'),
        ('on = ["light.*"]\nwho = ["guest"]\nnever = true', 'on = ["light.on"]\nrest = "1m"'),
    ],
)  # fmt: skip
def test_what_comes_to_the_same_or_to_less_is_no_widening(old: str, new: str) -> None:
    assert widened(book(ALLOW + limit(old)), book(ALLOW + limit(new))) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("value = { min = -1.7976931348623157e308 }", 'at_most = "6/h"'),
        ("value = { max = 5 }", f"value = {{ min = {-(10**400)}, max = 5 }}"),
        ("value = { min = 1 }", "value = { one_of = [1, true] }"),
        ("value = { max = 5 }", "members = { x = { max = 5 } }"),
        ("members = { x = { max = 5 } }", "value = { max = 5 }"),
        ("members = { x = { max = 5 } }", "members = { y = { max = 5 } }"),
    ],
)
def test_bounds_at_the_edge_of_what_numbers_are(old: str, new: str) -> None:
    on = 'on = ["light.on"]\n'
    assert widened(book(ALLOW + limit(on + old)), book(ALLOW + limit(on + new)))


@pytest.mark.parametrize("where", ["things", "rooms", "labels"])
def test_an_allow_moved_elsewhere_is_another_one(where: str) -> None:
    here, there = (book(f'{ALLOW}{where} = ["{name}"]') for name in ("a", "b"))
    both = book(f'{ALLOW}{where} = ["a", "b"]')
    assert widened(here, there)
    assert widened(here, both)
    assert widened(here, book(ALLOW))
    assert widened(both, here) == []
    assert widened(book(ALLOW), both) == []


@pytest.mark.parametrize(
    "one",
    [
        limit('on = ["*"]\nmodes = ["home"]\nwaivable_by = ["adult"]'),
        rule(f'on = ["light.on"]\n{ADULT}', "ask"),
        limit('on = ["*"]\nat_most = "6/h"'),
    ],
)
def test_consents_approvals_and_counts_are_kept_by_name(one: str) -> None:
    (change,) = widened(book(ALLOW + one), book(ALLOW + one.replace('"x"', '"y"')))
    assert '"house/y" has another name (was "house/x")' in change.text


def test_quiet_hours_may_be_cut_in_two() -> None:
    whole = limit('on = ["*"]\nnot_between = ["22:00", "07:00"]')
    halves = limit('on = ["*"]\nnot_between = ["22:00", "00:00"]') + limit(
        'on = ["*"]\nnot_between = ["00:00", "07:00"]', "y"
    )
    assert widened(book(ALLOW + whole), book(ALLOW + halves)) == []
    days = limit('on = ["*"]\nnot_between = ["22:00", "07:00"]\ndays = ["sun"]')
    assert widened(book(ALLOW + whole), book(ALLOW + days))
    monday = limit('on = ["*"]\nnot_between = ["00:00", "07:00"]\ndays = ["mon"]')
    sunday = limit('on = ["*"]\nnot_between = ["22:00", "00:00"]\ndays = ["sun"]', "y")
    assert widened(book(ALLOW + days), book(ALLOW + monday + sunday)) == []


def test_a_fresher_reading_frees_what_goes_toward_the_safe_state() -> None:
    """What is unknown stops no command toward the safe state, and an old reading is unknown now."""
    old, new = limit(TANK), limit(TANK.replace("min = 20", 'min = 20, fresh = "2m"'))
    (change,) = widened(book(ALLOW + old), book(ALLOW + new))
    assert "toward the safe state" in change.text


def test_the_shipped_household_edited() -> None:
    from policies import defaults

    text, safety = defaults.load("household"), parse(defaults.load("safety"), name="safety")
    root = parse(text, name="household")
    assert not diff(Book(root, [safety]), Book(root, [safety]))
    assert widened(Book(root, [safety]), Book(root))
    assert widened(Book(root), Book(root, [safety])) == []


@pytest.mark.parametrize(
    ("when", "said"),
    [
        ('{ between = ["22:00", "07:00"] }', "between 07:00 and 22:00"),
        ('{ between = ["22:00", "07:00"], days = ["fri"] }', "between sat 07:00 and fri 22:00"),
        ('{ between = ["08:00", "20:00"], days = ["sat", "sun"] }',
         "between sat 20:00 and sun 08:00 or between sun 20:00 and sat 08:00"),
        ('{ starts = true }', "when it starts nothing"),
        ('{ modes = ["night", "away"] }', "in mode home or holiday"),
    ],
)  # fmt: skip
def test_a_limit_that_holds_at_moments_only_is_let_go_at_the_others(when: str, said: str) -> None:
    found = diff(book(ALLOW + NEVER), book(f"{ALLOW}{NEVER}when = {when}"))
    assert ([str(one) for one in found.more], found.less) == (
        [f"agents: light.on {said} is no longer barred"],
        (),
    )


def test_the_same_hours_of_several_days_are_told_once() -> None:
    night = ALLOW + NEVER + 'when = { between = ["22:00", "07:00"]'
    found = diff(book(night + ', days = ["fri"] }'), book(night + " }"))
    assert [str(one) for one in found.less] == [
        "agents: light.on between 22:00 and 07:00 on mon, tue, wed, thu, sat, sun is barred now"
    ]
