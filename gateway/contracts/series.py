"""Where what is coarse comes from: what the gateway sees while it runs, in bounded memory; a history can serve it later."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple, Protocol, TypeAlias

from capabilities.readings import Reading
from capabilities.vocabulary import Json, Quality
from gateway.clock import Clock
from gateway.contracts.accumulating import Aggregator, Held, Window
from gateway.contracts.granularity import HOLDS_S, WINDOWS_S
from gateway.contracts.terms import Aggregated, Presence
from gateway.observers import Topic
from gateway.state import Slot, StateStore

MOST_SERIES: Final = 512
"""At a time: some 2 MB. What would be more is not followed, and its document says so."""

Part: TypeAlias = "Aggregated | Presence"


class Key(NamedTuple):
    """One series: of what, in which unit, and how it is made coarse. `shape` is what matters of the contract's part."""

    topic: Topic
    unit: str | None
    shape: tuple[object, ...]


class State(NamedTuple):
    """A state that held: since the beginning of which slot, and until when it was looked at (seconds since the epoch)."""

    told: bool | None
    since: float | None
    told_at: float | None


class Series(Protocol):
    """Serves what is coarse. `covers_since` (seconds since the epoch) is None for what is not followed."""

    @property
    def left_out(self) -> int:
        """How many there was no room for."""

    def want(self, wanted: Iterable[tuple[Slot, Part]]) -> None:
        """From now on these, and only these."""

    def covers_since(self, slot: Slot, part: Aggregated) -> float | None: ...

    def windows(self, slot: Slot, part: Aggregated) -> Sequence[Window]:
        """Those that are over, the oldest first."""

    def state(self, slot: Slot, part: Presence) -> State | None:
        """None for what is not followed."""


class LiveSeries:
    """What is seen since a contract wants it. It is forgotten with the contract, and at the end of the process."""

    def __init__(self, state: StateStore, clock: Clock) -> None:
        self._state = state
        self._clock = clock
        self._series: dict[Key, tuple[Part, Aggregator | Held]] = {}
        self._of: dict[Topic, list[tuple[Part, Aggregator | Held]]] = {}
        self._left_out = 0

    def __len__(self) -> int:
        return len(self._series)

    @property
    def left_out(self) -> int:
        return self._left_out

    def want(self, wanted: Iterable[tuple[Slot, Part]]) -> None:
        now, kept = self._clock.wall(), dict[Key, tuple[Part, Aggregator | Held]]()
        self._left_out = 0
        for slot, part in wanted:
            key = _key(slot, part)
            if key in kept:
                continue
            if len(kept) >= MOST_SERIES:
                self._left_out += 1
                continue
            known = self._series.get(key)
            kept[key] = known if known is not None else (part, _begun(slot, part, now))
        self._series, self._of = kept, {}
        for key, one in kept.items():
            self._of.setdefault(key.topic, []).append(one)

    def changed(self, slot: Slot, before: Reading | None, reading: Reading) -> None:
        """A device reported another value."""
        series = self._of.get(slot.topic)
        if series is None:
            return
        now = self._clock.wall()
        for part, one in series:
            _put(part, one, now, reading)

    def advance(self) -> None:
        """Looks at the clock, and at what is out of reach: of that nothing is known."""
        now = self._clock.wall()
        for topic, series in self._of.items():
            slot = self._state.slot(*topic)
            reading = slot.current if slot is not None else None
            lost = slot.reach.since if slot is not None and slot.reach.reachable is False else now
            for part, one in series:
                if reading is None or reading.quality in {Quality.STALE, Quality.BAD}:
                    _put(part, one, min(lost, now), None)
                elif (one.state if isinstance(one, Held) else one.value) is None:
                    _put(part, one, now, reading, report=False)
                one.advance(now)

    def covers_since(self, slot: Slot, part: Aggregated) -> float | None:
        one = self._find(slot, part)
        return one.covers_since if isinstance(one, Aggregator) else None

    def windows(self, slot: Slot, part: Aggregated) -> Sequence[Window]:
        one = self._find(slot, part)
        return tuple(one.windows) if isinstance(one, Aggregator) else ()

    def state(self, slot: Slot, part: Presence) -> State | None:
        one = self._find(slot, part)
        return State(one.told, one.since, one.told_at) if isinstance(one, Held) else None

    def _find(self, slot: Slot, part: Part) -> Aggregator | Held | None:
        found = self._series.get(_key(slot, part))
        return None if found is None else found[1]


def _key(slot: Slot, part: Part) -> Key:
    shape: tuple[object, ...]
    if isinstance(part, Aggregated):
        shape = ("aggregated", part.every)
    else:
        values = None if part.values is None else tuple((type(one).__name__, one) for one in part.values)
        shape = ("presence", part.above, part.below, values, part.hold)
    return Key(slot.topic, slot.property.unit, shape)


def _begun(slot: Slot, part: Part, now: float) -> Aggregator | Held:
    length = WINDOWS_S[part.every] if isinstance(part, Aggregated) else HOLDS_S[part.hold]
    one = Aggregator(length, now) if isinstance(part, Aggregated) else Held(length, now)
    _put(part, one, now, slot.current, report=False)
    return one


def _put(
    part: Part, one: Aggregator | Held, at: float, reading: Reading | None, *, report: bool = True
) -> None:
    known = reading is not None and reading.quality not in {Quality.STALE, Quality.BAD}
    value = reading.value if reading is not None and known else None
    if isinstance(one, Held):
        assert isinstance(part, Presence)
        one.put(at, None if value is None else part.state(value))
    else:
        one.put(at, number(value), report=report)


def number(value: Json) -> float | None:
    """What is aggregated of a value: numbers, and 1 or 0 for what is on or off; of texts nothing."""
    if isinstance(value, bool | int | float) and math.isfinite(value):
        return float(value)
    return None
