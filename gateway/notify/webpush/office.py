"""The browsers that are told: each is a channel of its own, of the person whose token it came with, while that is good."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final
from urllib.parse import urlsplit

from gateway.clock import Clock
from gateway.config import Push
from gateway.ids import new_id
from gateway.ledger import Entry, Ledger, LedgerUnavailable
from gateway.localtime import HouseTime
from gateway.notify.channel import Channel, Fate
from gateway.notify.http import Poster
from gateway.notify.keeping import PUSHED, Kept
from gateway.notify.notice import Notice, Urgency, is_told
from gateway.notify.recording import KIND, Recorder
from gateway.notify.webpush.endpoints import host_of, is_own, public_sockets
from gateway.notify.webpush.preferences import Preferences, preferences_of
from gateway.notify.webpush.sender import Browser
from gateway.notify.webpush.vapid import Vapid, Vault
from gateway.storage import Database
from gateway.storage.notices import NoticeRepository
from gateway.storage.push import PushRepository, SubscriptionRow
from gateway.supervisor import Supervisor
from policies import Principal

MOST_OF_A_TOKEN: Final = 2
"""Browsers; a token is one browser's. The second is for one that subscribed anew and could not say that the first is over."""

MOST_OF_A_PERSON: Final = 16
"""Phones, tablets and computers of one person."""

MOST: Final = 64
"""In the house. Each costs a task and some 20 kB while it waits for nothing."""

MOST_PREFERENCES: Final = 256
"""Persons of whom it is kept what they want, those long gone too."""

log = logging.getLogger(__name__)

PrincipalOf = Callable[[str], Principal | None]
"""Whose a token is; None where it is no longer good."""


class NoRoom(Exception):
    """There are enough subscriptions. The text says what to do."""


@dataclass(frozen=True, slots=True)
class _Settings:
    """See `channel.Settings`."""

    name: str
    to: tuple[str, ...]
    preferences: Callable[[], Preferences]
    kind: str = "push"
    escalation: bool = False

    @property
    def urgency(self) -> str:
        return self.preferences().urgency


@dataclass(slots=True)
class Subscription:
    row: SubscriptionRow
    channel: Channel
    task: asyncio.Task[None] | None = None

    @property
    def service(self) -> str:
        return host_of(self.row.endpoint)


