"""On the path of every report: what the house tells its observers goes into the log, a few microseconds each, and never
fails there.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from capabilities.vocabulary import Json, Privacy
from gateway.adopted import Adopted
from gateway.clock import Clock
from gateway.foreign import one_line
from gateway.history.file import StoredSeries
from gateway.history.levels import BAD, CODES, GAP, LONGEST_WORD, MOST_WORDS, OTHER, Level, Type, type_of
from gateway.history.log import MOST_POINTS, Log
from gateway.history.settings import HistorySettings
from gateway.observers import Event, Topic
from gateway.registry import Registry
from gateway.state import Slot

MOST_SERIES: Final = 8_192
"""Properties that are followed: 1,000 devices of eight. Of further ones nothing is kept, and they are counted."""

NAN: Final = math.nan

log = logging.getLogger(__name__)


@dataclass(slots=True, eq=False)
class Followed:
    """One property that is followed. `number` stands for it in the log, `id` in the file (0: not yet); `keeps` is how many
    seconds each level is kept. `kind` is that of its first value. `value` and `code` are what was noted last, at `at`.
    """

    number: int
    topic: Topic
    place: str
    unit: str | None
    sensitive: bool
    keeps: Mapping[Level, float]
    kind: Type | None = None
    id: int = 0
    first: float = 0.0
    at: float = -math.inf
    value: float = NAN
    code: int = GAP
    words: dict[str, int] = field(default_factory=dict)
    is_changed: bool = True  # since it was written
    is_over: bool = False  # nothing more of it is to be written

    def number_of(self, word: str) -> int:
        """Of a state; the words are those of devices."""
        known = self.words.get(word)
        if known is None:
            text = one_line(word, LONGEST_WORD) if len(self.words) < MOST_WORDS - 1 else OTHER
            known = self.words.setdefault(text, len(self.words))
            self.is_changed = True
        return known

    def again(self) -> Followed:
        """The same property, of which nothing is known yet."""
        return Followed(-1, self.topic, self.place, self.unit, self.sensitive, self.keeps)

    def stored(self) -> StoredSeries:
        """As the file has it."""
        thing, name = self.topic
        kind: Type = self.kind or "number"
        return StoredSeries(
            *(thing, name, self.place, self.unit, kind, self.sensitive, self.first),
            list(self.words),
            self.id,
        )


class Recorder:
    """`tap` is told every event of the house. `lost` counts reports for which there was no room."""

    def __init__(self, registry: Registry, settings: HistorySettings, clock: Clock) -> None:
        self._registry = registry
        self._settings = settings
        self._clock = clock
        self._of: dict[Topic, Followed] = {}
        self._all: list[Followed] = []  # by number
        self.log = Log()
        self.floor = -math.inf  # what is older is in pieces
        self.lost = 0
        self.left_out = 0
        self.gone: set[str] = set()  # Things that were forgotten
        self.left: list[Followed] = []  # what they had
        self._is_broken = False

    def get(self, topic: Topic) -> Followed | None:
        return self._of.get(topic)

    def followed(self) -> list[Followed]:
        return list(self._of.values())

    def begin(self) -> None:
        """Nothing is noted as older than this moment: what was before nobody saw."""
        self.floor = self._clock.wall()
        for adopted in self._registry:
            self.look_at(adopted)

    def rise(self, floor: float) -> None:
        """What is older than `floor` is in pieces: what came late, or by a clock that was wrong, counts from then."""
        self.floor = max(self.floor, floor)
        for at, t in enumerate(self.log.t):
            self.log.t[at] = max(t, self.floor)

    def take(self) -> tuple[Log, list[Followed]]:
        """What was noted, and whose the numbers in it are; a new log begins, with new numbers."""
        taken, whose = self.log, self._all
        self.log, self._all = Log(), []
        for one in self._of.values():
            self._number(one)
        return taken, whose

    def put_back(self, taken: Log, whose: list[Followed]) -> None:
        """What could not be written; what there is no room for is lost, the newest first."""
        kept = Log()
        for number, t, value, code in zip(taken.series, taken.t, taken.value, taken.code, strict=True):
            one = whose[number]
            if self._of.get(one.topic) is one:
                kept.add(one.number, t, value, code)
        kept = kept.before(self.log)
        self.lost += max(0, len(kept) - MOST_POINTS)
        del kept.series[MOST_POINTS:], kept.t[MOST_POINTS:], kept.value[MOST_POINTS:], kept.code[MOST_POINTS:]
        self.log = kept

    def tap(self, event: Event) -> None:
        try:
            if event.kind == "property":
                followed = self._of.get(event.topic)
                if followed is not None:
                    self._note(followed, event.at, event.data.get("value"), str(event.data.get("quality")))
            elif event.kind == "thing":
                self._thing(event)
        except Exception:  # a mistake here must cost no report, and fill no log
            if not self._is_broken:
                self._is_broken = True
                log.exception("what happens is not recorded as it should be (said once)")

    def look_at(self, adopted: Adopted) -> None:
        """Follows what is to be kept of a Thing as it is described now. A property that has another name goes on under it."""
        mine = [one for one in self._of.values() if one.topic[0] == adopted.id]
        for one in mine:
            del self._of[one.topic]
        for name, slot in adopted.slots.items():
            prop = slot.property
            keeps = self._settings.kept(adopted.id, name, prop.capability, prop.privacy)
            if not any(keeps.values()):
                continue
            place = f"{adopted.driver} {adopted.device} {prop.point}"
            known = _same(mine, adopted, slot, place)
            if known is None and len(self._of) >= MOST_SERIES:
                self.left_out += 1
                continue
            if known is None:
                known = Followed(-1, slot.topic, place, prop.unit, prop.privacy is Privacy.SENSITIVE, keeps)
                self._number(known)
            else:
                mine.remove(known)
                known.is_changed |= (known.topic, known.place) != (slot.topic, place)
                known.topic, known.place, known.keeps = slot.topic, place, keeps
            self._of[slot.topic] = known

    def begin_again(self, followed: Followed) -> None:
        """Its past is erased, or it is of another kind from now on."""
        if self._of.get(followed.topic) is followed:
            followed.is_over = not followed.id
            self._of[followed.topic] = fresh = followed.again()
            self._number(fresh)

    def _number(self, followed: Followed) -> None:
        followed.number = len(self._all)
        self._all.append(followed)

    def interrupt(self, at: float, again_at: float) -> None:
        """From `at` to `again_at` nobody knows what was: the clock was put on."""
        for one in self._of.values():
            if one.code != GAP:
                value, code = one.value, one.code
                self._add(one, at, NAN, GAP)
                self._add(one, again_at, value, code)

    def _note(self, followed: Followed, at: float, value: Json, quality: str) -> None:
        kind, code = type_of(value), CODES.get(quality, BAD)
        if kind is None:
            self._add(followed, at, NAN, BAD)
            return
        if kind != followed.kind:
            if followed.kind is not None:
                self.begin_again(followed)
                followed = self._of[followed.topic]
            followed.kind, followed.is_changed, followed.first = kind, True, at
        self._add(followed, at, followed.number_of(value) if isinstance(value, str) else float(value), code)  # type: ignore[arg-type]

    def _add(self, followed: Followed, at: float, value: float, code: int) -> None:
        at = max(min(at, self._clock.wall()), followed.at, self.floor)
        followed.at, followed.value, followed.code = at, value, code
        if len(self.log) >= MOST_POINTS:
            self.lost += 1
            return
        self.log.add(followed.number, at, value, code)

    def _thing(self, event: Event) -> None:
        thing, change = event.topic[0], event.data.get("change")
        if change == "deleted":
            for one in [one for one in self._of.values() if one.topic[0] == thing]:
                if one.code != GAP:
                    self._add(one, event.at, NAN, GAP)
                del self._of[one.topic]
                one.is_over = not one.id
                self.left.append(one)
            self.gone.add(thing)
            return
        adopted = self._registry.get(thing)
        if adopted is None:
            return
        if change in {"created", "updated"}:
            self.look_at(adopted)
        elif change in {"reachable", "unreachable"}:
            for name, slot in adopted.slots.items():
                followed = self._of.get((thing, name))
                if followed is not None:
                    self._reach(followed, slot, event.at, is_lost=change == "unreachable")

    def _reach(self, followed: Followed, slot: Slot, at: float, *, is_lost: bool) -> None:
        if is_lost:
            if followed.code != GAP:
                self._add(followed, at, NAN, GAP)
        elif slot.reading is not None:
            self._note(followed, at, slot.reading.value, slot.reading.quality)


def _same(mine: list[Followed], adopted: Adopted, slot: Slot, place: str) -> Followed | None:
    """Which of those that were followed goes on as `slot`: by its name; or, where that one's name is gone, by its place."""
    named = next((one for one in mine if one.topic == slot.topic), None)
    placed = next((one for one in mine if one.place == place and one.topic[1] not in adopted.slots), None)
    found = placed if named is None else named
    return found if found is not None and found.unit == slot.property.unit else None
