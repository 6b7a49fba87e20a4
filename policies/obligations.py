"""What several rules together make a permitted use owe: obligations add up, and the tightest wins."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from policies.decision import Obligation
from policies.rules import Then

ON_START: Final = frozenset({"max_on", "restore"})
"""What is owed only by a use that makes something run, flow or stand open."""


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


def _tightest(one: Obligation, other: Obligation) -> Obligation:
    if isinstance(one.value, list) and isinstance(other.value, list):
        told = sorted({str(name) for name in (*one.value, *other.value)})
        return Obligation(one.kind, one.rule, list(told))
    if isinstance(one.value, int) and isinstance(other.value, int):
        return other if other.value < one.value else one
    return one
