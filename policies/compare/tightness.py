"""Whether some conditions together are at least as tight as another: each kind of condition has its own partial order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cache

from policies.bounds import Bounds, intersection
from policies.clauses import AtMost, Clause, Modes, Need, QuietHours, Rest
from policies.input_clauses import MaxChange, Within
from policies.times import DAYS, MINUTES_A_DAY, MODES, Span


def implied(wanted: Clause, given: Sequence[Clause], *, spares_safe: bool) -> bool:
    """Whether every use that fails `wanted` also fails one of `given`, whatever the facts are.

    `spares_safe`: commands toward the safe state are free of `wanted` in any case, as they are of an ask.
    """
    whole, members = joined(given)
    if whole is not None and (whole.impossible or members):
        return True
    if isinstance(wanted, Within):
        if not wanted.member:
            return lies_within(whole, wanted.bounds)
        return bool(members) and lies_within(members.get(wanted.member), wanted.bounds)
    order = _ORDERS[type(wanted)]
    return order(wanted, [one for one in given if type(one) is type(wanted)], spares_safe)


def joined(clauses: Iterable[Clause]) -> tuple[Bounds | None, dict[str, Bounds]]:
    """What all bounds among `clauses` accept: of the whole input, and of its members."""
    named: dict[str, list[Bounds]] = {}
    for one in clauses:
        if isinstance(one, Within):
            named.setdefault(one.member, []).append(one.bounds)
    whole = intersection(named.pop("", ()))
    return whole, {name: both for name, found in named.items() if (both := intersection(found)) is not None}


def lies_within(inner: Bounds | None, outer: Bounds) -> bool:
    """Whether `outer` admits every value that `inner` (None: any) admits."""
    if inner is None:
        return False
    if inner.impossible:
        return True
    if inner.options is not None:
        return all(outer.admit(option) for option in inner.listed() if inner.admit(option))
    if outer.options is not None:
        return inner.low == inner.high and outer.admit(inner.low)
    return inner.ranged and inner.low >= outer.low and inner.high <= outer.high


def quiet_minutes(hours: QuietHours) -> int:
    """The minutes of a week in which it is quiet, one bit each."""
    return _mask(hours.start, hours.end, hours.days)


@cache
def _mask(start: int, end: int, days: frozenset[int] | None) -> int:
    length = (end - start) % MINUTES_A_DAY
    week = MINUTES_A_DAY * len(DAYS)
    found = 0
    for day in range(len(DAYS)) if days is None else days:
        bits = ((1 << length) - 1) << (day * MINUTES_A_DAY + start)
        found |= bits | bits >> week  # a night that begins on Sunday ends on Monday
    return found & ((1 << week) - 1)


# --- the orders: does each use that fails the first fail one of the others?


def _moves(wanted: MaxChange, given: Sequence[MaxChange], spares_safe: bool) -> bool:
    return any(one.member == wanted.member and one.distance <= wanted.distance for one in given)


def _modes(wanted: Modes, given: Sequence[Modes], spares_safe: bool) -> bool:
    left = frozenset(MODES)
    for one in given:
        left &= frozenset(one.modes)
    return bool(given) and left <= frozenset(wanted.modes)


def _quiet(wanted: QuietHours, given: Sequence[QuietHours], spares_safe: bool) -> bool:
    union = 0
    for one in given:
        union |= quiet_minutes(one)
    return bool(given) and not quiet_minutes(wanted) & ~union


def _rests(wanted: Rest, given: Sequence[Rest], spares_safe: bool) -> bool:
    return any(one.span.seconds >= wanted.span.seconds for one in given)


def _rates(wanted: AtMost, given: Sequence[AtMost], spares_safe: bool) -> bool:
    """Uses are counted by rule: another rule has not counted the same ones."""
    return any(
        one.ref == wanted.ref
        and one.rate.count <= wanted.rate.count
        and one.rate.seconds >= wanted.rate.seconds
        for one in given
    )


def _needs(wanted: Need, given: Sequence[Need], spares_safe: bool) -> bool:
    """What is unknown stops no command toward the safe state, what is violated does: a need that is unknown more often is
    tighter for all others, and looser for these.
    """
    same = [one for one in given if (one.thing, one.name) == (wanted.thing, wanted.name)]
    if not any(_is_tighter_need(one, wanted) for one in same):
        return False
    return spares_safe or wanted.bounds is None or any(_holds_safe_as_often(one, wanted) for one in same)


def _is_tighter_need(one: Need, wanted: Need) -> bool:
    return (
        _within_or_free(one.bounds, wanted.bounds)
        and one.trusted >= wanted.trusted
        and _seconds(one.fresh) <= _seconds(wanted.fresh)
    )


def _holds_safe_as_often(one: Need, wanted: Need) -> bool:
    if one.bounds is None or wanted.bounds is None:
        return False
    return (
        # Text where a number belongs is unknown; text that is none of several options is violated.
        (not one.bounds.ranged or wanted.bounds.ranged)
        and _within_or_free(one.bounds, wanted.bounds)
        and one.trusted <= wanted.trusted
        and _seconds(one.fresh) >= _seconds(wanted.fresh)
    )


def _within_or_free(inner: Bounds | None, outer: Bounds | None) -> bool:
    return outer is None or lies_within(inner, outer)


def _seconds(span: Span | None) -> float:
    return float("inf") if span is None else span.seconds


_ORDERS: dict[type, Callable[..., bool]] = {
    MaxChange: _moves,
    Modes: _modes,
    QuietHours: _quiet,
    Rest: _rests,
    AtMost: _rates,
    Need: _needs,
}
