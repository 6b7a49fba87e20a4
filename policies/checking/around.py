"""Limits and asks on one of several operations that do the same: a way around is left open."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from capabilities.vocabulary import Json
from policies.checking.operations import Operation, is_about, only_ends, operations_of
from policies.checking.reach import one_use
from policies.checking.remarks import Remarks
from policies.clauses import Clause, Rest, at_rest
from policies.compare.books import Content, Restriction
from policies.compare.boxes import places, tokens
from policies.compare.moments import STARTING
from policies.compare.wording import listed
from policies.input_clauses import Within
from policies.patterns import is_exact


def ways_around(content: Content, remarks: Remarks) -> None:
    """Limits and asks on one of several operations that do the same."""
    for one in content.restrictions:
        for pattern in sorted(filter(is_exact, one.region.uses.on)):
            kind, _, name = pattern.partition(".")
            operation = operations_of(kind).get(name)
            if operation is None or operation.of.toward_safe:
                continue
            if operation.of.absolute:
                text = f"{pattern} is carried out as a write of {kind}.{operation.of.base}: name that"
                if not is_about(one.region.uses.on, operations_of(kind)[operation.of.base or ""]):
                    remarks.warning(one.ref, text)
                continue
            left = [
                other.capability for other in _siblings(operation, one) if not _is_held(other, one, content)
            ]
            if left:
                verb = "does" if len(left) == 1 else "do"
                remarks.warning(
                    one.ref,
                    f"is about {pattern}, and not about {listed(sorted(left))}, which {verb} the same",
                )


def _siblings(operation: Operation, rule: Restriction) -> Iterator[Operation]:
    """Other operations of the kind that can do what `operation` does, and that the rule says nothing about."""
    on = rule.region.uses.on
    others = [
        one for one in operations_of(operation.kind).values() if one != operation and one.does_what(operation)
    ]
    if operation.of.writable and any(is_about(on, one) for one in others):
        return  # of the actions that its value stands for, whoever wrote the rule chose some
    for other in others:
        is_part = other.of.parts is not None and operation.of.name in other.of.parts.values()
        if other.of.absolute or other.of.toward_safe or is_part or is_about(on, other):
            continue  # decided as a write of the property, or free of most limits in any case
        if rule.region.moments.uses == STARTING and only_ends(other):
            continue  # the rule is not about endings
        if not _keeps(other, operation, rule):
            yield other


def _keeps(other: Operation, operation: Operation, rule: Restriction) -> bool:
    """Whether all that `other` leads to keeps the conditions of `rule`: lies in its bounds, or starts nothing."""
    values = [*other.leads_to(operation.of.name)]
    return bool(values) and all(_admits(one, values) for one in rule.conditions)


def _admits(condition: Clause, values: list[Json]) -> bool:
    if isinstance(condition, Rest):
        return all(map(at_rest, values))
    return isinstance(condition, Within) and not condition.member and all(map(condition.bounds.admit, values))


def _is_held(other: Operation, rule: Restriction, content: Content) -> bool:
    """Whether something else holds `other` wherever and for whomever `rule` holds."""
    boxes = [
        replace(one_use(other, role, name, place), moments=rule.region.moments)
        for role, name in tokens(rule.region.uses.who)
        for place in places(rule.region.uses.where)
    ]
    holding = [one for one in content.restrictions if one.ref != rule.ref and (rule.is_ask or not one.is_ask)]
    return all(any(one.region.holds(box) for one in holding) for box in boxes)
