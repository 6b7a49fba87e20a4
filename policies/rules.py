"""Compiled rules: what a rule selects, and what it says of a value."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from capabilities.vocabulary import Hazard, Privacy
from policies.bounds import NOTHING, Bounds, bounds_of
from policies.decision import Finding, Principal, Role, Subject, Verdict
from policies.documents import EXPLICIT_ID, SENSITIVE, AllowTable, LimitTable
from policies.patterns import is_exact


@dataclass(frozen=True, slots=True)
class Who:
    """Roles and principals' ids, kept apart: a principal whose id is "owner" is no owner."""

    roles: frozenset[str]
    ids: frozenset[str]

    def fits(self, principal: Principal) -> bool:
        return principal.role in self.roles or principal.id in self.ids


@dataclass(frozen=True, slots=True)
class Where:
    """Things, rooms and labels; None selects all. Those that are given must all fit."""

    things: frozenset[str] | None
    rooms: frozenset[str] | None
    labels: frozenset[str] | None

    def fits(self, subject: Subject) -> bool:
        return (
            (self.things is None or subject.thing in self.things)
            and (self.rooms is None or subject.room in self.rooms)
            and (self.labels is None or not self.labels.isdisjoint(subject.labels))
        )

    def __str__(self) -> str:
        named = (("Things", self.things), ("rooms", self.rooms), ("labels", self.labels))
        return ", ".join(f"{what} {', '.join(sorted(names))}" for what, names in named if names)


@dataclass(frozen=True, slots=True)
class Allow:
    """A compiled `[[allow]]`. `finding` is its part in every permit it gives."""

    rule: str
    set: str
    who: Who
    where: Where
    may: frozenset[str]
    see: frozenset[str]
    sees_sensitive: bool
    privilege_rank: int
    finding: Finding

    def covers_use(self, subject: Subject, patterns: Iterable[str]) -> bool:
        """Whether it covers using `subject`, whose capability `patterns` match."""
        return (
            subject.privilege.rank <= self.privilege_rank
            and self.where.fits(subject)
            and any(self._reaches(pattern, subject.hazard) for pattern in patterns)
        )

    def covers_reading(self, subject: Subject, patterns: Iterable[str]) -> bool:
        """Whether it covers reading `subject`, whose capability `patterns` match."""
        closed = subject.privacy is Privacy.SENSITIVE and not self.sees_sensitive
        return (
            subject.privilege.rank <= self.privilege_rank
            and self.where.fits(subject)
            and any(pattern in self.see and (is_exact(pattern) or not closed) for pattern in patterns)
        )

    def _reaches(self, pattern: str, hazard: Hazard) -> bool:
        return pattern in self.may and (hazard < Hazard.LIFE_SAFETY or is_exact(pattern))


@dataclass(frozen=True, slots=True)
class Limit:
    """A compiled `[[limit]]`. `finding` is its part in every permit that keeps it."""

    rule: str
    set: str
    why: str
    who: Who | None
    where: Where
    on: frozenset[str]
    hazard_min: int
    privilege_rank: int
    value: Bounds | None
    members: tuple[tuple[str, Bounds], ...]
    finding: Finding

    def binds(self, principal: Principal, subject: Subject) -> bool:
        """Whether it has a say, of a subject whose capability its `on` matches."""
        return (
            subject.hazard >= self.hazard_min
            and subject.privilege.rank >= self.privilege_rank
            and (self.who is None or self.who.fits(principal))
            and self.where.fits(subject)
        )


def compile_allow(table: AllowTable, set_name: str) -> Allow:
    see = frozenset(table.see or ())
    return Allow(
        rule=table.id,
        set=set_name,
        who=_who(table.who),
        where=_where(table),
        may=frozenset(table.may or ()),
        see=see - {SENSITIVE},
        sees_sensitive=SENSITIVE in see,
        privilege_rank=table.privilege.rank,
        finding=Finding(table.id, set_name, Verdict.PERMIT, table.why),
    )


def compile_limit(table: LimitTable, set_name: str) -> Limit:
    bounds = None if table.value is None else bounds_of(table.value)
    return Limit(
        rule=table.id,
        set=set_name,
        why=table.why,
        who=None if table.who is None else _who(table.who),
        where=_where(table),
        on=frozenset(table.on),
        hazard_min=table.hazard_min,
        privilege_rank=table.privilege.rank,
        value=NOTHING if table.never else bounds,
        members=tuple((name, bounds_of(one)) for name, one in sorted((table.members or {}).items())),
        finding=Finding(table.id, set_name, Verdict.PERMIT, table.why),
    )


def _who(words: Iterable[str]) -> Who:
    roles = frozenset(Role)
    named = frozenset(words)
    return Who(
        roles=named & roles,
        ids=frozenset(word.removeprefix(EXPLICIT_ID) for word in named - roles),
    )


def _where(table: AllowTable | LimitTable) -> Where:
    return Where(_chosen(table.things), _chosen(table.rooms), _chosen(table.labels))


def _chosen(names: tuple[str, ...] | None) -> frozenset[str] | None:
    return None if names is None else frozenset(names)
