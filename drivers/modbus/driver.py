"""The driver: lines, the units on them, and which device each of them is."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Collection
from types import TracebackType
from typing import Final, Self

from capabilities.readings import Contact, Observation, Report
from capabilities.vocabulary import Json
from drivers.discovery.tools import Tools
from drivers.driver import Candidate, DriverHealth, Endpoint, NotSent, Withdrawn
from drivers.mailbox import Mailbox, observations
from drivers.modbus import describing, recorded
from drivers.modbus.line import Line
from drivers.modbus.profiles import ProfileError, Profiles
from drivers.modbus.search import Alike, Stranger, strangers
from drivers.modbus.settings import ModbusSettings
from drivers.modbus.unit import NOT_ASKED, Unit
from drivers.recording.taps import Taps

CANDIDATES_CAPACITY_ITEMS: Final = 4096
"""Every unit of every line at once."""

MAX_PROBLEMS: Final = 50
"""Lines of `/health`: who has more repairs these first."""


def open_driver(settings: ModbusSettings, tools: Tools) -> ModbusDriver:
    # It logs each frame that it cannot read: whoever sends them would fill the journal. They are counted in `health`.
    logging.getLogger("pymodbus.logging").setLevel(logging.CRITICAL)
    return ModbusDriver(settings, tools)


class ModbusDriver:
    """Also `Scanner`, `Keeping`, `Refreshing`, `Searching`, `Recalling`, `Tappable`.

    A unit with a wrong profile is left out, and said.
    """

    name = describing.FAMILY

    def __init__(self, settings: ModbusSettings, tools: Tools) -> None:
        self._settings, self._tools = settings, tools
        self._reports: Mailbox[Observation] = observations()
        self._candidates = _candidates()
        self._kept: frozenset[str] = frozenset()
        self._bound: dict[str, Unit] = {}
        self._announced: dict[str, Candidate] = {}
        self._unbound_said: set[str] = set()
        self._refused = 0
        self._lines: tuple[Line, ...] = ()
        self._problems: tuple[str, ...] = ()
        self._searched: dict[str, str] = {}  # by line: what a search found that is no unit
        self._running: asyncio.Task[None] | None = None
        self._searching: asyncio.Task[None] | None = None
        self.taps = Taps()
        self._profiles = Profiles(settings.profiles)
        problems = list(self._profiles.problems)
        self._lines = tuple(self._line(at, problems) for at in range(len(settings.line)))
        self._problems = tuple(problems)

    def _line(self, at: int, problems: list[str]) -> Line:
        settings = self._settings.line[at]
        units = []
        for one in settings.unit:
            try:
                units.append(Unit(settings.name, one, self._profiles.get(one.profile), self))
            except ProfileError as error:
                problems += [
                    f"unit {one.unit} of line {settings.name} is left out: {p}" for p in error.problems
                ]
        return Line(settings, units, self._tools)

    # -- Driver

    async def __aenter__(self) -> Self:
        self._reports, self._candidates = observations(), _candidates()
        self._bound, self._announced, self._unbound_said = {}, {}, set()
        self._running = asyncio.create_task(self._run(), name="modbus")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        tasks = [task for task in (self._running, self._searching) if task is not None]
        self._running = self._searching = None
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._reports.close()
        self._candidates.close()

    async def _run(self) -> None:
        async with asyncio.TaskGroup() as group:
            for line in self._lines:
                group.create_task(line.run(), name=f"modbus {line.settings.name}")

    def reports(self) -> AsyncIterator[Observation]:
        return self._reports

    async def write(self, point: str, value: Json, deadline: float) -> None:
        unit, name = self._point(point)
        await unit.write(name, value, deadline)

    async def invoke(self, point: str, value: Json, deadline: float) -> None:
        self._point(point)
        raise NotSent(f"{point} is a property; write it instead")

    async def read(self, point: str, deadline: float) -> None:
        unit, name = self._point(point)
        await unit.ask(name, deadline)

    def health(self) -> DriverHealth:
        closed = [line for line in self._lines if line.link is None]
        units = [unit for line in self._lines for unit in line.units]
        silent = [unit for unit in units if not unit.reachable]
        stopped = self._running is None or self._running.done()
        detail = f"{len(self._lines)} lines, {len(units)} units"
        if closed:
            detail = "; ".join(f"line {one.settings.name} is closed: {one.trouble}" for one in closed)
        elif silent:
            detail = f"{len(units) - len(silent)} of {len(units)} units answer"
        return DriverHealth(
            connected=not stopped and not closed,
            detail="stopped" if stopped else detail,
            counters=self._counters(),
            problems=(*self._problems, *self._troubles())[:MAX_PROBLEMS],
        )

    def _counters(self) -> dict[str, int]:
        counted = [line.counters() for line in self._lines]
        return {
            "opened": sum(line.opened for line in self._lines),
            "garbled": sum(one["garbled"] for one in counted),
            "strangers": sum(one["strangers"] for one in counted),
            "dropped": self._reports.dropped + self._candidates.dropped,
        }

    def _troubles(self) -> list[str]:
        lines = []
        for line in self._lines:
            if said := self._searched.get(line.settings.name):
                lines.append(f"line {line.settings.name}: {said}")
            for unit in line.units:
                if line.link is not None and not unit.reachable:
                    lines.append(f"{unit.place} ({unit.profile.title}) cannot be used: {unit.trouble}")
                lines += unit.problems.values()
        return lines

    # -- Scanner, Recalling, Keeping, Refreshing, Searching

    def candidates(self) -> AsyncIterator[Candidate | Withdrawn]:
        return self._candidates

    def recall(self, device: str) -> Candidate | None:
        return self._announced.get(device)

    def keep(self, devices: Collection[str]) -> None:
        kept = frozenset(devices)
        changed, self._kept = kept ^ self._kept, kept
        for device in changed:
            unit = self._bound.get(device)
            if unit is not None:
                unit.wake()
        if self._running is not None:
            self._say_who_is_missing()

    def refresh(self, device: str) -> None:
        unit = self._bound.get(device)
        if unit is not None:
            unit.wake()

    def tap(self, device: str, heard: Callable[[str, Json], None]) -> Callable[[], None]:
        unit = self._bound[device]
        shipped = self._profiles.is_shipped(unit.profile.name)
        heard(recorded.PROFILE, recorded.profile(unit.profile, unit.settings.poll_s, shipped=shipped))
        heard(recorded.IDENTITY, recorded.identity(unit.serial_number))
        return self.taps.add(device, heard)

    async def search(self) -> None:
        """Asks the addresses 1 to 32 of every open line who they are, which changes nothing. Takes up to half a minute, between
        the turns of the units; returns at once.
        """
        if self._running is not None and (self._searching is None or self._searching.done()):
            self._searching = asyncio.create_task(self._search(), name="modbus search")

    async def _search(self) -> None:
        for line in self._lines:
            if line.link is not None:
                known = {unit.settings.unit for unit in line.units}
                await self._ask_around(line, strangers(line.link, known))

    async def _ask_around(self, line: Line, answering: AsyncIterator[Stranger]) -> None:
        alike = Alike() if line.settings.port.startswith("tcp://") else None
        self._searched[line.settings.name] = ""
        async for found in answering:
            ghosts = alike.ghosts(found) if alike is not None else ()
            if alike is None or not ghosts:
                self._announce(self._stranger(line, found))
                continue
            self._searched[line.settings.name] = alike.said
            for ghost in ghosts:
                self._withdraw(f"found:{line.settings.name}/{ghost.unit}", "its server answers for any unit")

    # -- House

    def met(self, unit: Unit, device: str) -> str:
        other = self._bound.get(device)
        if other is not None and other is not unit and other.reachable:
            return f"it tells the same serial number as {other.place}, which counts as long as it answers"
        for was in [one for one, bound in self._bound.items() if bound is unit and one != device]:
            self._replaced(was, unit)
        self._bound[device] = unit
        self._unbound_said.discard(device)
        self._announce(
            describing.candidate(
                device,
                unit.profile,
                endpoint=Endpoint(describing.FAMILY, unit.place),
                title=unit.settings.title,
                room=unit.settings.room,
                serial_number=unit.serial_number,
            )
        )
        self._reports.put_nowait(Contact(device, True, self.wall()))
        return ""

    def asked(self) -> None:
        self._say_who_is_missing()

    def missed(self, unit: Unit, why: str) -> None:
        device = unit.device or unit.place
        if self._bound.get(device) is unit or (device in self._kept and device not in self._bound):
            self._unbound_said.add(device)
            reason = f"{unit.place} cannot be reached: {why}"
            self._reports.put_nowait(Contact(device, False, self.wall(), reason))
        self._say_who_is_missing()

    def told(self, report: Report) -> None:
        self._reports.put_nowait(report)

    def wanted(self, device: str) -> bool:
        return device in self._kept

    def wall(self) -> float:
        return self._tools.clock.wall()

    # -- inside

    def _announce(self, found: Candidate) -> None:
        self._announced[found.id] = found
        self._candidates.put_nowait(found)

    def _replaced(self, device: str, unit: Unit) -> None:
        """Where `device` was, another one answers now."""
        del self._bound[device]
        reason = f"at {unit.place} another device answers now"
        self._reports.put_nowait(Contact(device, False, self.wall(), reason))
        self._withdraw(device, reason)

    def _withdraw(self, device: str, reason: str) -> None:
        if self._announced.pop(device, None) is not None:
            self._candidates.put_nowait(Withdrawn(self.name, device, reason))

    def _say_who_is_missing(self) -> None:
        """Things that have not answered since the start, once everybody has been asked."""
        if any(unit.trouble == NOT_ASKED for line in self._lines for unit in line.units):
            return
        for device in self._kept - self._bound.keys() - self._unbound_said:
            self._unbound_said.add(device)
            reason = (
                "no unit that is configured has answered as this device yet; look at [modbus] in hearth.toml"
            )
            self._reports.put_nowait(Contact(device, False, self.wall(), reason))

    def _point(self, point: str) -> tuple[Unit, str]:
        device, _, name = point.rpartition("#")
        unit = self._bound.get(device)
        if unit is None or name not in {one.name for one in unit.points()}:
            raise NotSent(f"{point} is not known, or its device has not answered yet")
        return unit, name

    def _stranger(self, line: Line, found: Stranger) -> Candidate:
        place = f"{line.settings.name}/{found.unit}"
        return Candidate(
            driver=self.name,
            id=f"found:{place}",
            endpoint=Endpoint(self.name, place),
            title=found.title or f"Modbus unit {found.unit}",
            components=(),
            fingerprint="found",
            manufacturer=found.manufacturer,
            model=found.model,
            problems=(
                f"unit {found.unit} answers on line {line.settings.name}; say what it is in hearth.toml: "
                f'[[modbus.line.unit]] with unit = {found.unit} and profile = "…"',
            ),
        )


def _candidates() -> Mailbox[Candidate | Withdrawn]:
    return Mailbox(CANDIDATES_CAPACITY_ITEMS, lambda item: item.id)
