"""Which rules may concern a subject: found by capability, Thing and room, without looking at all of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Generic, Protocol, TypeVar

from policies.decision import Principal, RuleRef, Subject
from policies.selectors import Uses


class Selecting(Protocol):
    @property
    def ref(self) -> RuleRef: ...

    @property
    def uses(self) -> Uses: ...


R = TypeVar("R", bound=Selecting)
Key = tuple[str, str | None, str | None]


class Index(Generic[R]):
    """Rules by pattern, and by Thing or else room where they name some."""

    __slots__ = ("_rules",)

    def __init__(self, rules: Iterable[R]) -> None:
        self._rules: dict[Key, list[R]] = {}
        for rule in rules:
            where = rule.uses.where
            for pattern in rule.uses.on:
                if where.things is not None:
                    keys: list[Key] = [(pattern, thing, None) for thing in where.things]
                elif where.rooms is not None:
                    keys = [(pattern, None, room) for room in where.rooms]
                else:
                    keys = [(pattern, None, None)]
                for key in keys:
                    self._rules.setdefault(key, []).append(rule)

    def concerning(self, chain: Iterable[Principal], subject: Subject, patterns: Iterable[str]) -> list[R]:
        """The rules about `subject`, each once, in the order of their names."""
        found: dict[int, R] = {}
        for pattern in patterns:
            for key in ((pattern, subject.thing, None), (pattern, None, subject.room), (pattern, None, None)):
                for rule in self._rules.get(key, ()):
                    if id(rule) not in found and rule.uses.fits(chain, subject):
                        found[id(rule)] = rule
        return sorted(found.values(), key=lambda rule: rule.ref)
