"""One step: its checkpoint is durable, it is sent as any command is, and what came of it is judged."""

from __future__ import annotations

import logging
import sqlite3
from dataclasses import replace
from typing import Final

from capabilities.vocabulary import Json
from gateway.commands import Command, Outcome, Reason, Result
from gateway.failpoints import failpoint
from gateway.ids import new_id
from gateway.ledger import LedgerUnavailable
from gateway.plans.plan import KEY_MARK, UNDO, At, Call, End, Progress, Step, Stop
from gateway.plans.reporting import MAYBE_DONE
from gateway.plans.settling import settled
from gateway.plans.tools import Tools
from gateway.plans.undo import shown_in
from gateway.requests import RequestError

DONE: Final = frozenset({Result.CONFIRMED, Result.ACKNOWLEDGED})

UNSENT: Final = frozenset({Result.NOT_SENT, Result.REFUSED})

PASSING: Final = frozenset({Reason.DEVICE_UNREACHABLE, Reason.LEDGER_UNAVAILABLE, Reason.CONFLICT})
"""What may pass by itself while the step has time."""

FIRST_PAUSE_S: Final = 1.0
LONGEST_PAUSE_S: Final = 15.0
"""Between two attempts at a device that is out of reach."""

MOST_SECOND_THOUGHTS: Final = 3
"""So often a step is decided again at once where something changed while it was written."""

log = logging.getLogger(__name__)


