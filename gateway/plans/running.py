"""The life of one committed plan: it waits for people, for its time, for its steps; then it is done, or undone."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from typing import Final

from capabilities.vocabulary import Json
from gateway.failpoints import failpoint
from gateway.leases import LeaseKeeper
from gateway.plans.asking import Asker
from gateway.plans.compensating import Undoer
from gateway.plans.holding import Holder
from gateway.plans.plan import At, End, Phase, Step, Stop
from gateway.plans.reporting import KEPT_REPORTS, LEFT_AS_IT_IS, report_of
from gateway.plans.scheduling import Planner
from gateway.plans.stepping import Stepper
from gateway.plans.tools import Tools
from gateway.plans.untold import tell_end

MOST_AT_ONCE: Final = 32
"""Steps of one plan under way at the same time: a radio mesh takes no more."""

DISK_AGAIN_S: Final = 5.0
"""What cannot be written is tried again after this long."""

log = logging.getLogger(__name__)


class Runner:
    """Runs one plan until it is over."""

    def __init__(self, tools: Tools, asker: Asker, leases: LeaseKeeper) -> None:
        self.tools = tools
        self._holder = Holder(tools, leases)
        self._asker = asker
        self.planner = Planner(tools)

    async def go(self) -> None:
        """From wherever it is, to its end."""
        plan = self.tools.plan
        while plan.phase is not Phase.ENDED:
            self.tools.look_at_owner()
            match plan.phase:
                case Phase.AWAITING:
                    await self._ask()
                case Phase.SCHEDULED:
                    await self._await_time()
                case Phase.RUNNING:
                    await self._run()
                case Phase.COMPENSATING:
                    await self._compensate()
                case _:
                    return

    # ---------------------------------------------------------------- the phases

    async def _ask(self) -> None:
        plan = self.tools.plan
        if plan.stop is None:
            refused = await self._asker.ask(self.tools)
            if refused and plan.stop is None:
                plan.stop = Stop(End.REFUSED, refused)
        if plan.stop is not None:
            await self._over(plan.stop.end, plan.stop.why)
            return
        await self._begin_or_wait()

    async def _begin_or_wait(self) -> None:
        """Nothing stands in its way any more but its time."""
        plan = self.tools.plan
        if plan.times is not None and plan.run == 0 and not self.planner.is_due():
            await self._enter(Phase.SCHEDULED)
        else:
            await self._begin()

    async def _await_time(self) -> None:
        plan = self.tools.plan
        due = await self.planner.due()
        if plan.stop is not None:
            await self._over(plan.stop.end, plan.stop.why)
        elif due is None:
            await self._over(End.MISSED if plan.run == 0 else End.DONE, "its time was over")
        elif (why := self._asker.stands_against(self.tools)) is not None:
            plan.fresh_run(self.tools.parts.clock.wall())
            plan.stop = Stop(End.REFUSED, why)
            await self._end_run()
        elif self._asker.must_ask_again(self.tools):
            await self._enter(Phase.AWAITING)
        else:
            await self._begin()

    async def _begin(self) -> None:
        plan = self.tools.plan
        plan.fresh_run(self.tools.parts.clock.wall())
        plan.phase = Phase.RUNNING
        await self._durably(self.tools.journal.restart)
        self.tools.teller.note(plan, "running")

    async def _run(self) -> None:
        """Steps begin as soon as those before them have ended, and their time has come."""
        tools, plan = self.tools, self.tools.plan
        self._asker.begins_run(plan)
        stepper = Stepper(tools)
        tasks: dict[str, asyncio.Task[None]] = {}
        try:
            while True:
                for name in [name for name, task in tasks.items() if task.done()]:
                    tasks.pop(name).result()
                    if plan.progress[name].at is At.DONE:
                        self._holder.hold(next(step for step in plan.steps if step.id == name))
                now = (
                    tools.parts.clock.wall()
                )  # read once: what is overdue in this round does not begin in it
                self._look_at_deadline(stepper, now)
                for step in self._ready(tasks, now):
                    task = asyncio.create_task(stepper.carry_out(step), name=f"plan {plan.id} step {step.id}")
                    task.add_done_callback(lambda _: tools.bell.ring())
                    tasks[step.id] = task
                if plan.stop is not None:
                    await self._take_back_questions()
                if not tasks and (plan.stop is not None or not self._waiting()):
                    break
                await tools.bell.wait(self._next_time(now))
        except BaseException:  # the gateway ends, or our own code failed: nobody renews what is held any more
            await self._holder.close()
            raise
        finally:
            for task in tasks.values():
                task.cancel()
            await asyncio.gather(*tasks.values(), return_exceptions=True)
        self._skip_the_rest()
        if plan.stop is not None and plan.stop.undo:
            await self._enter(Phase.COMPENSATING)
        else:
            await self._end_run()

    def _skip_the_rest(self) -> None:
        for step in self._waiting():
            self.tools.plan.progress[step.id].at = At.SKIPPED
            self.tools.journal.note(step.id)

    async def _take_back_questions(self) -> None:
        """Steps that wait for people need not be answered any more."""
        plan = self.tools.plan
        assert plan.stop is not None
        for step in plan.steps:
            progress = plan.progress[step.id]
            if step.may_ask and progress.at is At.RUNNING:
                await self._asker.withdraw(progress.execution, plan.stop.why)

    async def _compensate(self) -> None:
        self._asker.begins_run(self.tools.plan)
        await Undoer(self.tools, Stepper(self.tools)).all()
        await self._end_run()

    async def _end_run(self) -> None:
        """Its report; then the next run, or the end."""
        plan, now = self.tools.plan, self.tools.parts.clock.wall()
        await self._holder.release()
        end, why = self._how()
        again = self.planner.next_run() if end is not End.STOPPED and end is not End.CANCELLED else None
        if again is None:
            await self._over(end, why)
            return
        self._report(end, why, now)
        plan.next_at, plan.stop = again, None
        await self._enter(Phase.SCHEDULED)

    # ---------------------------------------------------------------- the run

    def _ready(self, tasks: dict[str, asyncio.Task[None]], now: float) -> list[Step]:
        """The steps that may begin `now`, and those that a restart left under way."""
        plan = self.tools.plan
        ready = [
            step for step in plan.steps if plan.progress[step.id].at is At.RUNNING and step.id not in tasks
        ]
        if plan.stop is None and not plan.paused_by:
            ready += [
                step
                for step in self._unblocked()
                if step.id not in tasks and (step.not_before is None or step.not_before.at(plan.began) <= now)
            ]
        return ready[: max(0, MOST_AT_ONCE - len(tasks))]

    def _unblocked(self) -> list[Step]:
        progress = self.tools.plan.progress
        over = {At.DONE, At.FAILED}
        return [step for step in self._waiting() if all(progress[name].at in over for name in step.after)]

    def _waiting(self) -> list[Step]:
        plan = self.tools.plan
        return [step for step in plan.steps if plan.progress[step.id].at is At.WAITING]

    def _look_at_deadline(self, stepper: Stepper, now: float) -> None:
        """What has not begun before its deadline has failed."""
        plan = self.tools.plan
        if plan.stop is not None or plan.paused_by:
            return
        for step in self._unblocked():
            deadline = self.tools.deadline(step)
            if deadline is not None and now >= deadline and plan.stop is None:
                stepper.overdue(step)

    def _next_time(self, now: float) -> float | None:
        """When something begins or is overdue next, after `now`."""
        plan = self.tools.plan
        if plan.stop is not None or plan.paused_by:
            return None
        times: list[float] = []
        for step in self._unblocked():
            begins = step.not_before.at(plan.began) if step.not_before is not None else 0.0
            deadline = self.tools.deadline(step)
            times += [at for at in (begins, deadline) if at is not None and at > now]
        return min(times, default=None)

    def _how(self) -> tuple[End, str]:
        """How the run ended, and why."""
        plan = self.tools.plan
        states = plan.progress.values()
        if plan.stop is None:
            failed = [name for name, one in plan.progress.items() if one.at is At.FAILED]
            return (End.PARTLY, f"failed: {', '.join(failed)}") if failed else (End.DONE, "")
        end = plan.stop.end
        if end is End.UNDONE and any(one.undo in LEFT_AS_IT_IS for one in states):
            end = End.FAILED
        return end, plan.stop.why

    # ---------------------------------------------------------------- the end

    def _report(self, end: End, why: str, at: float) -> dict[str, Json]:
        plan = self.tools.plan
        report = report_of(plan, end, why, at)
        plan.reports = [*plan.reports[1 - KEPT_REPORTS :], report]
        tell_end(self.tools.teller, plan, report)
        return report

    async def _over(self, end: End, why: str) -> None:
        tools, plan = self.tools, self.tools.plan
        now = tools.parts.clock.wall()
        self._skip_the_rest()
        report = report_of(plan, end, why, now)
        plan.reports = [*plan.reports[1 - KEPT_REPORTS :], report]
        plan.phase, plan.end, plan.ended_at = Phase.ENDED, end, now
        await self._asker.forget(plan)
        noted = False

        async def write() -> None:
            nonlocal noted
            noted = await tools.journal.end(end, now)

        await self._durably(write)
        failpoint("plan_ended")
        if noted:
            await tools.teller.erased(plan.id, plan.principal.id)
            await self._durably(tools.journal.erase_notes)
        plan.reports.pop()
        self._report(end, why, now)

    async def _enter(self, phase: Phase) -> None:
        """Durable before anything of the next phase happens."""
        plan = self.tools.plan
        plan.phase = phase
        self.tools.journal.note()
        await self._durably(self.tools.journal.save)
        self.tools.teller.note(plan, str(phase))

    async def _durably(self, write: object) -> None:
        """Until the disk takes it: what is not written does not happen."""
        assert callable(write)
        while True:
            try:
                await write()
            except sqlite3.Error as error:
                log.error("plan %s cannot be written, and waits: %s", self.tools.plan.id, error)
                await self.tools.rest(DISK_AGAIN_S)
            else:
                return
