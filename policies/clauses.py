"""What a use keeps to besides bounds on its input: each clause looks at one fact.

A clause answers with what is wrong and what would put it right, or None. What is not known is wrong. Commands toward the
safe state are free of the clauses that say so (`spares_safe`), and unknown `needs` do not stop them; violated ones do.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, NamedTuple, Protocol

from capabilities.vocabulary import Json
from policies.bounds import Bounds, is_number, say, show
from policies.decision import AccessRequest, Remedy, RuleRef
from policies.facts import Facts, Observed
from policies.times import DAYS, MINUTES_A_DAY, Rate, Span, in_words

AT_REST: Final = frozenset({"off", "closed", "locked", "idle", "docked", "stopped", "paused"})
"""What a state is called when nothing runs, flows or stands open. False and 0 mean the same."""

ROUNDING: Final = 1e-9
"""Differences of decimal fractions are not exact in binary."""

SPREAD: Final = 2.0
"""Standard deviations within which a measured value is taken to lie (95 %)."""


class Failure(NamedTuple):
    """What is wrong with a use, what would be right, whether that is for want of knowledge, and whose state it tells (of
    which Thing, and property; "" for the one that the use changes).
    """

    seen: str
    remedy: Remedy
    unknown: bool = False
    about: tuple[str, str] | None = None


class Clause(Protocol):
    """One condition on a use."""

    @property
    def spares_safe(self) -> bool:
        """Whether a command toward the safe state is free of it."""

    @property
    def rests_on_facts(self) -> bool:
        """Whether it looks at anything besides the request."""

    def failure(self, request: AccessRequest, facts: Facts) -> Failure | None:
        """What is wrong; None where the use keeps to it."""

    def say(self) -> str:
        """What it wants, after "only …"."""


def starts(request: AccessRequest) -> bool:
    """Whether the use makes something run, flow or stand open. What nobody knows is taken for a start."""
    return not at_rest(request.value if request.becomes is None else request.becomes)


def at_rest(value: Json) -> bool:
    """Whether a property of this value runs nothing, lets nothing flow and stands open nowhere."""
    if value is False or (type(value) in (int, float) and value == 0):
        return True
    return isinstance(value, str) and value.lower() in AT_REST


@dataclass(frozen=True, slots=True)
class Modes:
    """`modes`"""

    modes: tuple[str, ...]
    spares_safe = False
    rests_on_facts = True

    def failure(self, request: AccessRequest, facts: Facts) -> Failure | None:
        mode = facts.mode()
        if mode in self.modes:
            return None
        seen = "the mode of the house is not known" if mode is None else f"the house is in mode {mode}"
        fix = Remedy(f"mode {' or '.join(self.modes)}", {"modes": list(self.modes)})
        return Failure(seen, fix, unknown=mode is None)

    def say(self) -> str:
        return f"in mode {' or '.join(self.modes)}"


@dataclass(frozen=True, slots=True)
class QuietHours:
    """`not_between`, with `days`: `start` belongs to them, `end` does not. Minutes since midnight; days 0 (Monday) to 6."""

    start: int
    end: int
    days: frozenset[int] | None
    fix: Remedy = field(init=False, repr=False, compare=False)
    spares_safe = True
    rests_on_facts = True

    def __post_init__(self) -> None:
        end = _clock(self.end)
        object.__setattr__(self, "fix", Remedy(f"after {end}", {"not_before": end}))

    def failure(self, request: AccessRequest, facts: Facts) -> Failure | None:
        now = facts.local_time()
        if now is None or not (0 <= now.minutes < MINUTES_A_DAY and 0 <= now.weekday < len(DAYS)):
            return Failure("the time is not known: the clock is not synchronised yet", self.fix, unknown=True)
        if not self._holds(now.minutes, now.weekday):
            return None
        return Failure(f"it is {_clock(int(now.minutes))}, which is between {self.interval()}", self.fix)

    def say(self) -> str:
        days = "" if self.days is None else f" of nights and days that begin on {self._days()}"
        return f"outside {self.interval()}{days}"

    def _holds(self, minutes: float, weekday: int) -> bool:
        if self.start < self.end:
            return self.start <= minutes < self.end and self._is_day(weekday)
        return (minutes >= self.start and self._is_day(weekday)) or (
            minutes < self.end and self._is_day((weekday - 1) % 7)
        )

    def _is_day(self, weekday: int) -> bool:
        return self.days is None or weekday in self.days

    def interval(self) -> str:
        return f"{_clock(self.start)} and {_clock(self.end)}"

    def _days(self) -> str:
        return ", ".join(DAYS[day] for day in sorted(self.days or ()))


@dataclass(frozen=True, slots=True)
class AtMost:
    """`at_most`: a sliding window for each rule and Thing, over everybody."""

    ref: RuleRef
    rate: Rate
    spares_safe = True
    rests_on_facts = True

    def failure(self, request: AccessRequest, facts: Facts) -> Failure | None:
        age = facts.age_of_use(self.ref, request.subject.thing, self.rate.count)
        if age is None or age >= self.rate.seconds:
            return None
        wait = self.rate.seconds - age
        times = "once" if self.rate.count == 1 else f"{self.rate.count} times"
        return Failure(
            f"used {times} in the last {in_words(age)}; at most {self.rate.text}",
            Remedy(f"in {in_words(wait)}", {"after_seconds": _up(wait)}),
        )

    def say(self) -> str:
        return f"at most {self.rate.text}"


@dataclass(frozen=True, slots=True)
class Rest:
    """`rest`: how long it must have been off before it starts. What runs already is not started."""

    span: Span
    spares_safe = True
    rests_on_facts = True

    def failure(self, request: AccessRequest, facts: Facts) -> Failure | None:
        if not starts(request):
            return None
        off = facts.off_for_s(request.subject)
        if off is None or off >= self.span.seconds:
            return None
        wait = self.span.seconds - off
        return Failure(
            f"off for {in_words(off)}, as far as is known; it rests for {self.span.text}",
            Remedy(f"in {in_words(wait)}", {"after_seconds": _up(wait)}),
            about=(request.subject.thing, ""),
        )

    def say(self) -> str:
        return f"after {self.span.text} of rest"


@dataclass(frozen=True, slots=True)
class Need:
    """One of `needs`: another property (of the Thing `thing`; None: of the same) must be within `bounds`, and heard of."""

    thing: str | None
    name: str
    bounds: Bounds | None
    fresh: Span | None
    trusted: bool
    spares_safe = False
    rests_on_facts = True

    def failure(self, request: AccessRequest, facts: Facts) -> Failure | None:
        thing = self.thing or request.subject.thing
        seen = facts.reading(thing, self.name)
        unknown = self._unknown(f"{thing}.{self.name}", seen)
        if unknown:
            return None if request.toward_safe else self._failure(thing, unknown, is_unknown=True)
        if self.bounds is None or seen is None:
            return None
        low, high = _ends(seen)
        if self.bounds.admit(low) and self.bounds.admit(high):
            return None
        if seen.deviation and self.bounds.touches(low, high):
            if request.toward_safe:
                return None
            text = f"{thing}.{self.name} is {show(seen.value)} ± {show(SPREAD * seen.deviation)}, too uncertain to tell"
            return self._failure(thing, text, is_unknown=True)
        text, wrong_type = self.bounds.seen(seen.value)
        if wrong_type and request.toward_safe:
            return None
        return self._failure(thing, f"{thing}.{self.name}: {text}", is_unknown=wrong_type)

    def say(self) -> str:
        return f"while {self._wanted(self.thing or 'its')}"

    def _unknown(self, where: str, seen: Observed | None) -> str:
        if seen is None:
            return f"{where} is unknown: nothing was heard of it"
        if not seen.good:
            return f"{where} is unknown: what was heard last is not certain any more"
        if self.trusted and not seen.trusted:
            return f"{where} is unknown: the device itself has not said so since the start"
        if self.fresh is not None and not seen.age_s <= self.fresh.seconds:
            return f"{where} is unknown: last heard of {in_words(seen.age_s)} ago"
        return ""

    def _failure(self, thing: str, seen: str, *, is_unknown: bool) -> Failure:
        data: dict[str, Json] = {"thing": thing, "property": self.name}
        if self.bounds is not None:
            data |= self.bounds.as_data()
        if self.fresh is not None:
            data["fresh_seconds"] = self.fresh.seconds
        return Failure(seen, Remedy(self._wanted(thing), data), is_unknown, (thing, self.name))

    def _wanted(self, thing: str) -> str:
        where = f"{thing}.{self.name}"
        fresh = f", heard of in the last {self.fresh.text}" if self.fresh else ""
        trusted = ", by the device's own word" if self.trusted else ""
        wanted = say(where, self.bounds) if self.bounds else f"a reading of {where}"
        return f"{wanted}{fresh}{trusted}"


def _ends(seen: Observed) -> tuple[Json, Json]:
    """Between what a measured value is taken to lie; twice the value itself where it is exact."""
    value = seen.value
    if not seen.deviation or not is_number(value):
        return value, value
    return value - SPREAD * seen.deviation, value + SPREAD * seen.deviation


def _clock(minutes: int) -> str:
    hours, left = divmod(minutes % MINUTES_A_DAY, 60)
    return f"{hours:02}:{left:02}"


def _up(seconds: float) -> int:
    """Whole seconds after which it is over for sure."""
    return int(-(-seconds // 1))
