"""While a plan still waits for a time or a person, what it has changed is held against others of its rank, as by any lease."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from typing import Final

from gateway.leases import LeaseKeeper
from gateway.leases.claims import NoLease, Wish
from gateway.leases.ranges import Range
from gateway.ledger import LedgerUnavailable
from gateway.plans.plan import At, Change, Plan, Step
from gateway.plans.tools import Tools

LONGEST_S: Final = 4 * 3600.0
"""What waits longer than this between two steps is no longer one doing. A lease that a crash leaves behind ends by itself."""

SHORTEST_S: Final = 60.0

log = logging.getLogger(__name__)


class Holder:
    """The leases of one plan."""

    def __init__(self, tools: Tools, leases: LeaseKeeper) -> None:
        self._tools = tools
        self._leases = leases
        self._tasks: set[asyncio.Task[None]] = set()

    def hold(self, step: Step) -> None:
        """A step was done: nobody waits for this."""
        if _waits(self._tools.plan):
            task = asyncio.create_task(self._hold(step), name=f"hold for plan {self._tools.plan.id}")
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def release(self) -> None:
        """The run is over."""
        await asyncio.gather(*self._tasks, return_exceptions=True)
        plan = self._tools.plan
        for lease in plan.holds:
            try:
                await self._leases.release(lease, plan.principal.id)
            except KeyError:
                continue  # it is over already
            except (NoLease, LedgerUnavailable, sqlite3.Error) as error:
                log.error("the lease %s of plan %s is not given back: %s", lease, plan.id, error)
        if plan.holds:
            plan.holds = ()
            self._tools.journal.note()

    async def close(self) -> None:
        """Nothing is given back: the next start goes on."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _hold(self, step: Step) -> None:
        for change in step.changes:
            try:
                await self._claim(step.call.thing, change)
            except (NoLease, ValueError) as error:  # somebody else has it: that one decides what comes
                log.debug("plan %s does not hold %s: %s", self._tools.plan.id, step.call.thing, error)
            except (LedgerUnavailable, sqlite3.Error) as error:
                log.error("plan %s cannot hold %s: %s", self._tools.plan.id, step.call.thing, error)

    async def _claim(self, thing: str, change: Change) -> None:
        plan = self._tools.plan
        own = (lease for lease in self._leases if lease.is_of(plan.principal) and lease.thing == thing)
        if any(lease.property in {"", change.property} for lease in own):
            return  # its owner holds it anyway, and longer
        wish = Wish(
            thing,
            change.property,
            Range(one_of=(change.after,)),
            for_s=self._for_s(),
            purpose=f"plan {plan.id}",
            waits=False,
            scheduled=plan.times is not None,
        )
        answer = await self._leases.claim(plan.principal, wish)
        plan.holds = (*plan.holds, answer.lease.id)
        self._tools.journal.note()

    def _for_s(self) -> float:
        until, now = self._tools.plan.stands_until, self._tools.parts.clock.wall()
        return LONGEST_S if until is None else min(LONGEST_S, max(SHORTEST_S, until - now))


def _waits(plan: Plan) -> bool:
    """Whether a later step waits for more than those before it."""
    return any(
        (step.not_before is not None or step.asks) and plan.progress[step.id].at is At.WAITING
        for step in plan.steps
    )
