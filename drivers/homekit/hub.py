"""One HAP server: an accessory by itself, or a bridge with those behind it. Found, described, kept in touch with.

What mDNS says of it is only a hint where to look. Who it is the keys prove, each time we connect.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Collection
from typing import Final, Protocol

from capabilities.readings import Contact, Observation
from drivers.discovery.tools import Clock
from drivers.driver import Candidate, Withdrawn
from drivers.homekit import database
from drivers.homekit.advert import Advert
from drivers.homekit.candidates import Shown
from drivers.homekit.describe import Described, describe, device_id
from drivers.homekit.keys import Keys
from drivers.homekit.points import Point
from drivers.homekit.reporting import Reporter
from drivers.homekit.session import Session, Where, parsed, rows
from drivers.homekit.statuses import UNREACHABLE, in_words
from drivers.homekit.waiting import Allowance, Patience
from drivers.homekit.wire.connection import LinkError, connect
from drivers.homekit.wire.pairing import NotOurs, WrongAccessory, pair_verify

IDLE_S: Final = 30.0
"""What nobody has adopted yet stays connected for so long after it was described: adoption often follows."""

DESCRIBES_BURST: Final = 3.0
DESCRIBE_EVERY_S: Final = 20.0
"""So often an accessory's services are read anew, and then once in so long, whatever is announced."""

ANNOUNCED_S: Final = 20.0
"""A kept accessory that is not announced within this time after the start counts as unreachable."""

MAX_EVENT_BYTES: Final = 64 * 1024
"""Of one event: all states of a large bridge fit."""

FORGOTTEN: Final = "it does not know our keys any more, and must be paired anew"


class Host(Protocol):
    """The driver, to its hubs."""

    clock: Clock
    counters: Counter[str]
    connecting: asyncio.Semaphore
    poll_s: float

    def emit(self, item: Candidate | Withdrawn) -> None: ...

    def observe(self, item: Observation) -> None: ...


