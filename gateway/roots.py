"""Who is behind a request: the one definition by which all limits count.

A limit that counted principals would bind nobody: an agent makes itself a helper, a guest an agent, and each would have all of
it anew. So limits count by root. People are roots of their own and are not bound by what their agents hold: what bounds the
house as a whole leaves a share that software cannot take.
"""

from __future__ import annotations

from collections.abc import Iterable

from policies.decision import Principal, Role


def path_of(principal: Principal) -> tuple[str, ...]:
    """On whose behalf it asks: the person, then the agents through whom it got its token, then itself. Who shares a
    beginning shares its turns: an agent gains nothing by sending its helpers, nor a person by having several agents.
    """
    makers = tuple(one.id for one in principal.makers)
    person = (principal.acts_for,) if principal.acts_for else ()
    return (*person, *makers, principal.id)


def root_of(principal: Principal) -> str:
    """The first agent that a person let in, with all that it has let in itself; a person is its own. Guests let in agents by
    themselves: those count as the guest.
    """
    if principal.acts_for and principal.acts_for_role is Role.GUEST:
        return principal.acts_for
    return principal.makers[0].id if principal.makers else principal.id


def keeps_share(principal: Principal) -> bool:
    """Whether the share that is kept free of everybody else is for `principal`: those in charge of the house."""
    return principal.role in {Role.OWNER, Role.ADULT}


def for_others(most: int) -> int:
    """How much of a limit of the whole house all software, children and guests together may take: three quarters."""
    return most - most // 4


def is_full(most: int, taken: Iterable[Principal], principal: Principal) -> bool:
    """Whether a limit of the whole house leaves no room for `principal`. `taken` are those who hold what it bounds.

    Those in charge find room as long as there is any, all others while they together leave the share that is kept.
    """
    holders = list(taken)
    if len(holders) >= most:
        return True
    return not keeps_share(principal) and sum(not keeps_share(one) for one in holders) >= for_others(most)


def whose(principal: Principal) -> str:
    """Who it is and whose, by ids alone: `sub, let in by coo, for anna`. Its name is its own words, or another agent's."""
    makers = f", let in by {principal.makers[-1].id}" if principal.makers else ""
    person = f", for {principal.acts_for}" if principal.acts_for else ""
    return f"{principal.id}{makers}{person}"
