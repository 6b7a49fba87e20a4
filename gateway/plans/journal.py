"""What is known of a plan, made durable before what follows from it happens."""

from __future__ import annotations

import asyncio

from gateway.plans.plan import End, Phase, Plan, Progress
from gateway.plans.storing import moving, progress_to
from gateway.storage.plans import PlanRepository


class Journal:
    """One plan's checkpoints. What is noted while one is being written goes with the next, for all who wait for it together."""

    def __init__(self, plan: Plan, rows: PlanRepository) -> None:
        self._plan = plan
        self._rows = rows
        self._writing = asyncio.Lock()
        self._head = False
        self._steps: dict[str, Progress] = {}
        self._changed = asyncio.Event()

    def note(self, step: str = "") -> None:
        """A step, or the plan itself, has changed: it is written with the next `save`, and shown at once."""
        if step:
            self._steps[step] = self._plan.progress[step]
        else:
            self._head = True
        self._plan.version += 1
        self._changed.set()
        self._changed = asyncio.Event()

    async def changed(self) -> None:
        """Waits for the next change."""
        await self._changed.wait()

    async def save(self) -> None:
        """All that was noted is durable when it returns. Raises `sqlite3.Error`: then it is noted still."""
        async with self._writing:
            if not self._head and not self._steps:
                return
            head, steps = self._head, self._steps
            self._head, self._steps = False, {}
            try:
                written = {name: progress_to(one) for name, one in steps.items()}
                await self._rows.save(self._plan.id, self._head_row() if head else None, written)
            except BaseException:
                self._head, self._steps = self._head or head, steps | self._steps
                raise

    async def restart(self) -> None:
        """A new run begins. Raises `sqlite3.Error`."""
        async with self._writing:
            self._steps.clear()
            await self._rows.restart(self._plan.id, self._head_row())
            self._head = False
        self.note()

    async def end(self, end: End, at: float) -> bool:
        """The plan is over. Whether it had notes, which are to be erased. Raises `sqlite3.Error`."""
        plan = self._plan
        plan.phase, plan.end, plan.ended_at = Phase.ENDED, end, at
        async with self._writing:
            self._steps.clear()
            noted = await self._rows.end(plan.id, self._head_row())
            self._head = False
        self.note()
        return noted

    async def erase_notes(self) -> None:
        """Raises `sqlite3.Error`."""
        await self._rows.erase_notes(self._plan.id)

    def _head_row(self) -> tuple[str, float | None, str]:
        plan = self._plan
        ended = plan.ended_at if plan.phase is Phase.ENDED else None
        return plan.state, ended, moving(plan)
