"""What several rules together make a permitted use owe: obligations add up, and the tightest wins."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from policies.decision import AccessRequest, Obligation, Principal, Role, Subject
from policies.facts import Facts
from policies.rules import Then

ON_START: Final = frozenset({"max_on", "restore"})
"""What is owed only by a use that makes something run, flow or stand open."""

BY_STATE: Final = frozenset({"max_on"})
"""What is owed for as long as something runs, flows or stands open, whoever caused that."""

_NOBODY: Final = Principal("", Role.SERVICE)


def owed(thens: Iterable[Then], *, is_start: bool) -> tuple[Obligation, ...]:
    """One obligation of each kind at the most, in the order of their kinds."""
    return merged(one for then in thens for one in then.obligations if is_start or one.kind not in ON_START)


def merged(obligations: Iterable[Obligation]) -> tuple[Obligation, ...]:
    """The shortest time, everybody who is to be told."""
    kinds: dict[str, Obligation] = {}
    for one in sorted(obligations, key=lambda each: (each.kind, each.rule)):
        before = kinds.get(one.kind)
        kinds[one.kind] = one if before is None else _tightest(before, one)
    return tuple(kinds[kind] for kind in sorted(kinds))


@dataclass(frozen=True, slots=True)
class StateDuties:
    """What is owed because `subject` runs, flows or stands open: in any case, and by rules that hold at some moments."""

    subject: Subject
    always: tuple[Obligation, ...]
    sometimes: tuple[Then, ...]

    @classmethod
    def of(cls, subject: Subject, thens: Iterable[Then]) -> StateDuties:
        """`thens` are the rules about `subject` that name no principal: nobody knows who caused it."""
        found = [one for one in thens if not BY_STATE.isdisjoint(duty.kind for duty in one.obligations)]
        moving = tuple(one for one in found if one.when is not None and one.when.looks_at_facts)
        return cls(subject, _by_state(one for one in found if one not in moving), moving)

    def at(self, facts: Facts) -> tuple[Obligation, ...]:
        """With those that hold at this moment. What is not known, and what cannot be told, counts as such a moment."""
        now = [then for then in self.sometimes if self._holds(then, facts)]
        return merged((*self.always, *_by_state(now))) if now else self.always

    def _holds(self, then: Then, facts: Facts) -> bool:
        try:
            return then.when is None or then.when.applies(AccessRequest(_NOBODY, self.subject, True), facts)
        except Exception:
            return True


def _by_state(thens: Iterable[Then]) -> tuple[Obligation, ...]:
    return merged(one for then in thens for one in then.obligations if one.kind in BY_STATE)


def _tightest(one: Obligation, other: Obligation) -> Obligation:
    if isinstance(one.value, list) and isinstance(other.value, list):
        told = sorted({str(name) for name in (*one.value, *other.value)})
        return Obligation(one.kind, one.rule, list(told))
    if isinstance(one.value, int) and isinstance(other.value, int):
        return other if other.value < one.value else one
    return one
