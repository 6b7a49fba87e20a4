"""Consents to leave a limit out for a while: given by a person whom the limit names, recorded, and over by themselves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from gateway.clock import Clock
from policies.decision import Principal, RuleRef
from policies.facts import Waiver

LONGEST_WAIVER_S: Final = 7 * 86_400.0
"""What shall be so for longer is a change of the rules."""

MOST_WAIVERS: Final = 200
"""At a time; a house has one or two."""


@dataclass(frozen=True, slots=True)
class Consent:
    """`by` leaves `rule` out on `thing` ("" for every Thing) until `until`, in seconds since the epoch."""

    id: str
    rule: RuleRef
    thing: str
    by: Principal
    since: float
    until: float
    why: str = ""


class Waivers:
    """Those that are in force: given and ended through `gateway.consents`, which records it first.

    `stands` tells for a consent who its giver is now, and None where it counts no longer: it is asked at each use.
    """

    def __init__(
        self, clock: Clock, stands: Callable[[Consent], Principal | None] = lambda one: one.by
    ) -> None:
        self.stands = stands
        self._clock = clock
        self._consents: dict[str, Consent] = {}
        self._over: dict[str, float] = {}  # monotonic: a clock that is set back prolongs nothing

    def __iter__(self) -> Iterator[Consent]:
        self._drop_ended()
        return iter(tuple(self._consents.values()))

    def __len__(self) -> int:
        self._drop_ended()
        return len(self._consents)

    def get(self, ident: str) -> Consent | None:
        self._drop_ended()
        return self._consents.get(ident)

    def check(self, consent: Consent) -> None:
        """Raises ValueError where there are too many, or it would last too long."""
        if consent.until - consent.since > LONGEST_WAIVER_S:
            raise ValueError(
                "a limit is waived for 7 days at the most; what shall last is a change of the rules"
            )
        if len(self) >= MOST_WAIVERS:
            raise ValueError(f"there are {MOST_WAIVERS} waivers already; end one first")

    def add(self, consent: Consent) -> None:
        """Raises ValueError, as `check`."""
        self.check(consent)
        self._consents[consent.id] = consent
        self._over[consent.id] = self._clock.monotonic() + consent.until - self._clock.wall()

    def end(self, ident: str) -> Consent | None:
        self._over.pop(ident, None)
        return self._consents.pop(ident, None)

    def of(self, rule: RuleRef, thing: str) -> Waiver | None:
        """The consent that leaves `rule` out on `thing`, the longest one."""
        if not self._consents:
            return None
        fitting = [
            Waiver(by, left)
            for one in self._consents.values()
            if one.rule == rule
            and one.thing in {"", thing}
            and (left := self._left(one)) > 0
            and (by := self.stands(one)) is not None
        ]
        return max(fitting, key=lambda waiver: waiver.left_s, default=None)

    def _left(self, consent: Consent) -> float:
        """Seconds until it is over, by whichever clock says so first; nothing where that is not to be told."""
        now = self._clock.wall()
        if now < consent.since:  # the clock was set back: nobody knows how long it has lasted
            return 0.0
        return min(consent.until - now, self._over[consent.id] - self._clock.monotonic())

    def _drop_ended(self) -> None:
        now, passed = self._clock.wall(), self._clock.monotonic()
        for ident, one in tuple(self._consents.items()):
            if one.until <= now or self._over[ident] <= passed:
                self.end(ident)
