"""Undoing: in reverse order of completion, with the values that were captured, and only where nobody has changed it since."""

from __future__ import annotations

import sqlite3
from typing import Final

from capabilities.errors import SchemaError
from capabilities.vocabulary import Json
from gateway.commands import Outcome, Reason, Result
from gateway.failpoints import failpoint
from gateway.ids import new_id
from gateway.ledger import LedgerUnavailable
from gateway.normalise import StateUnknown, Target, resolve
from gateway.plans.plan import Call, End, Progress, Step, Undo
from gateway.plans.reporting import MAYBE_DONE, moved
from gateway.plans.settling import settled
from gateway.plans.stepping import DONE, PASSING, UNSENT, Stepper
from gateway.plans.tools import Tools
from gateway.plans.undo import restoring

ATTEMPTS: Final = 4
FIRST_PAUSE_S: Final = 2.0
"""What cannot be sent is tried again after 2, 4 and 8 s; then a person is told."""


class Undoer:
    """Undoes what one run of a plan has done."""

    def __init__(self, tools: Tools, stepper: Stepper) -> None:
        self._tools = tools
        self._stepper = stepper

    async def all(self) -> None:
        """Goes on where a restart left it. Returns early where the plan is stopped for good."""
        plan = self._tools.plan
        done = [step for step in plan.steps if moved(plan.progress[step.id])]
        for step in sorted(done, key=lambda one: plan.progress[one.id].order, reverse=True):
            progress = plan.progress[step.id]
            while plan.paused_by and not self._is_over():
                await self._tools.bell.wait(None)
            self._tools.look_at_owner()
            if self._is_over():
                return
            if progress.undo in {Undo.NONE, Undo.RUNNING}:
                await self._one(step, progress)

    def _is_over(self) -> bool:
        """Panic, or its owner is gone: software does nothing more, not even this."""
        stop = self._tools.plan.stop
        return stop is not None and stop.end is End.STOPPED

    async def _one(self, step: Step, progress: Progress) -> None:
        if progress.undo is Undo.RUNNING:
            outcome = await self._left_open(progress)
            if outcome is not None:
                self._judge(step, progress, outcome)
                return
        await self._tools.devices_are_back(step.call.thing, (one.property for one in step.changes))
        found = self._what(step, progress)
        if not isinstance(found, Call):
            self._end(step, progress, *found)
            return
        pause = FIRST_PAUSE_S
        for attempt in range(ATTEMPTS):
            progress.undo, progress.undo_execution = Undo.RUNNING, new_id(self._tools.parts.clock.wall())
            self._tools.journal.note(step.id)
            try:
                await self._tools.journal.save()
            except sqlite3.Error as error:
                self._end(step, progress, Undo.FAILED, f"it could not be recorded: {error}")
                return
            failpoint("plan_compensating")
            if self._is_over():
                self._end(step, progress, Undo.FAILED, "everything was stopped")
                return
            outcome = await self._stepper.undo(step, found)
            passes = outcome.result in UNSENT and outcome.reason in {*PASSING, Reason.CHANGED_MEANWHILE}
            if not passes or attempt + 1 == ATTEMPTS:
                self._judge(step, progress, outcome)
                return
            await self._tools.rest(pause)
            pause *= 2

    async def _left_open(self, progress: Progress) -> Outcome | None:
        """What became of it when the gateway stopped; None where it certainly was not sent."""
        try:
            outcome = await settled(self._tools, progress.undo_execution)
        except LedgerUnavailable as error:
            return Outcome(Result.IN_DOUBT, detail=f"the ledger cannot be read: {error}")
        return None if outcome is not None and outcome.result in UNSENT else outcome

    def _what(self, step: Step, progress: Progress) -> Call | tuple[Undo, str]:
        """What undoes it now; or why nothing does."""
        if isinstance(step.undo, Call):
            return step.undo
        if step.undo == "none":
            return (Undo.IMPOSSIBLE, step.irreversible) if step.irreversible else (Undo.UNWANTED, "")
        if progress.reason == Reason.SUPERSEDED:
            return Undo.STOOD_BACK, "somebody else has taken it over"
        adopted = self._tools.parts.registry.get(step.call.thing)
        operation = (
            adopted.thing.operation(step.call.affordance, is_action=step.call.is_action) if adopted else None
        )
        if adopted is None or operation is None:
            return Undo.IMPOSSIBLE, f"{step.call.thing} is gone"
        try:
            target = resolve(adopted, operation, operation.check(step.call.value))
        except (StateUnknown, SchemaError) as error:
            return Undo.IMPOSSIBLE, str(error)
        captured = progress.captured
        if (kept := _as_it_was(target, captured)) or (changed := _changed(target, progress)):
            return (Undo.NEEDLESS, "it is as it was") if kept else (Undo.STOOD_BACK, changed)
        call = restoring(adopted, operation, step.call.value, captured)
        if call is None:
            unknown = [
                aim.slot.property.name for aim in target.aims if aim.slot.property.name not in captured
            ]
            why = (
                f"what {' and '.join(unknown)} was before is not known" if unknown else "nothing puts it back"
            )
            return Undo.IMPOSSIBLE, why
        return call

    def _judge(self, step: Step, progress: Progress, outcome: Outcome) -> None:
        if outcome.result in DONE:
            self._end(step, progress, Undo.UNDONE, "")
        else:
            detail = f"{outcome.result}" + (f": {outcome.detail}" if outcome.detail else "")
            self._end(step, progress, Undo.FAILED, detail)

    def _end(self, step: Step, progress: Progress, undo: Undo, detail: str) -> None:
        tools = self._tools
        progress.undo, progress.undo_detail = undo, detail
        tools.journal.note(step.id)
        tools.teller.event(tools.plan, "undo", step.id)
        body: dict[str, Json] = {"step": step.id, "undo": undo}
        if undo in {Undo.STOOD_BACK, Undo.IMPOSSIBLE, Undo.FAILED}:
            tools.teller.note(tools.plan, "not-undone", body)


def _as_it_was(target: Target, captured: dict[str, Json]) -> bool:
    """Whether every property shows again what it did before."""
    return bool(target.aims) and all(
        aim.slot.property.name in captured
        and aim.slot.trusted is not None
        and aim.effect.met_by(aim.slot.trusted.value, captured[aim.slot.property.name])
        for aim in target.aims
    )


def _changed(target: Target, progress: Progress) -> str:
    """Which property is no longer as the step made it; "" where all are, or nobody knows how they are."""
    if progress.result in MAYBE_DONE:  # it may stand halfway: that is ours
        return ""
    for aim in target.aims:
        reading = aim.slot.trusted
        if reading is not None and not aim.effect.met_by(reading.value, aim.expected):
            return f"its {aim.slot.property.name} was changed by somebody since"
    return ""
