"""What rules look at besides the request: the house's mode and time, its Things, what was used how often, who consented."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from capabilities.thing import Operation
from capabilities.vocabulary import Evidence, Json, Quality
from gateway.adopted import Adopted
from gateway.clock import Clock
from gateway.localtime import HouseTime
from gateway.state import Slot, StateStore
from gateway.uses import Uses
from gateway.waivers import Waivers
from policies.decision import RuleRef, Subject
from policies.facts import Approval, LocalTime, Observed, Waiver

FIRST_MODE: Final = "home"

NEVER_HEARD: Final = float("inf")


class House:
    """What is true of the whole house. `mode` is set by `gateway.mode`, `waivers` by `gateway.consents`."""

    def __init__(self, clock: Clock, state: StateStore, time: HouseTime) -> None:
        self.clock = clock
        self.state = state
        self.time = time
        self.mode = FIRST_MODE
        self.uses = Uses(clock)
        self.waivers = Waivers(clock)
        self.started = clock.monotonic()
        self.by_device: Callable[[str, str], Adopted | None] = _nobody
        """Finds the members of groups, by driver and device; the registry's."""

    def facts(self, adopted: Adopted, operation: Operation, approvals: Sequence[Approval] = ()) -> HouseFacts:
        """What rules may look at when `operation` of `adopted` is used: as it is whenever they look."""
        return HouseFacts(self, adopted, operation, approvals)


class HouseFacts:
    """`policies.Facts` of one use."""

    __slots__ = ("_adopted", "_approvals", "_house", "_operation")

    def __init__(
        self, house: House, adopted: Adopted, operation: Operation, approvals: Sequence[Approval]
    ) -> None:
        self._house = house
        self._adopted = adopted
        self._operation = operation
        self._approvals = approvals

    def local_time(self) -> LocalTime | None:
        return self._house.time.now()

    def mode(self) -> str | None:
        return self._house.mode

    def reading(self, thing: str, name: str) -> Observed | None:
        slot = self._own(name) if thing == self._adopted.id else self._house.state.slot(thing, name)
        reading = slot.current if slot is not None else None
        if slot is None or reading is None:
            return None
        heard = slot.reach.heard
        return Observed(
            reading.value,
            # What a broker kept from before the start may be of any age.
            age_s=self._house.clock.monotonic() - heard if slot.live and heard is not None else NEVER_HEARD,
            good=reading.quality is Quality.GOOD,
            trusted=slot.live and slot.evidence is Evidence.DEVICE,
            deviation=reading.uncertainty or 0.0,
        )

    def before(self, subject: Subject, member: str) -> Sequence[Json]:
        slot = self._changed(member)
        reading = slot.trusted if slot is not None else None
        if slot is None or reading is None:
            return ()
        return (reading.value, *(one.expected for one in slot.expectations))

    def age_of_use(self, rule: RuleRef, thing: str, nth: int) -> float | None:
        return self._house.uses.age(rule, thing, nth)

    def off_for_s(self, subject: Subject) -> float | None:
        house, slot = self._house, self._changed("")
        now = house.clock.monotonic()
        if slot is None or slot.reading is None:
            return now - house.started
        if slot.off_since is not None:
            return now - slot.off_since
        # What ran when it was last heard of, ran until nobody knows when.
        return None if slot.trusted is not None else 0.0

    def waiver(self, rule: RuleRef, thing: str) -> Waiver | None:
        # Whether a consent is over cannot be told by a clock that is not set.
        return self._house.waivers.of(rule, thing) if self._house.time.is_known else None

    def approvals(self) -> Sequence[Approval]:
        return self._approvals

    def _own(self, name: str) -> Slot | None:
        """The property `name` of the component that is used: of two garage doors on one Thing, the one that moves."""
        mine = self._operation.component
        for slot in self._adopted.slots.values():
            if slot.property.component == mine and slot.property.capability.partition(".")[2] == name:
                return slot
        return self._adopted.slots.get(name)

    def _changed(self, member: str) -> Slot | None:
        """The property that the use changes, or that a member of its input changes."""
        operation = self._operation
        if member:
            name = (operation.parts or {}).get(member)
        else:
            name = operation.property or (operation.effect.property if operation.effect else None)
        return self._adopted.slots.get(name) if name else None


def _nobody(driver: str, device: str) -> Adopted | None:
    return None
