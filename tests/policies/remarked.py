"""What `check` says of rules, as text."""

from __future__ import annotations

from policies import parse
from policies.checking import Book, House, Severity, check

EVERYBODY = """
[[allow]]
id = "all"
why = "w"
who = ["owner", "adult", "child", "agent"]
may = ["*"]
see = ["*"]
privilege = "manage"
"""


def rule(body: str, name: str = "a", kind: str = "limit") -> str:
    return f'[[{kind}]]\nid = "{name}"\nwhy = "w"\n{body}\n'


def remarks(text: str, house: House | None = None, *others: str) -> list[str]:
    root, *narrowing = [parse(f"format = 1\n{one}", name=f"s{n}") for n, one in enumerate((text, *others))]
    return [str(one) for one in check(Book(root, narrowing), house) if one.severity is not Severity.NOTE]


def notes(text: str, *others: str) -> list[str]:
    root, *narrowing = [parse(f"format = 1\n{one}", name=f"s{n}") for n, one in enumerate((text, *others))]
    return [one.text for one in check(Book(root, narrowing)) if one.severity is Severity.NOTE]


def text_of(said: list[str]) -> list[str]:
    return [one.partition(": ")[2] for one in said]
