"""Limits that leave nothing over: together, or because of what an operation takes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from policies.bounds import intersection, show
from policies.checking.operations import Operation, is_about, operations_fitting, why_impossible
from policies.checking.remarks import Remarks, quoted
from policies.clauses import Clause, Modes, Need, QuietHours
from policies.compare.books import NEVER, Content, Restriction
from policies.compare.boxes import ROLES, Box, fits_all, places
from policies.compare.moments import ALWAYS, Moments, quiet, refused
from policies.compare.tightness import joined
from policies.compare.wording import all_of, listed, said, things_of, whom
from policies.decision import RuleRef
from policies.input_clauses import Within

MOST_PLACES: Final = 200
"""Places (Things, rooms, labels, and two of them together) that are looked at for one operation."""

Says = Callable[[Sequence[Restriction], Operation, Moments], str]


class Conflict(NamedTuple):
    """Limits that no use at `moments` keeps together, and what about them."""

    rules: tuple[RuleRef, ...]
    said: str
    can_be_lifted: bool
    moments: Moments


def contradictions(content: Content, remarks: Remarks) -> None:
    """Says for whom which operations are impossible, though somebody is allowed them."""
    limits = [one for one in content.restrictions if not one.is_ask and NEVER not in one.conditions]
    told: set[tuple[RuleRef, ...]] = set()
    for moments in sorted({one.region.moments for one in limits}, key=lambda one: (one != ALWAYS, one.say())):
        found = _at(moments, [one for one in limits if one.region.moments.holds(moments)], content)
        own = {one.ref for one in limits if one.region.moments == moments}
        for conflict, whos in found.items():
            # What rules without such a `when` leave over at these moments is what they say themselves.
            if conflict.rules not in told and not own.isdisjoint(conflict.rules):
                _tell(conflict, whos, remarks)
        told |= {conflict.rules for conflict in found}


def _at(
    moments: Moments, limits: Sequence[Restriction], content: Content
) -> dict[Conflict, dict[str, set[str]]]:
    """The conflicts of `limits` at moments at which all of them hold, with whom they keep from what."""
    found: dict[Conflict, dict[str, set[str]]] = {}
    for operation in operations_fitting("*"):
        about = [
            one for one in limits if is_about(one.region.uses.on, operation) and _concerns(one, operation)
        ]
        if not about or operation.of.absolute:
            continue
        for role, name in _principals(about):
            who = whom(Box("*", role, name))
            if not _may(content, operation, role, name):
                continue
            mine = [one for one in about if fits_all(one.region.uses.who, role, name)]
            for conflict in _conflicts(mine, operation, moments):
                found.setdefault(conflict, {}).setdefault(who, set()).add(operation.capability)
    return found


def _tell(conflict: Conflict, whos: dict[str, set[str]], remarks: Remarks) -> None:
    by_what: dict[frozenset[str], set[str]] = {}
    for who, found in whos.items():
        by_what.setdefault(frozenset(found), set()).add(who)
    sometimes = conflict.can_be_lifted or len(conflict.rules) == 1 or conflict.moments != ALWAYS
    say, at = remarks.warning if sometimes else remarks.error, conflict.moments.say()
    for capabilities, named in by_what.items():
        who = all_of(named)
        never = f"{who} can never use" if who else "nobody can ever use"
        say(min(conflict.rules), f"{never} {things_of(capabilities)}{at}: {conflict.said}")


def _concerns(one: Restriction, operation: Operation) -> bool:
    uses = one.region.uses
    return uses.hazard_min <= operation.of.hazard and uses.privilege_rank <= operation.of.privilege.rank


def _principals(about: Iterable[Restriction]) -> Iterator[tuple[str | None, str | None]]:
    yield from ((role, None) for role in sorted(ROLES))
    names = {name for one in about if one.region.uses.who for name in one.region.uses.who.ids}
    yield from ((None, name) for name in sorted(names))


def _may(content: Content, operation: Operation, role: str | None, name: str | None) -> bool:
    wanted = Box(
        operation.capability,
        least_hazard=operation.of.hazard,
        most_hazard=operation.of.hazard,
        least_rank=operation.of.privilege.rank,
        most_rank=operation.of.privilege.rank,
    )
    if role is None:
        return any(one.id == name and one.meet(wanted) is not None for one in content.usable)
    return any(one.role == role and one.meet(wanted) is not None for one in content.usable)


def _conflicts(limits: list[Restriction], operation: Operation, moments: Moments) -> set[Conflict]:
    found: set[Conflict] = set()
    for place in _places(limits):
        there = [one for one in limits if _fits(one, place)]
        for says in (_no_value, _no_need, _no_mode, _no_hour):
            if there and says(there, operation, moments):
                fewest = _fewest(there, says, operation, moments)
                refs = tuple(one.ref for one in fewest)
                can_be_lifted = any(one.waivable_by is not None for one in fewest)
                found.add(Conflict(refs, says(fewest, operation, moments), can_be_lifted, moments))
    return found


def _fewest(
    rules: list[Restriction], says: Says, operation: Operation, moments: Moments
) -> list[Restriction]:
    """The rules that are needed for the conflict, the same ones in whatever order the sets come."""
    left = sorted(rules, key=lambda one: one.ref)
    for rule in [*left]:
        without = [one for one in left if one is not rule]
        if without and says(without, operation, moments):
            left = without
    return left


def _places(limits: Iterable[Restriction]) -> list[Box]:
    single = {box: None for one in limits for box in places(one.region.uses.where)}
    pairs = (met for one in single for other in single if (met := one.meet(other)) is not None)
    found = dict(single)
    for met in pairs:
        if len(found) >= MOST_PLACES:
            break
        found[met] = None
    return [*found]


def _fits(one: Restriction, place: Box) -> bool:
    where = one.region.uses.where
    return (
        (where.things is None or place.thing in where.things)
        and (where.rooms is None or place.room in where.rooms)
        and (where.labels is None or not where.labels.isdisjoint(place.labels))
    )


# --- the ways in which nothing is left: each says which, "" where something is


def _no_value(rules: Sequence[Restriction], operation: Operation, moments: Moments) -> str:
    bounds = [(rule, one) for rule in rules for one in rule.conditions if isinstance(one, Within)]
    whole, members = joined(one for _, one in bounds)
    reason = why_impossible(operation, whole, members)
    if whole is not None and whole.impossible:
        reason = ""
    elif not reason:
        return ""
    wanted = listed(f"{_end(one)} ({quoted([rule.ref], rules[0].ref.set)})" for rule, one in bounds)
    return f"{wanted}, and {reason}" if reason else wanted


def _end(within: Within) -> str:
    data = within.bounds.accepted()
    name = f"{within.member} " if within.member else ""
    if data.one_of is not None:
        return f"{name}one of {', '.join(map(show, data.one_of))}" if data.one_of else f"{name}no value"
    if data.minimum is not None:
        return f"{name}at least {show(data.minimum)}"
    return f"{name}at most {show(data.maximum)}" if data.maximum is not None else f"{name}a number"


def _no_need(rules: Sequence[Restriction], operation: Operation, moments: Moments) -> str:
    needs = [(rule, one) for rule in rules for one in rule.conditions if isinstance(one, Need)]
    for name in sorted({(one.thing or "", one.name) for _, one in needs}):
        same = [(rule, one) for rule, one in needs if (one.thing or "", one.name) == name and one.bounds]
        both = intersection(one.bounds for _, one in same if one.bounds is not None)
        if both is not None and both.impossible:
            return listed(f"{said(one).only} ({quoted([rule.ref], rules[0].ref.set)})" for rule, one in same)
    return ""


def _no_mode(rules: Sequence[Restriction], operation: Operation, moments: Moments) -> str:
    found = [(rule, one) for rule in rules for one in rule.conditions if isinstance(one, Modes)]
    left = moments.modes
    for _, one in found:
        left &= ~refused(one)
    return "" if left or not found else _conditions(found, rules[0].ref.set)


def _no_hour(rules: Sequence[Restriction], operation: Operation, moments: Moments) -> str:
    found = [(rule, one) for rule in rules for one in rule.conditions if isinstance(one, QuietHours)]
    left = moments.minutes
    for _, one in found:
        left &= ~quiet(one)
    return "" if left or not found else _conditions(found, rules[0].ref.set)


def _conditions(found: Iterable[tuple[Restriction, Clause]], home: str) -> str:
    return listed(f"only {said(one).only} ({quoted([rule.ref], home)})" for rule, one in found)
