"""Clauses about the input itself: bounds (for an ask; those of limits are joined in `policies.acceptance`), and how far it
moves from the present value.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from capabilities.vocabulary import Json
from policies.bounds import Bounds, between, is_number, say, show
from policies.clauses import ROUNDING, Failure
from policies.decision import AccessRequest, Remedy
from policies.facts import Facts


@dataclass(frozen=True, slots=True)
class Within:
    """Bounds on the input called `name`, or on the member `member` of an input that is an object."""

    name: str
    member: str
    bounds: Bounds
    fix: Remedy = field(init=False, repr=False, compare=False)
    spares_safe = False
    rests_on_facts = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "fix", Remedy(self.say(), self.bounds.as_data()))

    def failure(self, request: AccessRequest, facts: Facts) -> Failure | None:
        value: Json = request.value
        if self.member:
            if not isinstance(value, dict):
                return Failure(f"{show(value)} is not an object", self.fix, unknown=True)
            if self.member not in value:
                return None
            value = value[self.member]
        if self.bounds.admit(value):
            return None
        seen, unknown = self.bounds.seen(value)
        return Failure(f"{self.name} {seen}" if self.member else seen, self.fix, unknown)

    def accepts(self, request: AccessRequest, facts: Facts) -> Bounds | None:
        """What it accepts, whatever the facts."""
        return self.bounds

    def say(self) -> str:
        return f"with {say(self.name, self.bounds)}"


@dataclass(frozen=True, slots=True)
class MaxChange:
    """`max_change`: how far one use may move the value from what it is, and from what commands under way make of it."""

    name: str
    member: str
    distance: float
    spares_safe = False
    rests_on_facts = True

    def failure(self, request: AccessRequest, facts: Facts) -> Failure | None:
        value: Json = request.value
        if self.member:
            if not isinstance(value, dict):
                return Failure(f"{show(value)} is not an object", Remedy("an object"), unknown=True)
            if self.member not in value:
                return None
            value = value[self.member]
        reach = self._reach(request, facts)
        if reach is not None and is_number(value) and reach[0] - ROUNDING <= value <= reach[1] + ROUNDING:
            return None
        return self._failure(request, facts, value, reach)

    def _failure(
        self, request: AccessRequest, facts: Facts, value: Json, reach: tuple[float, float] | None
    ) -> Failure:
        about = (request.subject.thing, "")
        if reach is None:
            text = f"the present {self.name} is not known, and so is not how far it would move"
            return Failure(text, Remedy(f"a reading of {self.name}"), unknown=True, about=about)
        accepted = between(*reach)
        fix = Remedy(say(self.name, accepted), accepted.as_data())
        if isinstance(value, bool) or not isinstance(value, int | float):
            return Failure(f"{show(value)} is not a number", fix, unknown=True, about=about)
        now = " or ".join(show(one) for one in facts.before(request.subject, self.member))
        text = f"{show(value)} is more than {show(self.distance)} from the present {now}"
        return Failure(text, fix, about=about)

    def accepts(self, request: AccessRequest, facts: Facts) -> Bounds | None:
        """What it accepts now; None where the present value is not known."""
        reach = self._reach(request, facts)
        return None if reach is None else between(*reach)

    def _reach(self, request: AccessRequest, facts: Facts) -> tuple[float, float] | None:
        lowest, highest = math.inf, -math.inf
        for one in facts.before(request.subject, self.member):
            if not is_number(one):
                return None
            lowest = one if one < lowest else lowest
            highest = one if one > highest else highest
        if lowest > highest:
            return None
        return _tidy(highest - self.distance), _tidy(lowest + self.distance)

    def say(self) -> str:
        return f"moving {self.name} by at most {show(self.distance)} at once"


def _tidy(value: float) -> float:
    """21.000000000000004 is not what anybody wrote: decimals beyond the sixth are rounding."""
    return round(value, 6)
