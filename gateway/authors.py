"""Who made a Thing what it is: a command of ours, or somebody at the device."""

from __future__ import annotations

from capabilities.readings import Reading
from gateway.adopted import Adopted
from gateway.commands import Execution, Outcome
from gateway.leases import LeaseKeeper
from gateway.normalise import Target
from gateway.parts import Parts
from gateway.state import Slot


class Authors:
    """`gateway.parties.Authors`, and what ingest tells."""

    def __init__(self, parts: Parts, leases: LeaseKeeper) -> None:
        self._parts = parts

    def sent(self, execution: Execution, adopted: Adopted, target: Target) -> None: ...

    def ended(self, execution: Execution, outcome: Outcome) -> None: ...

    def changed(self, slot: Slot, before: Reading | None, reading: Reading) -> None:
        """A property's value is another one, by a live report; `before` is None for the first one ever."""
