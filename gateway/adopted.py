"""An adopted Thing as the gateway holds it: its description, its state, and what rules look at."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from capabilities.components import ComponentDescription
from capabilities.errors import SchemaError
from capabilities.thing import EventSource, Operation, Property, Thing
from capabilities.vocabulary import Hazard, Privacy, Privilege
from gateway.observers import Topic
from gateway.state import Reach, Slot
from policies.decision import Subject

NOTHING_SAID: Final[Mapping[str, str]] = {}


class EventTap:
    """Where an event of a Thing comes in."""

    __slots__ = ("source", "topic")

    def __init__(self, topic: Topic, source: EventSource) -> None:
        self.topic = topic
        self.source = source


class Adopted:
    """One adopted Thing.

    `driver` and `device` say who reaches it. `components` are as its driver described them, `kinds` what a person said instead
    (`kinds.seen_as` puts the one over the other). `members` are the driver's ids of the devices that it commands, where
    it is a group. `suspended` is the reason why it must not be operated until a person has
    looked ("" when it may). `version` grows with every change that a decision taken earlier may not survive.
    """

    __slots__ = (
        "_operating",
        "_reading",
        "components",
        "device",
        "driver",
        "kinds",
        "labels",
        "members",
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
        kinds: Mapping[str, str] | None = None,
        room: str = "",
        labels: frozenset[str] = frozenset(),
        members: tuple[str, ...] = (),
        suspended: str = "",
    ) -> None:
        self.thing = thing
        self.driver = driver
        self.device = device
        self.components = components
        self.kinds: Mapping[str, str] = NOTHING_SAID if kinds is None else kinds
        self.room = room
        self.labels = labels
        self.members = members
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
        reach.heard, reach.lost, reach.pulse = before.heard, before.lost, before.pulse
        places = {slot.property.point: slot for slot in old.slots.values() if slot.property.point}
        for name, slot in self.slots.items():
            # A kind that a person gives may call the same point otherwise.
            same = places.get(slot.property.point) or old.slots.get(name)
            if same is not None and _fits(slot, same):
                slot.reading, slot.evidence, slot.live = same.reading, same.evidence, same.live
                slot.expectations, slot.off_since = same.expectations, same.off_since
                if (same.property.capability, same.property.unit) == (
                    slot.property.capability,
                    slot.property.unit,
                ):
                    slot.track, slot.doubt = same.track, same.doubt

    def begin_anew(self) -> None:
        """Another device stands behind it: what the one before told is not this one's, and what it was told nobody knows."""
        self.reach.reachable, self.reach.reason, self.reach.heard = None, "", None
        self.reach.pulse = None
        for slot in self.slots.values():
            for expectation in list(slot.expectations):
                expectation.lose_link("another device has its place now")
            slot.reading, slot.live, slot.off_since = None, False, None
            slot.track, slot.doubt = None, None

    def points(self) -> dict[str, tuple[str, str]]:
        """The names of properties and events, each with its component's key, by point."""
        sources: Iterable[Property | EventSource] = (
            *self.thing.properties.values(),
            *self.thing.events.values(),
        )
        return {source.point: (source.name, source.component) for source in sources if source.point}

    def component_names(self) -> dict[str, str]:
        """The key of the component that each property, action and event belongs to."""
        thing = self.thing
        groups = (thing.properties, thing.writes, thing.actions, thing.events)
        return {name: one.component for group in groups for name, one in group.items()}

    def operations(self) -> Iterable[Operation]:
        yield from self.thing.writes.values()
        yield from self.thing.actions.values()


def _fits(slot: Slot, before: Slot) -> bool:
    """Whether what was seen may stand in `slot`."""
    if slot.property.unit != before.property.unit:
        return False
    try:
        if before.reading is not None:
            slot.property.check(before.reading.value)
    except SchemaError:
        return False
    return True
