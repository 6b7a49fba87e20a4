"""The plans of a house."""

from __future__ import annotations

from gateway.approvals import ApprovalKeeper
from gateway.execution import Executor
from gateway.leases import LeaseKeeper
from gateway.messages import Messages
from gateway.parts import Parts


class PlanKeeper:
    """From the proposal to the report."""

    def __init__(
        self,
        parts: Parts,
        executor: Executor,
        approvals: ApprovalKeeper,
        leases: LeaseKeeper,
        messages: Messages,
    ) -> None:
        self._parts = parts

    async def restore(self) -> int:
        """The plans of the run before; how many go on. Raises `sqlite3.Error`."""
        return 0

    async def close(self) -> None:
        """Stops where each of them is; the next start goes on from there."""
