"""The estimates of a house: fed with every report, swept for what is quiet, kept over restarts. Used from one event loop."""

from __future__ import annotations

import asyncio
import heapq
import logging
import math
import sqlite3
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Final, Protocol

from capabilities.readings import Reading
from capabilities.vocabulary import Json, Quality
from gateway.adopted import Adopted
from gateway.estimates import storing
from gateway.estimates.doubt import Doubt
from gateway.estimates.pulse import Pulse
from gateway.estimates.storing import EstimateRows
from gateway.estimates.track import LARGEST, Beat, Track
from gateway.estimates.unusual import What
from gateway.notify.timer import Alarm
from gateway.parts import Parts
from gateway.state import Slot

LOOK_AGAIN_S: Final = 1800.0
"""A Thing of which it is not known when it would be quiet is looked at again after so long."""

SHORTEST_LOOK_S: Final = 5.0
"""Between two sweeps: what is quiet is told at most so much later."""

SLEPT_S: Final = 60.0
"""A sweep that comes so late was kept by a computer that slept, or was held: nobody listened meanwhile, and nothing that was
not heard is called quiet.
"""

SAVE_S: Final = 6 * 3600.0
"""What is learnt in less may be lost: some 0.3 kB for each property are written, four times a day and at the end."""

MARK_AGAIN_S: Final = 600.0
"""A device whose values come and go has one mark in the history in so long: it writes no disk full."""

THINGS_AT_ONCE: Final = 50
"""Written in one go: what others want of the loop and the disk comes between."""

HOUR_S: Final = 3600.0

log = logging.getLogger(__name__)


class Marker(Protocol):
    """The history of the house."""

    def mark(self, slot: Slot, at: float, reason: str) -> None:
        """The value that `slot` had at `at` (seconds since the epoch) is unusual."""


