"""Plans as JSON: what is kept of them in the database, and read back after a restart."""

from __future__ import annotations

from dataclasses import asdict, fields
from typing import Any

import orjson

from gateway.plans.moments import Moment
from gateway.plans.plan import At, Call, Change, End, OnFailure, Phase, Plan, Progress, Step, Stop, Undo
from gateway.plans.reporting import progress_of
from gateway.plans.schedule import Times
from gateway.principals import principal_from, principal_to

_FIXED = (
    "id",
    "title",
    "purpose",
    "evidence",
    "task",
    "mode",
    "digest",
    "rules",
    "prepared_at",
    "document",
    "token",
)
_MOVING = (
    *("paused_by", "paused_at", "paused_by_person", "committed_at", "key", "next_at", "run", "missed"),
    *("began", "ended_at", "approval", "approved_by", "resumed_at", "holds", "reports"),
)


def fixed(plan: Plan) -> str:
    """What does not change once it is committed."""
    body: dict[str, object] = {name: getattr(plan, name) for name in _FIXED}
    body["principal"] = principal_to(plan.principal)
    body["deadline"] = plan.deadline
    body["times"] = plan.times.to_json() if plan.times is not None else None
    body["steps"] = [_step_to(step) for step in plan.steps]
    return _json(body)


def moving(plan: Plan) -> str:
    """How far it is, its steps aside."""
    body: dict[str, object] = {name: getattr(plan, name) for name in _MOVING}
    body |= {"phase": plan.phase, "end": plan.end, "stop": plan.stop}
    return _json(body)


def progress_to(progress: Progress) -> str:
    return orjson.dumps(asdict(progress)).decode()


def progress_from(text: str) -> Progress:
    """Raises ValueError, KeyError, TypeError for what this version did not write."""
    body = orjson.loads(text)
    known = {one.name for one in fields(Progress)}
    body = {name: value for name, value in body.items() if name in known}
    body["at"], body["undo"] = At(body["at"]), Undo(body["undo"])
    return Progress(**body)


def plan_from(fixed_text: str, moving_text: str, steps: dict[str, Progress]) -> Plan:
    """Raises ValueError, KeyError, TypeError for what this version did not write."""
    body, state = orjson.loads(fixed_text), orjson.loads(moving_text)
    times = body["times"]
    if times is not None:
        times = Times(**(times | {"days": tuple(times["days"])}))
    plan = Plan(
        **{name: body[name] for name in _FIXED},
        principal=principal_from(body["principal"]),
        deadline=_moment(body["deadline"]),
        times=times,
        steps=tuple(_step_from(one) for one in body["steps"]),
        **(
            {name: state[name] for name in _MOVING if name in state}
            | {name: tuple(state.get(name, ())) for name in ("approved_by", "holds")}
        ),
    )
    plan.phase = Phase(state["phase"])
    plan.end = End(state["end"]) if state["end"] else None
    stop = state["stop"]
    plan.stop = Stop(End(stop[0]), *stop[1:]) if stop else None
    plan.progress = {step.id: steps.get(step.id, Progress()) for step in plan.steps}
    if plan.phase is Phase.ENDED:
        plan.progress |= progress_of(plan)
    return plan


def _step_to(step: Step) -> dict[str, object]:
    body: dict[str, object] = {one.name: getattr(step, one.name) for one in fields(Step)}
    body["on_failure"] = [step.on_failure.mode, step.on_failure.retries, step.on_failure.pause_s]
    return body


def _step_from(body: dict[str, Any]) -> Step:
    undo = body["undo"]
    made = body | {
        "asked": Call(*body["asked"]),
        "call": Call(*body["call"]),
        "after": tuple(body["after"]),
        "on_failure": OnFailure(*body["on_failure"]),
        "undo": undo if isinstance(undo, str) else Call(*undo),
        "not_before": _moment(body["not_before"]),
        "deadline": _moment(body["deadline"]),
        "changes": tuple(Change(*one) for one in body["changes"]),
    }
    return Step(**made)


def _moment(body: list[Any] | None) -> Moment | None:
    return Moment(*body) if body is not None else None


def _json(body: object) -> str:
    return orjson.dumps(body, default=_plainly).decode()


def _plainly(value: object) -> object:
    """Named tuples as lists."""
    if isinstance(value, tuple):
        return list(value)
    raise TypeError(f"{type(value).__name__} is not JSON")
