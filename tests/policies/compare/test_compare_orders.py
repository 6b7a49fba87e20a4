"""Each word's order of tightness, and each selector's: looser is named, the same and tighter are not."""

from __future__ import annotations

import pytest

from policies import parse
from policies.compare import Book, widened

ALLOW = """
[[allow]]
id = "all"
why = "w"
who = ["owner", "adult", "child", "agent", "coo"]
may = ["*", "light.on"]
see = ["*"]
privilege = "administer"
"""


def book(rule: str, kind: str = "limit") -> Book:
    text = f'format = 1\n{ALLOW}\n[[{kind}]]\nid = "x"\nwhy = "w"\n' + "\n".join(rule.split("; "))
    return Book(parse(text, name="house"))


def need(words: str) -> str:
    return f'on = ["light.on"]; needs = [{{ property = "level", {words} }}]'


ON = 'on = ["light.on"]; '
RANKED = [
    # each from tight to loose
    [ON + "value = { max_change = 1 }", ON + "value = { max_change = 2 }"],
    [ON + "members = { x = { max_change = 1 } }", ON + "members = { x = { max_change = 2 } }"],
    [ON + "value = { min = 2 }", ON + "value = { min = 1 }"],
    [ON + "value = { max = 1 }", ON + "value = { max = 2 }"],
    [ON + "value = { one_of = [1] }", ON + "value = { one_of = [1, 2] }", ON + "value = { one_of = [1, 2, true] }"],
    [ON + 'modes = ["home"]', ON + 'modes = ["home", "away"]'],
    [ON + 'rest = "2m"', ON + 'rest = "60s"'],
    [ON + 'at_most = "1/h"', ON + 'at_most = "2/h"', ON + 'at_most = "2/m"'],
    [ON + 'not_between = ["21:00", "07:00"]', ON + 'not_between = ["22:00", "07:00"]', ON + 'not_between = ["22:00", "06:00"]',
     ON + 'not_between = ["22:00", "06:00"]; days = ["sun", "mon"]', ON + 'not_between = ["22:00", "06:00"]; days = ["sun"]'],
    [need("min = 20"), need("min = 10")],
    [need("max = 10"), need("max = 20")],
    [need("fresh = '1m'"), need("fresh = '2m'")],
    [need("fresh = '1m', trusted = true"), need("fresh = '1m'")],
    [ON + "never = true", ON + "value = { max = 1 }"],
    [ON + 'modes = ["home"]', ON + 'modes = ["home"]; waivable_by = ["owner"]',
     ON + 'modes = ["home"]; waivable_by = ["adult"]'],
    [ON + 'modes = ["home"]; waivable_by = ["coo"]', ON + 'modes = ["home"]; waivable_by = ["coo", "bert"]'],
    ['on = ["*"]; never = true', 'on = ["light.*"]; never = true', 'on = ["light.on"]; never = true'],
    [ON + "never = true", ON + 'never = true; things = ["a", "b"]', ON + 'never = true; things = ["a"]'],
    [ON + "never = true", ON + 'never = true; rooms = ["a", "b"]', ON + 'never = true; rooms = ["a"]'],
    [ON + "never = true", ON + 'never = true; labels = ["a", "b"]', ON + 'never = true; labels = ["a"]'],
    [ON + "never = true", ON + "never = true; hazard_min = 1", ON + "never = true; hazard_min = 3"],
    [ON + "never = true", ON + 'never = true; privilege = "operate"', ON + 'never = true; privilege = "administer"'],
    [ON + "never = true", ON + "never = true; when = { starts = true }",
     ON + 'never = true; when = { starts = true, modes = ["home", "away"] }',
     ON + 'never = true; when = { starts = true, modes = ["home"] }'],
    [ON + "never = true", ON + 'never = true; when = { between = ["21:00", "07:00"] }',
     ON + 'never = true; when = { between = ["22:00", "07:00"] }',
     ON + 'never = true; when = { between = ["22:00", "07:00"], days = ["sun"] }'],
    [ON + 'at_most = "1/h"', ON + 'at_most = "1/h"; when = { starts = true }'],
    [ON + "never = true", ON + 'never = true; who = ["adult", "coo"]', ON + 'never = true; who = ["owner"]'],
]  # fmt: skip
FOR = 'approver = ["adult"]; valid = "2m"'
ASKS = [
    [ON + FOR, ON + FOR + '; modes = ["home"]', ON + FOR + '; modes = ["home", "away"]'],
    [ON + FOR, ON + 'approver = ["adult"]; valid = "3m"'],
    [ON + 'approver = ["owner"]; valid = "2m"', ON + FOR, ON + 'approver = ["adult", "bert"]; valid = "2m"'],
    [
        ON + FOR + "; approvals = 3",
        ON + FOR + "; approvals = 2",
        ON + FOR,
        ON + FOR + "; value = { max = 1 }",
    ],
    [ON + FOR + "; once = true", ON + FOR, ON + FOR + '; modes = ["home"]'],
    [ON + FOR + "; once = true; approvals = 2", ON + FOR + "; once = true"],
    [ON + FOR + "; once = true; approvals = 2", ON + FOR + "; approvals = 2"],
    [ON + FOR + "; value = { max = 1 }", ON + FOR + "; value = { max = 2 }"],
    [ON + FOR + '; at_most = "1/h"', ON + FOR + '; at_most = "1/m"'],
]
SPARES = [
    ["", 'unasked = ["q"]; value = { max = 1 }', 'unasked = ["q"]; value = { max = 2 }', 'unasked = ["q"]'],
    ["", 'unasked = ["q"]; value = { max_change = 1 }', 'unasked = ["q"]; value = { max_change = 2 }'],
    ["", 'unasked = ["q"]; members = { x = { max = 1 } }', 'unasked = ["q"]; members = { x = { max = 2 } }'],
    ["", 'unasked = ["q"]; things = ["a"]', 'unasked = ["q"]; things = ["a", "b"]', 'unasked = ["q"]'],
    ["", 'unasked = ["q"]', 'unasked = ["q", "r"]'],
]
DUTIES = [
    [ON + "confirm = true", ON + "confirm = true; when = { starts = true }"],
    [ON + 'max_on = "1h"', ON + 'max_on = "1h"; when = { modes = ["night"] }'],
    [ON + 'max_on = "1h"', ON + 'max_on = "2h"'],
    [ON + 'restore = "1h"; confirm = true', ON + 'restore = "1h"'],
    [ON + 'notify = ["adult", "coo"]', ON + 'notify = ["adult"]', ON + 'notify = ["owner"]'],
    ['on = ["light.*"]; confirm = true', 'on = ["light.on"]; confirm = true'],
]


