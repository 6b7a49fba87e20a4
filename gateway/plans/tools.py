"""What everything that works on one plan shares."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from gateway.execution import Executor
from gateway.parts import Parts
from gateway.plans.bell import Bell
from gateway.plans.journal import Journal
from gateway.plans.plan import End, Plan, Step, Stop
from gateway.plans.preparing import Preparer
from gateway.plans.telling import Teller

_SIGNS_OF_LIFE: Final = frozenset({"property", "thing"})


@dataclass(slots=True)
class Tools:
    """`bell` wakes whoever runs the plan. `napping` are steps that wait before they try again. Until
    `patient_until` (by the monotonic clock) devices may still be on their way back after a restart.
    """

    plan: Plan
    parts: Parts
    executor: Executor
    preparer: Preparer
    journal: Journal
    teller: Teller
    bell: Bell
    napping: set[Bell] = field(default_factory=set)
    patient_until: float = -math.inf

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
        until = clock.monotonic() + seconds  # a clock that is set back prolongs no pause
        bell = Bell(clock)
        while (left := until - clock.monotonic()) > 0:
            await bell.wait_for(left)

    async def nap(self, seconds: float) -> None:
        """So long, or until the plan is stopped."""
        clock = self.parts.clock
        until = clock.monotonic() + seconds
        bell = Bell(clock)
        self.napping.add(bell)
        try:
            while (left := until - clock.monotonic()) > 0 and self.plan.stop is None:
                await bell.wait_for(left)
        finally:
            self.napping.discard(bell)

    def patience(self) -> float:
        """For how many seconds devices may still be on their way back; 0 or less once that is over."""
        return self.patient_until - self.parts.clock.monotonic()

    async def devices_are_back(self, thing: str, names: Iterable[str]) -> None:
        """After a restart: waits until the Thing is in reach and tells how its properties are, for a while at the most."""
        left = self.patience()
        if left <= 0 or self._is_back(thing, names):
            return
        observer = self.parts.observers.subscribe(None, kinds=_SIGNS_OF_LIFE)
        try:
            async with asyncio.timeout(left):
                while not self._is_back(thing, names) and self.plan.stop is None:
                    if not (await observer.batch())[0]:
                        return
        except TimeoutError:
            return
        finally:
            self.parts.observers.unsubscribe(observer)

    def _is_back(self, thing: str, names: Iterable[str]) -> bool:
        adopted = self.parts.registry.get(thing)
        if adopted is None:
            return True
        slots = (adopted.slots.get(name) for name in names)
        return (
            adopted.driver in self.parts.drivers
            and adopted.reach.reachable is True
            and all(slot is None or slot.trusted is not None for slot in slots)
        )

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
