"""Where requests of agents and the answers of people meet: a person's yes makes a token, and nothing else does."""

from __future__ import annotations

import asyncio
import logging
import secrets
import sqlite3
from dataclasses import dataclass
from typing import Final

from capabilities.vocabulary import Json
from gateway.context import Gateway
from gateway.identity import Session, TokenInfo
from gateway.identity.recording import THE_HOUSE
from gateway.ledger import Entry, LedgerUnavailable
from gateway.notify.timer import Alarm
from gateway.oauth.clients import KEY_BYTES, Client, Clients
from gateway.oauth.grants import Grants
from gateway.oauth.ids import free_id
from gateway.oauth.request import Issued, Request, Returns
from gateway.oauth.telling import Telling
from gateway.storage import SettingsRepository
from policies import Principal, Role
from policies.mandates import Terms

IDLE_S: Final = 30 * 86_400.0
"""A token that its agent did not use for so long ends: what was let in and forgotten does not stay."""

SETTING: Final = "oauth-client-key"
UNFETCHED: Final = "oauth-unfetched"
"""The ids of tokens that a person said yes to and that no agent has: their secrets are in memory alone, and end with it."""

log = logging.getLogger(__name__)


class NotTaken(Exception):
    """The answer cannot be taken as it is; the text says what would be right."""


@dataclass(frozen=True, slots=True)
class Wish:
    """As whom an agent is let in. "" where it is left to the gateway; `expires_in` in seconds."""

    principal: str = ""
    name: str = ""
    acts_for: str = ""
    expires_in: int | None = None
    mandate: Terms | None = None


