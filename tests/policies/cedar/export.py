"""A rule book as Cedar policies: written from the documents alone, so that nothing of the compiled rules is in it.

Two questions give three verdicts: `use` leaves the asks out, `use-unasked` does not. Every rule but the root's allows is a
`forbid` with the rule's name as its `@id`, so that Cedar tells which rules refuse. What Cedar cannot reckon with stands in the
context, one fact each: see `tests.policies.cedar.context`. A policy that errs would be skipped, and so permit: everything
optional is behind a `has`, and whoever asks treats an error as a failure.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from itertools import combinations

from capabilities.vocabulary import Privilege
from policies import RuleSet
from policies.documents import (
    AllowTable,
    AskTable,
    BoundsTable,
    ConditionTable,
    LimitTable,
    NeedTable,
    RuleTable,
    SelectingTable,
    WhenTable,
)
from policies.fields import Scalar
from policies.times import DAYS

SCALE = 4
"""Cedar has whole numbers only: quarters are counted."""

APPROVALS = ("first", "second", "third")
"""What the context calls them: so many may be given at once."""

ROLES = ("owner", "adult", "child", "guest", "agent", "guest-agent", "service")
RANKS = {privilege: rank for rank, privilege in enumerate(Privilege)}


def scaled(number: float) -> int:
    """In quarters. Raises ValueError where that is not exact."""
    whole = number * SCALE
    if whole != int(whole):
        raise ValueError(f"{number} is no multiple of 1/{SCALE}")
    return int(whole)


def policies_of(book: Sequence[RuleSet]) -> str:
    """The policies of `book`, its root first."""
    lines: list[str] = []
    for place, rules in enumerate(book):
        name, allows = rules.name, rules.document.allow
        if place == 0:
            lines += [
                f"permit(principal, action, resource) when {{ {_allows(allow, 'principal')} }};"
                for allow in allows
            ]
            lines.append(
                _forbid(
                    name, "no-allow", "principal has person", _any(_allows(one, PERSON) for one in allows)
                )
            )
        elif allows:
            for who, guard in (("principal", "true"), (PERSON, "principal has person")):
                concerned = _any(_is(one.who, who) for one in allows)
                covered = _any(_allows(one, who) for one in allows)
                lines.append(_forbid(name, "no-allow", f"({guard}) && {concerned}", covered))
        lines += [_limit(name, rule) for rule in rules.document.limit]
        lines += [_ask(name, rule, allows if place == 0 else ()) for rule in rules.document.ask]
    return "\n".join(lines)


PERSON = "principal.person"


def _forbid(set_name: str, rule: str, when: str, unless: str, action: str = "action") -> str:
    return (
        f'@id("{set_name}/{rule}")\n'
        f"forbid(principal, {action}, resource) when {{ {when} }} unless {{ {unless} }};"
    )


def _limit(set_name: str, rule: LimitTable) -> str:
    kept = "false" if rule.never else _kept(rule, set_name)
    waived = "false"
    if rule.waivable_by is not None:
        fact = f"context.{fact_of(set_name, rule.id)}"
        waived = (
            f"{fact} has waived_by && {fact} has waived_for && {fact}.waived_for > 0"
            f' && {fact}.waived_by in Role::"people" && {_is(rule.waivable_by, f"{fact}.waived_by")}'
        )
    return _forbid(set_name, rule.id, _concerns(rule), f"{kept} || ({waived})")


def _ask(set_name: str, rule: AskTable, allows: Sequence[AllowTable]) -> str:
    kept = _kept(rule, set_name) if rule.conditions else "false"
    name = f"{set_name}/{rule.id}"
    approved = _any(_approved_by(rule, name, places) for places in combinations(APPROVALS, rule.approvals))
    return _forbid(
        set_name,
        rule.id,
        _concerns(rule),
        f"context.toward_safe || {kept} || {approved} || {_unasked(rule, allows)}",
        'action == Action::"use-unasked"',
    )


def _unasked(rule: AskTable, allows: Sequence[AllowTable]) -> str:
    """Everybody whom the ask is about goes without it: by an allow that says so, within its bounds."""
    if rule.once:
        return "false"
    ways = [one for one in allows if rule.id in (one.unasked or ())]
    mine, persons = (
        _any(_all([_allows(one, who), *_bounds(one)]) for one in ways) for who in ("principal", PERSON)
    )
    asks_me, asks_person = (
        "true" if rule.who is None else _is(rule.who, who) for who in ("principal", PERSON)
    )
    return _all(
        [
            "resource.hazard < 3",
            f"(!{asks_me} || {mine})",
            f"(if principal has person then (!{asks_person} || {persons}) else true)",
        ]
    )


def _approved_by(rule: AskTable, name: str, places: Sequence[str]) -> str:
    """By all of these, each another person."""
    different = [
        f"context.{one}_approval.by != context.{two}_approval.by" for one, two in combinations(places, 2)
    ]
    return _all([*(_approved(rule, name, place) for place in places), *different])


def _approved(rule: AskTable, name: str, place: str) -> str:
    fact = f"context.{place}_approval"
    asks_person = "true" if rule.who is None else _is(rule.who, PERSON)
    return _all(
        [
            f"context has {place}_approval",
            f'{fact}.asks.contains("{name}")',
            f"({fact}.standing || {fact}.age <= {scaled(rule.valid.seconds)})",
            f"!{fact}.standing" if rule.once else "true",
            f'{fact}.by in Role::"people"',
            _is(rule.approver, f"{fact}.by"),
            f"{fact}.by != principal",
            f"!(principal has person && {fact}.by == {PERSON} && {asks_person})",
        ]
    )


# --------------------------------------------------------------- selectors


def _allows(rule: AllowTable, who: str) -> str:
    reached = []
    for pattern in rule.may or ():
        wild = "true" if "*" not in pattern and not rule.unasked else "resource.hazard < 3"
        reached.append(f"({_matches(pattern)} && {wild})")
    return _all(
        [_is(rule.who, who), _any(reached), _there(rule), f"resource.privilege <= {RANKS[rule.privilege]}"]
    )


def _concerns(rule: SelectingTable) -> str:
    who = "true"
    if rule.who is not None:
        who = f"({_is(rule.who, 'principal')} || (principal has person && {_is(rule.who, PERSON)}))"
    return _all(
        [
            who,
            _any(_matches(pattern) for pattern in rule.on),
            _there(rule),
            f"resource.hazard >= {int(rule.hazard_min)}",
            f"resource.privilege >= {RANKS[rule.privilege]}",
            *(_when(rule.when) if rule.when is not None else ()),
        ]
    )


def _when(when: WhenTable) -> Iterable[str]:
    """What nobody knows is such a moment."""
    if when.starts:
        yield f"!{_still()}"
    if when.modes is not None:
        yield f"(if context has mode then {_texts(when.modes)}.contains(context.mode) else true)"
    if when.between is not None:
        yield f"(if {_KNOWN_TIME} then {_inside(when.between, when.days)} else true)"


def _is(words: Iterable[str], who: str) -> str:
    """The owner is among the adults: the entities say so."""
    return _any(
        f'{who} in Role::"{word}"' if word in ROLES else f'{who} == Principal::"{word.removeprefix("id:")}"'
        for word in words
    )


def _matches(pattern: str) -> str:
    if pattern == "*":
        return "true"
    kind, _, name = pattern.partition(".")
    return _all(
        [
            "true" if kind == "*" else f'resource.kind == "{kind}"',
            "true" if name == "*" else f'resource.name == "{name}"',
        ]
    )


def _there(rule: RuleTable) -> str:
    parts = ["true"]
    if rule.things is not None:
        parts.append(f"{_texts(rule.things)}.contains(resource.thing)")
    if rule.rooms is not None:
        parts.append(f"{_texts(rule.rooms)}.contains(resource.room)")
    if rule.labels is not None:
        parts.append(f"resource.labels.containsAny({_texts(rule.labels)})")
    return _all(parts)


# --------------------------------------------------------------- conditions


def _kept(rule: ConditionTable, set_name: str) -> str:
    """Three times unlike: what always holds, what unknown evidence does not break, what a safe command is free of."""
    parts = ["true", *_bounds(rule)]
    if rule.modes is not None:
        parts.append(f"(context has mode && {_texts(rule.modes)}.contains(context.mode))")
    parts += [_need(need) for need in rule.needs or ()]
    free = [*_quiet(rule), *_rests(rule), *_rated(rule, set_name)]
    if free:
        parts.append(f"(context.toward_safe || {_all(free)})")
    return _all(parts)


def _bounds(rule: ConditionTable | AllowTable) -> Iterable[str]:
    if rule.value is not None:
        yield _bounded(rule.value, "context.value", "context.before_value")
    for member, bounds in (rule.members or {}).items():
        fact = f"context.{member}"
        inner = _bounded(bounds, fact, f"context.before_{member}")
        yield f"(context.is_object && (!{fact}.given || {inner}))"


def _quiet(rule: ConditionTable) -> Iterable[str]:
    if rule.not_between is not None:
        yield f"({_KNOWN_TIME} && !{_inside(rule.not_between, rule.days)})"


_KNOWN_TIME = "context has minutes && context has weekday"


def _inside(hours: tuple[str, str], days: Sequence[str] | None) -> str:
    start, end = (int(text[:2]) * 60 + int(text[3:]) for text in hours)
    begun = [DAYS.index(day) for day in days or DAYS]
    today = f"{json.dumps(begun)}.contains(context.weekday)"
    yesterday = f"{json.dumps([(day + 1) % 7 for day in begun])}.contains(context.weekday)"
    late, early = f"context.minutes >= {start}", f"context.minutes < {end}"
    if start > end:
        return f"(({late} && {today}) || ({early} && {yesterday}))"
    return f"({late} && {early} && {today})"


def _rests(rule: ConditionTable) -> Iterable[str]:
    if rule.rest is not None:
        rested = f"context.off_for >= {scaled(rule.rest.seconds)}"
        yield f"({_still()} || (if context has off_for then {rested} else true))"


def _still() -> str:
    """What the use leaves runs nothing."""
    stopped = _texts(("off", "closed", "locked", "idle", "docked", "stopped", "paused"))
    after = "context.after"
    return _any(
        [
            f"({after} has truth && !{after}.truth)",
            f"({after} has number && {after}.number == 0)",
            f"({after} has text && {stopped}.contains({after}.text))",
        ]
    )


def _rated(rule: ConditionTable, set_name: str) -> Iterable[str]:
    if rule.at_most is not None:
        fact = f"context.{fact_of(set_name, rule.id)}"
        yield f"(if {fact} has nth_use then {fact}.nth_use >= {scaled(rule.at_most.seconds)} else true)"


def _bounded(bounds: BoundsTable, value: str, before: str) -> str:
    parts = ["true"]
    if bounds.min is not None:
        parts.append(f"({value} has number && {value}.number >= {scaled(bounds.min)})")
    if bounds.max is not None:
        parts.append(f"({value} has number && {value}.number <= {scaled(bounds.max)})")
    if bounds.one_of is not None:
        parts.append(_any(_equals(value, option) for option in bounds.one_of))
    if bounds.max_change is not None:
        far = scaled(bounds.max_change)
        parts += [f"{value} has number", f"{before}.count > 0"]
        for count, place in ((1, "first"), (2, "second")):
            gap = f"{value}.number - {before}.{place}"
            near = f"{before} has {place} && {gap} <= {far} && {gap} >= {-far}"
            parts.append(f"({before}.count < {count} || ({near}))")
    return _all(parts)


def _equals(value: str, option: Scalar) -> str:
    if isinstance(option, bool):
        return f"({value} has truth && {value}.truth == {str(option).lower()})"
    if isinstance(option, str):
        return f"({value} has text && {value}.text == {json.dumps(option)})"
    return f"({value} has number && {value}.number == {scaled(option)})"


def _need(need: NeedTable) -> str:
    if need.thing is None:
        return _any(
            f'(resource.thing == "{thing}" && {_reading(need, f"context.{thing}_{need.property}")})'
            for thing in ("t1", "t2")
        )
    return _reading(need, f"context.{need.thing}_{need.property}")


def _reading(need: NeedTable, fact: str) -> str:
    """Kept, or not known and toward the safe state."""
    known = [f"{fact}.good"]
    if need.trusted:
        known.append(f"{fact}.trusted")
    if need.fresh is not None:
        known.append(f"{fact}.age <= {scaled(need.fresh.seconds)}")
    held, violated = _holds(need, fact), _violates(need, fact)
    return f"(if {_all(known)} then {held} || (context.toward_safe && !{violated}) else context.toward_safe)"


def _holds(need: NeedTable, fact: str) -> str:
    if need.equals is not None:
        exact = "true" if isinstance(need.equals, bool | str) else f"{fact}.margin == 0"
        return f"({_equals(fact, need.equals)} && {exact})"
    parts = ["true"] if need.min is None and need.max is None else [f"{fact} has number"]
    if need.min is not None:
        parts.append(f"{fact}.number - {fact}.margin >= {scaled(need.min)}")
    if need.max is not None:
        parts.append(f"{fact}.number + {fact}.margin <= {scaled(need.max)}")
    return _all(parts)


def _violates(need: NeedTable, fact: str) -> str:
    below, above = f"{fact}.number + {fact}.margin <", f"{fact}.number - {fact}.margin >"
    if need.equals is not None:
        if isinstance(need.equals, bool | str):
            return f"!{_equals(fact, need.equals)}"
        at = scaled(need.equals)
        return f"(if {fact} has number then {below} {at} || {above} {at} else true)"
    parts = ["false"]
    if need.min is not None:
        parts.append(f"{below} {scaled(need.min)}")
    if need.max is not None:
        parts.append(f"{above} {scaled(need.max)}")
    return f"({fact} has number && {_any(parts)})"


# --------------------------------------------------------------- putting together


def fact_of(set_name: str, rule: str) -> str:
    """What the context calls what is known for one rule."""
    return f"rule_{set_name}_{rule.replace('-', '_')}"


def _all(parts: Iterable[str]) -> str:
    return "(" + " && ".join(parts) + ")"


def _any(parts: Iterable[str]) -> str:
    return "(" + " || ".join(["false", *parts]) + ")"


def _texts(words: Iterable[str]) -> str:
    return json.dumps([*words])
