"""Asks that do not ask: what an allow of the household's own set lets go `unasked`.

It is a person's "always". It reaches what the allow covers and no further: an agent goes unasked only where everybody whom the
ask is about goes so (its makers and its person too), with a value within the bounds that the allow gives. What can cost a
life no such allow covers; what is asked about each time is asked whatever an allow says.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from policies.clauses import Clause
from policies.decision import AccessRequest, Finding, Principal, Subject
from policies.facts import Facts
from policies.rules import Allow, Ask

Unasking = Mapping[str, Sequence[Allow]]
"""The allows of the root that spare an ask, by the ask's id."""

Sparing = tuple[tuple[Allow, ...], ...]
"""For each one whom an ask is about, the allows that spare it. Empty: nothing does."""


def unasking(allows: Iterable[Allow]) -> Unasking:
    """Those without bounds come first."""
    found: dict[str, list[Allow]] = {}
    for allow in sorted(allows, key=lambda one: (bool(one.within), one.ref)):
        for ask_id in allow.unasked:
            found.setdefault(ask_id, []).append(allow)
    return found


def sparing(
    ask: Ask, unasked: Unasking, chain: Sequence[Principal], subject: Subject, patterns: Sequence[str]
) -> Sparing:
    """What spares `chain` the question on using `subject`, whose capability `patterns` match."""
    allows = unasked.get(ask.ref.rule)
    if allows is None or ask.once:
        return ()
    of_its_set = [one for one in allows if one.ref.set == ask.ref.set]
    covering = [one for one in of_its_set if one.covers_use(subject, patterns)]
    found = tuple(tuple(one for one in covering if one.who.fits(who)) for who in ask.asked_of(chain))
    return found if all(found) else ()


def always(spares: Sparing) -> bool:
    """Whether it spares the question whatever the value."""
    return bool(spares) and all(any(not one.within for one in allows) for allows in spares)


def spared(ask: Ask, spares: Sparing, request: AccessRequest, facts: Facts) -> Finding | None:
    """Why it is not asked; None where it is."""
    rules: dict[str, None] = {}
    for allows in spares:
        rule = next((one.ref.rule for one in allows if _keeps(one.within, request, facts)), None)
        if rule is None:
            return None
        rules[rule] = None
    return unasked_by(ask, rules) if rules else None


def unasked_by(ask: Ask, rules: Iterable[str]) -> Finding:
    """The ask's part in a permit that it does not ask about."""
    named = " and ".join(f'"{rule}"' for rule in rules)
    return ask.finding._replace(seen=f"not asked, by rule {named}")


def say(spares: Sparing) -> str:
    """`, but not with target between 18 and 22`"""
    ways = (" or ".join(_bounds(one.within) for one in allows) for allows in spares)
    told = " and ".join(dict.fromkeys(ways))
    return f", but not {told}" if told else ""


def _bounds(within: Sequence[Clause]) -> str:
    return " and ".join(one.say() for one in within)


def _keeps(within: Sequence[Clause], request: AccessRequest, facts: Facts) -> bool:
    return all(one.failure(request, facts) is None for one in within)
