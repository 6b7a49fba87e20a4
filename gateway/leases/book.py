"""All leases of a house, and by Thing. Look-ups only: what happens to them is decided in `arbiter` and done in `keeper`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from gateway.leases.lease import Lease, State


class Book:
    def __init__(self) -> None:
        self._leases: dict[str, Lease] = {}
        self._by_thing: dict[str, dict[str, Lease]] = {}

    def __len__(self) -> int:
        return len(self._leases)

    def __iter__(self) -> Iterator[Lease]:
        return iter(list(self._leases.values()))

    def get(self, lease: str) -> Lease | None:
        return self._leases.get(lease)

    def put(self, lease: Lease) -> None:
        """A new one, or the next version of one, which keeps its place among those of the same moment."""
        if (known := self._leases.get(lease.id)) is not None:
            self._unlist(known)
        self._leases[lease.id] = lease
        for thing, _ in lease.spots:
            self._by_thing.setdefault(thing, {})[lease.id] = lease

    def remove(self, lease: str) -> Lease | None:
        known = self._leases.pop(lease, None)
        if known is not None:
            self._unlist(known)
        return known

    def _unlist(self, lease: Lease) -> None:
        for thing, _ in lease.spots:
            there = self._by_thing.get(thing, {})
            there.pop(lease.id, None)
            if not there:
                self._by_thing.pop(thing, None)

    def on(self, thing: str) -> Iterable[Lease]:
        """Every lease about this Thing, whatever its state."""
        found = self._by_thing.get(thing)
        return tuple(found.values()) if found else ()

    def near(self, lease: Lease) -> list[Lease]:
        """The others about the same property of the same Thing."""
        found = {one.id: one for thing, _ in lease.spots for one in self.on(thing)}
        return [one for one in found.values() if one.id != lease.id and one.meets(lease)]

    def of_holder(self, holder: str) -> list[Lease]:
        return [lease for lease in self._leases.values() if lease.holder == holder]

    def held_near(self, lease: Lease, now: float) -> list[Lease]:
        return [one for one in self.near(lease) if one.holds(now)]

    def waiting(self) -> list[Lease]:
        return [lease for lease in self._leases.values() if lease.state is State.WAITING]