@pytest.mark.parametrize(
    ("kind", "rules"),
    [
        *(("limit", rules) for rules in RANKED),
        *(("ask", rules) for rules in ASKS),
        *(("then", rules) for rules in DUTIES),
    ],
)
def test_looser_is_named_and_tighter_is_not(kind: str, rules: list[str]) -> None:
    books = [book(rule, kind) for rule in rules]
    for place, tight in enumerate(books):
        assert widened(tight, tight) == []
        for loose in books[place + 1 :]:
            assert widened(tight, loose)
            assert widened(loose, tight) == []


@pytest.mark.parametrize("words", SPARES)
def test_more_that_goes_unasked_is_named(words: list[str]) -> None:
    asks = "".join(
        f'[[ask]]\nid = "{name}"\nwhy = "w"\non = ["{on}"]\napprover = ["adult"]\nvalid = "2m"\n'
        for name, on in (("q", "light.*"), ("r", "light.on"))
    )
    rest = 'who = ["coo"]\nmay = ["light.on"]\n'
    texts = ["\n".join(one.split("; ")) for one in words]
    books = [
        Book(parse(f'format = 1\n{ALLOW}{asks}[[allow]]\nid = "u"\nwhy = "w"\n{rest}{one}\n', name="house"))
        for one in texts
    ]
    for place, tight in enumerate(books):
        assert widened(tight, tight) == []
        for loose in books[place + 1 :]:
            assert widened(tight, loose)
            assert widened(loose, tight) == []


