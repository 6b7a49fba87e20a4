"""One device on a line: what is read of it when, what it is known by, and whether it answers."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from pymodbus.pdu import ExceptionResponse, ModbusPDU

from capabilities.readings import Reading, Report
from capabilities.vocabulary import Json, Quality
from drivers.driver import NotSent, Rejected, Uncertain
from drivers.modbus import adu, recorded
from drivers.modbus.answers import NO_SERIAL_NUMBERS, Said, id_of, means_refusal, said, serial_of
from drivers.modbus.blocks import Block, Point, blocks_of, points_of
from drivers.modbus.describing import point_of
from drivers.modbus.link import Link, NoAnswer
from drivers.modbus.profile import Place, ProfileTable
from drivers.modbus.refusals import DOES_NOT_KNOW, NOT_REACHED, refusal
from drivers.modbus.settings import UnitSettings
from drivers.modbus.values import Unwritable, words_of
from drivers.recording.taps import Taps

PATIENCE_S: Final = 30.0
"""For one question of ours, with all the turns before it: the line asks one after the other."""

RETRY_S: Final = (1.0, 2.0, 5.0, 15.0, 60.0)
"""Between questions to a unit that does not answer: each one costs the others of the line a whole time-out."""

UNADOPTED_EVERY_S: Final = 60.0
"""So often it is looked whether one is still there that is no Thing; and whether one with a serial number is still itself."""

REFUSED_AGAIN_S: Final = 300.0
"""After so long a block is asked for again that the device refused to tell."""

CHASE_S: Final = 10.0
"""So long after a command what confirms it is read often."""

CHASE_EVERY_S: Final = 0.3
"""Ten times before a switch counts as not confirmed (3 s)."""

NOT_ASKED: Final = "it has not been asked yet"


class House(Protocol):
    """What a unit tells, and to whom."""

    taps: Taps

    def met(self, unit: Unit, device: str) -> str:
        """It answered, and is `device`. "", or why it cannot be that one."""

    def asked(self) -> None:
        """One was met, and is there now."""

    def missed(self, unit: Unit, why: str) -> None:
        """It does not answer (any more)."""

    def told(self, report: Report) -> None: ...

    def wanted(self, device: str) -> bool:
        """Whether the device is a Thing."""

    def wall(self) -> float: ...


@dataclass(slots=True)
class Timetable:
    """When a block is read next, on the loop's clock."""

    block: Block
    due: float = 0.0
    refused: str = ""


@dataclass(slots=True)
class Chase:
    """What a command is expected to show, and until when that is looked for."""

    value: Json
    until: float


