"""The obligations of a house that last."""

from __future__ import annotations

from capabilities.readings import Reading
from gateway.adopted import Adopted
from gateway.commands import Command, Execution, Outcome, Reason, Result
from gateway.duties import LASTING
from gateway.normalise import Target
from gateway.parts import Parts
from gateway.state import Slot
from policies.decision import Decision


class ObligationKeeper:
    """`gateway.parties.Timers`, and what ingest tells."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def obstacle(self, command: Command, adopted: Adopted) -> Outcome | None:
        return None

    def unkept(self, adopted: Adopted, target: Target, decision: Decision) -> Outcome | None:
        for duty in decision.obligations:
            if duty.kind in LASTING:
                detail = f"rule {duty.rule} wants it to be so that it {duty.say()}, and nobody here can see to that"
                return Outcome(Result.REFUSED, Reason.OBLIGATION, detail, decision=decision)
        return None

    async def promise(
        self, execution: Execution, adopted: Adopted, target: Target, decision: Decision
    ) -> Target:
        return target

    def ended(self, execution: Execution, outcome: Outcome) -> None: ...

    def changed(self, slot: Slot, before: Reading | None, reading: Reading) -> None:
        """A property's value is another one, by a live report; `before` is None for the first one ever."""

    async def restore(self) -> int:
        """The obligations of the run before; how many. Raises `sqlite3.Error`."""
        return 0
