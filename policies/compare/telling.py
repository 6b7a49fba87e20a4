"""From what was found to the changes that are told."""

from __future__ import annotations

from collections.abc import Iterator

from policies.clauses import AtMost, Clause, Need
from policies.compare.books import NEVER, Restriction
from policies.compare.changes import Draft, Sort
from policies.compare.duties import Eased, told
from policies.compare.grants import Gained
from policies.compare.restrictions import Loosened, are_people_of, holds_as_well
from policies.compare.tightness import implied, joined
from policies.compare.unasked import Spare
from policies.compare.wording import Said, ends, granted, held, named, people, said, whom
from policies.input_clauses import MaxChange, Within
from policies.times import in_words

_OWED = {
    "max_on": "switched off after {}",
    "restore": "put back after {}",
    "confirm": "done only when the device itself says so",
}


def of_gain(one: Gained) -> Iterator[Draft]:
    sort = Sort.USE if one.verb == "use" else Sort.SEE
    place = granted(one.verb, one.box)
    yield Draft(sort, whom(one.box), one.box.pattern, place, now="allowed")


def of_unasked(one: Spare) -> Draft:
    within = " and ".join(said(condition).only for condition in one.within)
    aside = f", {within}" if within else ""
    return Draft(Sort.UNASKED, whom(one.box), one.box.pattern, held(one.box), now="unasked", aside=aside)


def of_ease(one: Eased) -> Iterator[Draft]:
    before, now = (
        one.before.owed[one.kind],
        [duty.owed[one.kind] for duty in one.now if one.kind in duty.owed],
    )
    if isinstance(before, frozenset):
        lost = named(sorted(before - told(now)), "and")
        yield Draft(Sort.TOLD, whom(one.box), one.box.pattern, held(one.box), lost)
        return
    form = _OWED[one.kind]
    times = [value for value in now if isinstance(value, int)]
    was = form.format(in_words(before)) if isinstance(before, int) else form
    then = form.format(in_words(min(times))) if times else ""
    yield Draft(Sort.DUTY, whom(one.box), one.box.pattern, held(one.box), was, then)


def of_loosening(one: Loosened) -> Iterator[Draft]:
    found = _asked_otherwise(one) if one.before.is_ask else _limited_otherwise(one)
    for sort, was, now, aside in found:
        yield Draft(sort, whom(one.box), one.box.pattern, held(one.box), was, now, aside)


Told = tuple[Sort, str, str, str]
"""A sort of change, what was, what is now, and what else the sentence names."""


def _limited_otherwise(one: Loosened) -> Iterator[Told]:
    condition, before = one.condition, one.before
    limits = [each for each in one.now if not each.is_ask]
    as_tight = [each for each in limits if _is_tight(each, one)]
    lifting = next((each for each in as_tight if each.ref == before.ref), as_tight[0] if as_tight else None)
    asking = next((each for each in one.now if each.is_ask and _is_tight(each, one)), None)
    if lifting is not None and lifting.waivable_by is not None:
        if before.waivable_by is not None and are_people_of(lifting.waivable_by, before.waivable_by):
            yield Sort.NAME, str(before.ref), str(lifting.ref), ""
        else:
            was = people(before.waivable_by)
            yield Sort.WAIVER, was, people(lifting.waivable_by), lifting.ref.rule
    elif asking is not None:
        aside = "" if condition == NEVER else f" {said(condition).beyond}"
        yield Sort.ASK_INSTEAD, "", people(asking.approver), aside
    elif (other := _counted_elsewhere(condition, one.now)) is not None:
        yield Sort.NAME, str(before.ref), str(other.ref), ""
    else:
        yield from _bounded_otherwise(condition, [each for each in limits if holds_as_well(each, before)])


def _is_tight(restriction: Restriction, one: Loosened) -> bool:
    conditions, moments = restriction.conditions, one.box.moments
    return implied(one.condition, conditions, spares_safe=restriction.is_ask, moments=moments)


