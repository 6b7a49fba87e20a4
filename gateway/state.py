"""What is known of every property right now, and how far it may be trusted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from capabilities.readings import Reading
from capabilities.thing import Property
from capabilities.vocabulary import Evidence, Quality
from gateway.expectations import Expectation
from gateway.observers import Topic


@dataclass(slots=True)
class Reach:
    """Whether a Thing can be reached; None until its driver has said so. `heard` is when it last said anything itself."""

    reachable: bool | None = None
    since: float = 0.0  # seconds since the epoch
    reason: str = ""
    heard: float | None = None  # monotonic seconds
    lost: float | None = None  # monotonic seconds, while it cannot be reached


class Slot:
    """The state of one property: the last reading, who vouched for it, and the commands that wait for it to change."""

    __slots__ = (
        *("evidence", "expectations", "followed", "live", "off_since"),
        *("property", "reach", "reading", "topic"),
    )

    def __init__(self, topic: Topic, prop: Property, reach: Reach) -> None:
        self.topic = topic
        self.property = prop
        self.reach = reach
        self.reading: Reading | None = None
        self.evidence = Evidence.DEVICE
        self.live = False  # the reading was reported since the start, not kept by a broker
        self.followed = False  # so was the one before it
        self.expectations: list[Expectation] = []
        self.off_since: float | None = None  # monotonic seconds; None while it is on, or not known

    @property
    def current(self) -> Reading | None:
        """The last reading with the quality it has *now*: what is out of contact is stale, not good."""
        reading = self.reading
        if reading is not None and self.reach.reachable is False and reading.quality is Quality.GOOD:
            return replace(reading, quality=Quality.STALE)
        return reading

    @property
    def trusted(self) -> Reading | None:
        """The current reading if decisions may rest on it: good, and in contact."""
        reading = self.current
        return reading if reading is not None and reading.quality is Quality.GOOD else None


class StateStore:
    """All slots, by topic."""

    def __init__(self) -> None:
        self._slots: dict[Topic, Slot] = {}

    def __len__(self) -> int:
        return len(self._slots)

    def slot(self, thing: str, name: str) -> Slot | None:
        return self._slots.get((thing, name))

    def add(self, slot: Slot) -> None:
        self._slots[slot.topic] = slot

    def remove(self, slot: Slot) -> None:
        self._slots.pop(slot.topic, None)

    def __iter__(self) -> Iterator[Slot]:
        return iter(self._slots.values())
