"""`when`: the uses and the moments that a rule is about. What is not known counts as such a moment: the rule holds."""

from __future__ import annotations

from dataclasses import dataclass

from policies.clauses import Clause, Failure, QuietHours, starts
from policies.decision import AccessRequest, Remedy
from policies.facts import Facts
from policies.input_clauses import Within
from policies.times import DAYS, MODES


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
        """`when it starts something, in mode night, between 22:00 and 07:00 on fri`"""
        parts = ["when it starts something"] if self.starts else []
        if self.modes is not None:
            parts.append(f"in mode {' or '.join(sorted(self.modes))}")
        if self.hours is not None:
            days = "" if self.hours.days is None else f" on {_days(self.hours.days)}"
            parts.append(f"between {self.hours.interval()}{days}")
        return ", ".join(parts)

    def seen(self, request: AccessRequest, facts: Facts) -> tuple[str, bool]:
        """Why now is such a moment, and whether that is for want of knowledge."""
        found, unknown = [], False
        if self.modes is not None:
            mode = facts.mode()
            unknown = mode is None
            found.append("the mode of the house is not known" if mode is None else f"it is in mode {mode}")
        if self.hours is not None and (now := self.hours.failure(request, facts)) is not None:
            unknown |= now.unknown
            found.append(now.seen)
        return " and ".join(found), unknown

    def otherwise(self) -> Remedy:
        """What is no such moment; without words where it is about a kind of use, at any moment."""
        ways = [] if self.hours is None else [self.hours.fix]
        if self.modes is not None and (others := [mode for mode in MODES if mode not in self.modes]):
            ways.append(Remedy(f"mode {' or '.join(others)}", {"modes": [*others]}))
        return Remedy(", or ".join(one.text for one in ways), ways[0].data if len(ways) == 1 else None)


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
        failure = self.clause.failure(request, facts) if self.when.applies(request, facts) else None
        return None if failure is None else self._told(failure, request, facts)

    def _told(self, failure: Failure, request: AccessRequest, facts: Facts) -> Failure:
        """With what makes it such a moment, and that another one would do as well."""
        moment, unknown = self.when.seen(request, facts)
        otherwise, remedy = self.when.otherwise(), failure.remedy
        if self.is_never:
            seen = f"never at such a moment: {moment}" if moment else "never when it starts something"
            remedy = otherwise if otherwise.text else Remedy("what starts nothing, like switching off")
            return Failure(seen, remedy, unknown)
        if otherwise.text:
            text = f"{remedy.text}, or {otherwise.text}" if remedy.text else otherwise.text
            remedy = Remedy(text, remedy.data or otherwise.data, otherwise.text)
        seen = " and ".join(filter(None, (failure.seen, moment)))
        return Failure(seen, remedy, failure.unknown or unknown, failure.about)

    @property
    def is_never(self) -> bool:
        """Whether nothing is accepted at such a moment."""
        return isinstance(self.clause, Within) and self.clause.bounds.impossible and not self.clause.member

    def say(self) -> str:
        """A whole sentence about what is left, unlike that of other clauses: after no "only"."""
        return f"{self.when.say()} {'not at all' if self.is_never else f'only {self.clause.say()}'}"


@dataclass(frozen=True, slots=True)
class Every:
    """What no use keeps to: the one clause of an ask that says no more than when it asks."""

    spares_safe = True
    rests_on_facts = False

    def failure(self, request: AccessRequest, facts: Facts) -> Failure | None:
        return Failure("", Remedy(""))

    def say(self) -> str:
        return "never"


def _days(days: frozenset[int]) -> str:
    return ", ".join(DAYS[day] for day in sorted(days))