def _counted_elsewhere(condition: Clause, now: tuple[Restriction, ...]) -> Restriction | None:
    """A rule of another name that counts as tightly."""
    if not isinstance(condition, AtMost):
        return None
    for each in now:
        for clause in each.conditions:
            if isinstance(clause, AtMost) and implied(
                AtMost(clause.ref, condition.rate), [clause], spares_safe=True
            ):
                return each
    return None


def _bounded_otherwise(condition: Clause, holding: list[Restriction]) -> Iterator[Told]:
    given = [clause for each in holding for clause in each.conditions]
    if condition == NEVER:
        yield Sort.NEVER, "barred", "", ""
    elif isinstance(condition, Within):
        yield from _end_moved(condition, given)
    else:
        sort = Sort.BOUND
        if isinstance(condition, Need):
            sort = Sort.NEED_SAFE if implied(condition, given, spares_safe=True) else Sort.NEED
        was, now = said(condition).only, _counterpart(condition, given)
        same = now is not None and now.only == was
        yield Sort.OTHER if same else sort, was, now.only if now and not same else "", ""


def _end_moved(condition: Within, given: list[Clause]) -> Iterator[Told]:
    """Each condition bounds one end."""
    whole, members = joined(given)
    bounds = members.get(condition.member) if condition.member else whole
    now = {} if bounds is None else ends(bounds)
    name = f"{condition.member} " if condition.member else ""
    for end, was in ends(condition.bounds).items():
        then = now.get(end) or now.get("options")
        yield Sort.BOUND, name + was.only, name + then.only if then else "", ""


def _counterpart(condition: Clause, given: list[Clause]) -> Said | None:
    key = _key(condition)
    return next((said(one) for one in given if _key(one) == key), None)


def _key(clause: Clause) -> tuple[object, ...]:
    match clause:
        case Within() | MaxChange():
            return (type(clause), clause.member)
        case Need():
            return (Need, clause.thing, clause.name)
        case _:
            return (type(clause),)


def _answered_otherwise(before: Restriction, now: Restriction) -> Iterator[Told]:
    """What of an ask that asks as before is answered more easily."""
    assert before.approver and before.valid and now.approver and now.valid
    if not are_people_of(now.approver, before.approver):
        yield Sort.APPROVER, people(before.approver), people(now.approver), ""
    if now.valid.seconds > before.valid.seconds:
        yield Sort.VALID, before.valid.text, now.valid.text, ""
    if now.approvals < before.approvals:
        yield Sort.APPROVALS, _so_many(before.approvals), _so_many(now.approvals), ""
    if before.once and not now.once:
        yield Sort.ONCE, "each time", "", ""


def _so_many(approvals: int) -> str:
    return "one person" if approvals == 1 else f"{approvals} people"


def _asked_otherwise(one: Loosened) -> Iterator[Told]:
    condition, before = one.condition, one.before
    assert before.approver and before.valid
    by = people(before.approver)
    asks = [each for each in one.now if each.is_ask]
    as_tight = [each for each in asks if _is_tight(each, one)]
    now = next((each for each in as_tight if each.ref == before.ref), as_tight[0] if as_tight else None)
    if now is not None:
        eased = [*_answered_otherwise(before, now)]
        yield from eased or (
            [(Sort.NAME, str(before.ref), str(now.ref), "")] if now.ref != before.ref else []
        )
        return
    same = [each for each in asks if holds_as_well(each, before)]
    beyond = "always" if condition == NEVER else said(condition).beyond
    if condition == NEVER and same:
        yield Sort.ASK_FROM, beyond, " or ".join(said(clause).beyond for clause in same[0].conditions), by
        return
    then = _counterpart(condition, [clause for each in same for clause in each.conditions])
    if then is not None and then.beyond != beyond:
        yield Sort.ASK_FROM, beyond, then.beyond, by
    else:
        yield Sort.ASK, by, "", "" if condition == NEVER else f" {beyond}"