def test_what_nothing_asked_about_is_no_question_spared() -> None:
    ask = '[[ask]]\nid = "q"\nwhy = "w"\non = ["light.on"]\napprover = ["adult"]\nvalid = "2m"\n'
    spare = '[[allow]]\nid = "u"\nwhy = "w"\nwho = ["adult"]\nmay = ["fan.*"]\nunasked = ["q"]\n'
    one, other = (Book(parse(f"format = 1\n{ALLOW}{text}", name="house")) for text in (ask, ask + spare))
    assert widened(one, other) == []
    none = Book(parse(f"format = 1\n{ALLOW}", name="house"))
    assert (
        widened(none, Book(parse(f"format = 1\n{ALLOW}{ask}{spare.replace('fan', 'light')}", name="house")))
        == []
    )


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (need("min = 20"), need("min = 20, fresh = '2m'")),
        (need("min = 20, fresh = '1m'"), need("min = 20, fresh = '2m'")),
        (need("min = 20"), need("min = 20, trusted = true")),
        (need("equals = 3"), need("min = 3, max = 3")),
        (need("min = 3"), need("min = 3, thing = 'tank'")),
        (ON + 'at_most = "2/h"', ON + 'at_most = "1/m"'),
        (ON + 'things = ["a"]; never = true', ON + 'rooms = ["a"]; never = true'),
        (ON + 'labels = ["a"]; never = true', ON + 'labels = ["b"]; never = true'),
        (ON + 'who = ["agent"]; never = true', ON + 'who = ["id:agent"]; never = true'),
        (ON + 'not_between = ["07:00", "22:00"]', ON + 'not_between = ["22:00", "07:00"]'),
        (ON + 'not_between = ["22:00", "07:00"]; days = ["sun"]', ON + 'not_between = ["22:00", "00:00"]; days = ["sun"]'),
    ],
)  # fmt: skip
def test_what_is_tighter_in_one_way_and_looser_in_another_is_named(one: str, other: str) -> None:
    """A reading that is more often unknown stops fewer commands toward the safe state: unknown does not stop those."""
    assert widened(book(one), book(other))
    if "days" not in one and "equals" not in one:
        assert widened(book(other), book(one))


@pytest.mark.parametrize(
    ("one", "other", "kind"),
    [
        (ON + 'never = true; when = { modes = ["night"] }', ON + 'modes = ["home", "away", "holiday"]', "limit"),
        (ON + 'rest = "5m"', ON + 'rest = "5m"; when = { starts = true }', "limit"),
        (ON + 'max_on = "2h"', ON + 'max_on = "2h"; when = { starts = true }', "then"),
        (ON + 'not_between = ["22:00", "07:00"]',
         ON + 'not_between = ["22:00", "07:00"]; when = { between = ["20:00", "08:00"] }',
         "limit"),
    ],
)  # fmt: skip
def test_what_comes_to_the_same_at_every_moment_is_no_widening(one: str, other: str, kind: str) -> None:
    assert widened(book(one, kind), book(other, kind)) == []


def test_moments_may_be_shared_out_among_rules() -> None:
    whole = book(ON + 'modes = ["home"]')
    starts, stops = (
        'when = { starts = true }; modes = ["home"]',
        'modes = ["home"]; when = { modes = ["night"] }',
    )
    assert [one.text for one in widened(whole, book(ON + starts))] == [
        "light.on when it starts nothing no longer only in mode home"
    ]
    (change,) = widened(
        book(ON + "never = true"), book(ON + "never = true; when = { between = ['22:00', '07:00'] }")
    )
    assert change.text == "light.on between 07:00 and 22:00 is no longer barred"
    assert widened(whole, book(ON + stops))


def test_an_ask_is_looser_than_a_limit() -> None:
    assert widened(book(ON + "never = true"), book(ON + FOR, "ask"))
    assert widened(book(ON + FOR, "ask"), book(ON + "never = true")) == []
    assert widened(book(ON + FOR, "ask"), book(ON + 'never = true; waivable_by = ["owner"]'))
    assert widened(book(ON + FOR + "; value = { max = 1 }", "ask"), book(ON + "value = { max = 1 }")) == []
    duty = book(ON + "confirm = true", "then")
    assert widened(duty, book(ON + "never = true")) == []
    assert widened(duty, book(ON + 'never = true; waivable_by = ["owner"]'))