class Stepper:
    """Carries out the steps of one plan."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools
        self._ended = max((one.order for one in tools.plan.progress.values()), default=0)

    async def carry_out(self, step: Step) -> None:
        """From its beginning, or from where a restart left it, to its end; or until nothing further is to be begun."""
        progress = self._tools.plan.progress[step.id]
        outcome: Outcome | None = None
        if progress.at is At.RUNNING:
            outcome = await self._left_open(progress)
        pause = FIRST_PAUSE_S
        second_thoughts = 0
        while True:
            if outcome is None:
                if not await self._checkpoint(step, progress):
                    return
                outcome = await self._send(step, progress)
            progress.result, progress.reason, progress.detail = outcome.result, outcome.reason, outcome.detail
            if outcome.result in DONE:
                self._end(step, progress, At.DONE)
                return
            wait = self._again_in(step, progress, outcome, pause)
            if outcome.reason is Reason.CHANGED_MEANWHILE and second_thoughts < MOST_SECOND_THOUGHTS:
                wait, second_thoughts = 0.0, second_thoughts + 1
            if wait is None:
                self._end(step, progress, At.FAILED)
                return
            pause = min(pause * 2, LONGEST_PAUSE_S)
            self._tools.journal.note(step.id)
            await self._tools.nap(wait)
            outcome = None

    async def undo(self, step: Step, call: Call) -> Outcome:
        """Carries out what undoes a step; its checkpoint is durable. Where the yes to the plan does not cover it people are
        asked: better than to leave it half done.
        """
        progress = self._tools.plan.progress[step.id]
        return await self._run(step.id + UNDO, call, progress.undo_execution, progress.attempt, asks=True)

    def overdue(self, step: Step) -> None:
        """Its time is over, and it has not begun."""
        progress = self._tools.plan.progress[step.id]
        progress.result, progress.detail = Result.NOT_SENT, "its deadline was past before it could begin"
        self._end(step, progress, At.FAILED)

    def captured(self, step: Step) -> dict[str, Json]:
        """What the properties that it changes are now, as far as that is known for good."""
        adopted = self._tools.parts.registry.get(step.call.thing)
        if adopted is None:
            return {}
        operation = adopted.thing.operation(step.call.affordance, is_action=step.call.is_action)
        if operation is None:
            return {}
        values = {}
        for name in shown_in(operation, step.call.value):
            slot = adopted.slots.get(name)
            if slot is not None and slot.trusted is not None:
                values[name] = slot.trusted.value
        return values

    # ---------------------------------------------------------------- inside

    async def _left_open(self, progress: Progress) -> Outcome | None:
        """What became of it when the gateway stopped; None where it certainly was not sent."""
        try:
            outcome = await settled(self._tools, progress.execution)
        except LedgerUnavailable as error:
            return Outcome(Result.IN_DOUBT, detail=f"the ledger cannot be read: {error}")
        return None if outcome is not None and outcome.result in UNSENT else outcome

    async def _checkpoint(self, step: Step, progress: Progress) -> bool:
        """Durable before anything is sent. False where nothing further is to be begun."""
        tools = self._tools
        await tools.devices_are_back(step.call.thing, (one.property for one in step.changes))
        if self._held(step, progress):
            return False
        certain, now = progress.result not in MAYBE_DONE, tools.parts.clock.wall()
        progress.at, progress.execution = At.RUNNING, new_id(now)
        progress.attempt += 1
        progress.began = progress.began or now
        if certain:  # what an earlier attempt may have changed is not what was there before
            progress.captured = self.captured(step)
        tools.journal.note(step.id)
        tools.teller.event(tools.plan, "step", step.id)
        try:
            await tools.journal.save()
        except sqlite3.Error as error:
            progress.result, progress.reason = Result.NOT_SENT, Reason.LEDGER_UNAVAILABLE
            progress.detail = f"its checkpoint could not be written: {error}"
            self._end(step, progress, At.FAILED)
            return False
        failpoint("plan_checkpointed")
        tools.look_at_owner()
        return not self._held(step, progress)

    def _held(self, step: Step, progress: Progress) -> bool:
        """Whether nothing further is to be begun: it goes back to those that wait, but for one that may have been done."""
        plan = self._tools.plan
        if plan.stop is None and not plan.paused_by:
            return False
        if plan.stop is not None and progress.result in MAYBE_DONE:
            self._end(step, progress, At.FAILED)
        else:
            progress.at = At.WAITING
            self._tools.journal.note(step.id)
        return True

    async def _send(self, step: Step, progress: Progress) -> Outcome:
        outcome = await self._run(step.id, step.call, progress.execution, progress.attempt, asks=step.may_ask)
        failpoint("plan_step_sent")
        return outcome

    async def _run(
        self, name: str, call: Call, execution: str, attempt: int, *, asks: bool = False
    ) -> Outcome:
        """As any command of the plan's owner. What it cannot even be asked is refused."""
        plan = self._tools.plan
        key = f"{KEY_MARK}{plan.id}/{plan.run}/{name}/{attempt}/{execution}"
        command: Command = self._tools.preparer.command(
            plan, name, call, execution=execution, key=key, asks=asks, in_earnest=True
        )
        try:
            ran = await self._tools.executor.run(command)
        except RequestError as error:
            return Outcome(Result.REFUSED, Reason.CHANGED_MEANWHILE, str(error))
        assert ran.outcome is not None
        return replace(ran.outcome, decision=None)

    def _again_in(self, step: Step, progress: Progress, outcome: Outcome, pause: float) -> float | None:
        """After how many seconds it is tried again; None for never."""
        deadline = self._tools.deadline(step)
        now = self._tools.parts.clock.wall()
        patience = max((deadline or 0.0) - now, self._tools.patience())
        if outcome.result in UNSENT and outcome.reason in PASSING and patience > 0:
            return min(pause, patience)
        if progress.attempt > step.on_failure.retries or (deadline is not None and now >= deadline):
            return None
        if outcome.reason is Reason.SUPERSEDED:  # somebody else wants it otherwise
            return None
        if outcome.result in MAYBE_DONE and not step.repeatable:
            return None
        return step.on_failure.pause_s

    def _end(self, step: Step, progress: Progress, at: At) -> None:
        tools = self._tools
        self._ended += 1
        progress.at, progress.order, progress.ended = at, self._ended, tools.parts.clock.wall()
        tools.journal.note(step.id)
        tools.teller.event(tools.plan, "step", step.id)
        failpoint("plan_step_done")
        if at is not At.FAILED:
            return
        plan, mode = tools.plan, step.on_failure.mode
        body = {"step": step.id, "result": progress.result, "reason": progress.reason, "then": mode}
        tools.teller.note(plan, "step-failed", dict[str, Json](body))
        if mode != "continue" and plan.stop is None:
            why = f"step {step.id} is {progress.result}" + (f": {progress.detail}" if progress.detail else "")
            end = End.UNDONE if mode == "compensate" else End.FAILED
            plan.stop = Stop(end, why, undo=mode == "compensate")
            tools.journal.note()
