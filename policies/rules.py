"""Compiled rules: what each of the four tables means."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from capabilities.vocabulary import Hazard, Privacy
from policies.bounds import Bounds
from policies.clauses import AtMost, Clause
from policies.decision import Finding, Obligation, Principal, RuleRef, Subject
from policies.patterns import is_exact
from policies.selectors import Uses, Where, Who
from policies.times import Span
from policies.when import OnlyWhen, When


@dataclass(frozen=True, slots=True)
class Allow:
    """A compiled `[[allow]]`. `finding` is its part in every permit it gives."""

    ref: RuleRef
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


@dataclass(frozen=True, slots=True)
class Ask:
    """A compiled `[[ask]]`. Without clauses every use asks; with them, one that fails any of them."""

    ref: RuleRef
    why: str
    uses: Uses
    clauses: tuple[Clause, ...]
    approver: Who
    approver_words: tuple[str, ...]
    valid: Span
    finding: Finding

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


Bound = Limit | Ask
"""Rules that a use may keep to or not."""


def counting(rules: Iterable[Bound]) -> tuple[tuple[RuleRef, When | None], ...]:
    """The rules that count a use against their rate, each with when it does (None: always)."""
    return tuple((rule.ref, when) for rule in rules for when in _counts(rule.clauses))


def _counts(clauses: Iterable[Clause]) -> Iterator[When | None]:
    for clause in clauses:
        if isinstance(clause, AtMost):
            yield None
        elif isinstance(clause, OnlyWhen) and isinstance(clause.clause, AtMost):
            yield clause.when
