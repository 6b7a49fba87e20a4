"""Consents to leave a limit out for a while: given by a person whom the limit names, recorded, and over by themselves."""

from __future__ import annotations

from collections.abc import Iterator
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
    """Those that are in force. Whoever adds or ends one records it first."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._consents: dict[str, Consent] = {}

    def __iter__(self) -> Iterator[Consent]:
        self._drop_ended()
        return iter(tuple(self._consents.values()))

    def __len__(self) -> int:
        self._drop_ended()
        return len(self._consents)

    def get(self, ident: str) -> Consent | None:
        self._drop_ended()
        return self._consents.get(ident)

    def add(self, consent: Consent) -> None:
        """Raises ValueError where there are too many, or it would last too long."""
        if consent.until - consent.since > LONGEST_WAIVER_S:
            raise ValueError(
                "a limit is waived for 7 days at the most; what shall last is a change of the rules"
            )
        if len(self) >= MOST_WAIVERS:
            raise ValueError(f"there are {MOST_WAIVERS} waivers already; end one first")
        self._consents[consent.id] = consent

    def end(self, ident: str) -> Consent | None:
        return self._consents.pop(ident, None)

    def of(self, rule: RuleRef, thing: str) -> Waiver | None:
        """The consent that leaves `rule` out on `thing`, the longest one."""
        if not self._consents:
            return None
        now = self._clock.wall()
        # One that would begin in the future was given before the clock was set back: nobody knows whether it is over.
        fitting = [
            one
            for one in self._consents.values()
            if one.rule == rule and one.thing in {"", thing} and one.since <= now < one.until
        ]
        longest = max(fitting, key=lambda one: one.until, default=None)
        return None if longest is None else Waiver(longest.by, longest.until - now)

    def _drop_ended(self) -> None:
        now = self._clock.wall()
        for ident in [ident for ident, one in self._consents.items() if one.until <= now]:
            del self._consents[ident]
