"""The plans of a house. Most houses have none most of the time: what works on them is loaded when there is one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.approvals import ApprovalKeeper
from gateway.execution import Executor
from gateway.leases import LeaseKeeper
from gateway.messages import Messages
from gateway.parts import Parts
from gateway.plans.ends import LOOKED_AT, unrecorded
from gateway.storage.plans import PlanRepository

if TYPE_CHECKING:
    from gateway.plans.desk import PlanDesk


class PlanKeeper:
    """From the proposal to the report: `desk` does the work."""

    def __init__(
        self,
        parts: Parts,
        executor: Executor,
        approvals: ApprovalKeeper,
        leases: LeaseKeeper,
        messages: Messages,
    ) -> None:
        self._parts = parts
        self._executor = executor
        self._approvals = approvals
        self._leases = leases
        self._messages = messages
        self._desk: PlanDesk | None = None

    @property
    def desk(self) -> PlanDesk:
        if self._desk is None:
            from gateway.plans.desk import PlanDesk  # noqa: PLC0415  (1 MB with all that it needs)

            self._desk = PlanDesk(self._parts, self._executor, self._approvals, self._leases, self._messages)
        return self._desk

    def panic(self, why: str) -> None:
        """Software does nothing more: what runs is stopped, and not undone; what waits for its time waits for a person."""
        if self._desk is not None:
            self._desk.panic(why)

    async def save(self) -> None:
        """What is known of all plans is durable when it returns. Raises `sqlite3.Error`."""
        if self._desk is not None:
            await self._desk.save()

    async def restore(self) -> int:
        """The plans of the run before; how many go on. Raises `sqlite3.Error`."""
        rows = PlanRepository(self._parts.database)
        left = await rows.open() or await rows.noted() or self._approvals.plans_under()
        if not left:
            ended = [row.id for row in await rows.ended(LOOKED_AT)]
            left = await unrecorded(self._parts.ledger, ended)
        return await self.desk.restore() if left else 0

    async def close(self) -> None:
        """Stops where each of them is; the next start goes on from there."""
        if self._desk is not None:
            await self._desk.close()
