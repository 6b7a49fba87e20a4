"""Names that this house does not have, each with those that are most like it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from functools import partial

from policies.checking.remarks import House, Remarks
from policies.decision import Role, RuleRef
from policies.documents import ConditionTable, NeedTable, RuleSet, RuleTable
from policies.fields import EXPLICIT_ID
from policies.words import suggestion

Say = Callable[[str], None]


def unknown_names(sets: Iterable[RuleSet], house: House, remarks: Remarks) -> None:
    """Things, rooms, labels, principals and properties that are not there. A limit on what is not there limits nothing, and a
    need of what is not there is never met.
    """
    for one in sets:
        document = one.document
        for rule in (*document.allow, *document.limit, *document.ask, *document.then):
            ref = RuleRef(one.name, rule.id)
            say = partial(remarks.warning, ref)
            _places(rule, house, say)
            _principals(rule, house, say)
            if isinstance(rule, ConditionTable):
                for need in rule.needs or ():
                    _need(need, rule, house, say)


def _places(rule: RuleTable, house: House, say: Say) -> None:
    known: tuple[tuple[str, tuple[str, ...] | None, Collection[str]], ...] = (
        ("Thing", rule.things, house.things),
        ("room", rule.rooms, house.rooms),
        ("label", rule.labels, house.labels),
    )
    for what, names, there in known:
        for name in names or ():
            _unless_known(what, name, there, say)


def _principals(rule: RuleTable, house: House, say: Say) -> None:
    found = [getattr(rule, word, None) or () for word in ("who", "approver", "waivable_by", "notify")]
    for word in dict.fromkeys(word for words in found for word in words):
        if word not in set(Role):
            _unless_known("principal", word.removeprefix(EXPLICIT_ID), house.principals, say)


def _need(need: NeedTable, rule: RuleTable, house: House, say: Say) -> None:
    if need.thing is not None and need.thing not in house.things:
        _unless_known("Thing", need.thing, house.things, say)
        return
    for thing in (need.thing,) if need.thing is not None else rule.things or ():
        there = house.things.get(thing)
        if there is not None and need.property not in there:
            say(f'"{need.property}" is no property of {thing}{suggestion(need.property, sorted(there))}')


def _unless_known(what: str, name: str, there: Collection[str], say: Say) -> None:
    if name not in there:
        say(f'no {what} here is called "{name}"{suggestion(name, sorted(there))}')
