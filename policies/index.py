"""Which rules may concern a subject: found by capability, Thing and room, without looking at all of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Generic, Protocol, TypeVar

from policies.decision import Principal, RuleRef, Subject
from policies.selectors import Uses


class Selecting(Protocol):
    @property
    def ref(self) -> RuleRef: ...

    @property
    def uses(self) -> Uses: ...


R = TypeVar("R", bound=Selecting)


class Index(Generic[R]):
    """Rules by pattern, and by Thing or else room where they name some."""

    __slots__ = ("_places",)

    def __init__(self, rules: Iterable[R]) -> None:
        self._places: dict[str, _Places[R]] = {}
        for number, rule in enumerate(sorted(rules, key=lambda one: one.ref)):
            for pattern in rule.uses.on:
                self._places.setdefault(pattern, _Places()).add(number, rule)

    def concerning(self, chain: Sequence[Principal], subject: Subject, patterns: Iterable[str]) -> list[R]:
        """The rules about `subject`, each once, in the order of their names."""
        found: dict[int, R] = {}
        for pattern in patterns:
            places = self._places.get(pattern)
            if places is None:
                continue
            for rules in places.around(subject):
                for number, rule in rules:
                    if number not in found and rule.uses.fits(chain, subject):
                        found[number] = rule
        return [found[number] for number in sorted(found)]


class _Places(Generic[R]):
    """Numbered rules of one pattern by where they hold."""

    __slots__ = ("_anywhere", "_rooms", "_things")

    def __init__(self) -> None:
        self._things: dict[str, list[tuple[int, R]]] = {}
        self._rooms: dict[str, list[tuple[int, R]]] = {}
        self._anywhere: list[tuple[int, R]] = []

    def add(self, number: int, rule: R) -> None:
        where = rule.uses.where
        if where.things is not None:
            for thing in where.things:
                self._things.setdefault(thing, []).append((number, rule))
        elif where.rooms is not None:
            for room in where.rooms:
                self._rooms.setdefault(room, []).append((number, rule))
        else:
            self._anywhere.append((number, rule))

    def around(self, subject: Subject) -> tuple[Sequence[tuple[int, R]], ...]:
        return (self._things.get(subject.thing, ()), self._rooms.get(subject.room, ()), self._anywhere)
