"""The rules of a book in the form in which they are compared."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from capabilities.vocabulary import Hazard
from policies.bounds import NOTHING, Bounds, between
from policies.clauses import Clause
from policies.compare.boxes import Box, Cuts, Region, cuts_of_regions, fits_all, places
from policies.compare.moments import moments_of
from policies.decision import RuleRef
from policies.documents import RuleSet
from policies.input_clauses import Within
from policies.patterns import is_exact
from policies.rules import Allow, Ask, Limit, Then
from policies.selectors import Who
from policies.tables import compile_allow, compile_ask, compile_limit, compile_then
from policies.times import Span
from policies.when import Every, OnlyWhen, When


class Book(NamedTuple):
    """The root and the sets that narrow it, as `policies.compile_rules` takes them."""

    root: RuleSet
    narrowing: Sequence[RuleSet] = ()

    @property
    def real(self) -> list[RuleSet]:
        """The sets that restrict: shadows only report."""
        return [self.root, *(one for one in self.narrowing if not one.document.shadow)]


NEVER = Within("value", "", NOTHING)
"""The condition that no use keeps: what `never`, and an ask without conditions, come to."""


@dataclass(frozen=True, slots=True)
class Restriction:
    """A limit or (where `approver` is there) an ask: a use that fails any of `conditions` is denied, or needs approval."""

    ref: RuleRef
    region: Region
    conditions: tuple[Clause, ...]
    waivable_by: Who | None = None
    approver: Who | None = None
    valid: Span | None = None
    approvals: int = 1
    once: bool = False

    @property
    def is_ask(self) -> bool:
        return self.approver is not None


@dataclass(frozen=True, slots=True)
class Duty:
    """A then."""

    ref: RuleRef
    region: Region
    owed: Mapping[str, object]
    """By kind: seconds, true, or a frozenset of roles and ids."""


class Content:
    """What sets say together, the root first. Worked out at the first question."""

    def __init__(self, sets: Sequence[RuleSet]) -> None:
        self._sets = sets

    @cached_property
    def allows(self) -> list[tuple[str, list[Allow]]]:
        """The allow rules of each set, those of the root first."""
        return [
            (one.name, [compile_allow(rule, one.name) for rule in one.document.allow]) for one in self._sets
        ]

    @cached_property
    def restrictions(self) -> list[Restriction]:
        limits = (compile_limit(rule, one.name) for one in self._sets for rule in one.document.limit)
        asks = (compile_ask(rule, one.name) for one in self._sets for rule in one.document.ask)
        return [*map(_of_limit, limits), *map(_of_ask, asks)]

    @cached_property
    def duties(self) -> list[Duty]:
        thens = (compile_then(rule, one.name) for one in self._sets for rule in one.document.then)
        return [_duty(then) for then in thens]

    @cached_property
    def usable(self) -> list[Box]:
        """What the root lets somebody use: what lies outside is denied, whatever else is said of it."""
        found: dict[Box, None] = {}
        for allow in self.allows[0][1]:
            for role in sorted(allow.who.roles):
                found |= dict.fromkeys(_boxes(allow, "use", role=role))
            for name in sorted(allow.who.ids):
                found |= dict.fromkeys(_boxes(allow, "use", name=name))
        return [*found]

    def uses_of(self, allow: Allow, role: str | None, name: str | None) -> Iterator[Box]:
        """What `allow` lets somebody of this role or id use."""
        return _boxes(allow, "use", role=role, name=name)

    def bars(self, box: Box) -> bool:
        """Whether a limit that nobody can lift bars every use in `box`."""
        return any(one.region.holds(box) for one in self._bars)

    @cached_property
    def cuts(self) -> Cuts:
        """The cuts that tell apart what duties and bars are about."""
        regions = [one.region for one in self._bars]
        return cuts_of_regions(regions + [one.region for one in self.duties])

    @cached_property
    def _bars(self) -> list[Restriction]:
        return [
            one
            for one in self.restrictions
            if not one.is_ask and one.waivable_by is None and NEVER in one.conditions
        ]

    def granted(self, verb: str, role: str, name: str | None) -> list[tuple[str, frozenset[Box]]]:
        """What each set that has a say for such a principal allows it; the root's comes first."""
        found = []
        for place, (set_name, allows) in enumerate(self.allows):
            mine = [one for one in allows if fits_all(one.who, role, name)]
            if mine or place == 0:
                found.append((set_name, frozenset(box for one in mine for box in _boxes(one, verb))))
        return found


def _of_limit(limit: Limit) -> Restriction:
    when, clauses = _apart(limit.clauses)
    conditions: list[Clause] = []
    if limit.value is not None:
        conditions += _ends("", limit.value)
    conditions += (one for name, bounds in limit.members for one in _ends(name, bounds))
    region = Region(limit.uses, moments_of(when))
    return Restriction(limit.ref, region, (*conditions, *clauses), limit.waivable_by)


def _of_ask(ask: Ask) -> Restriction:
    when, clauses = _apart(ask.clauses)
    region = Region(ask.uses, moments_of(when))
    return Restriction(
        ask.ref, region, clauses or (NEVER,), None, ask.approver, ask.valid, ask.approvals, ask.once
    )


def _apart(clauses: Iterable[Clause]) -> tuple[When | None, tuple[Clause, ...]]:
    """When all of a rule's clauses hold, and each of them by itself."""
    when: When | None = None
    found: list[Clause] = []
    for one in clauses:
        bare = one.clause if isinstance(one, OnlyWhen) else one
        when = one.when if isinstance(one, OnlyWhen) else when
        if isinstance(bare, Within):
            found += _ends(bare.member, bare.bounds)
        else:
            found.append(NEVER if isinstance(bare, Every) else bare)
    return when, tuple(found)


def _ends(member: str, bounds: Bounds) -> Iterator[Within]:
    """Bounds cut into the least, the most and the options: together they are the same."""
    name = member or "value"
    if bounds.impossible or not bounds.ranged:
        yield Within(name, member, bounds) if member or not bounds.impossible else NEVER
        return
    if bounds.low > NOTHING.low and bounds.high < NOTHING.high:
        yield Within(name, member, between(bounds.low, NOTHING.high))
        yield Within(name, member, between(NOTHING.low, bounds.high))
    else:  # one end at most, or ends that are farther away than any float
        yield Within(name, member, between(bounds.low, bounds.high))
    if bounds.options is not None:
        yield Within(name, member, Bounds(NOTHING.low, NOTHING.high, False, bounds.options))


def _duty(then: Then) -> Duty:
    owed = {
        one.kind: frozenset(map(str, one.value)) if isinstance(one.value, list) else one.value
        for one in then.obligations
    }
    return Duty(then.ref, Region(then.uses, moments_of(then.when)), owed)


def _boxes(allow: Allow, verb: str, *, role: str | None = None, name: str | None = None) -> Iterator[Box]:
    patterns: Iterable[str] = allow.may if verb == "use" else allow.see
    for place in places(allow.where):
        for pattern in sorted(patterns):
            deep = is_exact(pattern) or (verb == "see" and allow.sees_sensitive)
            if verb == "use" and allow.unasked:
                deep = False
            yield Box(
                pattern,
                role,
                name,
                place.thing,
                place.room,
                place.labels,
                most_hazard=Hazard.LIFE_SAFETY if deep else Hazard.PROPERTY,
                most_rank=allow.privilege_rank,
            )
