"""The mandate file of one agent: a narrowing set in which every rule is about that agent alone, and whoever it lets in.

Its text says `mandate = "coo"` at the top, and no rule of it says `who`: after reading, each does.

    format = 1
    mandate = "coo"

    [[allow]]
    id = "hall-and-kitchen"
    may = ["light.*", "blind.*"]
    see = ["*"]
    rooms = ["hall", "kitchen"]
    why = "The rooms that it looks after; of all others nothing is left to it"

    [[limit]]
    id = "dim"
    on = ["light.brightness"]
    value = { max = 60 }
    why = "Nobody reads by its light"
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from policies.fields import EXPLICIT_ID
from policies.locate import Path, line_of
from policies.problems import Problem

RULE_TABLES: Final = ("allow", "limit", "ask", "then")

_ID: Final = re.compile(r"[a-z0-9][a-z0-9_.-]{0,99}")


def is_id(text: object) -> bool:
    """Whether it can be the id of somebody."""
    return isinstance(text, str) and _ID.fullmatch(text) is not None


def with_who(data: dict[str, object]) -> dict[str, object]:
    """The same document with `who` in every rule; as it is where it is no mandate file."""
    agent = data.get("mandate")
    if not is_id(agent):
        return data
    who = [f"{EXPLICIT_ID}{agent}"]
    filled: dict[str, object] = {}
    for table in RULE_TABLES:
        if isinstance(rules := data.get(table), list):
            filled[table] = [one | {"who": who} if isinstance(one, dict) else one for one in rules]
    return data | filled


def faults(name: str, data: Mapping[str, object], lines: Mapping[Path, int]) -> Iterator[Problem]:
    """Every `who` that somebody wrote into a mandate file."""
    agent = data.get("mandate")
    for table in RULE_TABLES if is_id(agent) else ():
        rules = data.get(table)
        for index, rule in enumerate(rules if isinstance(rules, list) else ()):
            if isinstance(rule, dict) and rule.get("who", [f"{EXPLICIT_ID}{agent}"]) != [
                f"{EXPLICIT_ID}{agent}"
            ]:
                text = f"is always {agent} in the file of its mandate: leave it out, or put the rule into another file"
                yield Problem(
                    name, line_of(lines, (table, index, "who")), f'{table} "{rule.get("id")}", who', text
                )
