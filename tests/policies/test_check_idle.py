"""Rules about uses that nobody is allowed are pointed out."""

from __future__ import annotations

import pytest

from policies import defaults, parse
from policies.checking import Book, check
from tests.policies.remarked import notes, rule

LIGHTS = rule('who = ["adult", "agent"]\nmay = ["light.*"]\nrooms = ["hall"]', "all", "allow")


@pytest.mark.parametrize(
    ("kind", "body", "said"),
    [
        (
            "limit",
            'who = ["agent"]\non = ["blind.*"]\nat_most = "4/d"',
            "agents use blind.*: there is nothing to limit",
        ),
        (
            "ask",
            'who = ["guest"]\non = ["light.*"]\napprover = ["adult"]\nvalid = "5m"',
            "guests use light.*: there is nothing to ask about",
        ),
        (
            "then",
            'on = ["lock.unlock"]\nnotify = ["adult"]',
            "anybody use lock.unlock: there is nothing to be owed for",
        ),
        (
            "limit",
            'who = ["agent"]\non = ["light.on"]\nrooms = ["study"]\nrest = "1m"',
            "agents use light.on there: there is nothing to limit",
        ),
        ("limit", 'who = ["guest", "agent"]\non = ["blind.*", "light.on"]\nrest = "1m"', ""),
        ("limit", 'who = ["coo"]\non = ["light.on"]\nrest = "1m"', ""),
        ("limit", 'who = ["agent"]\non = ["*"]\nthings = ["lamp"]\nmodes = ["home"]', ""),
        ("limit", 'who = ["guest"]\non = ["lock.*"]\nnever = true', ""),
    ],
)
def test_a_rule_about_what_nobody_may_use(kind: str, body: str, said: str) -> None:
    found = [one for one in notes(LIGHTS + rule(body, kind=kind)) if one.startswith("no allow")]
    assert found == ([f"no allow lets {said}"] if said else [])


def test_no_shipped_rule_is_idle() -> None:
    root, safety = (parse(defaults.load(name), name=name) for name in ("household", "safety"))
    assert [str(one) for one in check(Book(root, [safety])) if one.text.startswith("no allow")] == []
