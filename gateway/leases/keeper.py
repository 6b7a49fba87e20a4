"""The leases of a house."""

from __future__ import annotations

from gateway.adopted import Adopted
from gateway.commands import Command, Outcome
from gateway.normalise import Target
from gateway.parts import Parts


class LeaseKeeper:
    """`gateway.parties.Leases`."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def conflict(self, command: Command, adopted: Adopted, target: Target) -> Outcome | None:
        return None

    async def restore(self) -> int:
        """The leases of the run before that are still good; how many. Raises `sqlite3.Error`."""
        return 0
