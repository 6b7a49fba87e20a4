"""Plans: what would happen, what is decided, and how far it is."""

from __future__ import annotations

from typing import NotRequired

from typing_extensions import TypedDict

from gateway.api.openapi.operation import AnyJson
from gateway.api.openapi.shapes.decisions import AcceptedRange, Finding, Time, VerdictWord


class PausedBy(TypedDict):
    """Who holds it up."""

    by: str
    since: Time


class PlanHead(TypedDict):
    """What a list tells of a plan. `of` is the number of its steps."""

    id: str
    state: str
    title: str
    principal: str
    acts_for: NotRequired[str]
    prepared: Time
    of: int
    ended_steps: int
    committed: NotRequired[Time]
    began: NotRequired[Time]
    ended: NotRequired[Time]
    next: NotRequired[Time]
    run: NotRequired[int]
    missed: NotRequired[AnyJson]
    paused: NotRequired[PausedBy]
    why: NotRequired[str]


PlanEffect = TypedDict(
    "PlanEffect", {"property": str, "from": AnyJson, "to": AnyJson, "within_s": float | None}
)
"""What a step is expected to change."""


class PlanStep(TypedDict):
    """One step: what was asked, what is decided of it, and how far it is. It has `action` or `property`."""

    id: str
    thing: str
    title: str
    action: NotRequired[str]
    property: NotRequired[str]
    value: AnyJson
    after: list[str]
    not_before: str | None
    deadline: str | None
    on_failure: str
    retries: int
    compensate: AnyJson
    verdict: VerdictWord
    findings: NotRequired[list[Finding]]
    accepted: NotRequired[AcceptedRange | None]
    owes: NotRequired[list[AnyJson]]
    becomes: NotRequired[AnyJson]
    obstacle: NotRequired[AnyJson]
    cannot_undo: NotRequired[str]
    effects: list[PlanEffect]
    state: str
    result: NotRequired[str]
    reason: NotRequired[str]
    detail: NotRequired[str]
    execution: NotRequired[str]
    undo: NotRequired[str]
    undo_detail: NotRequired[str]
    undo_execution: NotRequired[str]
    attempts: NotRequired[int]
    began: NotRequired[Time]
    ended: NotRequired[Time]


class PlanShown(PlanHead):
    """A plan that was committed."""

    digest: str
    rules: str
    purpose: str
    evidence: AnyJson
    on_failure: str
    deadline: str | None
    schedule: AnyJson
    steps: list[PlanStep]
    approval: NotRequired[str]
    approved_by: NotRequired[list[AnyJson]]
    reports: NotRequired[list[AnyJson]]


class PlanAsk(TypedDict):
    """A rule that asks people, and the steps for which it does."""

    rule: str
    why: str
    approver: list[str]
    approvals: int
    once: bool
    steps: list[str]


class Irreversible(TypedDict):
    """A step that cannot be undone."""

    step: str
    why: str


class EndState(TypedDict):
    """How something will be in the end."""

    thing: str
    property: str
    value: AnyJson


class PlanDraft(PlanShown):
    """A plan that was prepared: what is decided, asked, foreseen, and cannot be undone. Nothing has moved."""

    expires: Time
    verdict: VerdictWord
    committable: bool
    blocked: list[str]
    approvals: list[PlanAsk]
    cannot_undo: list[Irreversible]
    end_state: list[EndState]
