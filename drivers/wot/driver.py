"""The driver: descriptions that were configured, announced or listed by directories, each attended by one task."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Collection
from itertools import islice
from types import TracebackType
from typing import Final, Self

from capabilities.readings import Observation
from capabilities.vocabulary import Json
from drivers.discovery.seen import Service, ServiceLost
from drivers.discovery.tools import Stop, Tools
from drivers.driver import Candidate, DriverHealth, NotSent, Rejected, Withdrawn
from drivers.recording.taps import Hears, Taps
from drivers.wot import pairing
from drivers.wot.addresses import all_own
from drivers.wot.attending import Attendant
from drivers.wot.crowding import one_to_give_up
from drivers.wot.declared import DECLARED
from drivers.wot.described import Point
from drivers.wot.device import Device
from drivers.wot.document import Problems
from drivers.wot.house import House
from drivers.wot.origins import OriginError
from drivers.wot.ourselves import AtThisMachine
from drivers.wot.settings import WotSettings, WotThing
from drivers.wot.sources import NoSourceError, Source, announced, configured

MAX_SOURCES: Final = 512
"""Descriptions that are attended at a time. A hostile network announces as many as it likes."""


MAX_NAMED: Final = 3
"""Addresses in one line of why a Thing was not seen."""

ABSENT_AFTER_S: Final = 30.0
"""After the start: what is there has been announced and looked at by then."""


def open_driver(settings: WotSettings, tools: Tools) -> WotDriver:
    return WotDriver(settings, tools)


class WotDriver:
    name = "wot"

    def __init__(self, settings: WotSettings, tools: Tools) -> None:
        self._settings = settings
        self._tools = tools
        self._kept: frozenset[str] = frozenset()
        self._taps = Taps()
        self._house = House(self.name, settings, tools, self._taps)
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._sources: dict[str, Source] = {}
        self._stop: Stop | None = None
        self._watch: asyncio.Task[None] | None = None
        self._entered = False
        self._problems = Problems()
        self._here = AtThisMachine()
        self._counters: Counter[str] = Counter()

    async def __aenter__(self) -> Self:
        self._house = House(self.name, self._settings, self._tools, self._taps, self._kept)
        self._house.add, self._house.listed = self._attend, self._listed
        self._problems, self._here, self._entered = Problems(), AtThisMachine(), True
        await self._house.keyring.load()
        for is_directory, known in ((False, self._named_things()), (True, self._named_directories())):
            for one in known:
                try:
                    self._attend(configured(one, is_directory=is_directory))
                except OriginError as error:
                    self._problems.add(f"{one.url[:120]} is left out: {error}")
        self._watch = asyncio.create_task(self._tell_absent(), name="wot absent")
        self._stop = self._tools.services.watch(DECLARED.services, self._told)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._entered = False
        if self._stop is not None:
            self._stop()
        tasks = [*self._tasks.values(), *([self._watch] if self._watch is not None else [])]
        self._watch = None
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._tasks.clear()
        self._sources.clear()
        self._house.close()

    def _named_things(self) -> list[WotThing]:
        return [*(WotThing(url=url) for url in self._settings.things), *self._settings.thing]

    def _named_directories(self) -> list[WotThing]:
        return [*(WotThing(url=url) for url in self._settings.directories), *self._settings.directory]

    # -- what is found ---------------------------------------------------------------------------------------------

    def candidates(self) -> AsyncIterator[Candidate | Withdrawn]:
        return self._house.outlet.candidates

    def recall(self, device: str) -> Candidate | None:
        return self._house.outlet.known.get(device)

    def why_unseen(self, device: str) -> str:
        silent = (one for one in self._sources.values() if one.is_configured and one.device in {"", device})
        lines = (self._house.problems.get(one.key, "") for one in silent)
        return "; ".join(islice(filter(None, lines), MAX_NAMED))

    async def search(self) -> None:
        for source in self._sources.values():
            self._wake(source)

    def _wake(self, source: Source) -> None:
        """To be looked at soon, unless its device is in touch, where that tells everything."""
        device = self._house.devices.get(source.device)
        if device is None or device.source is not source or device.link is None:
            source.again.set()

    def keep(self, devices: Collection[str]) -> None:
        changed = self._kept ^ frozenset(devices)
        for device in frozenset(devices) - self._kept:
            self._house.holders.settle(device)
        self._kept = self._house.kept = frozenset(devices)
        for source in self._sources.values():
            if source.device in changed or source.fallback in changed:
                source.again.set()

    def _told(self, seen: Service | ServiceLost) -> None:
        instance = f"mdns {seen.name}._wot._tcp "
        if isinstance(seen, ServiceLost):
            self._leave(instance, None)
            self._here.lost(seen.name)
            return
        if not self._settings.this_machine and all_own(seen.addresses):
            self._here.seen(seen)
            return
        self._here.lost(seen.name)
        try:
            source = announced(seen)
        except NoSourceError as error:
            self._problems.add(f"{seen.name[:60]} is left out: {error}")
            return
        self._leave(instance, source.key)
        self._attend(source)

    def _leave(self, instance: str, but: str | None) -> None:
        """What is announced no more, or elsewhere now, is asked whether it is there all the same."""
        for key, source in self._sources.items():
            if key.startswith(instance) and key != but and source.announced:
                source.announced = False
                source.again.set()

    def _listed(self, directory: Source, keys: set[str]) -> None:
        """What `directory` lists is `keys`, and no more."""
        for key, source in self._sources.items():
            if source.parent is directory and key not in keys and source.announced:
                source.announced = False
                source.again.set()

    def _attend(self, source: Source) -> None:
        known = self._sources.get(source.key)
        if known is not None:
            known.announced = True
            if source.mark != known.mark:
                known.given, known.mark = source.given, source.mark
                known.again.set()
            else:
                self._wake(known)
            return
        if len(self._sources) >= MAX_SOURCES and not self._make_room(source):
            self._counters["descriptions_not_looked_at"] += 1
            self._problems.add(
                f"more than {MAX_SOURCES} descriptions are announced; the others are not looked at"
            )
            return
        self._sources[source.key] = source
        task = asyncio.create_task(Attendant(self._house, source).attend(), name=f"wot {source.home}")
        self._tasks[source.key] = task
        task.add_done_callback(lambda done: self._ended(source.key, done))

    def _make_room(self, newcomer: Source) -> bool:
        """Gives up a stranger's description, if there is one to give up for `newcomer`."""
        key = one_to_give_up(self._sources, newcomer, self._house.is_kept)
        if key is None:
            return False
        self._counters["descriptions_given_up"] += 1
        source, task = self._sources.pop(key), self._tasks.pop(key)
        task.cancel()
        self._house.give_up(source, "others that are announced had to have room")
        return True

    async def _tell_absent(self) -> None:
        """Of a Thing that nothing was found of since the start nobody else would tell."""
        await asyncio.sleep(ABSENT_AFTER_S)
        for device in self._kept:
            if device not in self._house.outlet.contacts:
                why = self.why_unseen(device) or "nothing that was found since the start is it"
                self._house.outlet.contact(device, False, why)

    def _ended(self, key: str, task: asyncio.Task[None]) -> None:
        if self._tasks.get(key) is task:
            del self._tasks[key]
            self._sources.pop(key, None)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._counters["failures"] += 1
            self._problems.add(f"a description was given up: {type(error).__name__}")
            self._house.log_failure(error)

    # -- what is seen and done -------------------------------------------------------------------------------------

    def reports(self) -> AsyncIterator[Observation]:
        return self._house.outlet.observations

    async def write(self, point: str, value: Json, deadline: float) -> None:
        device, known = self._find(point)
        if known.is_event:
            raise NotSent(f"{known.where} is an event, which cannot be written")
        await self._link(device, known, value, deadline)

    async def invoke(self, point: str, value: Json, deadline: float) -> None:
        await self.write(point, value, deadline)

    async def read(self, point: str, deadline: float) -> None:
        device, known = self._find(point)
        if known.read is None:
            raise Rejected(f"{known.where} cannot be asked for; its changes are told by the device")
        if device.link is None:
            raise NotSent(self._house.why_not(device))
        await device.link.read(known, deadline)

    def refresh(self, device: str) -> None:
        known = self._house.devices.get(device)
        if known is not None:
            self._house.outlet.again(known.points)

    def tap(self, device: str, heard: Hears) -> Callable[[], None]:
        """Messages: `description` (or `locked`), `answer` to a read, `event` of a stream, `listed`; see `hearing`."""
        if device not in self._house.devices:
            raise KeyError(device)
        if (said := self._house.said.get(device)) is not None:
            heard(said.kind, said.message())
        return self._taps.add(device, heard)

    async def _link(self, device: Device, point: Point, value: Json, deadline: float) -> None:
        if device.link is None:
            raise NotSent(self._house.why_not(device))
        await device.link.command(point, value, deadline)

    def _find(self, point: str) -> tuple[Device, Point]:
        found = self._house.points.get(point)
        if found is None:
            raise NotSent(f"{point[:120]} is not known; no description that is read now has it")
        return found

    # -- pairing ---------------------------------------------------------------------------------------------------

    async def pair(self, device: str, code: str, deadline: float) -> Candidate:
        source = self._house.holders.of(device)
        if source is None:
            raise NotSent(f"{device[:80]} is not there now; look whether it is switched on, and search again")
        candidate = await pairing.pair(self._house, source, device, code, deadline)
        self._house.holders.settle(device)
        source.again.set()
        for child in self._sources.values():
            if child.parent is source:
                child.again.set()
        return candidate

    async def unpair(self, device: str) -> None:
        await pairing.unpair(self._house, device)

    def health(self) -> DriverHealth:
        return self._house.health(
            entered=self._entered,
            sources=len(self._sources),
            problems=(*self._problems.all(), *self._here.problems()),
            counters=self._counters,
        )
