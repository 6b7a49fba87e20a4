"""One way to an endpoint, from opening it to losing it, over and over."""

from __future__ import annotations

import asyncio
import random
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Final, Protocol

from drivers.coap.calls import Answer, TooLarge
from drivers.coap.conversation import Unanswered
from drivers.coap.counters import Counters
from drivers.coap.description import Access, Description, DescriptionError
from drivers.coap.link import Link
from drivers.coap.live import MAX_FOLLOWED, Ended, Live
from drivers.coap.looking import look, present_epoch
from drivers.coap.terms import boot
from drivers.coap.waiting import first_of
from drivers.coap.ways import LineWay, Way

LINE_FIRST_RETRY_S: Final = 0.1
LINE_LAST_RETRY_S: Final = 2.0
"""A line belongs to two: asking again disturbs nobody."""

NETWORK_FIRST_RETRY_S: Final = 1.0
NETWORK_LAST_RETRY_S: Final = 60.0

UNUSABLE_RETRY_S: Final = 300.0
"""After a description that cannot be used: it would be the same again."""

SECOND_LOOK_S: Final = 60.0
"""A device that is no Thing is not looked at more often, whatever its announcements say."""

ANEW_AT_MOST_EVERY_S: Final = 2.0

MAX_FIRST: Final = 4 * MAX_FOLLOWED
"""Answers of one device while everything of it is asked for once."""


class Unopened(Exception):
    """The way cannot be opened now. The text says why."""


class House(Protocol):
    """What a session asks of the driver."""

    def link(self, way: Way, counters: Counters) -> AbstractAsyncContextManager[Link]:
        """Opens it, and closes it on exit. Raises `Unopened`."""

    def looking(self, session: Session) -> AbstractAsyncContextManager[object]:
        """Its turn to fetch a description: what is no Thing takes turns."""

    def found(self, session: Session, description: Description) -> None: ...

    def wanted(self, session: Session) -> bool:
        """Whether the device is a Thing that is to be reached over this way; claims it then."""

    def up(self, session: Session) -> None: ...

    def down(self, session: Session, reason: str) -> None: ...

    def restarted(self, session: Session) -> None:
        """It is there, and what it was told before may hold no more."""

    def told(self, session: Session, access: Access, answer: Answer) -> None: ...


@dataclass(slots=True)
class _Backoff:
    line: bool
    tries: int = 0

    def next(self) -> float:
        first = LINE_FIRST_RETRY_S if self.line else NETWORK_FIRST_RETRY_S
        last = LINE_LAST_RETRY_S if self.line else NETWORK_LAST_RETRY_S
        wait = min(last, first * float(1 << min(self.tries, 10)))
        self.tries += 1
        return wait * random.uniform(0.8, 1.2)  # noqa: S311 - against synchronisation, no secret


@dataclass(slots=True, eq=False)
class Session:
    """`live` while the device can be commanded over it. `problem` is why it is not reached, a line for a person."""

    way: Way
    house: House
    counters: Counters = field(default_factory=Counters)
    description: Description | None = None
    live: Live | None = None
    problem: str = ""
    said: str = ""
    _boot: bytes | None = None
    _anew_at: float = float("-inf")
    _nudged: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def device(self) -> str:
        return self.description.id if self.description else ""

    @property
    def is_line(self) -> bool:
        return isinstance(self.way, LineWay)

    def nudge(self) -> None:
        """Something changed: what was waited for is tried at once."""
        self._nudged.set()
        if self.live is not None:
            self.live.look_now()

    async def run(self) -> None:
        """Until it is cancelled."""
        backoff = _Backoff(self.is_line)
        while True:
            rests = False
            try:
                async with self.house.link(self.way, self.counters) as link:
                    rests = await self._use(link, backoff)
            except Unopened as error:
                self._lost(str(error))
                if self.is_line:
                    backoff.tries = min(backoff.tries, 1)  # to look whether it is there costs nothing
            if rests:
                await self._rest()
            else:
                await self._pause(backoff.next())

    async def _use(self, link: Link, backoff: _Backoff) -> bool:
        """While the link lasts. True: nothing is to be done until something changes. A line stays open while its endpoint
        is silent; a socket does not, for the device may come back at another address.
        """
        while not link.ended.is_set():
            wait = await self._round(link, backoff)
            self.said = link.said or self.said
            if not self.is_line:
                return wait is None
            await self._pause(wait, link)
        self._lost(link.reason)
        return False

    async def _round(self, link: Link, backoff: _Backoff) -> float | None:
        """One look, and the life that follows. How long to wait then; None: until something changes."""
        try:
            description = await self._look(link)
            backoff.tries = 0
            self.problem = ""
            self.house.found(self, description)
            while self.house.wanted(self):
                if await self._live(link, description):
                    return self._anew()
        except Unanswered as error:
            self._lost(error.reason)
            return backoff.next()
        except (DescriptionError, TooLarge) as error:
            self._lost(str(error))
            return UNUSABLE_RETRY_S
        return None

    async def _look(self, link: Link) -> Description:
        """An endpoint that has not restarted is the same as before: its description is not fetched again."""
        known = self.description
        if known is not None and known.terms is not None and self._boot is not None:
            present = await present_epoch(link)
            if present is not None and boot(present) == self._boot:
                return known
        async with self.house.looking(self):
            self.description = await look(link)
        return self.description

    async def _live(self, link: Link, description: Description) -> bool:
        """Returns whether it must be looked at anew: it has restarted."""
        first: list[tuple[Access, Answer]] = []

        def told(access: Access, answer: Answer) -> None:
            """What comes before it is said to be reached waits for that."""
            if self.live is not None:
                self.house.told(self, access, answer)
            elif len(first) < MAX_FIRST:
                first.append((access, answer))

        live = Live(link, description, told)
        try:
            await live.begin()
            self._boot = None if live.epoch is None else boot(live.epoch)
            self.live = live
            self.house.up(self)
            for access, answer in first:
                self.house.told(self, access, answer)
            first.clear()
            if await live.run() is Ended.STOOD_DOWN:
                self._lost("")
                await live.leave()
                return False
            self.house.restarted(self)
        finally:
            self.live = None
            live.stop()
        return live.seen_epoch is None or boot(live.seen_epoch) != self._boot

    def _anew(self) -> float:
        """How long to wait until it is looked at anew: one that restarts all the time is not looked at all the time."""
        now = asyncio.get_running_loop().time()
        wait = max(0.0, self._anew_at + ANEW_AT_MOST_EVERY_S - now)
        self._anew_at = now
        return wait

    def _lost(self, reason: str) -> None:
        self.problem, self.live = reason, None
        self.house.down(self, reason)

    async def _rest(self) -> None:
        """Without a socket: until the device becomes a Thing, or is somewhere else."""
        loop = asyncio.get_running_loop()
        until = loop.time() + SECOND_LOOK_S
        await self._pause(None)
        while not self.house.wanted(self) and (left := until - loop.time()) > 0:
            await self._pause(left)

    async def _pause(self, seconds: float | None, link: Link | None = None) -> None:
        """Ends early when it is nudged, or the link ends."""
        events = [self._nudged] if link is None else [self._nudged, link.ended]
        await first_of(events, seconds)
        self._nudged.clear()
