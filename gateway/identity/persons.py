"""The persons for whom agents act: what an agent may do rests on what its person may do, now.

While a person has a good token, its role is that of the token. While nothing is known of a person (it has not paired yet), an
agent has the role that was recorded when its own token was made. When the last token of a person ends, the tokens of the agents
that act for it end as well, for good: an id that is given to somebody else later brings nobody's old agents back.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import Final, NamedTuple

from gateway.identity.narrowing import WiderThanParentError
from gateway.identity.sessions import Session
from policies.decision import Mandate, Principal, Role

_WIDEST_FIRST: Final = (Role.OWNER, Role.ADULT, Role.CHILD, Role.GUEST)


class Standing(NamedTuple):
    """A principal as its good tokens have it, and until when the last of them is good (seconds since the epoch)."""

    role: Role
    until: float
    mandates: tuple[Mandate, ...] = ()
    """Those of every one of its tokens: what binds a person whichever device it takes."""


def standings(sessions: Iterable[Session], now: float) -> dict[str, Standing]:
    """Everybody who has a good token, by id."""
    found: dict[str, Standing] = {}
    for session in sessions:
        who = session.principal
        if now < min(session.expires_at, session.idle_until):
            before = found.get(who.id)
            if before is None:
                found[who.id] = Standing(who.role, session.expires_at, session.handed)
            else:  # all tokens of one id have the same terms (`gateway.identity.narrowing`); else the narrowest binds
                all_of_them = tuple(dict.fromkeys((*before.mandates, *session.handed)))
                found[who.id] = Standing(who.role, max(session.expires_at, before.until), all_of_them)
    return found


def bind_agents(
    sessions: Collection[Session], now: float, said: Mapping[str, tuple[Mandate, ...]] | None = None
) -> None:
    """Gives each token that acts for a person the role which that person has now, and what that person may do at the most.
    `said` are the mandates of principals, whatever token they use.
    """
    standing = standings(sessions, now)
    for session in sessions:
        who = session.principal
        person = standing.get(who.acts_for)
        if person is not None:
            mandates = tuple(dict.fromkeys((*person.mandates, *(said or {}).get(who.acts_for, ()))))
            if (who.acts_for_role, who.acts_for_mandates) != (person.role, mandates):
                session.principal = replace(who, acts_for_role=person.role, acts_for_mandates=mandates)
            session.person_until = person.until


def role_to_act_for(
    child: Principal,
    giver: Principal | None,
    standing: Mapping[str, Standing],
    known: Iterable[Principal],
) -> Role | None:
    """The role to record for the person that `child` acts for; None where it acts for nobody.

    `giver` is the principal from whose token it is made (None: the house itself makes it), `known` are the principals that ever
    had the person's id. Raises `WiderThanParentError` where that is no person.
    """
    if not child.acts_for:
        return None
    now = standing.get(child.acts_for)
    if now is not None:
        if not now.role.is_person:
            raise WiderThanParentError(
                f"{child.acts_for} is of role {now.role}: a token acts for a person, whose rights bound it"
            )
        return now.role
    once = {one.role for one in known if one.role.is_person}
    if once:  # it has no token just now; what it was at the least
        return max(once, key=_WIDEST_FIRST.index)
    if giver is None:
        return Role.OWNER
    return giver.role if giver.role.is_person else giver.acts_for_role


def ending(
    first: Iterable[str],
    sessions: Mapping[str, Session],
    children: Mapping[str, Iterable[str]],
    now: float,
) -> dict[str, str]:
    """The tokens that end with the tokens `first`, these included, in order. Each with its person's id where it ends because
    that person has no token left, else "".
    """
    found: dict[str, str] = dict.fromkeys(first, "")
    waiting = list(found)
    for token in waiting:  # grows while it is walked
        new = dict.fromkeys(children.get(token, ()), "")
        session = sessions.get(token)
        if session is not None and session.principal.role.is_person:
            new |= _bereaved(session, sessions, found, now)
        new = {one: why for one, why in new.items() if one not in found}
        found |= new
        waiting.extend(new)
    return found


def _bereaved(
    last: Session, sessions: Mapping[str, Session], ended: Mapping[str, str], now: float
) -> dict[str, str]:
    """The tokens that act for the holder of `last`, if it has no other good one."""
    person = last.principal.id
    for session in sessions.values():
        is_good = session.token_id not in ended and now < min(session.expires_at, session.idle_until)
        if session.principal.id == person and is_good:
            return {}
    return {
        session.token_id: person
        for session in sessions.values()
        if session.principal.acts_for == person and session.made_at < last.expires_at
    }
