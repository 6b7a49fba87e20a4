"""Whose word counts before whose: the one order of ranks.

What is safe comes before everybody. A person at the device comes before people who ask through Hearth: they stand there.
People come before software, those in charge of the house before its children and guests. What a schedule does, nobody asked
for just now: it gives way to whoever does.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Final

from gateway.commands import Command
from policies.decision import Principal, Role


class Rank(IntEnum):
    SCHEDULE = 10
    AGENT = 20
    GUEST = 30  # children and guests
    HOUSEHOLD = 40  # owners and adults
    AT_DEVICE = 50
    SAFETY = 60

    @property
    def is_software(self) -> bool:
        return self <= Rank.AGENT


_OF_ROLE: Final = {
    Role.OWNER: Rank.HOUSEHOLD,
    Role.ADULT: Rank.HOUSEHOLD,
    Role.CHILD: Rank.GUEST,
    Role.GUEST: Rank.GUEST,
}


def rank_of(command: Command, *, toward_safe: bool) -> Rank:
    """The rank of one command."""
    if toward_safe or command.by_house:
        return Rank.SAFETY
    return rank_of_principal(command.principal, scheduled=command.scheduled)


def rank_of_principal(principal: Principal, *, scheduled: bool = False) -> Rank:
    """The rank of a lease, or of a command that is not toward the safe state."""
    return Rank.SCHEDULE if scheduled else _OF_ROLE.get(principal.role, Rank.AGENT)


def is_own(holder: str, principal: Principal) -> bool:
    """Whether what `holder` holds is held for `principal` too: itself, and those whom it let in."""
    return holder == principal.id or any(one.id == holder for one in principal.makers)


def same_side(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Whether one of two is the other's maker: they settle it between themselves."""
    shorter = min(len(one), len(other))
    return one[:shorter] == other[:shorter]


def parting(one: tuple[str, ...], other: tuple[str, ...]) -> int:
    """How many members of `one` tell whose it is, as against `other`: up to the first that differs; 0 on the same side."""
    for level, (mine, theirs) in enumerate(zip(one, other, strict=False)):
        if mine != theirs:
            return level + 1
    return 0
