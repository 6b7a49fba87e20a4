"""What a decision looks at besides the request: the state of the world, collected by whoever asks.

A fact that is not known is None or empty, and is never guessed: what rests on it fails, and says that it is unknown.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from capabilities.vocabulary import Json
from policies.decision import Principal, RuleRef, Subject


class LocalTime(NamedTuple):
    """The wall clock in the house's own time zone: minutes since midnight, and the day (0 is Monday)."""

    minutes: float
    weekday: int


@dataclass(frozen=True, slots=True)
class Observed:
    """What is known of a property. `age_s` is since it was last heard of; `good` is false for a stale, bad or doubtful value;
    `trusted` where the device itself said so since the start; `deviation` is the standard deviation, if known.
    """

    value: Json
    age_s: float = 0.0
    good: bool = True
    trusted: bool = True
    deviation: float = 0.0


@dataclass(frozen=True, slots=True)
class Approval:
    """A person's yes to exactly this request. `asks` are the rules that were shown to the person; `age_s` is since then.

    `standing`: a yes for a while, or for a whole plan. Whoever gives it out sees to its end and its bounds; for how long a
    yes to this request alone counts does not matter to it, and an ask that wants a yes to each use is not answered by it.
    """

    approver: Principal
    asks: frozenset[RuleRef]
    age_s: float = 0.0
    standing: bool = False


@dataclass(frozen=True, slots=True)
class Waiver:
    """A person's consent to leave a limit out for a while."""

    by: Principal
    left_s: float


class Facts(Protocol):
    """The state of the world at one moment. Nothing in it may wait."""

    def local_time(self) -> LocalTime | None:
        """None until the clock is synchronised."""

    def mode(self) -> str | None:
        """One of `policies.times.MODES`."""

    def reading(self, thing: str, name: str) -> Observed | None:
        """None where there is no such Thing or property, or nothing was heard of it."""

    def before(self, subject: Subject, member: str) -> Sequence[Json]:
        """What the property that the use changes (`member`: that a member of its input changes) is now, and what it may be
        any moment because commands are under way. Empty where that is not known.
        """

    def age_of_use(self, rule: RuleRef, thing: str, nth: int) -> float | None:
        """Seconds since the `nth`-latest use (1 is the latest) that `rule` counted on `thing`; None if there were fewer."""

    def off_for_s(self, subject: Subject) -> float | None:
        """How long, at least, the property that the use changes has been off; None while it is on."""

    def waiver(self, rule: RuleRef, thing: str) -> Waiver | None:
        """The consent to leave `rule` out on `thing`."""

    def approvals(self) -> Sequence[Approval]:
        """The approvals of this request."""


@dataclass(frozen=True, slots=True)
class GivenFacts:
    """Facts as plain data. Nothing is known unless it is given: `NO_FACTS` knows nothing at all."""

    at: LocalTime | None = None
    house_mode: str | None = None
    readings: Mapping[tuple[str, str], Observed] = field(default_factory=dict)
    present: Mapping[tuple[str, str], Sequence[Json]] = field(default_factory=dict)
    """By Thing, and name of the capability or the member."""
    uses: Mapping[tuple[RuleRef, str], Sequence[float]] = field(default_factory=dict)
    """Ages of the counted uses in seconds, the latest first, by rule and Thing."""
    off: Mapping[str, float | None] = field(default_factory=dict)
    """Seconds of rest, by Thing."""
    waivers: Mapping[tuple[RuleRef, str], Waiver] = field(default_factory=dict)
    given: tuple[Approval, ...] = ()

    def local_time(self) -> LocalTime | None:
        return self.at

    def mode(self) -> str | None:
        return self.house_mode

    def reading(self, thing: str, name: str) -> Observed | None:
        return self.readings.get((thing, name))

    def before(self, subject: Subject, member: str) -> Sequence[Json]:
        return self.present.get((subject.thing, member or subject.capability.partition(".")[2]), ())

    def age_of_use(self, rule: RuleRef, thing: str, nth: int) -> float | None:
        ages = self.uses.get((rule, thing), ())
        return ages[nth - 1] if len(ages) >= nth else None

    def off_for_s(self, subject: Subject) -> float | None:
        return self.off.get(subject.thing, 0.0)

    def waiver(self, rule: RuleRef, thing: str) -> Waiver | None:
        return self.waivers.get((rule, thing))

    def approvals(self) -> Sequence[Approval]:
        return self.given


NO_FACTS = GivenFacts()
