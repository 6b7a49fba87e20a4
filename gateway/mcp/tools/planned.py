"""A plan as a model reads it: short, its author's words marked, each step with how it is decided and how far it is.

What plans need is loaded with the first of them: most houses have none most of the time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pydantic import Field, JsonValue

from capabilities.vocabulary import Json
from gateway.context import Gateway
from gateway.identity import Session
from gateway.mcp.resource import SCHEME
from gateway.mcp.tool import Caller
from gateway.mcp.tools.asking import needs_person
from gateway.mcp.tools.marking import Untrusted, foreign, foreign_or_none, marked
from gateway.mcp.tools.refusing import findings
from gateway.mcp.tools.shapes import Finding, Short

if TYPE_CHECKING:
    from gateway.api.plans_door import PlanDoor
    from gateway.plans.plan import Plan

MOST_STEPS: Final = 50
"""Of one answer; how many more there are is said, and the resource has them."""

ASKED_WITHIN_S: Final = 10.0
"""So long a plan may take until its question is written down and people are asked."""

LOOK_EVERY_S: Final = 1.0
"""A wait for a plan ends so soon after the caller's token did."""


class StepShown(Short):
    id: str
    thing: str
    property: str | None = None
    action: str | None = None
    value: JsonValue = None
    verdict: str | None = None
    findings: list[Finding] | None = None
    obstacle: JsonValue = None
    effects: JsonValue = Field(None, description="What it changes, as foreseen: property, from, to.")
    cannot_undo: Untrusted | None = None
    state: str | None = None
    result: str | None = None
    reason: str | None = None
    says: Untrusted | None = None
    execution: str | None = None
    undo: str | None = None


class PlanShown(Short):
    id: str
    uri: str
    state: str
    title: Untrusted
    principal: str
    digest: str | None = None
    verdict: str | None = Field(None, description="Of a draft: permit, needs-approval or deny.")
    committable: bool | None = None
    blocked: JsonValue = Field(None, description="Why it cannot be committed as it is.")
    approvals: JsonValue = Field(None, description="Whom commit_plan would ask, by rule.")
    expires: str | None = Field(None, description="When a draft is forgotten.")
    committed: str | None = None
    next: str | None = Field(None, description="When it runs next.")
    ended: str | None = None
    ended_steps: int | None = None
    of: int | None = None
    why: Untrusted | None = Field(None, description="Why nothing further of it is begun.")
    paused: JsonValue = None
    steps: list[StepShown] | None = None
    further_steps: int | None = None


def door_of(gateway: Gateway) -> PlanDoor:
    from gateway.api.plans_door import PlanDoor  # noqa: PLC0415  (1 MB with all that it needs)

    return PlanDoor(gateway)


async def prepared(gateway: Gateway, session: Session, document: Json) -> PlanShown:
    from gateway.api.plans_shown import Showing  # noqa: PLC0415

    draft = await door_of(gateway).prepare(session, document)
    return shown(Showing(gateway, session.principal).draft(draft))


async def commitment(gateway: Gateway, session: Session, ident: str, digest: str, key: str) -> str:
    """The id of the plan, which goes on. Raises `Problem`."""
    plan, _ = await door_of(gateway).commit(session, ident, digest, key)
    return plan.id


async def waits_for_people(gateway: Gateway, caller: Caller, ident: str) -> PlanShown:
    """How a committed plan is. Raises `NeedsPerson` while people are asked."""
    from gateway.plans.plan import Phase  # noqa: PLC0415

    door, until = door_of(gateway), gateway.clock.monotonic() + ASKED_WITHIN_S
    plan = await door.plan(caller.session.principal, ident)
    while plan.phase is Phase.AWAITING:
        if (asked := gateway.approvals.book.of(plan.id)) is not None:
            raise needs_person(caller, asked)
        if gateway.clock.monotonic() >= until:
            break
        plan = await door.changed(caller.session, plan, LOOK_EVERY_S)
    return committed(gateway, caller.session, plan)


def committed(gateway: Gateway, session: Session, plan: Plan, *, whole: bool = True) -> PlanShown:
    from gateway.api.plans_shown import Showing  # noqa: PLC0415

    showing = Showing(gateway, session.principal)
    return shown(showing.plan(plan) if whole else showing.head(plan))


def shown(told: dict[str, Json]) -> PlanShown:
    """From the document that the API has of it."""
    steps = told.get("steps")
    listed = [one for one in steps if isinstance(one, dict)] if isinstance(steps, list) else []
    texts = ("digest", "verdict", "expires", "committed", "next", "ended")
    return PlanShown(
        id=str(told["id"]),
        uri=f"{SCHEME}plans/{told['id']}",
        state=str(told["state"]),
        title=foreign(str(told["title"])),
        principal=str(told["principal"]),
        committable=bool(told["committable"]) if "committable" in told else None,
        blocked=marked(told.get("blocked")) or None,
        approvals=marked(told.get("approvals")) or None,
        ended_steps=_int(told.get("ended_steps")),
        of=_int(told.get("of")),
        why=foreign_or_none(str(told.get("why") or "")),
        paused=marked(told.get("paused")),
        steps=[_step(one) for one in listed[:MOST_STEPS]] or None,
        further_steps=len(listed) - MOST_STEPS if len(listed) > MOST_STEPS else None,
        **{name: str(told[name]) for name in texts if told.get(name)},
    )


def _step(told: dict[str, Json]) -> StepShown:
    listed = told.get("findings")
    texts = ("property", "action", "verdict", "state", "result", "reason", "execution", "undo")
    stand = findings(listed) if isinstance(listed, list) else []
    return StepShown(
        id=str(told["id"]),
        thing=str(told["thing"]),
        value=marked(told.get("value")),
        findings=[Finding.model_validate(one) for one in stand] or None,
        obstacle=marked(told.get("obstacle")),
        effects=marked(told.get("effects")) or None,
        cannot_undo=foreign_or_none(str(told.get("cannot_undo") or "")),
        says=foreign_or_none(str(told.get("detail") or "")),
        **{name: str(told[name]) for name in texts if told.get(name)},
    )


def _int(value: Json) -> int | None:
    return value if isinstance(value, int) else None
