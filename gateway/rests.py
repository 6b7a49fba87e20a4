"""Since when what must rest is off, over restarts: a compressor does not know that its gateway began anew.

The ledger has an entry whenever such a property goes on or off, is lost or comes back. Only what some rule with `rest` may look
at is written. What cannot be told for sure is not told: then it counts from the start.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from typing import Final

from capabilities.vocabulary import Json
from gateway.adopted import Adopted
from gateway.clock import Clock
from gateway.house import House
from gateway.ledger import Entry, Ledger, LedgerUnavailable, Record
from gateway.observers import Topic
from gateway.registry import Registry
from gateway.state import Slot
from policies import Policy
from policies.patterns import matching
from policies.times import LONGEST_WINDOW_S

KIND: Final = "rest"

OUT_OF_SIGHT_S: Final = 60.0
"""Nobody switches a compressor on and off again within so short an absence."""

MOST_ENTRIES_A_MINUTE: Final = 6
"""Of one property. One that goes on and off more often is written down as unsteady, and counts from the next start on."""

ROWS_A_PAGE: Final = 200
MOST_PAGES: Final = 25
"""Looked through at a start: a week of a house with dozens of switches."""

log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Noted:
    """What stands in the ledger of one property, and how many entries it had in the minute that began at `minute`."""

    body: dict[str, Json]
    minute: float = float("-inf")  # monotonic seconds
    entries: int = 0


@dataclass(frozen=True, slots=True)
class _Earlier:
    """Off since `off`, and surely looked at until `seen`; seconds since the epoch."""

    off: float
    seen: float


class Rests:
    """The off-times of a house."""

    def __init__(
        self, house: House, registry: Registry, policy: Callable[[], Policy], ledger: Ledger, clock: Clock
    ) -> None:
        self._house = house
        self._registry = registry
        self._policy = policy
        self._ledger = ledger
        self._clock = clock
        self._noted: dict[Topic, _Noted] = {}
        self._earlier: dict[Topic, _Earlier] = {}
        self._rested: dict[
            str, frozenset[str]
        ] = {}  # by Thing: the properties of which some rule wants a rest
        self._known_by: tuple[str, int] = ("", -1)

    def note(self, slot: Slot, *, lost: bool = False) -> None:
        """Writes down that `slot` went on or off, came back, or (`lost`) is out of reach."""
        if not self._policy().rested or not self._concerns(slot.topic):
            return
        body = self._state(slot, lost=lost)
        noted = self._noted.setdefault(slot.topic, _Noted({}))
        if body == noted.body:
            return
        now = self._clock.monotonic()
        if now - noted.minute >= 60.0:
            noted.minute, noted.entries = now, 0
        noted.entries += 1
        if noted.entries > MOST_ENTRIES_A_MINUTE:
            body = {"property": slot.topic[1], "is": "unsteady"}
            if noted.entries > MOST_ENTRIES_A_MINUTE + 1:
                return
        noted.body = body
        try:
            self._ledger.append(Entry(KIND, self._clock.wall(), body, thing=slot.topic[0]))
        except LedgerUnavailable as error:
            noted.body = {}
            log.error("not recorded: %s is %s: %s", ".".join(slot.topic), body["is"], error)

    def earlier(self, topic: Topic) -> float | None:
        """Since when (monotonic seconds) it is off, if it was so before the start and nobody can have used it since."""
        earlier = self._earlier.pop(topic, None)
        now = self._clock.wall()
        if earlier is None or not 0 <= now - earlier.seen <= OUT_OF_SIGHT_S:
            return None
        return self._clock.monotonic() - (now - earlier.off)

    async def restore(self, last: Record | None) -> None:
        """Reads what the run before knew. It counts if that ended, with the ledger's entry `last`, less than a minute ago.

        Raises `LedgerUnavailable`.
        """
        wanted = {(adopted.id, name) for adopted in self._registry for name in self._properties(adopted)}
        if not wanted:
            return
        now = self._clock.wall()
        async for row in self._rows(now - LONGEST_WINDOW_S):
            topic = row.thing, str(row.body.get("property"))
            if topic not in wanted:
                continue
            wanted.remove(topic)
            self._noted[topic] = _Noted(row.body)
            off, is_lost = row.body.get("off_ms"), row.body.get("is") == "lost"
            if isinstance(off, int) and last is not None and self._house.time.is_known:
                self._earlier[topic] = _Earlier(off / 1000, row.at if is_lost else last.at)
            if not wanted:
                break

    # ---------------------------------------------------------------- inside

    async def _rows(self, oldest: float) -> AsyncIterator[Record]:
        before = None
        for _ in range(MOST_PAGES):
            rows = await self._ledger.entries(
                kinds=(KIND,), before=before, limit=ROWS_A_PAGE, newest_first=True
            )
            for row in rows:
                yield row
            if len(rows) < ROWS_A_PAGE or rows[-1].at < oldest:
                return
            before = rows[-1].seq

    def _state(self, slot: Slot, *, lost: bool) -> dict[str, Json]:
        """`off_ms` (since the epoch) only where the clock is to be believed: after a restart nothing else tells the time."""
        body: dict[str, Json] = {"property": slot.topic[1], "is": "lost" if lost else "on"}
        if slot.off_since is not None:
            body["is"] = "lost" if lost else "off"
            if self._house.time.is_known:
                off = self._clock.wall() - (self._clock.monotonic() - slot.off_since)
                body["off_ms"] = round(off * 1000)
        return body

    def _concerns(self, topic: Topic) -> bool:
        adopted = self._registry.get(topic[0])
        return adopted is not None and topic[1] in self._properties(adopted)

    def _properties(self, adopted: Adopted) -> frozenset[str]:
        known_by = self._policy().version, self._registry.version
        if known_by != self._known_by:
            self._rested.clear()
            self._known_by = known_by
        found = self._rested.get(adopted.id)
        if found is None:
            found = self._rested[adopted.id] = frozenset(_rested(adopted, self._policy().rested))
        return found


def _rested(adopted: Adopted, patterns: frozenset[str]) -> Iterator[str]:
    """The properties that the uses which `patterns` match change."""
    for operation in adopted.operations() if patterns else ():
        name = operation.property or (operation.effect.property if operation.effect else None)
        if name and not patterns.isdisjoint(matching(operation.capability)):
            yield name
