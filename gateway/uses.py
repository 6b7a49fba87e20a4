"""How often rules with a rate were used: counted at dispatch, for each rule and Thing, over everybody."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Iterable
from dataclasses import dataclass
from typing import Final

from gateway.clock import Clock
from gateway.commands import Execution, Outcome, Result
from policies.decision import RuleRef
from policies.times import LONGEST_WINDOW_S, MOST_IN_A_WINDOW

MOST_COUNTERS: Final = 10_000
"""Pairs of a rule and a Thing; a house has dozens. When full, the one that was used longest ago is forgotten."""


Counted = tuple[tuple[RuleRef, str], ...]
"""The rules that count a use, each with the Thing of which it counts."""


@dataclass(frozen=True, slots=True)
class Claim:
    """Slots that a command has taken. Given back if it is not sent."""

    keys: Counted
    at: float


NOTHING_CLAIMED: Final = Claim((), 0.0)


class Slots:
    """The places that one use takes in the windows of rules with a rate."""

    __slots__ = ("_claim", "_uses")

    def __init__(self, uses: Uses, counted: Counted) -> None:
        self._uses = uses
        self._claim = uses.claim_all(counted)

    def take(self, counted: Counted) -> None:
        self._claim = self._uses.claim_all(counted)

    async def held_through(self, dispatch: Awaitable[Outcome], execution: Execution) -> Outcome:
        """Gives back what was taken if the command certainly did not go out."""
        try:
            outcome = await dispatch
        finally:
            if execution.dispatched_at is None:
                self.give_back()
        if outcome.result is Result.NOT_SENT:
            self.give_back()
        return outcome

    def give_back(self) -> None:
        self._uses.release(self._claim)
        self._claim = NOTHING_CLAIMED


class Uses:
    """Sliding windows. A slot is taken between the decision and the dispatch with no await between: two callers never share
    the last one.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._times: OrderedDict[tuple[RuleRef, str], list[float]] = OrderedDict()

    def claim(self, rules: Iterable[RuleRef], thing: str) -> Claim:
        return self.claim_all(tuple((rule, thing) for rule in rules))

    def claim_all(self, keys: Counted) -> Claim:
        """One slot for each rule and Thing: a group's use is one of its members, too."""
        now = self._clock.monotonic()
        for key in keys:
            self._add(key, now)
        return Claim(keys, now) if keys else NOTHING_CLAIMED

    def release(self, claim: Claim) -> None:
        for key in claim.keys:
            times = self._times.get(key)
            if times is not None and claim.at in times:
                times.remove(claim.at)

    def age(self, rule: RuleRef, thing: str, nth: int) -> float | None:
        """Seconds since the `nth`-latest use (1 is the latest); None if there were fewer."""
        times = self._times.get((rule, thing))
        if times is None or len(times) < nth:
            return None
        return max(0.0, self._clock.monotonic() - times[-nth])

    def restore(self, rule: RuleRef, thing: str, age: float) -> None:
        """A use from before the start, `age` seconds ago."""
        self._add((rule, thing), self._clock.monotonic() - age)

    def _add(self, key: tuple[RuleRef, str], at: float) -> None:
        times = self._times.setdefault(key, [])
        self._times.move_to_end(key)
        times.append(at)
        times.sort()
        if len(times) > MOST_IN_A_WINDOW or times[0] < at - LONGEST_WINDOW_S:
            del times[0]
        if len(self._times) > MOST_COUNTERS:
            self._times.popitem(last=False)
