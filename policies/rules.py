"""Compiled rules: what each of the four tables means."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from capabilities.vocabulary import Hazard, Privacy
from policies.bounds import Bounds
from policies.clauses import AtMost, Clause
from policies.decision import Finding, Obligation, Principal, RuleRef, Subject
from policies.input_clauses import MaxChange, Within
from policies.patterns import is_exact
from policies.selectors import Uses, Where, Who
from policies.times import Span
from policies.when import OnlyWhen, When


@dataclass(frozen=True, slots=True)
class Allow:
    """A compiled `[[allow]]`. `finding` is its part in every permit it gives. The asks `unasked` (ids) do not ask about what it
    covers, as far as the input keeps `within`; it then covers nothing that can cost a life. With `all_of_it` it leaves, within
    `where`, whatever another set allows: it is no wildcard that somebody wrote.
    """

    ref: RuleRef
    who: Who
    where: Where
    may: frozenset[str]
    see: frozenset[str]
    sees_sensitive: bool
    privilege_rank: int
    finding: Finding
    unasked: frozenset[str] = frozenset()
    within: tuple[Clause, ...] = ()
    all_of_it: bool = False

    def covers_use(self, subject: Subject, patterns: Iterable[str]) -> bool:
        """Whether it covers using `subject`, whose capability `patterns` match."""
        return (
            subject.privilege.rank <= self.privilege_rank
            and self.where.fits(subject)
            and (self.all_of_it or any(self._reaches(pattern, subject.hazard) for pattern in patterns))
        )

    def covers_reading(self, subject: Subject, patterns: Iterable[str]) -> bool:
        """Whether it covers reading `subject`, whose capability `patterns` match."""
        closed = subject.privacy is Privacy.SENSITIVE and not self.sees_sensitive
        return (
            subject.privilege.rank <= self.privilege_rank
            and self.where.fits(subject)
            and (
                self.all_of_it
                or any(pattern in self.see and (is_exact(pattern) or not closed) for pattern in patterns)
            )
        )

    def _reaches(self, pattern: str, hazard: Hazard) -> bool:
        return pattern in self.may and (
            hazard < Hazard.LIFE_SAFETY or (is_exact(pattern) and not self.unasked)
        )


@dataclass(frozen=True, slots=True)
class Limit:
    """A compiled `[[limit]]`. `finding` is its part in every permit that keeps it.

    `value` and `members` are the bounds on the input, which those of all limits are joined with; `clauses` are the rest.
    """

    ref: RuleRef
    why: str
    uses: Uses
    value: Bounds | None
    members: tuple[tuple[str, Bounds], ...]
    clauses: tuple[Clause, ...]
    waivable_by: Who | None
    finding: Finding
    safe_clauses: tuple[Clause, ...] = field(init=False, repr=False)
    """Those of the clauses that bind a command toward the safe state, too."""
    moving: tuple[tuple[When | None, MaxChange | Within], ...] = field(init=False, repr=False)
    """Those of the clauses that accept now one part of the input, now another, and when they do (None: always)."""
    counting: tuple[When | None, ...] = field(init=False, repr=False)
    rests_on_facts: bool = field(init=False, repr=False)

    def __post_init__(self) -> None:
        clauses = self.clauses
        object.__setattr__(self, "safe_clauses", tuple(one for one in clauses if not one.spares_safe))
        object.__setattr__(self, "moving", tuple(_moving(clauses)))
        object.__setattr__(self, "counting", tuple(_counting(clauses)))
        object.__setattr__(self, "rests_on_facts", any(one.rests_on_facts for one in clauses))


@dataclass(frozen=True, slots=True)
class Ask:
    """A compiled `[[ask]]`. Without clauses every use asks; with them, one that fails any of them.

    `approvals` different people must say yes; `once`: to this use, not for a while.
    """

    ref: RuleRef
    why: str
    uses: Uses
    clauses: tuple[Clause, ...]
    approver: Who
    approver_words: tuple[str, ...]
    valid: Span
    finding: Finding
    question: Finding
    """What it asks where it asks for every use."""
    approvals: int = 1
    once: bool = False
    counting: tuple[When | None, ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "counting", tuple(_counting(self.clauses)))

    def asked_of(self, chain: Iterable[Principal]) -> tuple[Principal, ...]:
        """Those of `chain` whom it is about."""
        return tuple(one for one in chain if self.uses.who is None or self.uses.who.fits(one))

    def may_approve(self, approver: Principal, chain: Sequence[Principal]) -> bool:
        """Whether `approver` may answer for `chain`, the requester and the person it acts for.

        Software answers for nobody, and nobody answers what it is asked itself: a person may let its own agent do what the
        rule asks of agents only, but not what it would have to ask another person for.
        """
        asked = (one for one in chain if one is chain[0] or self.uses.who is None or self.uses.who.fits(one))
        return (
            approver.role.is_person
            and self.approver.fits(approver)
            and all(approver.id != one.id for one in asked)
        )


@dataclass(frozen=True, slots=True)
class Then:
    """A compiled `[[then]]`."""

    ref: RuleRef
    uses: Uses
    obligations: tuple[Obligation, ...]
    when: When | None
    finding: Finding


def _moving(clauses: Iterable[Clause]) -> Iterator[tuple[When | None, MaxChange | Within]]:
    for clause in clauses:
        if isinstance(clause, MaxChange | Within):
            yield None, clause
        elif isinstance(clause, OnlyWhen) and isinstance(clause.clause, MaxChange | Within):
            yield clause.when, clause.clause


def _counting(clauses: Iterable[Clause]) -> Iterator[When | None]:
    """When the rule of these clauses counts a use against its rate (None: always); nothing where it has none."""
    for clause in clauses:
        if isinstance(clause, AtMost):
            yield None
        elif isinstance(clause, OnlyWhen) and isinstance(clause.clause, AtMost):
            yield clause.when