class AgentDesk:
    """One for a gateway. Requests that wait are in memory alone."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._clock = gateway.clock
        self._identity = gateway.identity
        self._telling = Telling(gateway.parts.notifier, gateway.clock)
        self._turn = asyncio.Lock()
        self._clients: Clients | None = None
        self._alarm = Alarm(gateway.clock, self._ring)
        self._sweeping: set[asyncio.Task[None]] = set()
        self.grants = Grants()

    async def clients(self) -> Clients:
        """Their key is made with the first one, and kept. Raises `sqlite3.Error`."""
        async with self._turn:
            if self._clients is None:
                settings = SettingsRepository(self._gateway.parts.database)
                kept = await settings.get(SETTING)
                if not isinstance(kept, str):
                    kept = secrets.token_hex(KEY_BYTES)
                    await settings.set(SETTING, kept)
                self._clients = Clients(bytes.fromhex(kept))
            return self._clients

    # -- for clients ---------------------------------------------------------------------------------------------------

    async def begin(
        self, client: Client, *, address: str, near: bool, returns: Returns | None = None
    ) -> tuple[Request, str]:
        """A new request, and the secret of whoever asked. Raises `Full`."""
        await self.sweep()
        now = self._clock.monotonic()
        request, secret = self.grants.begin(
            client, address=address, near=near, now=now, at=self._clock.wall(), returns=returns
        )
        self._telling.asked(request)
        return request, secret

    def way_back(self, secret: str) -> str | None:
        """As that of `Grants`; the code that it gives ends sooner than the token would wait. Raises `OAuthError`."""
        to = self.grants.way_back(secret, self._clock.monotonic())
        self._set_alarm()
        return to

    def is_good(self, issued: Issued) -> bool:
        """Whether nobody revoked it between the yes and the fetching."""
        return not self._identity.is_revoked(issued.token_id)

    async def end(self, token_id: str, why: str) -> None:
        """Ends a token that two hold, or nobody."""
        log.warning("the token %s of an agent ends: %s", token_id, why)
        await self._identity.revoke(token_id, by=THE_HOUSE)

    async def fetched(self) -> None:
        """Its agent has it now: before it is told, for a power cut in between ends a token that nobody has."""
        await self._keep_unfetched()

    async def start(self) -> None:
        """Ends what was accepted before this start and never fetched."""
        try:
            kept = await SettingsRepository(self._gateway.parts.database).get(UNFETCHED)
            for token_id in kept if isinstance(kept, list) else []:
                if not self._identity.is_revoked(str(token_id)):
                    await self.end(str(token_id), "nobody had fetched it before the gateway ended")
            if kept:
                await self._keep_unfetched()
        except sqlite3.Error as error:
            log.error("tokens of agents that nobody fetched could not be ended: %s", error)

    async def _keep_unfetched(self) -> None:
        """A failure leaves a token in the list of people that is good for nobody."""
        try:
            ids: list[Json] = list(self.grants.unfetched())
            await SettingsRepository(self._gateway.parts.database).set(UNFETCHED, ids)
        except sqlite3.Error as error:
            log.error("not kept which tokens of agents wait to be fetched: %s", error)

    # -- for people ----------------------------------------------------------------------------------------------------

    def persons(self) -> list[str]:
        """The ids of those for whom an agent can act."""
        return sorted(
            {one.id for one in self._identity.principals() if one.role.is_person and not one.makers}
        )

    async def proposed_id(self, request: Request) -> str:
        """Under which id it comes in where nobody names one. Raises `sqlite3.Error`."""
        return free_id(request.calls_itself, await self._ids())

    async def accept(
        self, request: Request, wish: Wish, session: Session, channel: dict[str, Json]
    ) -> TokenInfo | None:
        """Makes the token, which the client then fetches; None where somebody else answered, or it is too late.

        Raises `NotTaken`, and what `Identity.create_token` raises: then it waits as before.
        """
        async with self._turn:  # two at once would take the same free id
            if not self.grants.claim(request, self._clock.monotonic()):
                return None
            try:
                info, secret = await self._made(request, wish, session)
            except BaseException:
                self.grants.release(request)
                raise
            self.grants.grant(request, Issued(info.id, secret, info.expires_at), self._clock.monotonic())
            await self._keep_unfetched()
        self._set_alarm()
        by = session.principal.id
        self._record(request, {"agent": "accepted", "token": info.id, **channel}, by)
        self._telling.accepted(request, info.principal, by)
        return info

    def deny(self, request: Request, session: Session, channel: dict[str, Json]) -> bool:
        """False where somebody else answered, or it is too late."""
        if not self.grants.deny(request, self._clock.monotonic()):
            return False
        self._telling.denied(request)
        self._record(request, {"agent": "denied", **channel}, session.principal.id)
        return True

    async def _made(self, request: Request, wish: Wish, session: Session) -> tuple[TokenInfo, str]:
        by = session.principal
        name = wish.name or request.calls_itself
        who = Principal(
            wish.principal or await self.proposed_id(request), Role.AGENT, name, self._person(wish, by)
        )
        await self._check_id(who)
        return await self._identity.create_token(
            who,
            parent=session.token_id or None,
            title=request.calls_itself,
            expires_at=None if wish.expires_in is None else self._clock.wall() + wish.expires_in,
            by=by.id,
            mandate=wish.mandate,
            idle_s=IDLE_S,
        )

    def proposed_person(self, by: Principal) -> str:
        """For whom an agent acts that `by` lets in; "" where it has to be said. At the box of a house in which nobody has
        paired yet it is the owner, under the id that the first one has who names none.
        """
        if not by.at_box:
            return by.id
        persons = self.persons() or [Role.OWNER.value]
        return persons[0] if len(persons) == 1 else ""

    def _person(self, wish: Wish, by: Principal) -> str:
        """Raises `NotTaken`."""
        if not by.at_box and wish.acts_for not in {"", by.id}:
            raise NotTaken(f"an agent that you accept acts for you ({by.id}), and nobody else")
        person, persons = wish.acts_for or self.proposed_person(by), self.persons()
        if not person or (by.at_box and persons and person not in persons):
            raise NotTaken(f"acts_for must say for whom it acts: one of {', '.join(persons)}")
        return person

    async def _check_id(self, who: Principal) -> None:
        """An id that was somebody else's is nobody's new one, also where their tokens have ended. Raises `NotTaken`."""
        for info in await self._identity.list_tokens():
            other = info.principal
            if other.id == who.id and (other.role, other.acts_for) != (who.role, who.acts_for):
                raise NotTaken(f"{who.id} is, or was, somebody else: choose another id")

    async def _ids(self) -> set[str]:
        infos = await self._identity.list_tokens()
        return {name for info in infos for name in (info.principal.id, info.principal.acts_for) if name}

    def _record(self, request: Request, body: dict[str, Json], by: str) -> None:
        """What was asked stands there as the client put it, apart, and is erased with the private part."""
        private: dict[str, Json] = {"calls_itself": request.calls_itself, "address": request.address}
        entry = Entry(
            "login", self._clock.wall(), {**body, "asked_by": request.kind}, principal=by, private=private
        )
        try:
            self._gateway.ledger.append(entry)
        except LedgerUnavailable as error:  # the token itself is recorded, or was not made
            log.error("not recorded: %s: %s", body, error)

    # -- in time -------------------------------------------------------------------------------------------------------

    async def sweep(self) -> None:
        """Forgets what is over, and revokes what nobody fetched."""
        for token_id in self.grants.sweep(self._clock.monotonic()):
            try:
                await self.end(token_id, "nobody fetched it in time")
            except sqlite3.Error as error:  # it is good in the database still, and its secret is gone
                log.error("the token %s could not be revoked: %s", token_id, error)
        self._set_alarm()

    async def close(self) -> None:
        self._alarm.stop()
        await asyncio.gather(*self._sweeping, return_exceptions=True)

    def _set_alarm(self) -> None:
        end = self.grants.next_end()
        if end is not None:
            self._alarm.set(end - self._clock.monotonic())

    def _ring(self) -> None:
        task = asyncio.create_task(self.sweep(), name="agents that did not fetch their token")
        self._sweeping.add(task)
        task.add_done_callback(self._sweeping.discard)
