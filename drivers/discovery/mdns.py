"""The one mDNS browser (RFC 6762, RFC 6763), on one instance of zeroconf for the whole life of the gateway.

The instance is kept when interfaces come and go: its sockets are replaced within (`async_update_interfaces`), so libraries that
hold it go on. They hear of the types that are watched here, and of names that they ask for.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Collection, Coroutine, Sequence
from contextlib import AbstractAsyncContextManager
from types import TracebackType
from typing import Final, Self

from zeroconf import DNSOutgoing, DNSQuestion, IPVersion, current_time_millis
from zeroconf import Error as ZeroconfError
from zeroconf.asyncio import AsyncServiceBrowser, AsyncZeroconf

from drivers.discovery.announcement import Announcement
from drivers.discovery.interfaces import Chosen, choose
from drivers.discovery.mdns_announcing import Announcer
from drivers.discovery.mdns_flood import hear_own_groups
from drivers.discovery.mdns_guard import Guard
from drivers.discovery.mdns_instances import IN, PTR
from drivers.discovery.mdns_known import Known
from drivers.discovery.seen import Service, ServiceLost
from drivers.discovery.tools import Clock, Stop
from drivers.driver import DriverHealth, NotSent

_log: Final = logging.getLogger(__name__)

LOOKED_AFTER_S: Final = 10.0
"""Interfaces are read so often: a third of a millisecond."""

JOINED_WITHIN_S: Final = 60.0
"""So long after a change addresses that could not be used yet are tried again."""

MOST_TYPES: Final = 64
"""All families together declare some twenty."""

PLANNED_MOST: Final = 4096
"""A browser of the library plans a question for each announcement and forgets none early: after so many there is a new one."""

FULL_ASKED_AGAIN_S: Final = 30.0
"""Where there is no room left, all are asked so often whether they are there: those of a flood do not answer for long."""

ASKED_AGAIN_S: Final = 1.0
"""RFC 6762, section 5.2: the same question at most once a second."""


class MdnsBrowser:
    """`interfaces` are names or addresses; empty: all. `grace` is how many seconds what said goodbye may take to say that it is
    there all the same (anybody can say goodbye in another's name); `every` is how often interfaces are looked at.
    """

    def __init__(
        self,
        clock: Clock,
        interfaces: Sequence[str] = (),
        *,
        grace: float = 2.0,
        every: float = LOOKED_AFTER_S,
    ) -> None:
        self._clock = clock
        self._wanted = tuple(interfaces)
        self._every = every
        self._azc: AsyncZeroconf | None = None
        self._chosen = Chosen((), (), frozenset())
        self._join_until = clock.monotonic() + JOINED_WITHIN_S
        self._trouble = ""
        self._counters: Counter[str] = Counter()
        self._floods_seen = 0
        self._known = Known(grace=grace, clock=clock, ask_again=self._ask_again)
        self._browsers: dict[str, AsyncServiceBrowser] = {}
        self._watched: Counter[str] = Counter()
        self._asked_at: dict[str, float] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._opened = asyncio.Event()
        self._announcer = Announcer(self._opened, lambda: self._azc, lambda: self._chosen)

    async def __aenter__(self) -> Self:
        await self._open()
        self._spawn(self._look_after(), "mdns interfaces")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._opened.clear()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._known.close()
        azc, self._azc = self._azc, None
        self._browsers.clear()
        if azc is not None:
            for guard in _guards(azc):
                guard.close()
            await azc.async_close()

    @property
    def zeroconf(self) -> AsyncZeroconf:
        """Raises `NotSent` as long as there is no network to listen on."""
        if self._azc is None:
            raise NotSent(f"the network cannot be looked at: {self._trouble or 'mDNS is not started'}")
        return self._azc

    def watch(self, types: Collection[str], told: Callable[[Service | ServiceLost], None]) -> Stop:
        kinds = {one.lower(): one for one in types}
        for kind, spelled in kinds.items():
            if kind not in self._watched and len(self._watched) >= MOST_TYPES:
                raise ValueError(f"{MOST_TYPES} types of services are watched already")
            self._watched[kind] += 1
            if self._watched[kind] == 1:
                self._known.begin(kind, spelled)
                self._browse(kind)
        stop_telling = self._known.tell(frozenset(kinds), told)

        def stop() -> None:
            if stop_telling():
                for kind in kinds:
                    self._stop(kind)

        return stop

    def announce(self, announcement: Announcement) -> AbstractAsyncContextManager[None]:
        """Says on the network what we offer, while it is entered: as soon as there is a network. A name that somebody else
        has gets a number behind it.
        """
        return self._announcer.announce(announcement)

    def health(self) -> DriverHealth:
        count = len(self._known.services)
        names = sorted({name for name, _ in self._chosen.addresses})
        detail = f"{count} service{'' if count == 1 else 's'} of {len(self._watched)} types"
        if self._azc is not None:
            detail += f", on {', '.join(names) or 'no interface'}"
        counters = {**self._counters, **{f"refused_{k}": v for k, v in self._known.refused.items()}}
        return DriverHealth(
            self._azc is not None, detail, counters, (*self._problems(), *self._known.problems())
        )

    def _problems(self) -> Sequence[str]:
        found = [self._trouble] if self._trouble else []
        found += [f"there is no interface {one}: it is waited for" for one in self._chosen.missing]
        muted = sorted({one for guard in _guards(self._azc) for one in guard.muted})
        found += [f"{one} floods the network with mDNS: it is not listened to" for one in muted]
        if self._is_flooded and not muted:
            found.append("more is said on the network than is listened to: devices may be found late")
        return found

    async def _open(self) -> None:
        """Or says why not, for the next time."""
        chosen = choose(self._wanted)
        azc = None
        for version in (IPVersion.All, IPVersion.V4Only) if chosen.ipv6 else (IPVersion.V4Only,):
            where = chosen.for_zeroconf() if version is IPVersion.All else list[str | int](chosen.ipv4)
            try:
                azc = AsyncZeroconf(interfaces=where, ip_version=version)
                await azc.zeroconf.async_wait_for_start()
                break
            except (OSError, RuntimeError, ZeroconfError) as error:
                if azc is not None:
                    await azc.async_close()
                    azc = None
                reason = getattr(error, "strerror", "") or str(error) or type(error).__name__
                self._trouble = f"mDNS cannot listen ({reason}); it is tried again"
        if azc is None:
            return
        self._azc, self._chosen, self._trouble = azc, chosen, ""
        self._known.attach(azc.zeroconf)
        self._guard()
        for kind in self._watched:
            self._browse(kind)
        self._opened.set()

    def _guard(self) -> None:
        """Puts a guard before each socket that has none."""
        assert self._azc is not None
        zeroconf = self._azc.zeroconf
        for reader in zeroconf.engine.readers:
            listener = reader.transport.get_protocol()
            if isinstance(listener, Guard):
                continue
            guard = Guard(zeroconf, listener, self._known.admission, reader.fileno, self._counters)  # type: ignore[arg-type]
            reader.transport.set_protocol(guard)
            hear_own_groups(reader.fileno)

    def _browse(self, kind: str) -> None:
        if self._azc is None:
            return
        self._end(kind)
        self._known.admission.announced_since[kind] = 0
        self._browsers[kind] = AsyncServiceBrowser(self._azc.zeroconf, [kind], handlers=[_ignore])

    def _end(self, kind: str) -> None:
        browser = self._browsers.pop(kind, None)
        if browser is not None:
            self._spawn(browser.async_cancel(), "mdns browser's end")

    def _stop(self, kind: str) -> None:
        self._watched[kind] -= 1
        if self._watched[kind] <= 0:
            del self._watched[kind]
            self._asked_at.pop(kind, None)
            self._end(kind)
            self._known.end(kind)

    def _ask_again(self, kind: str) -> None:
        """Once, without saying what is known: somebody said that it is not so."""
        now = self._clock.monotonic()
        if self._azc is None or now - self._asked_at.get(kind, -ASKED_AGAIN_S) < ASKED_AGAIN_S:
            return
        self._asked_at[kind] = now
        question = DNSQuestion(kind, PTR, IN)
        question.unicast = self._is_flooded  # then what is sent to us alone is heard better
        packet = DNSOutgoing(0)
        packet.add_question(question)
        self._azc.zeroconf.async_send(packet)

    @property
    def _is_flooded(self) -> bool:
        return self._counters["floods"] > self._floods_seen

    async def _look_after(self) -> None:
        while True:
            await asyncio.sleep(self._every)
            try:
                await self._look()
            except Exception as error:  # whatever it is: the next look may go well
                self._trouble = f"the network's interfaces cannot be listened on ({error}); it is tried again"
                _log.warning("mDNS: %r", error)

    async def _look(self) -> None:
        if self._azc is None:
            await self._open()
            return
        chosen = choose(self._wanted)
        if chosen != self._chosen:
            await self._move(chosen)
        elif self._clock.monotonic() < self._join_until and self._is_incomplete():
            await self._join()
        elif self._is_flooded:
            self._floods_seen = self._counters["floods"]  # something may have been missed: ask anew
            self._browse_all()
        for kind, planned in list(self._known.admission.announced_since.items()):
            if planned > PLANNED_MOST and kind in self._watched:
                self._browse(kind)
        now = self._clock.monotonic()
        for kind in self._known.admission.full():
            if now - self._asked_at.get(kind, -FULL_ASKED_AGAIN_S) >= FULL_ASKED_AGAIN_S:
                self._known.admission.asks_again(kind, current_time_millis())
                self._ask_again(kind)

    async def _move(self, chosen: Chosen) -> None:
        """To other interfaces. What was heard by one that is gone is asked for anew, and lost where nobody answers."""
        assert self._azc is not None
        gone = self._chosen.addresses - chosen.addresses
        self._chosen, self._trouble = chosen, ""
        self._join_until = self._clock.monotonic() + JOINED_WITHIN_S
        self._counters["interfaces_changed"] += 1
        await self._join()
        if gone:
            self._known.doubt()
        self._browse_all()
        await self._announcer.moved()

    async def _join(self) -> None:
        """An address that was given to an interface just now cannot be used yet (IPv6: it is looked for others who have it)."""
        assert self._azc is not None
        before = len(self._azc.zeroconf.engine.senders)
        version = IPVersion.All if self._chosen.ipv6 else IPVersion.V4Only
        await self._azc.async_update_interfaces(self._chosen.for_zeroconf(), version)
        self._guard()
        if len(self._azc.zeroconf.engine.senders) > before:
            self._known.doubt()  # what is known already would not be said again there, with its addresses
            self._browse_all()

    def _is_incomplete(self) -> bool:
        assert self._azc is not None
        return len(self._azc.zeroconf.engine.senders) < len(self._chosen.ipv4) + len(self._chosen.ipv6)

    def _browse_all(self) -> None:
        for kind in self._watched:
            self._browse(kind)

    def _spawn(self, work: Coroutine[None, None, None], name: str) -> None:
        task = asyncio.get_running_loop().create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _guards(azc: AsyncZeroconf | None) -> list[Guard]:
    if azc is None:
        return []
    found = [reader.transport.get_protocol() for reader in azc.zeroconf.engine.readers]
    return [one for one in found if isinstance(one, Guard)]


def _ignore(**_: object) -> None:
    """What a browser finds is read from its records; it is there for its questions."""
