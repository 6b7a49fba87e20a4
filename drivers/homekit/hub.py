"""One HAP server: an accessory by itself, or a bridge with those behind it. Found, described, kept in touch with.

What mDNS says of it is only a hint where to look. Who it is the keys prove, each time we connect.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Collection
from dataclasses import replace
from typing import Final, Protocol

from capabilities.readings import Observation
from drivers.discovery.tools import Clock
from drivers.driver import Candidate, Withdrawn
from drivers.homekit import database
from drivers.homekit.advert import Advert
from drivers.homekit.candidates import Shown
from drivers.homekit.describe import Described, describe
from drivers.homekit.following import GONE, Following
from drivers.homekit.hearing import SaidBy, as_text
from drivers.homekit.keys import Keys
from drivers.homekit.session import Session
from drivers.homekit.waiting import Allowance, Patience
from drivers.homekit.wire.connection import LinkError, connect
from drivers.homekit.wire.pairing import NotOurs, pair_verify
from drivers.recording.taps import Taps

IDLE_S: Final = 30.0
"""What nobody has adopted yet stays connected for so long after it was described: adoption often follows."""

DESCRIBES_BURST: Final = 3.0
DESCRIBE_EVERY_S: Final = 20.0
"""So often an accessory's services are read anew, and then once in so long, whatever is announced."""

LOOKS_BURST: Final = 5.0
LOOK_EVERY_S: Final = 2.0
"""So often a connected accessory is looked at because of an announcement, which anybody can send."""

ANNOUNCED_S: Final = 20.0
"""A kept accessory that is not announced within this time after the start counts as unreachable."""

FORGOTTEN: Final = "it does not know our keys any more, and must be paired anew"
UNANNOUNCED: Final = "it is not announced on the network: see whether it has power and is connected"


class Host(Protocol):
    """The driver, to its hubs."""

    clock: Clock
    counters: Counter[str]
    connecting: asyncio.Semaphore
    poll_s: float
    taps: Taps

    def emit(self, item: Candidate | Withdrawn) -> None: ...

    def observe(self, item: Observation) -> None: ...


