"""Changes of which the next seconds tell whose they are: right after a command's effect was seen, away from it.

A device that repeats an old state comes back by itself; then it was nobody. Where it stays, somebody was at the device. So it
is where only a newer command brings it back that asks for the same again: who writes against a hand must not thereby hide it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

from capabilities.readings import Reading
from capabilities.vocabulary import Json
from gateway.authorship.counting import MOTORS
from gateway.authorship.explaining import is_idle, is_nearer
from gateway.authorship.traces import Trace, Traces, aim_at
from gateway.clock import Clock
from gateway.normalise import Aim
from gateway.notify.timer import Alarm
from gateway.state import Slot

DOUBT_S: Final = 3.0
MOTOR_DOUBT_S: Final = 10.0
"""A motor that tells where it stood takes a while to start."""

FORGIVEN_FOR_S: Final = 600.0
"""What could be either is nobody's once in so long."""

MOST_AT_ONCE: Final = 200
"""Then the oldest is somebody's at once."""

MOST_FORGIVEN: Final = 1_000


class Doubt(NamedTuple):
    """`slot` was `before`, and is `reading`; `trace` wanted `aim` of it. It is over at `due` (monotonic seconds)."""

    slot: Slot
    before: Reading
    reading: Reading
    trace: Trace
    aim: Aim
    due: float


class Doubts:
    """`by_hand` is told what turned out to be somebody's: what it was, and what it became."""

    def __init__(
        self, clock: Clock, traces: Traces, by_hand: Callable[[Slot, Reading, Reading], None]
    ) -> None:
        self._monotonic = clock.monotonic
        self._traces = traces
        self._by_hand = by_hand
        self._doubts: dict[tuple[str, str], Doubt] = {}
        self._forgiven: dict[tuple[str, str], float] = {}
        self._alarm = Alarm(clock, self._ring)

    def __bool__(self) -> bool:
        return bool(self._doubts)

    def open(self, slot: Slot, before: Reading, reading: Reading, trace: Trace, aim: Aim) -> None:
        """It may be somebody's."""
        is_motor = slot.property.capability.partition(".")[0] in MOTORS
        due = self._monotonic() + (MOTOR_DOUBT_S if is_motor else DOUBT_S)
        self._doubts[slot.topic] = Doubt(slot, before, reading, trace, aim, due)
        if len(self._doubts) > MOST_AT_ONCE:
            self._decide(next(iter(self._doubts.values())))
        self._set()

    def settle(self, slot: Slot, value: Json) -> bool:
        """The property of a doubt has another value: whether that settles all that is to be said of this change, too."""
        doubt = self._doubts.get(slot.topic)
        if doubt is None:
            return False
        if not doubt.aim.effect.met_by(value, doubt.aim.expected):
            if is_nearer(doubt.aim, doubt.reading.value, value):
                del self._doubts[slot.topic]
                return True
            return False
        newer = self._traces.newest(slot.topic[0])
        if newer is None or newer[4] <= doubt.trace[4]:
            del self._doubts[slot.topic]
            return True
        aim = aim_at(newer, slot)
        is_again = aim is not None and aim.effect.met_by(value, aim.expected) and not is_idle(newer)
        if is_again or not self.forgive(slot):
            self._decide(doubt)
        else:
            del self._doubts[slot.topic]
        return True

    def forgive(self, slot: Slot) -> bool:
        """Whether what could be either is taken for nobody's: not twice in a short time."""
        now = self._monotonic()
        if now - self._forgiven.get(slot.topic, -FORGIVEN_FOR_S) < FORGIVEN_FOR_S:
            return False
        if len(self._forgiven) >= MOST_FORGIVEN:
            self._forgiven.clear()
        self._forgiven[slot.topic] = now
        return True

    def _decide(self, doubt: Doubt) -> None:
        self._doubts.pop(doubt.slot.topic, None)
        self._by_hand(doubt.slot, doubt.before, doubt.reading)

    def _ring(self) -> None:
        now = self._monotonic()
        for doubt in [one for one in self._doubts.values() if one.due <= now]:
            self._decide(doubt)
        self._set()

    def _set(self) -> None:
        if self._doubts:
            due = min(one.due for one in self._doubts.values())
            self._alarm.set(max(due - self._monotonic(), 0.0) + 0.001)