class Estimates:
    """`counters` counts values that were marked, by what was unusual, and silences."""

    def __init__(self, parts: Parts, history: Callable[[], Marker]) -> None:
        self._parts = parts
        self._history = history
        self._clock = parts.clock
        self._rows = EstimateRows(parts.database)
        self._stored: dict[str, str] = {}
        self._gone: set[str] = set()
        self._closed = False
        self._touched: set[str] = set()
        self._heap: list[tuple[float, int, Pulse]] = []
        self._number = 0
        self._alarm = Alarm(parts.clock, self.sweep)
        self._due = math.inf
        self._since = parts.clock.monotonic()
        self._hour = (-1, -math.inf)
        self._saving = asyncio.Event()
        self._saved = parts.clock.monotonic()
        self.counters: Counter[str] = Counter()

    # ---------------------------------------------------------------- reports

    def see(self, slot: Slot, reading: Reading, t: float) -> bool:
        """A live report at `t` (monotonic seconds): `gateway.ingest` calls it for each. Whether observers must be told, even if
        the value is the same.
        """
        pulse = slot.reach.pulse
        if pulse is None:
            pulse = self._meet(slot)
        track = slot.track
        if track is None:
            track = self._follow(slot)
        mended = pulse.see(t)
        if mended:
            self._mended(slot)
        if not pulse.watched:
            self._watch(pulse, t)
        begun, hour = self._hour[1], self._hour[0]
        if not 0.0 <= t - begun < 60.0:
            hour = self._look_at_clock(t)
        if not track.see(reading.value, t, hour):
            return mended
        self._tell_unusual(slot, track, t)
        return True

    def _tell_unusual(self, slot: Slot, track: Beat, t: float) -> None:
        found, adopted = track.unusual, self._parts.registry.get(slot.topic[0])
        slot.doubt = None
        if found is None or adopted is None:
            return
        self.counters[found.what] += 1
        if found.what is What.IMPOSSIBLE:
            slot.doubt = Doubt(Quality.UNCERTAIN, found.reason)
        if slot.reading is not None and t - track.marked >= MARK_AGAIN_S:
            track.marked = t
            self._history().mark(slot, slot.reading.observed_at, found.reason)

    def _mended(self, heard: Slot) -> None:
        """It is heard again: of its other properties it is told now, of this one by `gateway.ingest`."""
        self._touched.add(heard.topic[0])
        adopted = self._parts.registry.get(heard.topic[0])
        if adopted is not None:
            self._tell_all(adopted, but=heard)

    def _look_at_clock(self, t: float) -> int:
        """The hour of the day, asked for once a minute; -1 while the clock is not set."""
        told = self._parts.house.time.now()
        hour = int(told.minutes // 60) if told is not None else -1
        self._hour = (hour, t)
        if t - self._saved >= SAVE_S:
            self._saving.set()
        return hour

    # ---------------------------------------------------------------- beginning

    def _meet(self, slot: Slot) -> Pulse:
        """The first report of a Thing: what runs before learnt of it is taken up."""
        thing = slot.topic[0]
        pulse = slot.reach.pulse = Pulse(thing)
        adopted = self._parts.registry.get(thing)
        if (body := self._stored.pop(thing, None)) is not None and adopted is not None:
            for one in adopted.slots.values():
                if one.track is None:
                    self._follow(one)
            storing.take_up(adopted, pulse, body)
        self._touched.add(thing)
        return pulse

    def _follow(self, slot: Slot) -> Beat:
        slot.track = new_track(self._parts.registry.get(slot.topic[0]), slot)
        return slot.track

    # ---------------------------------------------------------------- silence

    def sweep(self) -> None:
        """Looks at the Things whose time has come."""
        now = self._clock.monotonic()
        if now - self._due > SLEPT_S:
            self._since = now
        self._due = math.inf
        while self._heap and self._heap[0][0] <= now:
            _, _, pulse = heapq.heappop(self._heap)
            pulse.watched = False
            self._judge(pulse, now)
        self._set_alarm(now)

    def _judge(self, pulse: Pulse, now: float) -> None:
        adopted = self._parts.registry.get(pulse.thing)
        if adopted is None or adopted.reach.pulse is not pulse:
            return
        self._touched.add(pulse.thing)
        reach = adopted.reach
        if reach.reachable is False:  # its driver says so: that is more than an estimate
            self._put(pulse, now + LOOK_AGAIN_S)
            return
        changed, again = pulse.judge(now, self._since, vouched=reach.reachable is True)
        if changed:
            if pulse.doubt is not None:
                self.counters["quiet" if pulse.doubt.quality is Quality.UNCERTAIN else "stale"] += 1
            self._tell_all(adopted)
        if again != math.inf:
            self._put(pulse, now + max(again, SHORTEST_LOOK_S))
        elif pulse.doubt is None:
            self._put(pulse, now + LOOK_AGAIN_S)
        # else: it is as quiet as it can be, and its next report puts it back

    def _watch(self, pulse: Pulse, now: float) -> None:
        self._put(pulse, now + LOOK_AGAIN_S)
        if self._heap[0][0] < self._due:
            self._set_alarm(now)

    def _put(self, pulse: Pulse, due: float) -> None:
        self._number += 1  # so that no two pulses are compared
        pulse.watched = True
        heapq.heappush(self._heap, (due, self._number, pulse))

    def _set_alarm(self, now: float) -> None:
        if self._heap and not self._closed:
            wait = min(max(self._heap[0][0] - now, SHORTEST_LOOK_S), HOUR_S)
            self._due = now + wait
            self._alarm.set(wait)

    def _tell_all(self, adopted: Adopted, but: Slot | None = None) -> None:
        for slot in adopted.slots.values():
            reading = slot.current
            if slot is not but and reading is not None:
                data: dict[str, Json] = {"value": reading.value, "quality": reading.quality}
                data |= slot.remarks()
                self._parts.observers.publish("property", slot.topic, reading.observed_at, data)

    # ---------------------------------------------------------------- from start to end

    async def load(self) -> None:
        """What runs before have learnt; without it everything is learnt anew."""
        try:
            self._stored = await self._rows.load()
        except sqlite3.Error as error:
            log.warning("what was learnt of rhythms and noise cannot be read, and is learnt anew: %s", error)
        self._gone = {thing for thing in self._stored if self._parts.registry.get(thing) is None}
        for thing in self._gone:
            del self._stored[thing]

    async def work(self) -> None:
        while True:
            await self._saving.wait()
            self._saving.clear()
            await self.save()

    async def save(self) -> None:
        """Writes what was learnt since the last time. What fails is tried again at the next."""
        self._saved = self._clock.monotonic()
        touched = sorted(self._touched | self._gone)
        try:
            for begin in range(0, len(touched), THINGS_AT_ONCE):
                await self._save(touched[begin : begin + THINGS_AT_ONCE])
        except (sqlite3.Error, OSError) as error:
            log.warning("what was learnt of rhythms and noise waits for the disk: %s", error)

    async def _save(self, things: Sequence[str]) -> None:
        known = [(thing, self._parts.registry.get(thing)) for thing in things]
        bodies = [(thing, storing.body_of(adopted)) for thing, adopted in known if adopted is not None]
        self._touched.difference_update(things)
        try:
            await self._rows.save(bodies, [thing for thing, adopted in known if adopted is None])
        except BaseException:
            self._touched.update(things)
            raise
        self._gone.difference_update(things)

    async def close(self) -> None:
        self._closed = True
        self._alarm.stop()
        await self.save()


def new_track(adopted: Adopted | None, slot: Slot) -> Beat:
    """What is set is exact, and not estimated; nor is what is no number."""
    name = slot.topic[1]
    if adopted is None or name in adopted.thing.writes:
        return Beat()
    properties = adopted.thing.document.get("properties")
    schema = properties.get(name) if isinstance(properties, dict) else None
    if not isinstance(schema, dict) or schema.get("type") not in {"number", "integer"}:
        return Beat()
    step = schema.get("multipleOf")
    declared = float(step) if isinstance(step, int | float) and 0 < step < LARGEST else 0.0
    return Track(slot.property.capability, slot.property.unit, declared)


@asynccontextmanager
async def open_estimates(parts: Parts, history: Callable[[], Marker]) -> AsyncIterator[Estimates]:
    """Loaded before any driver reports. `history` is told of unusual values."""
    estimates = Estimates(parts, history)
    await estimates.load()
    parts.supervisor.keep("estimates", estimates.work)
    try:
        yield estimates
    finally:
        await estimates.close()
