"""Which properties the rules with `max_on` are about, whoever changes them: worked out once for each, then one look-up."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from capabilities.thing import Operation
from gateway.adopted import Adopted
from gateway.house import House
from gateway.obligations.endings import Ending, ending_of
from gateway.obligations.owed import Term
from gateway.registry import Registry
from gateway.state import Slot
from policies import Policy
from policies.facts import NO_FACTS
from policies.patterns import matching


class Concern(NamedTuple):
    """The operations that rules with `max_on` are about and whose end shows in one property, each with its end."""

    adopted: Adopted
    uses: tuple[tuple[Operation, Ending], ...]

    @property
    def ending(self) -> Ending:
        return self.uses[0][1]


class Concerns:
    """For the rules in force and the Things as they are."""

    def __init__(self, registry: Registry, house: House, policy: Callable[[], Policy]) -> None:
        self._registry = registry
        self._house = house
        self._policy = policy
        self._known: dict[Slot, Concern | None] = {}
        self._things = -1
        self.timed: frozenset[str] = frozenset()

    def review(self) -> bool:
        """The rules may have changed: whether some of them want an end after a time."""
        self._known.clear()
        self.timed = self._policy().timed
        return bool(self.timed)

    def of(self, slot: Slot) -> Concern | None:
        if self._registry.version != self._things:  # Things came, went, or were labelled
            self._known.clear()
            self._things = self._registry.version
        try:
            return self._known[slot]
        except KeyError:
            found = self._known[slot] = self._work_out(slot) if self.timed else None
            return found

    def all(self) -> Iterator[tuple[Slot, Concern]]:
        for adopted in self._registry if self.timed else ():
            for slot in adopted.slots.values():
                concern = self.of(slot)
                if concern is not None:
                    yield slot, concern

    def term(self, concern: Concern) -> Term | None:
        """The shortest time that a rule gives it at this moment."""
        policy, found = self._policy(), list[Term]()
        for operation, _ in concern.uses:
            facts = self._house.facts(concern.adopted, operation)
            for duty in policy.duties_of_state(concern.adopted.subject(operation), facts):
                if isinstance(duty.value, int | float):
                    found.append(Term(float(duty.value), str(duty.rule)))
        return min(found, default=None)

    def _work_out(self, slot: Slot) -> Concern | None:
        """All properties of its Thing at one go."""
        adopted = self._registry.get(slot.topic[0])
        if adopted is None or adopted.slots.get(slot.topic[1]) is not slot:
            return None
        policy, uses = self._policy(), dict[Slot, list[tuple[Operation, Ending]]]()
        for operation in adopted.operations():
            if operation.absolute is not None or self.timed.isdisjoint(matching(operation.capability)):
                continue  # a toggle is the write that it becomes
            if not policy.duties_of_state(adopted.subject(operation), NO_FACTS):
                continue  # not at any moment
            if (ending := ending_of(adopted, operation)) is not None:
                uses.setdefault(ending.slot, []).append((operation, ending))
        for one in adopted.slots.values():
            self._known[one] = Concern(adopted, tuple(uses[one])) if one in uses else None
        return self._known[slot]
