"""What a rule is about: whom, where, and which uses."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from policies.decision import Principal, Role, Subject
from policies.documents import RuleTable, SelectingTable
from policies.fields import EXPLICIT_ID


@dataclass(frozen=True, slots=True)
class Who:
    """Roles and principals' ids, kept apart: a principal whose id is "owner" is no owner."""

    roles: frozenset[str]
    ids: frozenset[str]

    @property
    def words(self) -> frozenset[str]:
        return self.roles | self.ids

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
class Uses:
    """The uses that a limit, an ask or a then is about, of those whose capability its `on` matches."""

    on: frozenset[str]
    who: Who | None
    where: Where
    hazard_min: int
    privilege_rank: int

    def fits(self, principals: Iterable[Principal], subject: Subject) -> bool:
        """Whether it has a say when `principals` (an agent and its person) use `subject`."""
        return (
            subject.hazard >= self.hazard_min
            and subject.privilege.rank >= self.privilege_rank
            and self.where.fits(subject)
            and (self.who is None or any(self.who.fits(one) for one in principals))
        )


def who_of(words: Iterable[str]) -> Who:
    """The adults of a house include its owner."""
    named = frozenset(words)
    roles = named & frozenset(Role)
    if Role.ADULT in roles:
        roles |= {Role.OWNER}
    return Who(roles=roles, ids=frozenset(word.removeprefix(EXPLICIT_ID) for word in named - roles))


def where_of(table: RuleTable) -> Where:
    return Where(_chosen(table.things), _chosen(table.rooms), _chosen(table.labels))


def uses_of(table: SelectingTable) -> Uses:
    return Uses(
        on=frozenset(table.on),
        who=None if table.who is None else who_of(table.who),
        where=where_of(table),
        hazard_min=table.hazard_min,
        privilege_rank=table.privilege.rank,
    )


def _chosen(names: tuple[str, ...] | None) -> frozenset[str] | None:
    return None if names is None else frozenset(names)
