"""`prepare_plan` and `commit_plan`: several commands as one, decided as a whole before anything moves."""

from __future__ import annotations

from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from capabilities.vocabulary import Json
from gateway.context import Gateway
from gateway.mcp.tool import Arguments, Caller, Tool
from gateway.mcp.tools.conditions import bare
from gateway.mcp.tools.planned import PlanShown, commitment, prepared, waits_for_people
from gateway.mcp.tools.rights_of import uses_anything
from gateway.mcp.tools.shapes import Key, Name, Purpose, ShortAnswer

MOST_STEPS: Final = 50
Mode = Literal["compensate", "stop", "continue"]


class Selection(BaseModel):
    """Things by what they are and where: all that is given must fit."""

    model_config = ConfigDict(extra="forbid", defer_build=True)

    kind: Name | None = None
    capability: Name | None = None
    room: Name | None = None
    labels: list[Name] | None = None
    things: list[Name] | None = None


class Step(BaseModel):
    """One write or action, on one Thing or on all that a selection finds."""

    model_config = ConfigDict(extra="forbid", defer_build=True)

    id: str | None = Field(None, max_length=40, description="For `after`; left out: its place, from 1.")
    thing: Name | None = None
    select: Selection | None = None
    property: Name | None = None
    action: Name | None = None
    value: JsonValue = None
    after: list[Name] | None = Field(
        None, description="Ids of steps that must be done; left out: the step before; []: at once."
    )
    not_before: str | None = Field(None, description='A time (RFC 3339), or from the commit on ("10m").')
    deadline: str | None = Field(None, description="The same forms; a step that comes later is not begun.")
    on_failure: JsonValue = Field(
        None, description='compensate, stop, continue, or {"retry": 2, "pause": "5s", "then": "stop"}.'
    )
    compensate: JsonValue = Field(
        None, description='restore, none, or what undoes it: {"property": "on", "value": false}.'
    )


class PrepareArguments(Arguments):
    title: str = Field(min_length=1, max_length=120, description="What it does, in a few words for people.")
    purpose: Purpose
    steps: list[Step] = Field(min_length=1, max_length=MOST_STEPS)
    on_failure: Mode = Field("compensate", description="What becomes of it where a step fails.")
    deadline: str | None = Field(None, description='When all must be over: a time, or "30m" from the commit.')
    schedule: dict[str, JsonValue] | None = Field(
        None,
        description='One of {"at": time}, {"daily": "19:00", "days": ["mon"]}, {"every": "30m"}; until, count, late.',
    )
    evidence: JsonValue = Field(None, description="What you rest it on, as data: readings, references.")
    task: str = Field("", max_length=64, description="The thread of the task for which it is made.")


class CommitArguments(Arguments):
    plan: Name = Field(description="Its id, from prepare_plan.")
    digest: str = Field(
        min_length=8, max_length=128, description="The digest of what you looked at, from prepare_plan."
    )
    idempotency_key: Key


class PlanAnswer(ShortAnswer):
    plan: PlanShown


async def prepare_plan(gateway: Gateway, caller: Caller, wanted: PrepareArguments) -> PlanAnswer:
    document: dict[str, Json] = {
        name: bare(value)
        for name, value in wanted.model_dump(mode="json", exclude_unset=True).items()
        if value is not None or name == "evidence"
    }
    document["steps"] = [_step(one) for one in wanted.steps]
    return PlanAnswer(plan=await prepared(gateway, caller.session, document))


def _step(step: Step) -> Json:
    """As its author wrote it: what is left out stays left out, and a value of null is a value."""
    written = step.model_dump(mode="json", exclude_unset=True)
    select = written.get("select")
    if isinstance(select, dict):
        written["select"] = {name: value for name, value in select.items() if value is not None}
    return {name: bare(value) for name, value in written.items() if value is not None or name == "value"}


async def commit_plan(gateway: Gateway, caller: Caller, wanted: CommitArguments) -> PlanAnswer:
    plan = await commitment(gateway, caller.session, wanted.plan, wanted.digest, wanted.idempotency_key)
    return PlanAnswer(plan=await waits_for_people(gateway, caller, plan))


async def resume(gateway: Gateway, caller: Caller, execution: str) -> PlanAnswer:
    """How a committed plan is, once people have answered. Moves nothing."""
    return PlanAnswer(plan=await waits_for_people(gateway, caller, execution))


PREPARE_PLAN: Final = Tool(
    name="prepare_plan",
    title="Prepare a plan",
    description=(
        "Prepares several commands as one plan and touches nothing: tells of each step what the rules decide, what stands"
        " in the way, what it changes and what cannot be undone, and which people would be asked. All mistakes come at"
        " once. A draft is kept for 10 minutes; commit_plan with its digest begins it."
    ),
    arguments=PrepareArguments,
    answer=PlanAnswer,
    run=prepare_plan,
    read_only=False,
    destructive=False,
    idempotent=False,
    shown_to=uses_anything,
)

COMMIT_PLAN: Final = Tool(
    name="commit_plan",
    title="Commit a plan",
    description=(
        "Begins a prepared plan; it is decided again as a whole first, and goes on by itself: follow it with plan_status."
        " Where people must approve, they are asked once for the whole, and nothing you say answers for them."
    ),
    arguments=CommitArguments,
    answer=PlanAnswer,
    run=commit_plan,
    read_only=False,
    destructive=True,
    idempotent=True,
    shown_to=uses_anything,
    resume=resume,
)
