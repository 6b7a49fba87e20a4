"""What everything that works on one plan shares."""

from __future__ import annotations

from dataclasses import dataclass, field

from gateway.execution import Executor
from gateway.parts import Parts
from gateway.plans.bell import Bell
from gateway.plans.journal import Journal
from gateway.plans.plan import End, Plan, Step, Stop
from gateway.plans.preparing import Preparer
from gateway.plans.telling import Teller


@dataclass(slots=True)
class Tools:
    """`bell` wakes whoever runs the plan. `napping` are steps that wait before they try again."""

    plan: Plan
    parts: Parts
    executor: Executor
    preparer: Preparer
    journal: Journal
    teller: Teller
    bell: Bell
    napping: set[Bell] = field(default_factory=set)

    def stop(self, stop: Stop) -> None:
        """Nothing further is begun. The first reason stands, but for one that lets nothing be undone any more."""
        if self.plan.stop is None or (stop.end is End.STOPPED and self.plan.stop.end is not End.STOPPED):
            self.plan.stop = stop
            self.journal.note()
        self.wake()

    def wake(self) -> None:
        self.bell.ring()
        for bell in self.napping:
            bell.ring()

    async def rest(self, seconds: float) -> None:
        """So long, whatever happens to the plan."""
        clock = self.parts.clock
        until = clock.wall() + seconds
        bell = Bell(clock)
        while clock.wall() < until:
            await bell.wait(until)

    async def nap(self, seconds: float) -> None:
        """So long, or until the plan is stopped."""
        clock = self.parts.clock
        until = clock.wall() + seconds
        bell = Bell(clock)
        self.napping.add(bell)
        try:
            while clock.wall() < until and self.plan.stop is None:
                await bell.wait(until)
        finally:
            self.napping.discard(bell)

    def deadline(self, step: Step) -> float | None:
        """When a step must have been sent: its own time, or the whole plan's."""
        times = [self.plan.stands_until]
        if step.deadline is not None:
            times.append(step.deadline.at(self.plan.began))
        return min((at for at in times if at is not None), default=None)

    def look_at_owner(self) -> None:
        """What is done is done with the rights of the one who committed it: where those are gone, the plan is stopped."""
        plan = self.plan
        if not self.parts.identity.stands(plan.token, plan.principal):
            why = f"the token of {plan.principal.id} is good no longer, or its rights were changed"
            self.stop(Stop(End.STOPPED, why))
