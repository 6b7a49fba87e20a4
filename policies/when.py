"""`when`: the uses and the moments that a rule is about. What is not known counts as such a moment: the rule holds."""

from __future__ import annotations

from dataclasses import dataclass

from policies.clauses import Clause, Failure, QuietHours, starts
from policies.decision import AccessRequest, Remedy
from policies.facts import Facts
from policies.times import DAYS


@dataclass(frozen=True, slots=True)
class When:
    """All that is given must be so: the use starts something, the house is in one of `modes`, it is within `hours`."""

    starts: bool
    modes: frozenset[str] | None
    hours: QuietHours | None

    @property
    def looks_at_facts(self) -> bool:
        return self.modes is not None or self.hours is not None

    def applies(self, request: AccessRequest, facts: Facts) -> bool:
        """Whether the rule has a say."""
        if self.starts and not starts(request):
            return False
        if self.modes is not None and (mode := facts.mode()) is not None and mode not in self.modes:
            return False
        # Hours that are not known to be others are such hours.
        return self.hours is None or self.hours.failure(request, facts) is not None

    def say(self) -> str:
        """`when it starts, in mode night`"""
        parts = ["when it starts something"] if self.starts else []
        if self.modes is not None:
            parts.append(f"in mode {' or '.join(sorted(self.modes))}")
        if self.hours is not None:
            days = (
                ""
                if self.hours.days is None
                else f" from {', '.join(DAYS[d] for d in sorted(self.hours.days))}"
            )
            parts.append(f"between {self.hours.interval()}{days}")
        return ", ".join(parts)


@dataclass(frozen=True, slots=True)
class OnlyWhen:
    """A clause that holds only for the uses and at the moments of `when`."""

    when: When
    clause: Clause

    @property
    def spares_safe(self) -> bool:
        return self.clause.spares_safe

    @property
    def rests_on_facts(self) -> bool:
        return self.clause.rests_on_facts or self.when.looks_at_facts

    def failure(self, request: AccessRequest, facts: Facts) -> Failure | None:
        return self.clause.failure(request, facts) if self.when.applies(request, facts) else None

    def say(self) -> str:
        return f"{self.clause.say()} ({self.when.say()})"


@dataclass(frozen=True, slots=True)
class Every:
    """What no use keeps to: the one clause of an ask that says no more than when it asks."""

    spares_safe = True
    rests_on_facts = False

    def failure(self, request: AccessRequest, facts: Facts) -> Failure | None:
        return Failure("", Remedy(""))

    def say(self) -> str:
        return "never"
