"""Limits and asks that held before, and do not hold now, or not as tightly."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from policies.clauses import Clause
from policies.compare.books import Content, Restriction
from policies.compare.boxes import Box, Cuts, cuts_of_regions
from policies.compare.tightness import implied
from policies.decision import Role
from policies.selectors import Who

PEOPLE = frozenset(str(role) for role in Role if role.is_person)


class Loosened(NamedTuple):
    """In `box`, uses that fail `condition` are not held as `before` held them. `now`: what holds there of the same sort."""

    box: Box
    condition: Clause
    before: Restriction
    now: tuple[Restriction, ...]


def loosened(old: Content, new: Content) -> Iterator[Loosened]:
    """Every condition of `old` that something in `new` may get around."""
    named = {one.ref: one for one in new.restrictions}
    for before in old.restrictions:
        if named.get(before.ref) == before:
            continue
        holding = [one for one in new.restrictions if holds_as_well(one, before)]
        cuts = cuts_of_regions(one.region for one in holding)
        for box in before.region.boxes():
            for condition in before.conditions:
                for rest in uncovered(box, new, _covering(condition, before, holding), cuts):
                    now = tuple(one for one in new.restrictions if one.region.holds(rest))
                    yield Loosened(rest, condition, before, now)


def _covering(condition: Clause, before: Restriction, holding: list[Restriction]) -> Callable[[Box], bool]:
    def covers(box: Box) -> bool:
        given = [clause for one in holding if one.region.holds(box) for clause in one.conditions]
        return implied(condition, given, spares_safe=before.is_ask, moments=box.moments)

    return covers


def uncovered(box: Box, new: Content, covers: Callable[[Box], bool], cuts: Cuts) -> Iterator[Box]:
    """The parts of `box` that are not covered, and that somebody may use now."""
    for rest in cuts.left_over(box, covers):
        pieces = distinct(piece for grant in new.usable if (piece := rest.meet(grant)) is not None)
        found = [one for piece in pieces for one in cuts.left_over(piece, covers)]
        yield from [rest] if found and found == pieces else found


def holds_as_well(one: Restriction, before: Restriction) -> bool:
    """Whether a use that fails `one` is held at least as it was by `before`, whoever consented or approved."""
    if one.is_ask:
        return before.is_ask and _approves_less(one, before)
    if one.waivable_by is None:
        return True
    return (
        not before.is_ask
        and before.waivable_by is not None
        and one.ref == before.ref
        and are_people_of(one.waivable_by, before.waivable_by)
    )


def _approves_less(one: Restriction, before: Restriction) -> bool:
    """Approvals are given to rules by their names: another rule's were not given to this one."""
    assert one.approver and before.approver and one.valid and before.valid
    return (
        one.ref == before.ref
        and one.valid.seconds <= before.valid.seconds
        and one.approvals >= before.approvals
        and one.once >= before.once
        and are_people_of(one.approver, before.approver)
    )


def are_people_of(inner: Who, outer: Who) -> bool:
    """Whether every person of `inner` is one of `outer`. Software counts for nothing: it neither approves nor consents."""
    return outer.roles >= PEOPLE or (inner.roles & PEOPLE <= outer.roles and inner.ids <= outer.ids)


def distinct(boxes: Iterable[Box]) -> list[Box]:
    """The boxes that lie in no other."""
    found: list[Box] = []
    for box in boxes:
        if not any(one.holds(box) for one in found):
            found = [*(one for one in found if not box.holds(one)), box]
    return found