class Unit:
    """`device` is the candidate's id once the unit has answered. `trouble` is why it cannot be reached; "" while it can."""

    def __init__(self, line: str, settings: UnitSettings, profile: ProfileTable, house: House) -> None:
        self.line, self.settings, self.profile = line, settings, profile
        self.device = ""
        self.serial_number = ""
        self.trouble = NOT_ASKED
        self.problems: dict[str, str] = {}  # by point, or "" for the unit: what is wrong, for a person
        self.waking: Callable[[], None] = lambda: None
        self._house = house
        self._link: Link | None = None
        self._failures = 0
        self._next_try = 0.0
        self._identify_at = 0.0
        self._timetable = [Timetable(block) for block in blocks_of(profile, settings.poll_s)]
        self._points = {point.name: point for one in self._timetable for point in one.block.points}
        self._chases: dict[str, Chase] = {}
        self._said = ""  # why it was missed, as it was told last

    @property
    def place(self) -> str:
        """For texts, and what it is known by where it has no serial number."""
        return f"{self.line}/{self.settings.unit}"

    @property
    def reachable(self) -> bool:
        return not self.trouble

    def points(self) -> Sequence[Point]:
        return tuple(self._points.values())

    # -- when

    def due(self) -> float:
        """When it wants its next turn, on the loop's clock."""
        if not self.reachable:
            return self._next_try
        if not self._house.wanted(self.device):
            return self._identify_at
        first = min(one.due for one in self._timetable)
        return min(first, self._identify_at) if self.profile.serial_number else first

    def connected(self, link: Link) -> None:
        """The line is open: the unit is asked at once."""
        self._link = link
        self._failures, self._next_try = 0, 0.0

    def disconnected(self, why: str) -> None:
        self._link = None
        self._missed(why)

    def wake(self) -> None:
        """It has become a Thing, or is none any more."""
        self._identify_at = 0.0
        self._all_due()
        self.waking()

    # -- asking

    async def step(self, link: Link) -> None:
        """One question. Raises `NotSent` or `Uncertain` where the line itself is lost."""
        now = asyncio.get_running_loop().time()
        try:
            if not self.reachable or (self._identify_at <= now and self._identifies):
                await self._meet(link)
            else:
                await self._read(link, min(self._timetable, key=lambda one: one.due))
        except (NotSent, Uncertain) as error:
            if link.wire.lost:
                raise
            self._unanswered(str(error))

    @property
    def _identifies(self) -> bool:
        return self.profile.serial_number is not None or not self._house.wanted(self.device)

    async def _meet(self, link: Link) -> None:
        """Whether it is there, and who it is."""
        loop = asyncio.get_running_loop()
        device = await self._identity(link)
        self._failures = 0
        self._identify_at = loop.time() + UNADOPTED_EVERY_S
        if device == self.device and self.reachable:
            return
        refused = self._house.met(self, device)
        if refused:
            self.device, self.trouble = "", refused
            self._next_try = self._identify_at
            return
        self.device, self.trouble, self._said = device, "", ""
        self._all_due()
        self._house.asked()

    async def _identity(self, link: Link) -> str:
        """A device is known by its serial number, else by its place. Raises `NoAnswer` where nothing is known of it."""
        place = self.profile.serial_number or self._timetable[0].block.points[0].of
        answer = await self._asked(link, place)
        if isinstance(answer, ExceptionResponse) and answer.exception_code not in DOES_NOT_KNOW:
            raise NoAnswer(str(refusal(answer, "it") or "it is busy"))
        if self.profile.serial_number is None:
            return self.place
        absent = isinstance(answer, ExceptionResponse)
        number = "" if absent else serial_of(self.profile, place, answer.registers)
        if number in NO_SERIAL_NUMBERS:
            self.problems[""] = (
                f"{self.place}: its serial number is {number or 'empty'}; it is known by its place instead"
            )
            return self.place
        self.problems.pop("", None)
        self.serial_number = number
        return id_of(self.profile, number)

    async def _asked(self, link: Link, place: Place) -> ModbusPDU:
        return await link.ask(
            adu.read(self.settings.unit, place.table, place.register_, place.width), PATIENCE_S
        )

    async def _read(self, link: Link, one: Timetable) -> None:
        loop = asyncio.get_running_loop()
        block = one.block
        request = adu.read(self.settings.unit, block.table, block.start, block.count)
        observed = self._house.wall()
        answer = await link.ask(request, PATIENCE_S)
        self._overheard(answer, block.table, block.start, block.count)
        if isinstance(answer, ExceptionResponse) and answer.exception_code in NOT_REACHED:
            raise NoAnswer(str(refusal(answer, "it")))
        self._failures = 0
        if isinstance(answer, ExceptionResponse) and means_refusal(answer.exception_code):
            one.due, one.refused = loop.time() + REFUSED_AGAIN_S, str(refusal(answer, "it"))
            for point in block.points:
                self._bad(point, f"cannot be read: {one.refused}", observed)
            return
        one.due = loop.time() + block.poll_s
        if isinstance(answer, ExceptionResponse):
            return
        one.refused = ""
        values = answer.bits if block.table in {"coil", "discrete"} else answer.registers
        for told in said(self.profile, block.points, block.start, values):
            self._tell(told, observed)
        if any(point.name in self._chases for point in block.points):
            one.due = min(one.due, loop.time() + CHASE_EVERY_S)

    def _tell(self, told: Said, observed: float) -> None:
        point, value = told.point, told.value
        if told.problem:
            self._bad(point, told.problem, observed)
            return
        self.problems.pop(point.name, None)
        self._report(point, Reading(value, point.of.unit or None, observed, self._house.wall()))
        chase = self._chases.get(point.name)
        if chase and (chase.value == value or asyncio.get_running_loop().time() > chase.until):
            del self._chases[point.name]

    def _bad(self, point: Point, why: str, observed: float) -> None:
        self.problems[point.name] = f"{self.place} {point.name}: {why}"
        reading = Reading(None, point.of.unit or None, observed, self._house.wall(), Quality.BAD)
        self._report(point, reading)

    def _report(self, point: Point, reading: Reading) -> None:
        if self._house.wanted(self.device):
            self._house.told(Report(point_of(self.device, point.key, point.of.name), reading))

    # -- commands

    async def write(self, name: str, value: Json, seconds: float) -> None:
        """Raises `NotSent`, `Rejected`, `Uncertain`. What was written is read back at once, whatever the answer."""
        of = self._points[name].of
        if not of.writable:
            raise Rejected(f"{of.name} of {self.place} is only read")
        link = self._there()
        try:
            words = words_of(of, value, self.profile.word_order, self.profile.byte_order)
        except Unwritable as error:
            raise NotSent(f"{of.name} of {self.place} {error}") from None
        request = adu.write(self.settings.unit, of.function, of.writes_to[1], words)
        try:
            answer = await link.ask(request, seconds)
        except NoAnswer as error:
            raise Uncertain(
                f"{self.place} did not confirm it ({error}); whether it took it is read back"
            ) from None
        finally:
            self._chase(self._points[name], value)
        if isinstance(answer, ExceptionResponse):
            self._refuse(answer)

    async def ask(self, name: str, seconds: float) -> None:
        """Reads a property now. Raises `NotSent`, `Rejected`, `Uncertain`."""
        link = self._there()
        point = self._points[name]
        observed = self._house.wall()
        place = point.of
        request = adu.read(self.settings.unit, place.table, place.register_, place.width)
        answer = await link.ask(request, seconds)
        self._overheard(answer, place.table, place.register_, place.width, name)
        if isinstance(answer, ExceptionResponse):
            self._refuse(answer)
            return
        values = answer.bits if place.is_bit else answer.registers
        for told in said(self.profile, [point], place.register_, values):
            self._tell(told, observed)

    def _overheard(self, answer: ModbusPDU, table: str, start: int, count: int, asked: str = "") -> None:
        """Tells who listens. `asked` is the point that was asked for by itself."""
        if self.device not in self._house.taps:
            return
        told: Sequence[int] | int = answer.bits if table in {"coil", "discrete"} else answer.registers
        if isinstance(answer, ExceptionResponse):
            told = answer.exception_code
        message = recorded.answer(self.profile, table, start, count, told)
        if asked:
            message["property"] = [point.name for point in points_of(self.profile)].index(asked)
        self._house.taps.tell(self.device, recorded.ASKED if asked else recorded.READ, message)

    def _refuse(self, answer: ExceptionResponse) -> None:
        error = refusal(answer, self.place)
        if error is not None:
            raise error

    def _there(self) -> Link:
        if self._link is None or not self.reachable:
            raise NotSent(f"{self.place} cannot be reached: {self.trouble or 'the line is closed'}")
        return self._link

    def _chase(self, point: Point, value: Json) -> None:
        now = asyncio.get_running_loop().time()
        self._chases[point.name] = Chase(value, now + CHASE_S)
        for one in self._timetable:
            if point in one.block.points:
                one.due = min(one.due, now + point.of.settle_s)
        self.waking()

    # -- there and away

    def _all_due(self) -> None:
        for one in self._timetable:
            one.due = 0.0

    def _unanswered(self, why: str) -> None:
        """Once may be a bad moment: it is asked again at once. Twice is away."""
        self._failures += 1
        if self.reachable and self._failures < 2:
            return
        pause = RETRY_S[min(max(self._failures - 2, 0), len(RETRY_S) - 1)]
        self._next_try = asyncio.get_running_loop().time() + pause * random.uniform(0.8, 1.2)  # noqa: S311
        self._missed(why)

    def _missed(self, why: str) -> None:
        self.trouble = why
        self._chases.clear()
        if self._said != why:
            self._said = why
            self._house.missed(self, why)
