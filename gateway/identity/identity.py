"""Tokens: made, looked up, revoked; and the window through which a first one comes in."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Final

from capabilities.vocabulary import Json
from gateway.clock import Clock
from gateway.identity import pairing
from gateway.identity.checking import checked
from gateway.identity.holders import Holders
from gateway.identity.known import Known
from gateway.identity.minting import Minting
from gateway.identity.narrowing import TAKEN, WiderThanParentError, check_consistent
from gateway.identity.pairing import PairingClosedError
from gateway.identity.persons import ending, standings
from gateway.identity.recording import BY_CODE, THE_HOUSE, Recorder
from gateway.identity.rows import earlier, hash_of, info_of, new_row, principal_of
from gateway.identity.sessions import Session, TokenInfo
from gateway.identity.window import LASTING, Stay, Window, stay_of
from gateway.ledger import Ledger, LedgerUnavailable
from gateway.notify.timer import Alarm
from gateway.storage import Database, TokenRepository, TokenRow
from policies.decision import Mandate, Principal, Role
from policies.mandates import Terms

# A header is no longer than this; hashing more would only be work for somebody else.
_MAX_SECRET_CHARACTERS: Final = 128
# How often "last used" is written, and what has expired is told.
HOUSEKEEPING_S: Final = 30.0

SOONEST_S: Final = 0.1
"""Not sooner, where what has expired cannot be ended because the disk fails."""

KEPT_OF_SOFTWARE: Final = 200
"""Tokens that software made and that are no longer good, so that people see them in the list; older ones are in the ledger."""

_log = logging.getLogger("hearth.identity")

Listener = Callable[[frozenset[str]], None]


class Identity:
    """All good tokens, in memory; `open` makes one. Used from one event loop."""

    def __init__(self, database: Database, clock: Clock, ledger: Ledger) -> None:
        self._tokens = TokenRepository(database)
        self._recorder = Recorder(ledger, clock)
        self._window = Window(database, clock, self._recorder.if_possible)
        self._clock = clock
        self._minting = Minting(clock)
        self._holders = Holders()
        self._by_id = self._holders.by_id
        self._known = Known()
        self._listeners: list[Listener] = []
        self._written: dict[str, float] = {}  # when a token was used last, as it stands in the database
        self._purges = 0  # how often the tokens of software were revoked all at once
        self._unwritten: set[str] = set()  # revoked then, and not yet in the database
        self._due = asyncio.Event()
        self._alarm = Alarm(clock, self._due.set)

    @classmethod
    @asynccontextmanager
    async def open(cls, database: Database, clock: Clock, ledger: Ledger) -> AsyncIterator[Identity]:
        """Load every token. Raises `sqlite3.Error`."""
        identity = cls(database, clock, ledger)
        await identity._load()
        housekeeping = asyncio.create_task(identity._keep_house(), name="identity housekeeping")
        try:
            yield identity
        finally:
            identity._alarm.stop()
            housekeeping.cancel()
            await asyncio.gather(housekeeping, return_exceptions=True)
            await identity.tidy()

    # -- looking up ----------------------------------------------------------------------------------------------------

    def authenticate(self, secret: str) -> Session | None:
        """Whose token this is; None if it is unknown, expired or revoked.

        The secret is hashed before it is compared, so the time that takes tells nothing about it.
        """
        if len(secret) > _MAX_SECRET_CHARACTERS:
            return None
        session = self._holders.with_hash(hash_of(secret))
        if session is None or not session.is_good(now := self._clock.wall()):
            return None
        session.used_at = now
        return session

    def is_revoked(self, token_id: str) -> bool:
        """Whether the token is no longer good. "" stands for no token, which cannot be revoked."""
        session = self._by_id.get(token_id)
        return bool(token_id) and (session is None or not session.is_good(self._clock.wall()))

    def session_of(self, token_id: str) -> Session | None:
        """The session of a good token."""
        return self._by_id.get(token_id)

    def is_of_people(self, session: Session) -> bool:
        """Whether the token and all that it was made from are people's."""
        return self._holders.is_of_people(session)

    def stands(self, token_id: str, principal: Principal) -> bool:
        """Whether a request that came with this token from `principal` may still be served with the rights of then."""
        if (session := self._by_id.get(token_id)) is None:
            return not token_id
        return session.principal == principal and session.is_good(self._clock.wall())

    def is_known(self, principal_id: str) -> bool:
        """Whether the id is, or was, somebody's: what is kept of one goes by it."""
        known = self._known.of(principal_id) or self._holders.knows(principal_id)
        return principal_id in TAKEN or bool(known)

    def terms_of(self, principal_id: str) -> Terms | None:
        return self._holders.terms_for(principal_id)

    def role_of(self, principal_id: str) -> Role | None:
        """What a principal is who has a good token; None for everybody else."""
        standing = standings(self._by_id.values(), self._clock.wall()).get(principal_id)
        return None if standing is None else standing.role

    def principals(self) -> list[Principal]:
        """Everybody who has a good token, by id."""
        now = self._clock.wall()
        good = {one.principal for one in self._by_id.values() if one.is_good(now)}
        return sorted(good, key=lambda one: (one.id, one.role))

    def on_revoked(self, listener: Listener) -> Callable[[], None]:
        """`listener` is told the ids of tokens that are no longer good, at once; call what is returned to stop that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def first_owner_needed(self) -> bool:
        """Whether no good token is an owner's."""
        return all(session.principal.role is not Role.OWNER for session in self._by_id.values())

    async def list_tokens(self) -> list[TokenInfo]:
        """Every token that was ever made, in that order; of those that software made and that are no longer good, the newest
        (the ledger has all of them). Raises `sqlite3.Error`.
        """
        used = {token_id: session.used_at for token_id, session in self._by_id.items() if session.used_at}
        infos = [info_of(row) for row in await self._tokens.load_all()]
        return [replace(info, last_used_at=used.get(info.id, info.last_used_at)) for info in infos]

    # -- making and revoking -------------------------------------------------------------------------------------------

    async def create_token(
        self,
        principal: Principal,
        *,
        parent: str | None = None,
        title: str = "",
        expires_at: float | None = None,
        by: str = THE_HOUSE,
        key: str = "",
        mandate: Terms | None = None,
        idle_s: float | None = None,
    ) -> tuple[TokenInfo, str]:
        """A new token and its secret, which is shown this once. `expires_at` in seconds since the epoch, at most the parent's.

        Without `parent` the house itself gives it (at the box, at pairing), for `by`; else its maker is the parent's principal.
        `key` is the public key of the device that gets it. `mandate` is what its holder may do at the most, besides what binds
        the parent; after `idle_s` seconds without a use the token ends.

        Raises `WiderThanParentError`; `TooManyTokensError`; `LookupError` if the parent is not a good token; `ValueError` where
        the mandate is too long; `LedgerUnavailable`, for a token that is not recorded is not made; `sqlite3.Error`.
        """
        now = self._clock.wall()
        principal, giver = checked(principal, parent, self._by_id, self._known, now)
        if giver is not None:
            self._minting.check(giver.principal)
            by = giver.principal.id
            expires_at = earlier(expires_at, giver.expires_at)
        row, secret = new_row(
            principal, parent, title, now, expires_at=expires_at, key=key, mandate=mandate, idle_s=idle_s
        )
        self._holders.check_terms(row)
        await self._make(row, principal, by)
        return info_of(row), secret

    def would_be(self, principal: Principal, parent: str | None, mandate: Terms | None) -> Principal:
        """`principal` with all that would bind it. Raises as `create_token` does."""
        principal, _ = checked(principal, parent, self._by_id, self._known, now := self._clock.wall())
        row, _ = new_row(principal, parent, "", now, expires_at=None, mandate=mandate)
        return self._holders.sketch(row, now)

    async def _make(self, row: TokenRow, principal: Principal, by: str) -> None:
        parent, purges = row.parent, self._purges
        await self._tokens.insert(row)
        if parent is not None and parent not in self._by_id:  # it was revoked while this one was written
            await self._tokens.delete(row.id)
            raise LookupError(f"token {parent!r} was revoked meanwhile")
        if purges != self._purges and not principal.role.is_person:
            await self._tokens.delete(row.id)
            raise LookupError("the panic switch was pressed meanwhile; make the token anew")
        try:
            self._recorder.made(row, by)
        except LedgerUnavailable:
            await self._tokens.delete(row.id)
            raise
        self._admit(row)
        self._holders.bind(self._clock.wall())

    async def revoke(self, token_id: str, *, by: str = THE_HOUSE, using: str = "") -> frozenset[str]:
        """Revoke a token and all that were made from it, at once; the ids of those that were good until now. If it was the last
        one of a person, the tokens that act for that person are revoked with it.

        `by` is the principal who does it, `using` the id of their own token ("" without one). Each token has its entry in the
        ledger, under the principal whose it was.

        What is open under them is told first, even if the database or the ledger fails then. Raises `sqlite3.Error`: they
        would be good again after a restart, so try again.
        """
        return await self._end(
            ending([token_id], self._by_id, self._holders.children, self._clock.wall()), by, using
        )

    async def _end(self, tokens: dict[str, str], by: str, using: str) -> frozenset[str]:
        """`tokens` as `ending` gives them."""
        family = {member: self._by_id.get(member) for member in tokens}
        ids = self._drop([*tokens])
        if ids:
            for member, session in family.items():
                if session is not None:
                    because = f"{tokens[member]} has no token any more" if tokens[member] else ""
                    self._recorder.revoked(session, by, using, because)
            self._holders.bind(self._clock.wall())
            await self._tokens.revoke(ids, self._clock.wall())
        return ids

    def purge(self) -> list[Session]:
        """Revokes every token that is not a person's, at once and without waiting, and closes a window for such a one: what
        is open under them ends. Gives what was good until now, for `write_purge`.
        """
        self._purges += 1
        sessions = [session for session in self._by_id.values() if not session.principal.role.is_person]
        self._unwritten |= self._drop([session.token_id for session in sessions])
        self._window.shut_out_software()
        return sessions

    async def write_purge(self, sessions: list[Session], *, by: str) -> None:
        """Records what `purge` gave, so that it outlives the process. Raises `sqlite3.Error`; it is tried again by itself."""
        for session in sessions:
            self._recorder.revoked(session, by, because="panic")
        await self._window.forget()
        await self._write_unwritten()

    async def _write_unwritten(self) -> None:
        if ids := frozenset(self._unwritten):
            await self._tokens.revoke(ids, self._clock.wall())
            self._unwritten -= ids

    def _drop(self, token_ids: list[str]) -> frozenset[str]:
        """Forget them and tell; the ones that were still good."""
        dropped = self._holders.drop(token_ids)
        ids = frozenset(one.token_id for one in dropped)
        if ids:
            for listener in tuple(self._listeners):
                try:
                    listener(ids)
                except Exception:
                    _log.exception("a listener for revoked tokens failed")
        return ids

    def bind(self, mandates: Mapping[str, tuple[Mandate, ...]], *, unsaid: tuple[Mandate, ...] = ()) -> None:
        """From now on these, and only these, bind the principals of these ids, whatever their token, and what they let in;
        `unsaid` binds software of which nothing is said.
        """
        self._holders.say(mandates, unsaid)
        self._holders.bind(self._clock.wall())

    # -- pairing -------------------------------------------------------------------------------------------------------

    async def open_pairing(
        self,
        role: Role,
        principal_id: str,
        ttl_s: float = pairing.WINDOW_S,
        *,
        title: str = "",
        by: str = THE_HOUSE,
        takes_key: bool = True,
        link_code: str = "",
        stay: Stay = LASTING,
    ) -> str:
        """Open a window of `ttl_s` seconds for one device of that principal; the code to type, as XXXX-XXXX.

        There is one window: an earlier one closes. `title` is the principal's, `by` who opens it. `link_code` is as good as
        the one to type. With `takes_key` the device may bring a key: where a person who is known to be one opened it.

        Raises `WiderThanParentError` if the id has another role, or other terms, `LedgerUnavailable`, `sqlite3.Error`.
        """
        who = Principal(principal_id, role, title)
        check_consistent(who, [session.principal for session in self._by_id.values()])
        self._holders.check_terms(new_row(who, None, "", 0.0, expires_at=None, mandate=stay.mandate)[0])
        opened: dict[str, Json] = {"pairing": "opened", "role": role, "seconds": ttl_s, "by": by}
        self._recorder.record("login", principal_id, opened)
        return await self._window.open(who, ttl_s, takes_key=takes_key, link_code=link_code, stay=stay)

    async def close_pairing(self) -> None:
        """Raises `sqlite3.Error`."""
        await self._window.close()

    def pairing_open(self) -> bool:
        return self._window.is_open

    async def redeem(self, code: str, title: str, key: str = "") -> tuple[TokenInfo, str]:
        """Let the device called `title` in: its token, and the secret. The window closes behind it. `key` is the device's
        public key (see `gateway.approvals.keys`): it is kept if the window takes keys.

        Raises `WrongCodeError`, `PairingClosedError`, `LedgerUnavailable` (then the window stays open), `sqlite3.Error`.
        """
        window = await self._window.take(code)
        principal = Principal(window.principal, Role(window.role), window.principal_title)
        key = key if window.takes_key else ""
        try:
            stay = stay_of(window)
            made = await self.create_token(
                principal,
                title=title,
                expires_at=stay.expires_at,
                by=BY_CODE,
                key=key,
                mandate=stay.mandate,
                idle_s=stay.idle_s,
            )
            done: dict[str, Json] = {"pairing": "done", "token": made[0].id, "key": bool(key)}
            self._recorder.if_possible("login", done, principal.id)
        except LedgerUnavailable:
            self._window.put_back(window)
            raise
        except (LookupError, WiderThanParentError):  # panic; or the id is somebody else's by now
            raise PairingClosedError from None
        await self._window.forget()
        return made

    async def _load(self) -> None:
        for row in await self._tokens.load_all():
            self._known.add(principal_of(row))
            orphaned = row.parent is not None and row.parent not in self._by_id
            if row.revoked_at is None and not orphaned:
                self._admit(row)
        await self._window.load()
        await self._end_expired()

    def _admit(self, row: TokenRow) -> None:
        session = self._holders.admit(row)
        self._known.add(session.principal)
        if min(session.expires_at, session.idle_until) < self._clock.wall() + HOUSEKEEPING_S:
            self._set_alarm()

    async def _end_expired(self) -> None:
        """Forgets what has expired; what is idle, or acts for persons who have none, ends for good. Raises `sqlite3.Error`."""
        now = self._clock.wall()
        expired = self._holders.expired(now)
        ended = ending(expired, self._by_id, self._holders.children, now)
        self._drop([one for one in expired if self._by_id[one].expires_at <= now])
        self._holders.bind(now)
        if bereaved := {token: person for token, person in ended.items() if token in self._by_id}:
            await self._end(bereaved, THE_HOUSE, "")

    async def tidy(self) -> None:
        """Tell of tokens that have expired; write down when the others were used last. Raises `sqlite3.Error`."""
        used = {token_id: session.used_at for token_id, session in self._by_id.items() if session.used_at}
        await self._end_expired()
        await self._write_unwritten()
        fresh = {token_id: at for token_id, at in used.items() if at > self._written.get(token_id, 0.0)}
        if fresh:
            await self._tokens.used(fresh)
            self._written = used

    async def _prune(self) -> None:
        """Forgets old tokens that software made and that are no longer good. Raises `sqlite3.Error`."""
        if await self._tokens.prune(self._clock.wall(), KEPT_OF_SOFTWARE):
            kept = [principal_of(row) for row in await self._tokens.load_all()]
            self._known.keep([*kept, *(session.principal for session in self._by_id.values())])

    def _set_alarm(self) -> None:
        """Housekeeping comes as soon as a token is no longer good: what is open under it is told then."""
        left = self._holders.next_end() - self._clock.wall()
        self._alarm.set(min(HOUSEKEEPING_S, max(left, SOONEST_S)))

    async def _keep_house(self) -> None:
        while True:
            self._set_alarm()
            await self._due.wait()
            self._due.clear()
            try:
                await self.tidy()
                await self._prune()
            except sqlite3.Error as error:
                _log.warning("what tokens were revoked, or used last, could not be written: %s", error)