class PushOffice:
    """All subscriptions, by id; and what each person wants."""

    def __init__(
        self,
        config: Push,
        *,
        database: Database,
        ledger: Ledger,
        vault: Vault,
        principal_of: PrincipalOf,
        clock: Clock,
        time: HouseTime,
    ) -> None:
        self.config = config
        self.vapid = Vapid(vault, clock, config.contact)
        self.subscriptions: dict[str, Subscription] = {}
        self._rows = PushRepository(database)
        self._kept = Kept(NoticeRepository(database), clock, pushed=True)
        self._recorder = Recorder(ledger, clock)
        self._ledger = ledger
        self._principal_of = principal_of
        self._clock = clock
        self._time = time
        self._preferences: dict[str, Preferences] = {}
        self._changing = asyncio.Lock()
        self._group: asyncio.TaskGroup | None = None
        self._public: Poster | None = None
        self._own: Poster | None = None

    # ---------------------------------------------------------------- from start to end

    async def restore(self) -> None:
        """Takes up the subscriptions, and what an earlier run could not deliver. Raises `sqlite3.Error`."""
        for who, text in (await self._rows.preferences()).items():
            self._preferences[who] = preferences_of(text)
        for row in await self._rows.load():
            principal = self._principal_of(row.token)
            if principal is None:
                await self._rows.delete(row.id)
            else:
                self._admit(row, principal)
        for name, notice in await self._kept.restore():
            found = self.subscriptions.get(name.removeprefix(PUSHED))
            if found is None:
                self._kept.remove(notice.id, name)
            else:
                found.channel.take(notice)

    def start(self, supervisor: Supervisor) -> None:
        supervisor.keep("push", self._run)
        supervisor.keep("pushed notices", self._kept.run)

    async def _run(self) -> None:
        async with asyncio.TaskGroup() as group:
            self._group = group
            try:
                for one in self.subscriptions.values():
                    self._work(one)
                await asyncio.get_running_loop().create_future()  # until it is cancelled
            finally:
                self._group = None  # one that ends takes no further tasks

    # ---------------------------------------------------------------- what is told

    def take(self, notice: Notice) -> None:
        """Hands it to every browser of those whom it is for, and who want it."""
        if not self.subscriptions:
            return
        local = self._time.now()
        minute = None if local is None else local.minutes
        for one in self.subscriptions.values():
            principal = self._principal_of(one.row.token)
            if principal is None or not is_told(notice.to, principal):
                continue
            wanted = self.preferences(principal.id).want(notice, minute)
            taken = one.channel.offer(notice, reached=True, wanted=wanted)
            if taken and notice.urgency is Urgency.HIGH:
                self._kept.add(notice, one.channel.name)

    @property
    def channels(self) -> Mapping[str, Channel]:
        return {one.channel.name: one.channel for one in self.subscriptions.values()}

    # ---------------------------------------------------------------- who is told

    def of_token(self, token: str) -> list[Subscription]:
        return [one for one in self.subscriptions.values() if one.row.token == token]

    def of_person(self, principal: str) -> list[Subscription]:
        return [one for one in self.subscriptions.values() if one.channel.settings.to == (principal,)]

    async def subscribe(
        self, token: str, endpoint: str, p256dh: bytes, auth: bytes
    ) -> tuple[Subscription, bool]:
        """The subscription, and whether it is new: the same again is the one that there is. The browser's own of before, under
        whatever token, ends with it, and the token's oldest where it has too many.

        Raises `LookupError` where the token is no longer good, `NoRoom`, `LedgerUnavailable`, `sqlite3.Error`.
        """
        async with self._changing:
            principal = self._principal_of(token)
            if principal is None:
                raise LookupError("the token is no longer good")
            # Who knows the secret is the browser itself: it has another token now. Who knows the address alone is not.
            same = [
                one
                for one in self.subscriptions.values()
                if one.row.endpoint == endpoint and one.row.auth == auth and one.row.p256dh == p256dh
            ]
            for one in same:
                if one.row.token == token:
                    return one, False
            mine = self.of_token(token)
            ending = (
                same + [one for one in mine if one not in same][: max(0, len(mine) + 1 - MOST_OF_A_TOKEN)]
            )
            self._check_room(principal.id, ending)
            now = self._clock.wall()
            row = SubscriptionRow(new_id(now), token, endpoint, p256dh, auth, now)
            self._record({"subscribed": row.id, "service": host_of(endpoint), "token": token}, principal.id)
            await self._rows.insert(row)
            if self._principal_of(token) is None:  # it was revoked while this was written
                await self._rows.delete(row.id)
                raise LookupError("the token was revoked meanwhile")
            for one in ending:
                await self.end(one, "another took its place")
            return self._admit(row, principal), True

    async def end(self, subscription: Subscription, because: str) -> None:
        """It gets nothing any more, at once. Raises `sqlite3.Error`: then it may be there again after a restart."""
        if self._let_go(subscription):
            await self._write_off(subscription, because)

    def revoked(self, tokens: frozenset[str]) -> None:
        """These tokens are no longer good: their browsers get nothing any more."""
        for one in [one for one in self.subscriptions.values() if one.row.token in tokens]:
            self._end_soon(one, "its token ended")

    # ---------------------------------------------------------------- what a person wants

    def preferences(self, principal: str) -> Preferences:
        return self._preferences.get(principal, _USUAL)

    async def prefer(self, principal: str, wanted: Preferences, text: str) -> None:
        """`text` is `wanted` as it is kept. Raises `NoRoom`, `sqlite3.Error`."""
        if principal not in self._preferences and len(self._preferences) >= MOST_PREFERENCES:
            raise NoRoom(f"what {MOST_PREFERENCES} people want is kept already; nothing more fits")
        await self._rows.prefer(principal, text)
        self._preferences[principal] = wanted

    # ---------------------------------------------------------------- inside

    def _check_room(self, principal: str, ending: list[Subscription]) -> None:
        if len(self.subscriptions) - len(ending) >= MOST:
            raise NoRoom(f"{MOST} browsers are told already; let go of those that nobody uses (People)")
        mine = [one for one in self.of_person(principal) if one not in ending]
        if len(mine) >= MOST_OF_A_PERSON:
            raise NoRoom(
                f"{MOST_OF_A_PERSON} of your browsers are told already; turn notices off on one of them"
            )

    def _admit(self, row: SubscriptionRow, principal: Principal) -> Subscription:
        who, preferences = principal.id, partial(self.preferences, principal.id)
        found: Subscription
        sender = Browser(
            row,
            poster=self._poster(row.endpoint),
            vapid=self.vapid,
            clock=self._clock,
            preferences=preferences,
            delivered=lambda tag: found.channel.has_delivered(tag),  # noqa: PLW0108  it is made below
            gone=lambda: self._end_soon(found, "the push service says that it is over"),
        )
        settings = _Settings(f"{PUSHED}{row.id}", (who,), preferences)
        found = Subscription(row, Channel(settings, sender, self._clock, self._settled))
        self.subscriptions[row.id] = found
        self._work(found)
        return found

    def _work(self, one: Subscription) -> None:
        if self._group is not None:
            one.task = self._group.create_task(one.channel.run(), name=one.channel.name)

    def _poster(self, endpoint: str) -> Poster:
        """The authorities of certificates are read once for all of them."""
        if is_own(urlsplit(endpoint), self.config.hosts):
            self._own = self._own or Poster(self._clock, self.config.ca)
            return self._own
        self._public = self._public or Poster(self._clock, None, public_sockets())
        return self._public

    def _let_go(self, one: Subscription) -> bool:
        """False where it was over already."""
        if self.subscriptions.pop(one.row.id, None) is None:
            return False
        if one.task is not None:
            one.task.cancel()
        return True

    def _end_soon(self, one: Subscription, because: str) -> None:
        """At once for what is told, soon for the database; where nobody works, the next start looks at the token again."""
        if self._let_go(one) and self._group is not None:
            self._group.create_task(self._ended(one, because), name=f"end of {one.channel.name}")

    async def _ended(self, one: Subscription, because: str) -> None:
        try:
            await self._write_off(one, because)
        except sqlite3.Error as error:
            log.error("a push subscription that is over is still in the database: %s", error)

    async def _write_off(self, one: Subscription, because: str) -> None:
        """Raises `sqlite3.Error`."""
        body = {"unsubscribed": one.row.id, "service": one.service, "because": because}
        try:
            self._record(body, one.channel.settings.to[0])
        except LedgerUnavailable as error:  # what only narrows happens all the same
            log.error("not recorded: the end of a push subscription: %s", error)
        await self._rows.delete(one.row.id)

    def _settled(self, channel: Channel, fate: Fate) -> None:
        self._recorder.record(channel.name, fate)
        if fate.parcel.notice.urgency is Urgency.HIGH:
            self._kept.remove(fate.parcel.notice.id, channel.name)

    def _record(self, body: dict[str, str], principal: str) -> None:
        """Raises `LedgerUnavailable`."""
        self._ledger.append(Entry(KIND, self._clock.wall(), {**body}, principal=principal))


_USUAL: Final = Preferences()
