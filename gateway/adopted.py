"""An adopted Thing as the gateway holds it: its description, its state, and what rules look at."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from capabilities.components import ComponentDescription
from capabilities.thing import EventSource, Operation, Thing
from capabilities.vocabulary import Hazard, Privacy, Privilege
from gateway.observers import Topic
from gateway.state import Reach, Slot
from policies.decision import Subject


class EventTap:
    """Where an event of a Thing comes in."""

    __slots__ = ("source", "topic")

    def __init__(self, topic: Topic, source: EventSource) -> None:
        self.topic = topic
        self.source = source


class Adopted:
    """One adopted Thing.

    `driver` and `device` say who reaches it. `suspended` is the reason why it must not be operated until a person has looked
    ("" when it may). `version` grows with every change that a decision taken earlier may not survive.
    """

    __slots__ = (
        "_operating",
        "_reading",
        "components",
        "device",
        "driver",
        "labels",
        "reach",
        "room",
        "slots",
        "suspended",
        "taps",
        "thing",
        "version",
    )  # fmt: skip

    def __init__(
        self,
        thing: Thing,
        *,
        driver: str,
        device: str,
        components: tuple[ComponentDescription, ...],
        room: str = "",
        labels: frozenset[str] = frozenset(),
        suspended: str = "",
    ) -> None:
        self.thing = thing
        self.driver = driver
        self.device = device
        self.components = components
        self.room = room
        self.labels = labels
        self.suspended = suspended
        self.version = 0
        self.reach = Reach()
        self.slots = {
            name: Slot((thing.id, name), prop, self.reach) for name, prop in thing.properties.items()
        }
        self.taps = {name: EventTap((thing.id, name), source) for name, source in thing.events.items()}
        self._reading: dict[str, Subject] = {}
        self._operating: dict[tuple[str, bool], Subject] = {}

    @property
    def id(self) -> str:
        return self.thing.id

    @property
    def title(self) -> str:
        return str(self.thing.document["title"])

    def readable(self) -> Mapping[str, Subject]:
        """What rules look at for reading, by the name of the property or event."""
        if not self._reading:
            sources: Iterable[tuple[str, str, Privacy]] = (
                *((p.name, p.capability, p.privacy) for p in self.thing.properties.values()),
                *((e.name, e.capability, e.privacy) for e in self.thing.events.values()),
            )
            for name, capability, privacy in sources:
                self._reading[name] = self._subject(capability, Privilege.VIEW, Hazard.COMFORT, privacy)
        return self._reading

    def subject(self, operation: Operation) -> Subject:
        """What rules look at for operating."""
        key = (operation.name, operation.is_action)
        subject = self._operating.get(key)
        if subject is None:
            subject = self._operating[key] = self._subject(
                operation.capability, operation.privilege, operation.hazard, Privacy.PUBLIC
            )
        return subject

    def _subject(self, capability: str, privilege: Privilege, hazard: Hazard, privacy: Privacy) -> Subject:
        return Subject(self.id, self.room, self.labels, capability, privilege, hazard, privacy)

    def take_over(self, old: Adopted) -> None:
        """What is known of a Thing, and the commands that wait for it, outlive a new description."""
        self.version = old.version + 1
        reach, before = self.reach, old.reach
        reach.reachable, reach.since, reach.reason = before.reachable, before.since, before.reason
        reach.heard, reach.lost = before.heard, before.lost
        for name, slot in self.slots.items():
            same = old.slots.get(name)
            if same is not None and same.property.unit == slot.property.unit:
                slot.reading, slot.evidence, slot.live = same.reading, same.evidence, same.live
                slot.expectations, slot.off_since = same.expectations, same.off_since

    def operations(self) -> Iterable[Operation]:
        yield from self.thing.writes.values()
        yield from self.thing.actions.values()
