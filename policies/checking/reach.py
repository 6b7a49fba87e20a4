"""Rules that reach less than they seem to: barred allows, wildcards that stop short, names of what cannot be used."""

from __future__ import annotations

from collections.abc import Iterator

from policies.checking.operations import (
    Operation,
    affordance,
    operations_fitting,
    unreached,
    unseen,
)
from policies.checking.remarks import Remarks, quoted
from policies.compare.books import NEVER, Content, Restriction
from policies.compare.boxes import Box, fits_all, places, tokens
from policies.compare.wording import listed
from policies.decision import RuleRef
from policies.patterns import is_exact
from policies.rules import Allow
from policies.selectors import Who


def allows_that_are_barred(content: Content, remarks: Remarks) -> None:
    """What is allowed, and barred by a limit that nobody lifts."""
    bars = [
        one
        for one in content.restrictions
        if not one.is_ask and one.waivable_by is None and NEVER in one.conditions
    ]
    for allow in content.allows[0][1]:
        barred = {pattern: _barring(allow, pattern, bars) for pattern in sorted(allow.may)}
        hits = {pattern: refs for pattern, refs in barred.items() if refs}
        if hits and len(hits) == len(barred) and not allow.see:
            refs = sorted({ref for found in hits.values() for ref in found})
            verb = "bars" if len(refs) == 1 else "bar"
            remarks.warning(allow.ref, f"allows nothing: {quoted(refs, allow.ref.set)} {verb} all of it")
            continue
        for pattern, found in hits.items():
            by = quoted(sorted(found), allow.ref.set)
            remarks.warning(allow.ref, f"allows {pattern} in vain: {by} bars it")


def _barring(allow: Allow, pattern: str, bars: list[Restriction]) -> set[RuleRef]:
    """The limits that bar all that `pattern` allows; none if anything is left."""
    found: set[RuleRef] = set()
    for box in _uses(allow, pattern):
        bar = next((one for one in bars if one.region.holds(box)), None)
        if bar is None:
            return set()
        found.add(bar.ref)
    return found


def _uses(allow: Allow, pattern: str) -> Iterator[Box]:
    """Every operation that it covers, for each word of its who, in each of its places."""
    short = {one.capability for one in unreached(pattern)}
    for operation in operations_fitting(pattern):
        if operation.capability in short or operation.of.privilege.rank > allow.privilege_rank:
            continue
        for role, name in tokens(allow.who):
            for place in places(allow.where):
                yield one_use(operation, role, name, place)


def one_use(operation: Operation, role: str | None, name: str | None, place: Box) -> Box:
    hazard, rank = operation.of.hazard, operation.of.privilege.rank
    return Box(
        operation.capability, role, name, place.thing, place.room, place.labels, hazard, hazard, rank, rank
    )


def wildcards_that_stop_short(content: Content, remarks: Remarks) -> None:
    """What can cost a life, and what is sensitive, must be named."""
    for _, allows in content.allows:
        for allow in allows:
            named = {
                one for other in allows if _covers(other.who, allow.who) for one in (*other.may, *other.see)
            }
            missing = {one.capability for pattern in allow.may for one in unreached(pattern)} - named
            if missing:
                text = f"its wildcards do not reach {listed(sorted(missing))}: what can cost a life must be named"
                remarks.note(allow.ref, text)
            hidden = {
                one for pattern in allow.see if not allow.sees_sensitive for one in unseen(pattern)
            } - named
            if hidden:
                remarks.note(
                    allow.ref,
                    f"its wildcards do not show {listed(sorted(hidden))}: what is sensitive must be named",
                )


def _covers(outer: Who, inner: Who) -> bool:
    return all(fits_all(outer, role, name) for role, name in tokens(inner))


def names_without_use(content: Content, remarks: Remarks) -> None:
    """Capabilities that can only be read, or only be used, where the other is meant."""
    for _, allows in content.allows:
        for allow in allows:
            for pattern in sorted(allow.may):
                if not operations_fitting(pattern):
                    remarks.warning(
                        allow.ref, f"nothing of {pattern} can be used, only read: see is the word for it"
                    )
            for pattern in sorted(allow.see):
                if is_exact(pattern) and affordance(pattern).role == "action":
                    remarks.warning(
                        allow.ref, f"{pattern} can only be used, and there is nothing to see: may is the word"
                    )
    regions = [(one.ref, one.region) for one in content.restrictions]
    for ref, region in regions + [(one.ref, one.region) for one in content.duties]:
        for pattern in sorted(region.uses.on):
            if not operations_fitting(pattern):
                remarks.warning(
                    ref, f"nothing of {pattern} can be used, only read: the rule holds nothing there"
                )
