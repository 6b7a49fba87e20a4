"""A yes for a while: to one principal, for named Things and one operation, within bounds, so many times, until a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from capabilities.vocabulary import Json
from gateway.adopted import Adopted
from gateway.approvals.showing import seal_of, whom
from gateway.commands import Command
from gateway.normalise import Target
from policies.decision import Principal, RuleRef

LONGEST_GRANT_S: Final = 8 * 3600.0
"""A shift, an evening: what shall be so for longer is a change of the rules."""

MOST_USES: Final = 100
"""Of one grant, where nobody says fewer."""

MOST_THINGS: Final = 20
MOST_GRANTS: Final = 100
"""At a time; a house has one or two."""


class BadGrant(ValueError):
    """It cannot be given so; the text says why, and what would be right."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What a person says yes to beyond the one use: until when (seconds from now), how often, where else, and within which
    bounds on a number (None: exactly the asked value).
    """

    seconds: float
    times: int = MOST_USES
    between: tuple[float, float] | None = None
    things: tuple[str, ...] = ()

    def document(self) -> dict[str, Json]:
        shown: dict[str, Json] = {"seconds": self.seconds, "times": self.times}
        if self.between is not None:
            shown["between"] = list[Json](self.between)
        if self.things:
            shown["things"] = list[Json](self.things)
        return shown


@dataclass(slots=True, eq=False)
class Grant:
    """One grant. `seals` say by Thing what it was when the grant was given. `since` is the number of its ledger entry: uses are
    counted from there. Times are in seconds since the epoch.
    """

    id: str
    approval: str
    giver: Principal
    holder: Principal
    seals: dict[str, str]
    affordance: str
    is_action: bool
    value: Json
    between: tuple[float, float] | None
    asks: frozenset[RuleRef]
    given_at: float
    until: float
    times: int
    since: int = 0
    used: int = 0
    deadline: float = field(default=0.0, compare=False)  # monotonic
    _looked: dict[str, tuple[Adopted, int, bool]] = field(default_factory=dict)

    @property
    def left(self) -> int:
        return self.times - self.used

    def covers(self, command: Command, adopted: Adopted, target: Target) -> bool:
        """Whether it is a yes to this use, its end and its count aside."""
        who, operation = command.principal, target.operation
        return (
            (who.id, who.role, who.acts_for) == (self.holder.id, self.holder.role, self.holder.acts_for)
            and who.makers == self.holder.makers
            and (operation.name, operation.is_action) == (self.affordance, self.is_action)
            and self._accepts(target.value)
            and self.is_as_then(adopted)
        )

    def is_as_then(self, adopted: Adopted) -> bool:
        """Whether the Thing is what it was when the grant was given: worked out once for each description."""
        seal = self.seals.get(adopted.id)
        if seal is None:
            return False
        known = self._looked.get(adopted.id)
        if known is None or known[0] is not adopted or known[1] != adopted.version:
            known = self._looked[adopted.id] = adopted, adopted.version, seal_of(adopted) == seal
        return known[2]

    def document(self) -> dict[str, Json]:
        """As people see it. Times are seconds since the epoch."""
        shown: dict[str, Json] = {
            "id": self.id,
            "by": self.giver.id,
            "principal": whom(self.holder),
            "things": list[Json](self.seals),
            "affordance": self.affordance,
            "action": self.is_action,
            "rules": [str(ref) for ref in sorted(self.asks)],
            "times": self.times,
            "used": self.used,
        }
        shown |= {"between": list[Json](self.between)} if self.between else {"value": self.value}
        return shown

    def _accepts(self, value: Json) -> bool:
        if self.between is None:
            return _equal_numbers(value, self.value) or (
                type(value) is type(self.value) and value == self.value
            )
        low, high = self.between
        return _is_number(value) and low <= value <= high  # type: ignore[operator]


def check_wish(
    wish: Wish, target: Target, adopted: Adopted, others: Sequence[Adopted], once: Sequence[str]
) -> None:
    """Raises `BadGrant`. `others` are the further Things, `once` the rules that ask each time."""
    if once:
        raise BadGrant(f"{' and '.join(once)} asks each time: approve it this once")
    if not 0 < wish.seconds <= LONGEST_GRANT_S:
        raise BadGrant(
            f"a grant lasts at most {LONGEST_GRANT_S / 3600:g} h; what shall be so for longer is a rule"
        )
    if not 1 <= wish.times <= MOST_USES:
        raise BadGrant(f"a grant is for 1 to {MOST_USES} uses")
    if len(others) >= MOST_THINGS:
        raise BadGrant(f"a grant is for at most {MOST_THINGS} Things")
    if wish.between is not None:
        low, high = wish.between
        if not _is_number(target.value):
            raise BadGrant("only a number has bounds; without them the grant is for the asked value")
        if not low <= target.value <= high:  # type: ignore[operator]
            raise BadGrant(f"{target.value} is asked for, and does not lie between {low:g} and {high:g}")
    operation = target.operation
    for other in others:
        found = other.thing.operation(operation.name, is_action=operation.is_action)
        if found is None or found.capability != operation.capability or found.hazard > operation.hazard:
            raise BadGrant(f"{other.id} has no {operation.name} that is the same as that of {adopted.id}")


def _is_number(value: Json) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _equal_numbers(one: Json, other: Json) -> bool:
    return _is_number(one) and _is_number(other) and one == other
