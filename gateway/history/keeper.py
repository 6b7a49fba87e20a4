"""The history of a house: noted as it happens, written once a minute, rolled up, kept as long as the house says, and read."""

from __future__ import annotations

import asyncio
import logging
import math
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final, TypeVar
from zoneinfo import ZoneInfo

from gateway.history.desk import DISK_ERRORS, Desk, told, work
from gateway.history.file import HistoryFile, StoredSeries
from gateway.history.levels import Level
from gateway.history.log import MOST_POINTS
from gateway.history.matching import go_on, match
from gateway.history.recorder import Followed, Recorder
from gateway.history.signs import interrupted, signed, standing
from gateway.observers import Event, Topic
from gateway.parts import Parts
from gateway.state import Slot

if TYPE_CHECKING:
    from gateway.history.answering import Wish
    from gateway.history.work import Question

FILE: Final = "history.db"

WRITE_S: Final = 60.0
"""Between two writes: what `kill -9` can take. Each one costs an SD card a few pages."""

SIGN_S: Final = 300.0
"""While nothing changes it is written so often that the gateway still runs: the gap after a crash begins there."""

BRIEF_S: Final = 10.0
"""A run that was not longer leaves nothing behind."""

ROLL_POINTS: Final = 100_000
"""In the journal, before they are rolled up: every plot reads through it. An ordinary house has as many in a day."""

ROLL_S: Final = 86_400.0
HOUR_S: Final = 3_600.0

JUMP_S: Final = 90.0
"""A wall clock that gains so much on the time that passes was put on."""

MOST_UNWRITTEN_MARKS: Final = 1_000

Mark = tuple[Followed, float, float | None, str]
T = TypeVar("T")

log = logging.getLogger(__name__)