class Hub:
    def __init__(self, ident: str, host: Host) -> None:
        self.id = ident
        self.advert: Advert | None = None
        self.keys: Keys | None = None
        self.session: Session | None = None
        self.reason = "it was not reached yet"
        self.problem = ""
        self.left = ""  # it was ours, and does not know that this is over
        self.described: dict[int, Described] = {}
        self.on_described = asyncio.Event()
        self.shown = Shown(host.emit)
        self.said = SaidBy(ident, host.taps)
        self.following = Following(ident, host.clock, host.observe, host.counters, self.said.rows)
        self._host = host
        self.changing = asyncio.Lock()  # whether it is paired: one at a time
        self._is_pairing = False
        self._places: tuple[tuple[str, int], ...] = ()  # where it is announced
        self._good_place: tuple[str, int] | None = None  # where it proved to be last
        self._config_read: int | None = None  # the c# that the description belongs to
        self._state_read: int | None = None  # the s# at the last reading of everything
        self._descriptions = Allowance(DESCRIBES_BURST, DESCRIBE_EVERY_S)
        self._looks = Allowance(LOOKS_BURST, LOOK_EVERY_S)
        self._patience = Patience()
        self._wake = asyncio.Event()

    # ------------------------------------------------------------------ what can be asked

    @property
    def title(self) -> str:
        """For people."""
        return self.advert.name if self.advert is not None else self.id

    @property
    def is_kept(self) -> bool:
        return bool(self.following.kept)

    @property
    def is_reached(self) -> bool:
        return self.session is not None and self.session.connection.is_open

    @property
    def is_forgotten(self) -> bool:
        """It does not take our keys."""
        return self.problem == FORGOTTEN

    @property
    def is_ours(self) -> bool:
        return self.keys is not None and not self.is_forgotten

    def complaints(self) -> list[str]:
        """What is wrong with it, besides that it is not reached."""
        found = [self.problem] if self.problem and self.keys is not None else []
        if self.session is not None and self.session.connection.slowed:
            found.append("it tells more than it may, and is listened to more slowly")
        if unreadable := sorted(self.following.unreadable):
            found.append(
                f"{len(unreadable)} of its values could not be read ({unreadable[0].partition('|')[2]})"
            )
        return found

    # ------------------------------------------------------------------ what is told from outside

    def keep(self, aids: Collection[int]) -> None:
        kept = frozenset(aids)
        if kept != self.following.kept:
            self.following.keep(kept)
            self.wake()

    def announced(self, advert: Advert) -> None:
        """Again, too: whoever is not reached is tried then."""
        before, self.advert = self.advert, advert
        places = tuple((host, advert.port) for host in advert.addresses)
        moved, self._places = places != self._places, places
        if before != advert:
            self.said.announced(advert, is_ours=self.is_ours)
            self._show()
        changed = before is None or before.config != advert.config or before.state != advert.state
        if moved or changed or not self.is_reached:
            self.wake()

    def lost(self, instance: str) -> None:
        """The announcement ended. Whoever is connected stays so."""
        if self.advert is not None and self.advert.instance == instance:
            self.advert = None
            self.shown.only((), "it is not announced any more")

    def paired(self, keys: Keys) -> None:
        self.keys, self.problem = keys, ""
        self._config_read = None
        self.on_described.clear()
        self.wake(by_person=True)

    def pairing(self, under_way: bool) -> None:
        self._is_pairing = under_way
        self._show()

    def forget(self, *, freed: bool = False) -> None:
        """No keys any more: what is known by them goes. `freed`: the accessory knows it, and will soon announce that."""
        if freed and self.advert is not None:
            self.advert = replace(self.advert, is_paired=False)
        self.keys, self.problem = None, ""
        self.described = {}
        self.said.accessories({}, more=False)
        self.following.describe({})
        self._config_read = self._good_place = None
        self.on_described.clear()
        self.shown.only((), "its pairing was removed")
        self._show()

    def wake(self, *, by_person: bool = False) -> None:
        self._wake.set()
        if not self.is_reached:
            self._patience.nudge(by_person=by_person)

    def _show(self) -> None:
        """Only what is announced is a candidate."""
        ours = self.is_ours
        if self.advert is None or (self._is_pairing and not ours):
            return  # while it is being paired it says already that it is, and will be ours in a moment
        if not ours:
            self.shown.stranger(self.id, self.advert, self.left)
        for one in self.described.values() if ours else ():
            self.shown.show(one.candidate, self.advert)

    # ------------------------------------------------------------------ the life of a paired one

    async def run(self) -> None:
        """For as long as there are keys; ends only when it is cancelled."""
        try:
            await self._first_announcement()
            while True:
                while not self._where() or not (self.is_kept or self._is_stale()):
                    self._wake.clear()
                    await self._wake.wait()
                try:
                    await self._connected()
                except (LinkError, NotOurs, database.BadDatabase) as error:
                    self._failed(error)
                await self._patience.wait()
        finally:
            await self._drop(None)

    async def _first_announcement(self) -> None:
        try:
            async with asyncio.timeout(ANNOUNCED_S):
                while not self._where():
                    self._wake.clear()
                    await self._wake.wait()
        except TimeoutError:
            self._unreachable(UNANNOUNCED)

    def _where(self) -> tuple[tuple[str, int], ...]:
        """Where it is announced; and where it was last, as anybody can announce it elsewhere."""
        good = self._good_place
        return self._places if good is None or good in self._places else (*self._places, good)

    def _is_stale(self) -> bool:
        """It is not described, or said since that its services are others."""
        return not self.described or (self.advert is not None and self.advert.config != self._config_read)

    async def _connected(self) -> None:
        """One session, from its beginning to its end. Raises `LinkError`, `NotOurs`, `BadDatabase`."""
        assert self.keys is not None
        lost: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        try:
            async with self._host.connecting:
                session = await self.open(self.keys)
                session.connection.on_event = self.following.event
                session.connection.on_lost = lambda reason: self._lost(lost, reason)
                self.session = session
                self.following.began()
                self._wake.clear()  # what is told from now on is looked at after this
                self._state_read = self.advert.state if self.advert is not None else None
                await self._refresh(session)
            self._patience.succeeded()
            self.problem = ""
            self._show()
            await self._stay(session, lost)
        finally:
            await self._drop(lost.result() if lost.done() else "the connection was closed")

    async def open(self, keys: Keys) -> Session:
        """At the first place where the right accessory answers. Raises `LinkError`, `NotOurs`: that only where no place had it,
        for anybody may say that he does not know us.
        """
        reason: LinkError | NotOurs = LinkError("it has no address")
        for host, port in self._where():
            connection = None
            try:
                connection = await connect((host,), port)
                await pair_verify(connection, keys)
            except BaseException as error:
                if connection is not None:
                    await connection.close()
                if not isinstance(error, LinkError | NotOurs):
                    raise
                reason = reason if isinstance(reason, NotOurs) else error
                continue
            self._good_place = (host, port)
            return Session(connection)
        raise reason

    async def _stay(self, session: Session, lost: asyncio.Future[str]) -> None:
        """Until the connection is lost, or nobody wants it any more."""
        while not lost.done():
            polled = False
            try:
                async with asyncio.timeout(self._host.poll_s if self.is_kept else IDLE_S):
                    await self._wake.wait()
            except TimeoutError:
                polled = True
            self._wake.clear()
            if lost.done() or (polled and not self.is_kept):
                return
            if polled:
                await self.following.poll(session)
            else:
                await self._looks.wait()
                await self._refresh(session)
                await self.following.probe(session)  # it may be announced elsewhere, and not be here any more

    async def _refresh(self, session: Session) -> None:
        """What is new since: services, Things, states."""
        if self._is_stale():
            pause = self._descriptions.take()
            if pause and self.described:
                asyncio.get_running_loop().call_later(pause, self.wake)
            else:
                await self._read_description(session)
        await self.following.settle(session)
        state = self.advert.state if self.advert is not None else self._state_read
        if state != self._state_read:
            self._state_read = state
            await self.following.read_all(session)

    async def _read_description(self, session: Session) -> None:
        """Reads all services and makes candidates of them, one accessory after the other, so that the loop is not held up."""
        advert = self.advert
        raw, more = database.raw_accessories(await session.accessories())
        found: dict[int, Described] = {}
        texts: dict[int, bytes] = {}
        for one in raw:
            await asyncio.sleep(0)
            accessory = database.accessory(one)
            if accessory is not None and accessory.aid not in found:
                also = (database.TOO_MANY,) if more and accessory.aid == 1 else ()
                found[accessory.aid] = describe(self.id, accessory, advert, also)
                texts[accessory.aid] = as_text(one)
        if 1 not in found:
            raise database.BadDatabase("it tells no accessory 1, which is itself")
        self.described, self._config_read = found, advert.config if advert is not None else self._config_read
        self.said.announced(advert, is_ours=True)
        self.said.accessories(texts, more=more)
        self.following.describe(found)
        self.problem = ""
        self.shown.only([one.candidate.id for one in found.values()], GONE)
        self._show()
        self.on_described.set()

    def _lost(self, lost: asyncio.Future[str], reason: str) -> None:
        lost.set_result(reason)
        self._wake.set()

    async def _drop(self, reason: str | None) -> None:
        """Ends the session; without a reason nothing is told of it."""
        session, self.session = self.session, None
        if session is None:
            return
        if reason is not None:
            self._unreachable(reason)
        self._host.counters["slowed"] += session.connection.slowed
        await session.connection.close()

    def _failed(self, error: Exception) -> None:
        if isinstance(error, NotOurs) and not error.is_somebody_else:
            self.problem = FORGOTTEN
            self._unreachable(FORGOTTEN)
            self._show()
        else:
            self.problem = str(error) if isinstance(error, database.BadDatabase) else ""
            self._unreachable(str(error))

    def _unreachable(self, reason: str) -> None:
        self.reason = reason
        self.following.unreachable(reason)
