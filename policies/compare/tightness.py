"""Whether some conditions together are at least as tight as another: each kind of condition has its own partial order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from policies.bounds import Bounds, intersection
from policies.clauses import AtMost, Clause, Modes, Need, QuietHours, Rest
from policies.compare.moments import ALWAYS, STARTING, Moments, quiet, refused
from policies.input_clauses import MaxChange, Within
from policies.times import Span


def implied(wanted: Clause, given: Sequence[Clause], *, spares_safe: bool, moments: Moments = ALWAYS) -> bool:
    """Whether every use at `moments` that fails `wanted` also fails one of `given`, whatever the facts are.

    `spares_safe`: commands toward the safe state are free of `wanted` in any case, as they are of an ask.
    """
    if _always_fails(given, moments, spares_safe=spares_safe or wanted.spares_safe):
        return True
    whole, members = joined(given)
    if whole is not None and (whole.impossible or members):
        return True
    if isinstance(wanted, Within):
        if not wanted.member:
            return lies_within(whole, wanted.bounds)
        return bool(members) and lies_within(members.get(wanted.member), wanted.bounds)
    if isinstance(wanted, Need):
        return _needs(wanted, [one for one in given if isinstance(one, Need)], spares_safe=spares_safe)
    same = [one for one in given if type(one) is type(wanted)]
    return _ORDERS[type(wanted)](wanted, same, moments)


def _always_fails(given: Iterable[Clause], moments: Moments, *, spares_safe: bool) -> bool:
    """Whether it is only about moments at which nothing is let through."""
    modes = minutes = 0
    for one in given:
        if isinstance(one, Modes):
            modes |= refused(one)
        elif isinstance(one, QuietHours) and spares_safe:
            minutes |= quiet(one)
    return not moments.modes & ~modes or not moments.minutes & ~minutes


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


# --- the orders: does each use that fails the first fail one of the others?


def _moves(wanted: MaxChange, given: Sequence[MaxChange], moments: Moments) -> bool:
    return any(one.member == wanted.member and one.distance <= wanted.distance for one in given)


def _modes(wanted: Modes, given: Sequence[Modes], moments: Moments) -> bool:
    left = refused(wanted) & moments.modes
    for one in given:
        left &= ~refused(one)
    return not left


def _quiet(wanted: QuietHours, given: Sequence[QuietHours], moments: Moments) -> bool:
    left = quiet(wanted) & moments.minutes
    for one in given:
        left &= ~quiet(one)
    return not left


def _rests(wanted: Rest, given: Sequence[Rest], moments: Moments) -> bool:
    return not moments.uses & STARTING or any(one.span.seconds >= wanted.span.seconds for one in given)


def _rates(wanted: AtMost, given: Sequence[AtMost], moments: Moments) -> bool:
    """Uses are counted by rule: another rule has not counted the same ones."""
    return any(
        one.ref == wanted.ref
        and one.rate.count <= wanted.rate.count
        and one.rate.seconds >= wanted.rate.seconds
        for one in given
    )


def _needs(wanted: Need, given: Sequence[Need], *, spares_safe: bool) -> bool:
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
}
