"""Rules that hold at other moments than was meant: they stand against switching off, or say a `when` that changes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from capabilities.vocabulary import Hazard
from policies.checking.operations import Operation, is_about, only_ends, operations_fitting, operations_of
from policies.checking.remarks import Remarks
from policies.clauses import AtMost, Clause, Modes, Need, QuietHours, at_rest
from policies.compare.books import NEVER, Content, Restriction
from policies.compare.boxes import Region
from policies.compare.moments import ALWAYS, EVERY_USE, UNKNOWN_MINUTE, UNKNOWN_MODE, quiet, refused
from policies.compare.wording import listed
from policies.decision import RuleRef
from policies.documents import RuleSet
from policies.patterns import is_exact
from policies.times import MODES


def limits_against_ending(content: Content, remarks: Remarks) -> None:
    """Limits on what switches on *and* off that hardly mean the off: a pump that a dry tank keeps from being stopped."""
    for one in content.restrictions:
        if one.is_ask or one.region.moments.uses != EVERY_USE or not any(_holds_up(one)):
            continue
        found = {each.capability: each for each in _endings(one.region.uses.on)}
        if not found:
            continue
        say = (
            remarks.warning
            if any(each.of.hazard >= Hazard.PROPERTY for each in found.values())
            else remarks.note
        )
        say(
            one.ref,
            f"also stands against switching off or closing by {listed(sorted(found))}: "
            "with when = { starts = true } it would not",
        )


def _holds_up(rule: Restriction) -> Iterator[bool]:
    """Whether its conditions look at the world alone. Bounds name the values that they mean; what is always barred is meant."""
    for one in rule.conditions:
        yield isinstance(one, Need | AtMost | QuietHours | Modes) or (
            one == NEVER and rule.region.moments != ALWAYS
        )


def _endings(on: frozenset[str]) -> Iterator[Operation]:
    """What `on` fits that makes something start as well as stop: by its value, or as one of several operations of a kind.

    A wildcard means many things; only where it can do damage is it asked whether it means these.
    """
    for pattern in on:
        for one in operations_fitting(pattern):
            if one.of.toward_safe or not (is_exact(pattern) or one.of.hazard >= Hazard.PROPERTY):
                continue
            if _is_switch(one) or _closes(one) or (only_ends(one) and any(_starts_too(one, on))):
                yield one


def _is_switch(operation: Operation) -> bool:
    """`light.on`, `thermostat.mode`: one of its values is called off, or it is an `on` that is false."""
    schema = operation.of.schema or {}
    options = schema.get("enum")
    if not operation.of.writable:
        return False
    if schema.get("type") == "boolean":
        return operation.of.name == "on"
    return isinstance(options, list) and any(map(at_rest, options))


def _closes(operation: Operation) -> bool:
    """`valve.position`: a sibling that closes leads to its 0. A blind is no less at rest when it is open."""
    siblings = operations_of(operation.kind).values()
    return (
        operation.of.writable
        and operation.of.hazard >= Hazard.PROPERTY
        and any(at_rest(value) for one in siblings for value in one.leads_to(operation.of.name))
    )


def _starts_too(operation: Operation, on: frozenset[str]) -> Iterator[bool]:
    """Whether `on` is about operations of its kind that start something, too: else the rule means just the ending."""
    for one in operations_of(operation.kind).values():
        yield operation.of.hazard >= Hazard.PROPERTY and is_about(on, one) and not only_ends(one)


def whens_without_effect(content: Content, sets: Iterable[RuleSet], remarks: Remarks) -> None:
    """A `when` that is always or never so, and conditions that are never looked at because of it."""
    for each in sets:
        tables = each.document
        for rule in (*tables.limit, *tables.ask, *tables.then):
            if rule.when is not None and rule.when.modes is not None and {*rule.when.modes} >= {*MODES}:
                remarks.note(
                    RuleRef(each.name, rule.id), "its when names every mode, so modes says nothing there"
                )
    regions = [(one.ref, one.region) for one in content.restrictions]
    for ref, region in regions + [(one.ref, one.region) for one in content.duties]:
        _starts_never(ref, region, remarks)
    for one in content.restrictions:
        for condition in one.conditions:
            if one.region.moments != ALWAYS and (word := _never_looked_at(condition, one.region)):
                remarks.warning(one.ref, f"its when leaves no moment in which {word} would refuse anything")


def _starts_never(ref: RuleRef, region: Region, remarks: Remarks) -> None:
    fitting = [each for pattern in region.uses.on for each in operations_fitting(pattern)]
    if region.moments.uses != EVERY_USE and fitting and all(map(only_ends, fitting)):
        names = sorted({each.capability for each in fitting})
        verb = "starts" if len(names) == 1 else "start"
        remarks.warning(ref, f"never holds: its when wants a start, and {listed(names)} {verb} nothing")


def _never_looked_at(condition: Clause, region: Region) -> str:
    """The word of a condition that holds at no known moment of the rule."""
    moments = region.moments
    if isinstance(condition, Modes) and not refused(condition) & moments.modes & ~UNKNOWN_MODE:
        return "modes"
    if isinstance(condition, QuietHours) and not quiet(condition) & moments.minutes & ~UNKNOWN_MINUTE:
        return "not_between"
    return ""
