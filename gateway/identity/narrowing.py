"""A token can be made from another one, and is never wider."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import Final

from gateway.identity.sessions import Session
from gateway.roots import keeps_share, root_of
from policies.decision import Principal, Role

GRANTABLE: Final[Mapping[Role, frozenset[Role]]] = {
    Role.OWNER: frozenset(Role),
    Role.ADULT: frozenset(Role) - {Role.OWNER},
    Role.CHILD: frozenset({Role.CHILD}),
    Role.GUEST: frozenset({Role.GUEST, Role.GUEST_AGENT}),
    Role.AGENT: frozenset({Role.AGENT, Role.GUEST_AGENT}),
    Role.GUEST_AGENT: frozenset({Role.GUEST_AGENT}),
    Role.SERVICE: frozenset({Role.SERVICE}),
}
"""The roles at or below a role: a partial order (what may be granted by what was granted may be granted)."""


_FOR_THEMSELVES: Final = frozenset({Role.CHILD, Role.GUEST})
"""They let no further person in: each would have every limit of its own anew, under any name."""

TAKEN: Final = frozenset({"box", "gateway", "house", "pairing", "rule"})
"""Under these names the gateway writes its own deeds, and those at the box, into the ledger: nobody else has them."""

MOST_MAKERS: Final = 4
"""Agents between a token and the person who gave the first one: each is one more whose rules are asked."""


MOST_TOKENS_OF_SOFTWARE: Final = 64
"""Good tokens of one agent or service, with those of all that it has let in: a helper for each task, and no flood of them."""

MOST_TOKENS_OF_ONE: Final = 16
"""Good tokens of a child or a guest, with those of the agents that a guest has let in: their phones, and some to spare."""


class WiderThanParentError(Exception):
    """The token would give more than the one it is made from, or let its holder pass for somebody else."""


def may_grant(parent: Role, child: Role) -> bool:
    return child in GRANTABLE[parent]


def check_narrower(parent: Principal, child: Principal, known: Collection[Principal]) -> None:
    """Whether a holder of `parent`'s token may make one for `child`. `known` are the principals of all good tokens.

    Raises `WiderThanParentError`.
    """
    _check_room(parent, known)
    if child.id == parent.id:
        if (child.role, child.acts_for) != (parent.role, parent.acts_for):
            raise WiderThanParentError(f"{child.id} is {_described(parent)}, and stays so in a further token")
        return
    if len(parent.makers) >= MOST_MAKERS:
        raise WiderThanParentError(
            f"{parent.id} got its token from agents {MOST_MAKERS} deep already; let a person make the next one"
        )
    if parent.role in _FOR_THEMSELVES and child.role.is_person:
        raise WiderThanParentError(
            f"a {parent.role} makes further tokens for {parent.id} alone; an owner or adult lets others in"
        )
    if not may_grant(parent.role, child.role):
        allowed = ", ".join(sorted(GRANTABLE[parent.role]))
        raise WiderThanParentError(
            f"a token of role {parent.role} can make tokens of the roles {allowed}; not {child.role}"
        )
    taken = {parent.acts_for} | {name for other in known for name in (other.id, other.acts_for)}
    if parent.role is not Role.OWNER and child.id in taken:
        raise WiderThanParentError(
            f"{child.id} is somebody else: only an owner can make a further token for them"
        )
    _check_acts_for(parent, child)


def check_consistent(child: Principal, known: Iterable[Principal]) -> None:
    """One id is one principal. Raises `WiderThanParentError` where a good token has the id with another role or person,
    or where it is the gateway's own.
    """
    if child.id in TAKEN:
        raise WiderThanParentError(f"{child.id} is a name of the gateway's own; choose another id")
    for other in known:
        if other.id == child.id and (other.role, other.acts_for) != (child.role, child.acts_for):
            raise WiderThanParentError(
                f"{child.id} is {_described(other)} already: revoke those tokens first, or choose another id"
            )


def delegated(child: Principal, giver: Session | None) -> Principal:
    """The holder of a token made from that of `giver`, with the agents that it goes back to: what binds one, binds it."""
    if giver is None or giver.principal.role.is_person:
        return child
    of = giver.principal
    own = () if of.id == child.id else (Principal(of.id, of.role),)
    return replace(child, makers=(*of.makers, *own))


def named(parent: Principal, child: Principal) -> Principal:
    """`child` under the name that it has: nobody but those in charge gives their own a new one with a further token."""
    if child.id != parent.id or keeps_share(parent):
        return child
    return replace(child, title=parent.title)


def _check_room(parent: Principal, known: Collection[Principal]) -> None:
    if keeps_share(parent):
        return
    root = root_of(parent)
    own = [one for one in known if root_of(one) == root]
    is_ones = any(one.id == root and one.role.is_person for one in own)
    most = MOST_TOKENS_OF_ONE if is_ones else MOST_TOKENS_OF_SOFTWARE
    if len(own) >= most:
        raise WiderThanParentError(f"{root} and what it let in have {most} tokens: revoke what is not used")


def _check_acts_for(parent: Principal, child: Principal) -> None:
    if parent.role is Role.OWNER:
        return
    person = parent.id if parent.role.is_person else parent.acts_for
    if child.role.is_person or child.role is Role.SERVICE:
        if child.acts_for:
            raise WiderThanParentError(f"a {child.role} acts for nobody but itself; leave acts_for empty")
    elif child.acts_for != person:
        raise WiderThanParentError(
            f"a token made from one of {parent.id}'s acts for {person or 'nobody'}, not {child.acts_for}"
        )


def _described(principal: Principal) -> str:
    return f"{principal.role} for {principal.acts_for}" if principal.acts_for else str(principal.role)
