"""The report of a run: what was asked, done, not done and undone, by whom it was approved, how long it took."""

from __future__ import annotations

from typing import Final

from capabilities.vocabulary import Json
from gateway.commands import Result
from gateway.plans.plan import At, End, Plan, Progress, Step, Undo

KEPT_REPORTS: Final = 5
"""Of a plan that recurs: those of its last runs."""

LEFT_AS_IT_IS: Final = frozenset({Undo.STOOD_BACK, Undo.IMPOSSIBLE, Undo.FAILED})
"""A person must look at these."""

MAYBE_DONE: Final = frozenset({Result.UNCONFIRMED, Result.IN_DOUBT})


def moved(progress: Progress) -> bool:
    """Whether the step has changed something, or may have."""
    if progress.at is At.DONE:
        return progress.reason != "unchanged"
    return progress.at is At.FAILED and progress.result in MAYBE_DONE


def report_of(plan: Plan, end: End, why: str, at: float) -> dict[str, Json]:
    """`why` in a sentence for a person; times in seconds since the epoch."""
    steps = [_of_step(step, plan.progress[step.id]) for step in plan.steps]
    states = [plan.progress[step.id] for step in plan.steps]
    return {
        "run": plan.run,
        "result": end,
        "why": why,
        "by": plan.stop.by if plan.stop is not None else "",
        "began": plan.began,
        "ended": at,
        "approved_by": list[Json](plan.approved_by),
        "done": sum(one.at is At.DONE for one in states),
        "failed": sum(one.at is At.FAILED for one in states),
        "skipped": sum(one.at is At.SKIPPED for one in states),
        "undone": sum(one.undo is Undo.UNDONE for one in states),
        "not_undone": [step.id for step in plan.steps if plan.progress[step.id].undo in LEFT_AS_IT_IS],
        "steps": list[Json](steps),
    }


def _of_step(step: Step, progress: Progress) -> dict[str, Json]:
    shown: dict[str, Json] = {
        "step": step.id,
        "thing": step.call.thing,
        "affordance": step.call.affordance,
        "action": step.call.is_action,
        "value": step.call.value,
        "state": progress.at,
    }
    texts = {
        "result": progress.result,
        "reason": progress.reason,
        "detail": progress.detail,
        "execution": progress.execution if progress.result else "",
        "undo": str(progress.undo),
        "undo_detail": progress.undo_detail,
        "undo_execution": progress.undo_execution,
    }
    shown |= {name: text for name, text in texts.items() if text}
    if progress.ended and progress.began:
        shown["ms"] = round((progress.ended - progress.began) * 1000)
    return shown


def progress_of(plan: Plan) -> dict[str, Progress]:
    """How far the steps of a plan that is over were in the end: its last report has it, what was kept of each is gone."""
    report = plan.reports[-1] if plan.reports else None
    steps = report.get("steps") if isinstance(report, dict) else None
    listed = steps if isinstance(steps, list) else []
    told = {str(one["step"]): one for one in listed if isinstance(one, dict) and "step" in one}
    return {step.id: _read(told[step.id]) for step in plan.steps if step.id in told}


def _read(told: dict[str, Json]) -> Progress:
    """Raises ValueError for what this version did not write."""
    made = Progress(at=At(str(told.get("state"))), undo=Undo(str(told.get("undo", ""))))
    for name in ("result", "reason", "detail", "execution", "undo_detail", "undo_execution"):
        setattr(made, name, str(told.get(name, "")))
    return made