class Hub:
    def __init__(self, ident: str, host: Host) -> None:
        self.id = ident
        self.advert: Advert | None = None
        self.keys: Keys | None = None
        self.session: Session | None = None
        self.reason = "it was not reached yet"
        self.points: dict[str, Point] = {}
        self.described: dict[int, Described] = {}
        self.on_described: asyncio.Event = asyncio.Event()
        self.problem = ""
        self.is_pairing = False
        self._host = host
        self._kept: frozenset[int] = frozenset()
        self._settled: set[int] = set()  # accessories that are subscribed to in this session
        self._reached: dict[int, bool] = {}  # what was told of each accessory's contact
        self.shown = Shown(host.emit)
        self._hosts: tuple[str, ...] = ()
        self._port = 0
        self._config_read: int | None = None  # the c# that the description belongs to
        self._descriptions = Allowance(DESCRIBES_BURST, DESCRIBE_EVERY_S)
        self._silent: set[Where] = set()  # what is not told by itself
        self._state_seen: int | None = None
        self._patience = Patience()
        self._wake = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._reporter = Reporter(host.clock, host.observe, host.counters)

    # ------------------------------------------------------------------ what is told from outside

    @property
    def kept(self) -> frozenset[int]:
        return self._kept

    @property
    def title(self) -> str:
        """For people."""
        return self.advert.name if self.advert is not None else self.id

    @property
    def is_forgotten(self) -> bool:
        """It does not take our keys."""
        return self.problem == FORGOTTEN

    def complaints(self) -> list[str]:
        """What is wrong with it, besides that it is not reached."""
        found = [self.problem] if self.problem and self.keys is not None else []
        if self.session is not None and self.session.connection.slowed:
            found.append("it tells more than it may, and is listened to more slowly")
        if self._reporter.unreadable:
            some = sorted(self._reporter.unreadable)[0].partition("|")[2]
            found.append(f"{len(self._reporter.unreadable)} of its values could not be read ({some})")
        return found

    def tells(self, point: Point) -> bool:
        """Whether all that shows what came of a command is told by itself."""
        return all((point.aid, iid) not in self._silent for iid in point.asked)

    @property
    def is_reached(self) -> bool:
        return self.session is not None and self.session.connection.is_open

    def keep(self, aids: Collection[int]) -> None:
        kept = frozenset(aids)
        if kept != self._kept:
            self._kept = kept
            self._reached = {aid: told for aid, told in self._reached.items() if aid in kept}
            self.wake()

    def announced(self, advert: Advert) -> None:
        """Again, too: whoever is not reached is tried then."""
        before, self.advert = self.advert, advert
        moved = (self._hosts, self._port) != (advert.addresses, advert.port)
        self._hosts, self._port = advert.addresses, advert.port
        if before != advert:
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
        self.wake()

    def pairing(self, under_way: bool) -> None:
        self.is_pairing = under_way
        self._show()

    def wake(self) -> None:
        self._wake.set()
        self._patience.nudge()

    def forget(self) -> None:
        """No keys any more: what is known by them goes."""
        self.keys, self.problem = None, ""
        self.described, self.points = {}, {}
        self._reporter.describe(())
        self._config_read = None
        self.on_described.clear()
        self.shown.only((), "its pairing was removed")
        self._show()

    def _show(self) -> None:
        """Only what is announced is a candidate."""
        if self.advert is None:
            return
        if self.is_pairing and (self.keys is None or self.is_forgotten):
            return  # it will be ours in a moment, and says already that it is paired
        if self.keys is None or self.is_forgotten:
            self.shown.stranger(self.id, self.advert)
        else:
            for one in self.described.values():
                self.shown.show(one.candidate, self.advert)

    # ------------------------------------------------------------------ the life of a paired one

    async def run(self) -> None:
        """For as long as there are keys; ends only when it is cancelled."""
        try:
            await self._first_announcement()
            while True:
                await self._wanted()
                try:
                    await self._connected()
                except (LinkError, NotOurs, database.BadDatabase) as error:
                    self._failed(error)
                await self._patience.wait()
        finally:
            await self._drop("the driver was stopped", tell=False)

    async def _first_announcement(self) -> None:
        if not self._hosts:
            try:
                async with asyncio.timeout(ANNOUNCED_S):
                    while not self._hosts:
                        self._wake.clear()
                        await self._wake.wait()
            except TimeoutError:
                self._unreachable(
                    "it is not announced on the network: see whether it has power and is connected"
                )

    async def _wanted(self) -> None:
        while not self._hosts or not (self._kept or self._is_stale()):
            self._wake.clear()
            await self._wake.wait()

    def _is_stale(self) -> bool:
        """It is not described, or said since that its services are others."""
        config = self.advert.config if self.advert else self._config_read
        return not self.described or config != self._config_read

    async def _connected(self) -> None:
        """One session, from its beginning to its end. Raises `LinkError`, `NotOurs`, `BadDatabase`."""
        assert self.keys is not None
        lost: asyncio.Future[str] = self._loop.create_future()
        async with self._host.connecting:
            session = await self.open(self.keys)
            session.connection.on_event = self._event
            session.connection.on_lost = lambda reason: self._lost(lost, reason)
            self.session, self._settled = session, set()
            try:
                if self._is_stale():
                    await self._read_description(session)
                await self._settle(session)
            except BaseException:
                await self._drop("it was not reached")
                raise
        self._patience.succeeded()
        self.problem = ""
        self._show()
        try:
            await self._stay(session, lost)
        finally:
            await self._drop(lost.result() if lost.done() else "the connection was closed")

    async def open(self, keys: Keys) -> Session:
        """At the first address where the right accessory answers. Raises `LinkError`, `NotOurs`."""
        reason: LinkError | NotOurs = LinkError("it has no address")
        for host in self._hosts:
            try:
                connection = await connect((host,), self._port)
            except LinkError as error:
                reason = reason if isinstance(reason, NotOurs) else error
                continue
            try:
                await pair_verify(connection, keys)
                return Session(connection)
            except BaseException as error:
                await connection.close()
                if not isinstance(error, LinkError | WrongAccessory):
                    raise
                reason = error
        raise reason

    async def _stay(self, session: Session, lost: asyncio.Future[str]) -> None:
        """Until the connection is lost, or nobody wants it any more."""
        while not lost.done():
            self._wake.clear()
            idle = self._host.poll_s if self._kept else IDLE_S
            polled = False
            try:
                async with asyncio.timeout(idle):
                    await self._wake.wait()
            except TimeoutError:
                polled = True
            if lost.done() or (polled and not self._kept):
                return
            await self._look_again(session, polled=polled)

    async def _look_again(self, session: Session, *, polled: bool) -> None:
        advert = self.advert
        if self._is_stale():
            await self._read_description(session)
            self._settled.clear()
        await self._settle(session)
        told = {where for point in self._kept_points() for where in self._reads(point)}
        if polled:
            quiet = self._silent & told
            await self._read(session, quiet or set(sorted(told)[:1]))
        elif advert is not None and advert.state != self._state_seen:
            self._state_seen = advert.state
            await self._read(session, told)
        else:  # announced at another place: is it still here?
            await self._read(session, set(sorted(told)[:1]))

    def _lost(self, lost: asyncio.Future[str], reason: str) -> None:
        lost.set_result(reason)
        self._wake.set()

    async def _drop(self, reason: str, *, tell: bool = True) -> None:
        session, self.session = self.session, None
        self._settled.clear()
        if tell:
            self._unreachable(reason)
        if session is not None:
            self._host.counters["slowed"] += session.connection.slowed
            await session.connection.close()

    def _failed(self, error: Exception) -> None:
        if isinstance(error, NotOurs) and not isinstance(error, WrongAccessory):
            self.problem = FORGOTTEN
            self._unreachable(FORGOTTEN)
            self._show()
        else:
            self.problem = str(error) if isinstance(error, database.BadDatabase) else ""
            self._unreachable(str(error))

    # ------------------------------------------------------------------ describing

    async def _read_description(self, session: Session) -> None:
        """Reads all services and makes candidates of them, one accessory after the other, so that the loop is not held up."""
        await asyncio.sleep(self._descriptions.take())
        config = self.advert.config if self.advert else None
        document = await session.accessories()
        raw, more = database.raw_accessories(document)
        also = (
            (f"it has more than {database.MAX_ACCESSORIES} accessories; the others are left out",)
            if more
            else ()
        )
        found: dict[int, Described] = {}
        for one in raw:
            await asyncio.sleep(0)
            accessory = database.accessory(one)
            if accessory is not None and accessory.aid not in found:
                found[accessory.aid] = describe(
                    self.id, accessory, self.advert, also if accessory.aid == 1 else ()
                )
        if 1 not in found:
            raise database.BadDatabase("it tells no accessory 1, which is itself")
        self.described, self._config_read = found, config
        self.points = {point.id: point for one in found.values() for point in one.points}
        self._reporter.describe(self.points.values())
        self.problem = ""
        self.shown.only([one.candidate.id for one in found.values()], "its bridge does not have it any more")
        self._show()
        self.on_described.set()

    # ------------------------------------------------------------------ reading

    async def _settle(self, session: Session) -> None:
        """Hears from now on of accessories that became Things, then reads them: what changes in between is not missed."""
        fresh = self._kept & self.described.keys() - self._settled
        if not fresh:
            return
        wanted = {
            where
            for point in self.points.values()
            if point.aid in fresh
            for where in self._reads(point, events=True)
        }
        telling = {where for where in wanted if where in self._telling()}
        refused = await session.subscribe(telling)
        self._silent = {one for one in self._silent if one[0] not in fresh} | (wanted - telling) | refused
        self._settled |= fresh
        self._state_seen = self.advert.state if self.advert else None
        readable = {
            where for point in self._kept_points() if point.aid in fresh for where in self._reads(point)
        }
        await self._read(session, readable)
        for aid in fresh:
            self._reached.setdefault(aid, False)
            if not any(one[0] == aid for one in readable):
                self._contact(aid, True)

    async def _read(self, session: Session, wanted: set[Where]) -> None:
        found = await session.read(wanted)
        for aid in {aid for aid, _ in wanted}:
            statuses = [row.status for row in found if row.where[0] == aid]
            gone = bool(statuses) and all(status == UNREACHABLE for status in statuses)
            self._contact(aid, not gone, in_words(UNREACHABLE) if gone else "")
        self._reporter.take(found, self._kept, event=False)

    async def look(self, point: Point, iids: Collection[int]) -> list[str]:
        """Reads some of an accessory now. The words of what was refused. Raises `LinkError`."""
        session = self.session
        if session is None:
            raise LinkError(self.reason)
        found = await session.read({(point.aid, iid) for iid in iids})
        self._reporter.take(found, self._kept | {point.aid}, event=False)
        return [in_words(row.status) for row in found if row.status]

    def value(self, where: Where) -> object:
        return self._reporter.value(where)

    def _event(self, body: bytes) -> None:
        if len(body) > MAX_EVENT_BYTES:
            self._host.counters["events_too_long"] += 1
            return
        try:
            told = list(rows(parsed(body)))
        except LinkError:
            self._host.counters["unreadable"] += 1
            return
        self._host.counters["events"] += 1
        for aid in {row.where[0] for row in told} & self._kept:
            self._contact(aid, True)
        self._reporter.take(told, self._kept, event=True)

    def _kept_points(self) -> list[Point]:
        return [point for point in self.points.values() if point.aid in self._kept]

    def _reads(self, point: Point, *, events: bool = False) -> list[Where]:
        if point.readable or (events and point.role == "event"):
            return [(point.aid, iid) for iid in point.reads]
        return []

    def _telling(self) -> set[Where]:
        return {(aid, iid) for aid, one in self.described.items() for iid in one.telling}

    # ------------------------------------------------------------------ contact

    def _contact(self, aid: int, reachable: bool, reason: str = "") -> None:
        if aid in self._kept and self._reached.get(aid) is not reachable:
            self._reached[aid] = reachable
            self._host.observe(Contact(device_id(self.id, aid), reachable, self._host.clock.wall(), reason))

    def _unreachable(self, reason: str) -> None:
        self.reason = reason
        for aid in self._kept:
            self._contact(aid, False, reason)
