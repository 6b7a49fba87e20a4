"""The sessions of all good tokens, found by secret and by id, each with all that binds it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import replace

from gateway.identity.narrowing import WiderThanParentError, delegated
from gateway.identity.persons import bind_agents
from gateway.identity.rows import mandate_in, principal_of
from gateway.identity.sessions import Session
from gateway.storage import TokenRow
from policies.decision import Mandate, Principal, Role
from policies.mandates import Terms, terms_of


class Holders:
    """Whoever changes what is in it calls `bind` afterwards."""

    def __init__(self) -> None:
        self.by_id: dict[str, Session] = {}
        self.children: dict[str, list[str]] = {}
        self._by_hash: dict[bytes, Session] = {}
        self._hashes: dict[str, bytes] = {}
        self._said: Mapping[str, tuple[Mandate, ...]] = {}
        self._unsaid: tuple[Mandate, ...] = ()

    def with_hash(self, secret_hash: bytes) -> Session | None:
        return self._by_hash.get(secret_hash)

    def is_of_people(self, session: Session) -> bool:
        found: Session | None = session
        while found is not None and found.principal.role.is_person and not found.principal.makers:
            if found.parent is None:
                return True
            found = self.by_id.get(found.parent)
        return False

    def check_terms(self, row: TokenRow) -> None:
        """What is shared by id (plans, leases, questions) must not be a way from a narrow token to a wide one: all good tokens
        of one id have the same terms. And who is in charge lets others in, past any terms of its own. Raises
        `WiderThanParentError`.
        """
        if row.mandate and row.role in {Role.OWNER, Role.ADULT}:
            raise WiderThanParentError(
                f"an {row.role} is in charge of the house, and is bound by no terms: let in a guest, or an agent"
            )
        terms = _terms(self._session(row))
        if any(one.principal.id == row.principal and _terms(one) != terms for one in self.by_id.values()):
            raise WiderThanParentError(
                f"{row.principal} has a token with other terms already: revoke that first, or choose another id"
            )

    def knows(self, principal_id: str) -> bool:
        """Whether a good token has the id, or acts for it."""
        known = (one.principal for one in self.by_id.values())
        return any(principal_id in {one.id, one.acts_for} for one in known)

    def terms_for(self, principal_id: str) -> Terms | None:
        """What the house itself gave out under this id."""
        sessions = (one for one in self.by_id.values() if one.principal.id == principal_id)
        own = next((one.handed for one in sessions if one.parent is None), ())
        return terms_of(own[0]) if own else None

    def sketch(self, row: TokenRow, now: float) -> Principal:
        """The holder of a token that may be made, with all that would bind it. Raises `WiderThanParentError`."""
        self.check_terms(row)
        session = self._session(row)
        bind_agents([*self.by_id.values(), session], now, self._said)
        return self._bound(session)

    def admit(self, row: TokenRow) -> Session:
        """The session of a token that was just made, or loaded. Parents come before their children."""
        session = self._session(row)
        session.principal = self._bound(session)
        self.by_id[row.id] = self._by_hash[row.secret_hash] = session
        self._hashes[row.id] = row.secret_hash
        if row.parent is not None:
            self.children.setdefault(row.parent, []).append(row.id)
        return session

    def _session(self, row: TokenRow) -> Session:
        parent = self.by_id.get(row.parent or "")
        own = mandate_in(row)
        handed = (*(parent.handed if parent is not None else ()), *(() if own is None else (own,)))
        return Session(
            row.id,
            replace(delegated(principal_of(row), parent), mandates=handed),
            row.expires_at if row.expires_at is not None else math.inf,
            row.parent,
            made_at=row.created_at,
            key=row.public_key,
            idle_s=row.idle_s if row.idle_s is not None else math.inf,
            used_before=row.last_used_at or row.created_at,
            handed=handed,
        )

    def drop(self, token_ids: Iterable[str]) -> list[Session]:
        """Forgets them; those that were there."""
        dropped = []
        for token_id in token_ids:
            self.children.pop(token_id, None)
            session = self.by_id.pop(token_id, None)
            if session is None:
                continue
            session.revoked = True
            if session.parent in self.children:
                self.children[session.parent].remove(token_id)
            self._by_hash.pop(self._hashes.pop(token_id), None)
            dropped.append(session)
        return dropped

    def expired(self, now: float) -> list[str]:
        """The ids of tokens whose time is over, or that nobody used for too long."""
        return [one.token_id for one in self.by_id.values() if now >= min(one.expires_at, one.idle_until)]

    def next_end(self) -> float:
        """When the next one ends by itself, in seconds since the epoch."""
        ends = (min(one.expires_at, one.person_until, one.idle_until) for one in self.by_id.values())
        return min(ends, default=math.inf)

    def say(self, mandates: Mapping[str, tuple[Mandate, ...]], unsaid: tuple[Mandate, ...] = ()) -> None:
        """What principals (by id) may do at the most, whatever token they use; `unsaid` binds software of which nothing is
        said. It binds what they let in as well.
        """
        self._said, self._unsaid = dict(mandates), unsaid

    def bind(self, now: float) -> None:
        """Gives every session what binds it now. One whose rights stay as they are keeps its very principal."""
        sessions = self.by_id.values()
        bind_agents(sessions, now, self._said)
        for session in sessions:
            fresh = self._bound(session)
            if fresh != session.principal:
                session.principal = fresh

    def _bound(self, session: Session) -> Principal:
        who = session.principal
        said = (one for each in (who, *who.makers) for one in self._said.get(each.id, self._default(each)))
        return replace(who, mandates=tuple(dict.fromkeys((*session.handed, *said))))

    def _default(self, who: Principal) -> tuple[Mandate, ...]:
        return () if who.role.is_person else self._unsaid


def _terms(session: Session) -> frozenset[str]:
    return frozenset(one.terms for one in session.handed)
