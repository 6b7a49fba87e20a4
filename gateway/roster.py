"""The Things that there are: by id, by device, and by the points that drivers report at."""

from __future__ import annotations

from collections.abc import Iterator

from gateway.adopted import Adopted, EventTap
from gateway.chronicle import Chronicle
from gateway.inbox import CandidateKey
from gateway.names import Names
from gateway.state import Slot, StateStore

Target = Slot | EventTap


class Roster:
    """`version` grows with every change of what exists."""

    def __init__(self, state: StateStore, chronicle: Chronicle, names: Names) -> None:
        self.names = names
        self._state = state
        self._chronicle = chronicle
        self._things: dict[str, Adopted] = {}
        self._by_device: dict[CandidateKey, str] = {}
        self._points: dict[str, dict[str, Target]] = {}
        self.version = 0

    def __iter__(self) -> Iterator[Adopted]:
        return iter(self._things.values())

    def __len__(self) -> int:
        return len(self._things)

    def get(self, thing: str) -> Adopted | None:
        return self._things.get(thing)

    def __getitem__(self, thing: str) -> Adopted:
        return self._things[thing]

    def points(self, driver: str) -> dict[str, Target]:
        """Where a driver's reports go. The same dict for the registry's life: ingest keeps it."""
        return self._points.setdefault(driver, {})

    def by_device(self, driver: str, device: str) -> Adopted | None:
        return self._things.get(self._by_device.get((driver, device), ""))

    def devices(self, driver: str) -> frozenset[str]:
        """The ids of a driver's devices that are Things."""
        return frozenset(device for name, device in self._by_device if name == driver)

    def _install(self, adopted: Adopted, *, replaces: Adopted | None = None) -> None:
        if replaces is not None:
            self._carry_over(replaces, adopted)
            self._by_device.pop((replaces.driver, replaces.device), None)
        self._things[adopted.id] = adopted
        self._by_device[adopted.driver, adopted.device] = adopted.id
        points = self.points(adopted.driver)
        for slot in adopted.slots.values():
            self._state.add(slot)
            points[slot.property.point] = slot
        points.update((tap.source.point, tap) for tap in adopted.taps.values())
        self.version += 1
        self._chronicle.tell("updated" if replaces else "created", adopted)

    def _uninstall(self, adopted: Adopted) -> None:
        del self._things[adopted.id]
        del self._by_device[adopted.driver, adopted.device]
        points = self.points(adopted.driver)
        for slot in adopted.slots.values():
            self._state.remove(slot)
            points.pop(slot.property.point, None)
        for tap in adopted.taps.values():
            points.pop(tap.source.point, None)
        self.version += 1
        self._chronicle.tell("deleted", adopted)

    def _carry_over(self, old: Adopted, new: Adopted) -> None:
        """State and waiting commands outlive a new description."""
        points = self.points(old.driver)
        for slot in old.slots.values():
            points.pop(slot.property.point, None)
            self._state.remove(slot)
        for tap in old.taps.values():
            points.pop(tap.source.point, None)
        new.take_over(old)
