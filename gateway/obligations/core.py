"""What every part of the keeper works with: the book, the teller, and what the state says of an obligation."""

from __future__ import annotations

from collections.abc import Callable

from capabilities.effects import fits
from capabilities.thing import Operation
from capabilities.vocabulary import Evidence, Hazard, Json
from gateway.adopted import Adopted
from gateway.failpoints import failpoint
from gateway.obligations.book import Book
from gateway.obligations.concern import Concerns
from gateway.obligations.owed import MAX_ON, Owed
from gateway.obligations.resting import Resting
from gateway.obligations.telling import Teller
from gateway.parts import Parts
from gateway.state import Slot
from policies.clauses import at_rest


class Core:
    """`wake` makes the worker look again."""

    def __init__(self, parts: Parts, book: Book, wake: Callable[[], None]) -> None:
        self.parts = parts
        self.book = book
        self.wake = wake
        self.teller = Teller(parts)
        self.resting = Resting(book, parts.clock, parts.registry, parts.house)
        self.concerns = Concerns(parts.registry, parts.house, parts.policy)

    # ---------------------------------------------------------------- what is written

    def begun(self, owed: Owed, change: str = "begun") -> None:
        self.book.change(owed)
        self.teller.happened(owed, change)
        self.wake()

    def end(self, owed: Owed, change: str, detail: str) -> None:
        """It is owed no longer: `done` or `void`."""
        if change == "done":
            failpoint("obligation_done")
            self.resting.begins(owed)
        had_failed = owed.failed_at > 0
        self.book.drop(owed)
        self.teller.happened(owed, change, detail)
        if had_failed:
            self.teller.relieved(owed, detail)
        self.wake()

    # ---------------------------------------------------------------- what the state says

    def is_off(self, owed: Owed, slot: Slot) -> bool:
        """It was surely seen, since the start, that nothing runs. Where a mistake does damage, the device itself said so."""
        reading = slot.trusted
        if reading is None or not slot.live or not at_rest(reading.value):
            return False
        return slot.evidence is not Evidence.BRIDGE or not self._is_grave(owed)

    def is_over(self, owed: Owed, adopted: Adopted) -> bool:
        """What would have to be done is so already."""
        if owed.kind == MAX_ON:
            slot = adopted.slots.get(owed.name)
            return slot is not None and self.is_off(owed, slot)
        operation = self.step_of(owed, adopted)
        effect = operation.effect if operation is not None else None
        slot = adopted.slots.get(effect.property) if effect is not None else None
        if effect is None or slot is None or slot.trusted is None or not slot.live:
            return False
        if self._is_grave(owed) and slot.evidence is Evidence.BRIDGE:
            return False
        return effect.met_by(slot.trusted.value, effect.value_for(owed.step.value))

    def is_changed(self, owed: Owed, adopted: Adopted) -> bool:
        """Whether what is to be put back is known to be no longer what the command made it."""
        slot = adopted.slots.get(owed.name)
        reading = slot.trusted if slot is not None and slot.live else None
        return reading is not None and not any(
            self.same(adopted, owed.name, reading.value, one) for one in owed.made
        )

    def same(self, adopted: Adopted, name: str, value: Json, made: Json) -> bool:
        write = adopted.thing.writes.get(name)
        tolerance = write.effect.tolerance if write is not None and write.effect is not None else 0.0
        return fits(value, made, tolerance)

    def step_of(self, owed: Owed, adopted: Adopted) -> Operation | None:
        return adopted.thing.operation(owed.step.name, is_action=owed.step.is_action)

    def _is_grave(self, owed: Owed) -> bool:
        adopted = self.parts.registry.get(owed.thing)
        operation = self.step_of(owed, adopted) if adopted is not None else None
        return operation is None or operation.hazard >= Hazard.PROPERTY