class History:
    """Used from one event loop; the file, and numpy, from a thread of its own. `counters` counts what was written, and what
    failed.
    """

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._settings = parts.config.history
        self._clock = parts.clock
        self.zone = ZoneInfo(parts.config.house.zone) if parts.config.house.zone else None
        self.recorder = Recorder(parts.registry, self._settings, parts.clock)
        self.counters: Counter[str] = Counter()
        self._desk = Desk(parts.config.state_dir / FILE)
        self._others: dict[int, StoredSeries] = {}  # in the file, and not followed
        self._spared: set[str] = set()  # Things whose history is to outlive them
        self._marks: list[Mark] = []
        self._journal = 0  # points in it
        self._began = self._rolled_at = self._signed_at = parts.clock.monotonic()
        self._kept_at = -math.inf
        self._clocks = (parts.clock.wall(), parts.clock.monotonic())
        self._due = asyncio.Event()
        self._busy = asyncio.Lock()  # one change of the file at a time
        self._said = ""

    # ---------------------------------------------------------------- recording

    def begin(self) -> None:
        self.recorder.begin()
        self._parts.observers.tap(self._tap)
        self._parts.supervisor.keep("history", self._run)

    def mark(self, slot: Slot, at: float, reason: str) -> None:
        """The value of `slot` at `at` (seconds since the epoch) is unusual, and `reason` says in a sentence why: for plots.
        Of what is not kept nothing is noted.
        """
        followed = self.recorder.get(slot.topic)
        if followed is None or len(self._marks) >= MOST_UNWRITTEN_MARKS:
            return
        value = slot.reading.value if slot.reading is not None else None
        number = float(value) if isinstance(value, int | float) else None
        self._marks.append((followed, at, number, reason))

    def spare(self, thing: str) -> None:
        """When this Thing is forgotten, its history stays."""
        self._spared.add(thing)

    def _tap(self, event: Event) -> None:
        self.recorder.tap(event)
        if (self.recorder.gone and event.kind == "thing") or len(self.recorder.log) == MOST_POINTS // 2:
            self._due.set()

    async def _run(self) -> None:
        while True:
            try:
                async with asyncio.timeout(WRITE_S):
                    await self._due.wait()
            except TimeoutError:
                pass
            self._due.clear()
            await self.settle()

    async def settle(self) -> None:
        """Writes what there is, rolls up and throws away what it is time for. Where the disk fails it is tried again."""
        try:
            async with self._busy:
                await self._settle()
            self._said = ""
        except DISK_ERRORS as error:
            self.counters["failed"] += 1
            if str(error) != self._said:
                self._said = str(error)
                log.error("the history waits for the disk: %s", error)

    async def _settle(self) -> None:
        self._look_at_clocks()
        await self._let_go()
        now = self._clock.monotonic()
        if self._desk.is_there:
            await self._open()  # what the run before left may be too old by now, or not wanted any more
        if len(self.recorder.log) or self._marks:
            await self._write()
            self._signed_at = now
        elif self._desk.file is not None and now - self._signed_at >= SIGN_S:
            await self._sign()
            self._signed_at = now
        if self._desk.file is None:
            return
        if self._journal >= ROLL_POINTS or now - self._rolled_at >= ROLL_S:
            await self._roll_up()
        if now - self._kept_at >= ROLL_S:
            await self._maintain()

    async def _write(self) -> None:
        await self._open()
        self._find_again()
        taken, whose = self.recorder.take()
        marks, self._marks = self._marks, []
        fresh = [
            one
            for one in whose
            if one.kind is not None and not one.is_over and (one.is_changed or not one.id)
        ]
        stored, until = [one.stored() for one in fresh], self._clock.wall()

        def write(file: HistoryFile) -> None:
            with file.transaction():
                for one, mine in zip(stored, fresh, strict=True):
                    file.put_series(one)
                    mine.id = one.id
                block = taken.numbered([one.id for one in whose])
                file.put_block(until, len(block), block.pack())
                file.put_marks((one.id, at, value, why) for one, at, value, why in marks if one.id)

        try:
            await self._desk.do(write)
        except BaseException:
            self.recorder.put_back(taken, whose)
            self._marks = [*marks, *self._marks][:MOST_UNWRITTEN_MARKS]
            raise
        for one in fresh:
            one.is_changed = False
        self.counters["written"] += len(taken)
        self._journal += len(taken)

    async def _sign(self) -> None:
        until = self._clock.wall()
        await self._desk.do(lambda file: signed(file, until))

    def _look_at_clocks(self) -> None:
        """Where the clock was put on, nobody knows what was in between."""
        (wall, monotonic), now = self._clocks, (self._clock.wall(), self._clock.monotonic())
        self._clocks = now
        expected = wall + now[1] - monotonic
        if now[0] - expected > JUMP_S:
            self.recorder.interrupt(expected, now[0])

    # ---------------------------------------------------------------- what becomes of it

    async def roll_up(self) -> None:
        """All that is older than this hour goes from the journal into pieces, now. Raises `sqlite3.Error`."""
        async with self._busy:
            await self._open()
            await self._roll_up()

    async def maintain(self) -> None:
        """What is kept no longer goes, now. Raises `sqlite3.Error`."""
        async with self._busy:
            await self._open()
            await self._maintain()

    async def _roll_up(self) -> None:
        upto = self._clock.wall() // HOUR_S * HOUR_S
        self.recorder.floor = max(self.recorder.floor, upto)
        if len(self.recorder.log):
            await self._write()  # nothing that is older may come later
        keeps = self._keeps()

        def roll_up(file: HistoryFile) -> int:
            work().roll_up(file, upto, self.zone, keeps)
            return file.points()

        self._journal = await self._desk.do(roll_up)
        self._rolled_at = self._clock.monotonic()

    async def _maintain(self) -> None:
        now, keeps = self._clock.wall(), self._keeps()
        await self._erase([one.id for one in self._others.values() if self._is_unwanted(one)])
        wanted = repr(self._settings)

        def maintain(file: HistoryFile) -> None:
            work().maintain(file, now, keeps)
            with file.transaction():
                file.put("maintained", now)
                file.put("settings", wanted)

        await self._desk.do(maintain)
        self._kept_at = self._clock.monotonic()

    def _keeps(self) -> dict[int, Mapping[Level, float]]:
        """Of what is not followed as of everything."""
        usual = self._settings.usual()
        return dict.fromkeys(self._others, usual) | {
            one.id: one.keeps for one in self.recorder.followed() if one.id
        }

    def _is_unwanted(self, one: StoredSeries) -> bool:
        """Whether the house does not want it kept any more."""
        slot = self._parts.state.slot(one.thing, one.name)
        if slot is None:
            return False
        prop = slot.property
        return not any(self._settings.kept(one.thing, one.name, prop.capability, prop.privacy).values())

    # ---------------------------------------------------------------- reading

    def question(self, topic: Topic) -> Callable[[Wish], Question] | None:
        """What makes a question of a wish, in the thread; None for what no history is kept of. To be asked when the file is
        open.
        """
        followed = self.recorder.get(topic)
        if followed is None or followed.kind is None:
            return None
        stored, unwritten, number = followed.stored(), self.recorder.log.copy(), followed.number
        marks = [(at, value, why) for one, at, value, why in self._marks if one is followed]

        def question(wish: Wish) -> Question:
            made: Question = work().Question(stored, unwritten, number, wish, marks)
            return made

        return question

    async def ask(self, what: Callable[[HistoryFile], T]) -> T:
        """Does `what` in the history's thread. Raises `Unavailable`."""
        return await self.answer(lambda: what)

    async def answer(self, prepare: Callable[[], Callable[[HistoryFile], T]]) -> T:
        """As `ask`, what `prepare` makes when nothing is on its way into the file. Raises `Unavailable`, and what `prepare`
        raises.
        """
        await self.opened()
        return await told(self._desk.do(prepare()))  # no await in between

    async def opened(self) -> None:
        """The file is open, and what is followed has its place in it. Raises `Unavailable`."""
        async with self._busy:
            await told(self._open())
            self._find_again()

    async def extents(self, series: list[int]) -> tuple[dict[int, tuple[float | None, int, int]], int]:
        """Of each (its id) the end of its pieces, their rows and bytes; and the bytes of the file. Raises `Unavailable`."""
        return await self.ask(lambda file: (work().extent(file, series), file.size()))

    def others(self) -> list[StoredSeries]:
        """What is kept of Things that are none any more, or of properties that they do not have now."""
        return list(self._others.values())

    # ---------------------------------------------------------------- erasing

    async def erase(self, topic: Topic) -> bool:
        """All that is kept of one property; False where that is nothing. Raises `Unavailable`."""
        await self.opened()
        async with self._busy:
            found = [one.id for one in self._others.values() if (one.thing, one.name) == topic]
            followed = self.recorder.get(topic)
            if followed is not None and followed.kind is not None:
                self._marks = [mark for mark in self._marks if mark[0] is not followed]
                self.recorder.begin_again(followed)
                found.append(followed.id)
                followed.id = 0
            elif not found:
                return False
            await told(self._erase(found))
        return True

    async def _let_go(self) -> None:
        """Of Things that were forgotten nothing stays, but where a person wants it."""
        things, gone = self.recorder.gone, self.recorder.left
        if not things:
            return
        if self._desk.file is not None or self._desk.is_there:
            await self._open()
        self.recorder.gone, self.recorder.left = set(), []
        self._marks = [mark for mark in self._marks if mark[0] not in gone]
        self._others |= {one.id: one.stored() for one in gone if one.id}
        erased = [one.id for one in self._others.values() if one.thing in things - self._spared]
        try:
            await self._erase(erased)
        except DISK_ERRORS:
            self.recorder.gone |= things
            self.recorder.left += gone
            raise
        self._spared -= things
        for one in gone:
            if one.id in erased:
                one.id, one.is_over = 0, True  # what the log still has of it is not written

    async def _erase(self, ids: Iterable[int]) -> None:
        gone = frozenset(one for one in ids if one)
        if gone:
            await self._desk.do(lambda file: work().erase(file, gone))
        for one in gone:
            self._others.pop(one, None)

    # ---------------------------------------------------------------- from start to end

    async def _open(self) -> None:
        if self._desk.file is not None:
            return
        found, until = await self._desk.open()
        self._others = {one.id: one for one in found}
        if until is not None:
            await self._desk.do(lambda file: interrupted(file, min(until, self._clock.wall()), found))
        rolled, maintained, wanted = await self._desk.do(standing)
        self._journal = await self._desk.do(HistoryFile.points)
        self._take_up(rolled, maintained if wanted == repr(self._settings) else None, found)
        self._find_again()

    def _take_up(self, rolled: float | None, maintained: float | None, found: list[StoredSeries]) -> None:
        """Chores are due when they would have been without the restart; nothing is noted as older than what is in pieces."""
        wall, now = self._clock.wall(), self._clock.monotonic()
        began = rolled if rolled is not None else min((one.first for one in found), default=wall)
        self._rolled_at = now - max(0.0, wall - began)
        self._kept_at = now - max(0.0, wall - maintained) if maintained is not None else -math.inf
        if not found:
            self._kept_at = now
        if rolled is not None:
            self.recorder.rise(rolled)

    def _find_again(self) -> None:
        """What is followed goes on where it was left."""
        if not self._others:
            return
        for one in self.recorder.followed():
            if not one.id and (stored := match(one, self._others, self._parts.state)) is not None:
                go_on(one, self._others.pop(stored.id), self.recorder.log)

    async def close(self) -> None:
        """What was noted is on the disk, but of a brief run."""
        self._parts.observers.untap(self._tap)
        is_brief = self._clock.monotonic() - self._began < BRIEF_S and self._desk.file is None
        try:
            if not is_brief or self.recorder.gone:
                await self.settle()
                if self._desk.file is not None:
                    await self._sign()
        except DISK_ERRORS as error:
            log.error("the history's end is not written: %s", error)
        finally:
            await self._desk.close()


@asynccontextmanager
async def open_history(parts: Parts) -> AsyncIterator[History]:
    """What happens is noted from here on. The file is opened when there is something to write, or to read."""
    history = History(parts)
    history.begin()
    try:
        yield history
    finally:
        await history.close()
