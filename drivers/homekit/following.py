"""What is heard and read of a hub's accessories while a session lasts, and whether each of them is there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Final

from capabilities.readings import Contact, Observation
from capabilities.vocabulary import Json
from drivers.discovery.tools import Clock
from drivers.homekit.describe import Described, device_id
from drivers.homekit.hearing import ANSWER, EVENT
from drivers.homekit.points import Point
from drivers.homekit.reporting import Reporter
from drivers.homekit.session import Row, Session, Where, parsed, rows
from drivers.homekit.statuses import UNREACHABLE, in_words
from drivers.homekit.wire.connection import LinkError

MAX_EVENT_BYTES: Final = 64 * 1024
"""Of one event: all states of a large bridge fit."""


GONE: Final = "its bridge does not have it any more"


class Following:
    """Of the accessories that are Things (`kept`), and of no others."""

    def __init__(
        self,
        hub: str,
        clock: Clock,
        observe: Callable[[Observation], None],
        counters: Counter[str],
        heard: Callable[[str, list[Row]], None],
    ) -> None:
        self.kept: frozenset[int] = frozenset()
        self.points: dict[str, Point] = {}
        self._hub = hub
        self._clock = clock
        self._observe = observe
        self._counters = counters
        self._heard = heard
        self._reporter = Reporter(clock, observe, counters)
        self._telling: frozenset[Where] = frozenset()
        self._there: frozenset[int] = frozenset()  # the accessories that it has
        self._settled: set[int] = set()  # accessories that are subscribed to in this session
        self._silent: set[Where] = set()  # what is not told by itself
        self._reached: dict[int, bool] = {}  # what was said of each accessory's contact

    def keep(self, aids: frozenset[int]) -> None:
        self.kept = aids
        self._settled &= aids
        self._reached = {aid: said for aid, said in self._reached.items() if aid in aids}

    def describe(self, described: Mapping[int, Described]) -> None:
        """These are all the points there are from now on; they are subscribed to anew."""
        self.points = {point.id: point for one in described.values() for point in one.points}
        self._there = frozenset(described)
        self._telling = frozenset((aid, iid) for aid, one in described.items() for iid in one.telling)
        self._settled.clear()
        self._silent.clear()
        self._reporter.describe(self.points.values())

    def began(self) -> None:
        """A new session: nothing is subscribed to yet."""
        self._settled.clear()

    async def settle(self, session: Session) -> None:
        """Hears from now on of accessories that became Things, then reads them: what changes in between is not missed.
        Raises `LinkError`.
        """
        for aid in self.kept - self._there:
            self.contact(aid, False, GONE)
        fresh = (self.kept & self._there) - self._settled
        if not fresh:
            return
        wanted = self._wheres(fresh, events=True)
        refused = await session.subscribe(wanted & self._telling)
        self._silent = (
            {one for one in self._silent if one[0] not in fresh} | (wanted - self._telling) | refused
        )
        self._settled |= fresh
        readable = self._wheres(fresh)
        await self.read(session, readable)
        for aid in fresh - {aid for aid, _ in readable}:
            self.contact(aid, True)

    async def read_all(self, session: Session) -> None:
        await self.read(session, self._wheres(self.kept))

    async def poll(self, session: Session) -> None:
        """What is not told by itself; and something in any case, to see whether anybody is there."""
        readable = self._wheres(self.kept)
        await self.read(session, (self._silent & readable) or set(sorted(readable)[:1]))

    async def probe(self, session: Session) -> None:
        await self.read(session, sorted(self._wheres(self.kept))[:1])

    async def read(self, session: Session, wanted: Collection[Where]) -> list[str]:
        """The words of what was refused. Raises `LinkError`."""
        found = await session.read(wanted)
        for aid in {aid for aid, _ in wanted}:
            statuses = [row.status for row in found if row.where[0] == aid]
            gone = bool(statuses) and all(status == UNREACHABLE for status in statuses)
            self.contact(aid, not gone, in_words(UNREACHABLE) if gone else "")
        self._heard(ANSWER, found)
        self._reporter.take(found, self.kept | {aid for aid, _ in wanted}, event=False)
        return [in_words(row.status) for row in found if row.status]

    def event(self, body: bytes) -> None:
        """What the accessory tells unasked."""
        if len(body) > MAX_EVENT_BYTES:
            self._counters["events_too_long"] += 1
            return
        try:
            told = list(rows(parsed(body)))
        except LinkError:
            self._counters["unreadable"] += 1
            return
        self._counters["events"] += 1
        for aid in {row.where[0] for row in told if not row.status} & self.kept:
            self.contact(aid, True)
        self._heard(EVENT, told)
        self._reporter.take(told, self.kept, event=True)

    def contact(self, aid: int, reachable: bool, reason: str = "") -> None:
        if aid in self.kept and self._reached.get(aid) is not reachable:
            self._reached[aid] = reachable
            self._observe(Contact(device_id(self._hub, aid), reachable, self._clock.wall(), reason))

    def unreachable(self, reason: str) -> None:
        for aid in self.kept:
            self.contact(aid, False, reason)

    def value(self, where: Where) -> Json:
        """What was told or read last."""
        return self._reporter.value(where)

    def values(self, aid: int) -> dict[int, Json]:
        return self._reporter.values(aid)

    def tells(self, point: Point) -> bool:
        """Whether all that shows what came of a command is told by itself."""
        return all((point.aid, iid) not in self._silent for iid in point.asked)

    @property
    def unreadable(self) -> Iterable[str]:
        """Points whose last value was none."""
        return self._reporter.unreadable

    def _wheres(self, aids: Collection[int], *, events: bool = False) -> set[Where]:
        return {
            (point.aid, iid)
            for point in self.points.values()
            if point.aid in aids and (point.readable or (events and point.role == "event"))
            for iid in point.reads
        }
