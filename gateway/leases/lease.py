"""One lease: somebody holds a Thing, or one property of it, for a purpose, until a time, and says what it accepts of
others.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

import orjson

from capabilities.vocabulary import Json
from gateway.leases.causes import NO_CAUSE, Cause, cause_of
from gateway.leases.ranges import Range, read
from gateway.leases.ranks import Rank, is_own, same_side
from gateway.storage.leases import LeaseRow
from policies.decision import Principal

LONGEST_SOFTWARE_S: Final = 12 * 3600.0
LONGEST_PERSON_S: Final = 7 * 86_400.0
"""How long a lease may be, counted from now. Both can be renewed."""

LONGEST_IN_LINE_S: Final = 12 * 3600.0
"""Who has waited this long has gone home."""

Spot = tuple[str, str]
"""A Thing and a property of it; "" stands for all of them."""


class State(StrEnum):
    HELD = "held"
    WAITING = "waiting"  # it stands in line
    SUSPENDED = "suspended"  # somebody of a higher rank took over, for a while


@dataclass(frozen=True, slots=True)
class Lease:
    """`spots` are what it holds: a group's members with the group. All times are in seconds since the epoch.

    `until` is 0 until it was held once; then it stays, whatever happens. `fence` grows each time it is given. `tenure_s` is
    for how long nobody of its own rank can end it, `safe_until` until when that is, once somebody asked (0: nobody has).
    """

    id: str
    holder: str
    path: tuple[str, ...]
    rank: Rank
    thing: str
    property: str
    accepts: Range
    spots: tuple[Spot, ...]
    made_at: float
    for_s: float
    purpose: str = ""
    at_box: bool = False
    state: State = State.WAITING
    fence: int = 0
    version: int = 0
    until: float = 0.0
    since: float = 0.0
    tenure_s: float = 0.0
    contested_at: float = 0.0
    safe_until: float = 0.0
    in_line_since: float = 0.0
    place: int = 0  # of two that came in the same moment the lower one is first
    suspended_until: float = 0.0
    suspended_by: str = ""  # the lease of a higher rank; "" where somebody did something
    because: Cause = NO_CAUSE

    def holds(self, now: float) -> bool:
        """Whether it counts now, whatever nobody has noticed yet."""
        return self.state is State.HELD and now < self.until

    def is_over(self, now: float) -> bool:
        if self.until:
            return now >= self.until
        return now >= self.in_line_since + LONGEST_IN_LINE_S

    def is_of(self, principal: Principal) -> bool:
        return is_own(self.holder, principal)

    def meets(self, other: Lease) -> bool:
        """Whether both are about the same property of the same Thing."""
        return any(
            mine[0] == theirs[0] and (mine[1] == theirs[1] or not mine[1] or not theirs[1])
            for mine in self.spots
            for theirs in other.spots
        )

    def clashes(self, other: Lease) -> bool:
        """Whether not both can hold: nothing is accepted by both."""
        return (
            self.id != other.id
            and not (self.rank == other.rank and same_side(self.path, other.path))
            and self.accepts.meet(other.accepts) is None
            and self.meets(other)
        )

    def changed(self, **members: object) -> Lease:
        """The next version."""
        return replace(self, version=self.version + 1, **members)  # type: ignore[arg-type]

    def row(self) -> LeaseRow:
        body = {name: getattr(self, name) for name in _PLAIN}
        body |= {"path": list(self.path), "rank": int(self.rank), "accepts": self.accepts.shown()}
        body["because"] = self.because.shown()
        return LeaseRow(self.id, self.thing, self.state, self.version, orjson.dumps(body).decode())

    def name(self) -> str:
        """As a command names it, in the header `Hearth-Lease`."""
        return f"{self.id};fence={self.fence}"


_PLAIN: Final = (
    *("holder", "property", "made_at", "for_s", "purpose", "at_box", "fence", "until", "since"),
    *(
        "tenure_s",
        "contested_at",
        "safe_until",
        "in_line_since",
        "place",
        "suspended_until",
        "suspended_by",
    ),
)


def of_row(row: LeaseRow) -> Lease:
    """A lease as it is stored; its spots are its own alone until they are looked up. Raises `ValueError`, `KeyError`."""
    body: dict[str, Json] = orjson.loads(row.body)
    plain = {name: body[name] for name in _PLAIN}
    path, rank = body["path"], body["rank"]
    assert isinstance(path, list)
    return Lease(
        id=row.id,
        thing=row.thing,
        state=State(row.state),
        version=row.version,
        path=tuple(map(str, path)),
        rank=Rank(int(str(rank))),
        accepts=read(body["accepts"]),
        spots=((row.thing, str(body["property"])),),
        because=cause_of(body.get("because")),
        **plain,  # type: ignore[arg-type]
    )


def fence_of(text: str) -> tuple[str, int] | None:
    """The lease and the fence that a command names, as in `5h2…;fence=12`; None where it is written otherwise."""
    name, _, rest = text.partition(";")
    key, _, number = rest.strip().partition("=")
    name = name.strip().strip('"')
    if key.strip() != "fence" or not number.isascii() or not number.isdigit() or len(number) > 15:
        return None
    return (name, int(number)) if name else None
