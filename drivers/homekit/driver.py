"""The driver: who is announced, who is paired, and commands to them."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator, Callable, Collection
from types import TracebackType
from typing import Final, Self

from capabilities.readings import Contact, Observation
from capabilities.vocabulary import Json
from drivers.discovery.seen import Service, ServiceLost
from drivers.discovery.tools import Stop, Tools
from drivers.driver import Candidate, DriverHealth, NotSent, Rejected, Uncertain, Withdrawn
from drivers.homekit import advert
from drivers.homekit.commands import Commands
from drivers.homekit.declared import DECLARED
from drivers.homekit.describe import NAME, device_id
from drivers.homekit.hub import Hub
from drivers.homekit.keys import Keys
from drivers.homekit.left import Left
from drivers.homekit.pairs import set_up, take_down
from drivers.homekit.pin import setup_code
from drivers.homekit.points import Point
from drivers.homekit.settings import HomeKitSettings
from drivers.mailbox import Mailbox, observations
from drivers.recording.taps import Hears, Taps

log = logging.getLogger(__name__)

MAX_HUBS: Final = 512
"""Accessories and bridges on one network: ten times what a large house has. Those that are paired always fit."""

MAX_CANDIDATES: Final = 4096
MAX_PROBLEMS: Final = 32
"""Lines in health."""

CONNECTING_AT_ONCE: Final = 8
"""Each takes some milliseconds of arithmetic, and the network some rest."""

ID_CHARACTERS: Final = 17
"""Of a device id (`aa:bb:cc:dd:ee:ff`); one behind a bridge has `:` and its number behind it."""


def open_driver(settings: HomeKitSettings, tools: Tools) -> HomeKitDriver:
    return HomeKitDriver(settings, tools)


class HomeKitDriver:
    """Implements `Driver`, `Scanner`, `Recalling`, `Keeping` and `Pairable`."""

    name = NAME

    def __init__(self, settings: HomeKitSettings, tools: Tools) -> None:
        self.clock = tools.clock
        self.counters: Counter[str] = Counter()
        self.poll_s = settings.poll_s
        self.taps = Taps()
        self._tools = tools
        self._hubs: dict[str, Hub] = {}
        self._kept: dict[str, set[int]] = {}
        self._runs: dict[str, asyncio.Task[None]] = {}
        self._pairing: dict[str, asyncio.Task[Keys]] = {}
        self._stop: Stop | None = None
        self._refused = 0
        self._left = Left(tools.vault, tools.clock)
        self._unreadable_keys: set[str] = set()
        self._fresh()

    def _fresh(self) -> None:
        self._observations = observations()
        self._found: Mailbox[Candidate | Withdrawn] = Mailbox(MAX_CANDIDATES, lambda item: item.id)
        self._commands = Commands()

    async def __aenter__(self) -> Self:
        """Raises `OSError` where the vault cannot be read: without its keys every accessory would look like a stranger's."""
        self._fresh()
        self.connecting = asyncio.Semaphore(CONNECTING_AT_ONCE)
        for ident, stored in self._left.take_out(await self._tools.vault.load()).items():
            try:
                keys = Keys.decode(stored)
            except ValueError:
                self._unreadable_keys.add(ident)
                continue
            hub = self._hubs[ident] = Hub(ident, self)
            hub.keep(self._kept.get(ident, ()))
            self._start(hub, keys)
        for ident in self._kept.keys() - self._hubs.keys():
            for aid in self._kept[ident]:
                reason = "its keys are gone: it must be paired anew"
                self.observe(Contact(device_id(ident, aid), False, self.clock.wall(), reason))
        self._stop = self._tools.services.watch(DECLARED.services, self._told)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._stop is not None:
            self._stop()
            self._stop = None
        await self._commands.close()
        tasks = [*self._runs.values(), *self._pairing.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._runs, self._pairing, self._hubs = {}, {}, {}
        self._observations.close()
        self._found.close()

    # ------------------------------------------------------------------ Driver

    def reports(self) -> AsyncIterator[Observation]:
        return self._observations

    async def write(self, point: str, value: Json, deadline: float) -> None:
        await self._commands.run(*self._place(point, "property"), value, deadline)

    async def invoke(self, point: str, value: Json, deadline: float) -> None:
        await self._commands.run(*self._place(point, "action"), value, deadline)

    async def read(self, point: str, deadline: float) -> None:
        hub, place = self._place(point, "property")
        await self._commands.read(hub, place, deadline)

    def health(self) -> DriverHealth:
        kept = [hub for hub in self._hubs.values() if hub.is_kept and hub.keys is not None]
        reached = sum(hub.is_reached for hub in kept)
        running = self._stop is not None
        counters = {**self.counters, "dropped": self._observations.dropped, "not_looked_at": self._refused}
        if not running:
            detail = "not running"
        elif kept:
            detail = f"{reached} of {len(kept)} paired accessories and bridges are reached"
        elif self._kept:
            detail = "the keys of all Things are gone: pair them anew (hearth inbox)"
        elif self._hubs:
            detail = (
                f"{len(self._hubs)} accessories and bridges were seen; none that is paired here is a Thing"
            )
        else:
            detail = "waiting for accessories to be announced; none that is paired here is a Thing"
        connected = running and (reached > 0 or (not kept and not self._kept))
        return DriverHealth(connected, detail, counters, tuple(self._problems()[:MAX_PROBLEMS]))

    def _problems(self) -> list[str]:
        found = [
            f"{ident}: its keys cannot be read; remove its pairing and pair it anew"
            for ident in sorted(self._unreadable_keys)
        ]
        if self._refused and len(self._hubs) >= MAX_HUBS:
            found.append(f"more than {MAX_HUBS} accessories were announced: the others are not looked at")
        for hub in self._hubs.values():
            if hub.is_kept and not hub.is_reached:
                found.append(f"{hub.title}: {hub.reason}")
            found += [f"{hub.title}: {line}" for line in hub.complaints()]
        return found

    # ------------------------------------------------------------------ Scanner, Recalling, Keeping

    def candidates(self) -> AsyncIterator[Candidate | Withdrawn]:
        return self._found

    def recall(self, device: str) -> Candidate | None:
        hub = self._hubs.get(device[:ID_CHARACTERS])
        return hub.shown.get(device) if hub is not None else None

    def keep(self, devices: Collection[str]) -> None:
        self._kept = {}
        for device in devices:
            rest = device[ID_CHARACTERS + 1 :]
            if not rest or rest.isdecimal():
                self._kept.setdefault(device[:ID_CHARACTERS], set()).add(int(rest) if rest else 1)
        for ident, hub in self._hubs.items():
            hub.keep(self._kept.get(ident, ()))

    # ------------------------------------------------------------------ Pairable

    async def pair(self, device: str, code: str, deadline: float) -> Candidate:
        code = setup_code(code)
        hub = self._hubs.get(device)
        if hub is None:
            if device[:ID_CHARACTERS] in self._hubs:
                raise Rejected("it is paired by its bridge: pair that one")
            raise NotSent("it is not announced on the network: see whether it has power and is connected")
        try:
            async with asyncio.timeout(deadline):
                async with hub.changing:
                    if hub.keys is None or hub.is_forgotten:
                        await self._pair(hub, code)
                    await self._left.clear(hub.id)
                    hub.left = ""
                await hub.on_described.wait()  # at once for one that is ours already
        except TimeoutError:
            if hub.keys is not None:
                raise NotSent(
                    f"it is paired, and will show itself when it is reached: {hub.reason}"
                ) from None
            raise Uncertain(
                f"pairing took longer than {deadline:g} s and goes on: if it succeeds, the accessory shows itself"
            ) from None
        return hub.shown.get(device) or hub.described[1].candidate

    async def _pair(self, hub: Hub, code: str) -> None:
        if hub.id in self._pairing:
            raise NotSent("it is being paired already: wait until that has ended")
        if hub.advert is None:
            raise NotSent("it is not announced on the network: see whether it has power and is connected")
        task = asyncio.create_task(
            set_up(hub.advert, code, self._tools.vault), name=f"homekit pairing {hub.id}"
        )
        self._pairing[hub.id] = task
        hub.pairing(True)
        task.add_done_callback(lambda done: self._paired(hub, done))
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError:
            if not task.cancelled():
                raise  # whoever waited gave up
            raise Uncertain(
                "the driver was stopped: if the accessory says that it is paired, reset it"
            ) from None

    def _paired(self, hub: Hub, done: asyncio.Task[Keys]) -> None:
        """Whether somebody still waits for it or not."""
        self._pairing.pop(hub.id, None)
        if not done.cancelled() and done.exception() is None and self._stop is not None:
            self._unreadable_keys.discard(hub.id)
            self._start(hub, done.result())
        hub.pairing(False)

    async def unpair(self, device: str) -> None:
        hub = self._hubs.get(device)
        if hub is None:
            await self._unpair(None, device)
            return
        async with hub.changing:
            if (under_way := self._pairing.get(device)) is not None:  # nobody waits for it any more
                await asyncio.wait({under_way})
            await self._unpair(hub, device)

    async def _unpair(self, hub: Hub | None, device: str) -> None:
        if hub is None or hub.keys is None:
            if len(device) == ID_CHARACTERS:
                await self._tools.vault.delete(device)  # keys that could not be read
                self._unreadable_keys.discard(device)
            return  # behind a bridge: the pairing is the bridge's
        freed = False
        try:
            await take_down(hub, hub.keys, hub.session)
            freed = True
        finally:
            await self._tools.vault.delete(device)
            if not freed:
                await self._left.note(device)
            run = self._runs.pop(device, None)
            if run is not None:
                run.cancel()
                await asyncio.gather(run, return_exceptions=True)
            hub.left = self._left.why(device)
            hub.forget(freed=freed)
            if hub.advert is None:
                del self._hubs[device]

    # ------------------------------------------------------------------

    def tap(self, device: str, heard: Hears) -> Callable[[], None]:
        """Messages: `announcement`, `accessory`, `known` (what it told before), `answer` to a read, `event`; see `hearing`."""
        hub = self._hubs.get(device[:ID_CHARACTERS])
        if hub is None or (
            device != hub.id and not any(device == device_id(hub.id, aid) for aid in hub.described)
        ):
            raise KeyError(device)
        hub.said.recall(device, heard, hub.following.values)
        return self.taps.add(device, heard)

    def emit(self, item: Candidate | Withdrawn) -> None:
        self._found.put_nowait(item)

    def observe(self, item: Observation) -> None:
        self._observations.put_nowait(item)

    def _told(self, seen: Service | ServiceLost) -> None:
        if isinstance(seen, ServiceLost):
            self._lost(seen.name)
            return
        try:
            told = advert.read(seen)
        except advert.BadAdvert:
            self.counters["bad_announcements"] += 1
            return
        self._lost(seen.name, but=told.id)
        if told.id not in self._hubs:
            if len(self._hubs) >= MAX_HUBS:
                self._refused += 1
                return
            self._hubs[told.id] = Hub(told.id, self)
            self._hubs[told.id].keep(self._kept.get(told.id, ()))
        self._hubs[told.id].left = self._left.why(told.id)
        self._hubs[told.id].announced(told)

    def _lost(self, instance: str, *, but: str = "") -> None:
        """The instance ended, or is that of another accessory (`but`) now."""
        for hub in [one for one in self._hubs.values() if one.id != but]:
            hub.lost(instance)
            if hub.advert is None and hub.keys is None and hub.id not in self._pairing:
                del self._hubs[hub.id]

    def _start(self, hub: Hub, keys: Keys) -> None:
        hub.paired(keys)
        if hub.id not in self._runs:
            self._runs[hub.id] = asyncio.create_task(self._guarded(hub), name=f"homekit {hub.id}")

    async def _guarded(self, hub: Hub) -> None:
        """One accessory's trouble is nobody else's."""
        while True:
            try:
                await hub.run()
            except Exception:
                log.exception("the accessory %s confused its driver; it is tried again", hub.id)
                self.counters["crashes"] += 1
                await asyncio.sleep(CRASHED_S)

    def _place(self, point: str, role: str) -> tuple[Hub, Point]:
        hub = self._hubs.get(point[:ID_CHARACTERS])
        place = hub.following.points.get(point) if hub is not None else None
        if hub is not None and hub.is_kept and not hub.described:
            raise NotSent(f"{hub.title} cannot be used now: {hub.reason}")
        if hub is None or place is None or place.role != role:
            raise NotSent(f"the point {point[:80]!r} is not known")
        return hub, place


CRASHED_S: Final = 30.0
"""After what should not happen."""
