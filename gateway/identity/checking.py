"""Whether a token may be made: for whom, from whose, and with which terms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from gateway.identity.known import Known
from gateway.identity.narrowing import check_consistent, check_narrower, named
from gateway.identity.persons import role_to_act_for, standings
from gateway.identity.sessions import Session
from policies.decision import Principal, Role


def checked(
    principal: Principal, parent: str | None, sessions: Mapping[str, Session], ever: Known, now: float
) -> tuple[Principal, Session | None]:
    """`principal` as it may be, and the session of who makes it (`parent` is the id of that token; None: the house itself).

    Raises `WiderThanParentError`; `LookupError` if the parent is not a good token.
    """
    principal = replace(principal, at_box=False)
    known, giver = [session.principal for session in sessions.values()], None
    if parent is not None:
        giver = sessions.get(parent)
        if giver is None or not giver.is_good(now):
            raise LookupError(f"there is no good token {parent!r} to make another one from")
        principal = named(giver.principal, principal)
        check_narrower(giver.principal, principal, known)
        if giver.principal.role is not Role.OWNER:  # nobody inherits what is kept of somebody else
            check_consistent(principal, ever.of(principal.id))
    check_consistent(principal, known)
    standing, once = standings(sessions.values(), now), ever.of(principal.acts_for)
    role = role_to_act_for(principal, None if giver is None else giver.principal, standing, once)
    return replace(principal, acts_for_role=role), giver
