"""What is known of every property right now, and how far it may be trusted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from capabilities.readings import Reading
from capabilities.thing import Property
from capabilities.vocabulary import Evidence, Json, Quality
from gateway.estimates.doubt import Doubt, worse
from gateway.estimates.pulse import Pulse
from gateway.estimates.track import Beat
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
    pulse: Pulse | None = None  # its rhythm, once it was heard


class Slot:
    """The state of one property: the last reading, who vouched for it, and the commands that wait for it to change."""

    __slots__ = (
        *("doubt", "evidence", "expectations", "followed", "live", "off_since"),
        *("property", "reach", "reading", "topic", "track"),
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
        self.track: Beat | None = None  # what is estimated of it, once it was heard
        self.doubt: Doubt | None = None  # the value itself is not to be trusted

    @property
    def current(self) -> Reading | None:
        """The last reading with the quality it has *now*: what is out of contact is stale, not good. Where its device states no
        uncertainty, it has the estimated one.
        """
        reading = self.reading
        if reading is None:
            return None
        quality, uncertainty = reading.quality, reading.uncertainty
        if self.reach.reachable is False and quality is Quality.GOOD:
            quality = Quality.STALE
        for doubt in self._doubts:
            quality = worse(quality, doubt.quality)
        if uncertainty is None and self.track is not None:
            uncertainty = self.track.uncertainty
        if quality is reading.quality and uncertainty is reading.uncertainty:
            return reading
        return replace(reading, quality=quality, uncertainty=uncertainty)

    @property
    def _doubts(self) -> Sequence[Doubt]:
        pulse = self.reach.pulse
        quiet = pulse.doubt if pulse is not None else None
        if quiet is None:
            return () if self.doubt is None else (self.doubt,)
        return (quiet,) if self.doubt is None else (quiet, self.doubt)

    def remarks(self) -> dict[str, Json]:
        """`reason`: why estimates trust it less than its device says; `unusual`: what is unusual about its value. Only those
        that there are.
        """
        said: dict[str, Json] = {}
        if doubts := self._doubts:
            said["reason"] = "; ".join(doubt.reason for doubt in doubts)
        if self.track is not None and self.track.unusual is not None:
            said["unusual"] = self.track.unusual.reason
        return said

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
