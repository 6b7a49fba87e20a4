"""Fan-out: what changes is told to everyone who may see it, each through a bounded queue of their own.

An event is encoded once, and only if somebody listens. A slow observer loses the oldest events and is told how many.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Container, Iterator
from datetime import UTC, datetime
from typing import Final

import orjson

from capabilities.vocabulary import Json
from gateway.marks import Marks

REPLAY_EVENTS: Final = 1_000
"""Kept for `Last-Event-ID`: some minutes of an ordinary house, about 0.4 MB."""

QUEUE_EVENTS: Final = 10_000
"""Waiting for one observer at the most: a phone that slept for a moment, not one that is gone."""

Topic = tuple[str, str]
"""(thing id, affordance name); the name is "" for what concerns the Thing as a whole. Whom it is for may
stand behind `ADDRESSED`.
"""

ADDRESSED: Final = ">"
"""No affordance has it in its name."""


class Event:
    """One thing that happened. `kind` is property, event, action or thing; `data` are the members besides the common ones. `id`
    counts the events of the house, and stays inside; `mark` stands for it outside.
    """

    __slots__ = ("_body", "_mark", "_marks", "at", "data", "id", "kind", "topic")

    def __init__(
        self, number: int, kind: str, topic: Topic, at: float, data: dict[str, Json], *, marks: Marks
    ) -> None:
        self.id = number
        self._marks = marks
        self._mark: int | None = None
        self.kind = kind
        self.topic = topic
        self.at = at  # seconds since the epoch
        self.data = data
        self._body: bytes | None = None

    @property
    def mark(self) -> int:
        """What stands for `id` outside, worked out at first use."""
        if self._mark is None:
            self._mark = self._marks.seal(self.id)
        return self._mark

    @property
    def body(self) -> bytes:
        """The event as one JSON object, encoded at first use and then shared by all observers."""
        if self._body is None:
            thing, name = self.topic
            head: dict[str, object] = {"id": self.mark, "type": self.kind, "thing": thing}
            head["name"] = name.partition(ADDRESSED)[0]
            head["at"] = datetime.fromtimestamp(self.at, UTC)
            self._body = orjson.dumps(head | self.data, option=orjson.OPT_UTC_Z)
        return self._body


class Observer:
    """One listener. `sees` holds the topics it has a right to; None means all of them."""

    def __init__(self, sees: Container[Topic] | None, kinds: frozenset[str] | None) -> None:
        self.sees = sees
        self.kinds = kinds
        self._queue: deque[Event] = deque(maxlen=QUEUE_EVENTS)
        self._missed = 0
        self._closed = False
        self._waiter: asyncio.Future[None] | None = None

    def wants(self, event: Event) -> bool:
        return (self.sees is None or event.topic in self.sees) and (
            self.kinds is None or event.kind in self.kinds
        )

    def put(self, event: Event) -> None:
        if len(self._queue) == QUEUE_EVENTS:
            self._missed += 1  # the deque drops the oldest by itself
        self._queue.append(event)
        self._wake()

    @property
    def waiting(self) -> int:
        """Events that wait to be taken."""
        return len(self._queue)

    def close(self) -> None:
        """Ends the stream: rights were revoked, or the gateway stops."""
        self._closed = True
        self._wake()

    async def batch(self) -> tuple[list[Event], int]:
        """Waits for events; returns all that wait, and how many were lost before them. An empty list means closed."""
        while not self._queue and not self._closed:
            self._waiter = asyncio.get_running_loop().create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None
        if self._closed:
            return [], 0
        events, missed = list(self._queue), self._missed
        self._queue.clear()
        self._missed = 0
        return events, missed

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


class Observers:
    """Everyone who listens, and the recent past for those who come back."""

    def __init__(self) -> None:
        self._observers: set[Observer] = set()
        self._taps: list[Callable[[Event], None]] = []
        self._recent: deque[Event] = deque(maxlen=REPLAY_EVENTS)
        self._last = 0
        self.marks = Marks()

    @property
    def count(self) -> int:
        return len(self._observers)

    @property
    def last_id(self) -> int:
        return self._last

    def publish(self, kind: str, topic: Topic, at: float, data: dict[str, Json]) -> None:
        self._last += 1
        event = Event(self._last, kind, topic, at, data, marks=self.marks)
        self._recent.append(event)
        for tap in self._taps:
            tap(event)
        for observer in self._observers:
            if observer.wants(event):
                observer.put(event)

    def subscribe(
        self, sees: Container[Topic] | None, *, kinds: frozenset[str] | None = None, after: int | None = None
    ) -> Observer:
        """A new observer; `after` replays what is still known since that event id. Give it back with `unsubscribe`."""
        observer = Observer(sees, kinds)
        if after is not None:
            for event in self._since(after):
                if observer.wants(event):
                    observer.put(event)
        self._observers.add(observer)
        return observer

    def tap(self, tap: Callable[[Event], None]) -> None:
        """`tap` is called with every event, at once: it must be quick, and never fail."""
        self._taps.append(tap)

    def untap(self, tap: Callable[[Event], None]) -> None:
        self._taps = [one for one in self._taps if one != tap]

    def recent(self) -> tuple[Event, ...]:
        """What is remembered, the oldest first: `REPLAY_EVENTS` at the most. Whoever shows it asks who may see each."""
        return tuple(self._recent)

    def unsubscribe(self, observer: Observer) -> None:
        self._observers.discard(observer)

    def close(self) -> None:
        for observer in self._observers:
            observer.close()

    def _since(self, after: int) -> Iterator[Event]:
        return (event for event in self._recent if event.id > after)
