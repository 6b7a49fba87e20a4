"""`act`: one write or one action, through the same door as every command; a person is asked where rules want that."""

from __future__ import annotations

from typing import Final

from pydantic import Field, JsonValue, model_validator

from capabilities.vocabulary import Json
from gateway.api.commands import CommandDoor, problem_of, purpose_of
from gateway.api.problems import not_found
from gateway.api.seen import Sight
from gateway.api.wire import rfc3339
from gateway.approvals.asked import Asked
from gateway.commands import Command, Execution, Outcome, Result
from gateway.context import Gateway
from gateway.mcp.tool import Arguments, Caller, Tool
from gateway.mcp.tools.asking import needs_person
from gateway.mcp.tools.conditions import bare, same
from gateway.mcp.tools.marking import Untrusted, foreign_or_none, marked
from gateway.mcp.tools.patience import until
from gateway.mcp.tools.refusing import findings
from gateway.mcp.tools.rights_of import uses_anything
from gateway.mcp.tools.shapes import (
    Bounds,
    Finding,
    Key,
    Name,
    Purpose,
    Short,
    ShortAnswer,
    ThingId,
    Value,
    age,
    bounds_of,
    plain,
)

LONGEST_WAIT_S: Final = 120
DEFAULT_WAIT_S: Final = 30.0

_DONE: Final = frozenset({Result.CONFIRMED, Result.ACKNOWLEDGED})
_KINDS: Final = frozenset({"action"})


class ActArguments(Arguments):
    thing: ThingId
    property: Name | None = Field(None, description="The property to write; or give action.")
    action: Name | None = Field(None, description="The action to invoke; or give property.")
    value: JsonValue = Field(
        None, description="What to write, or the action's input; none where it takes none."
    )
    purpose: Purpose
    idempotency_key: Key
    dry_run: bool = Field(
        False, description="Only tells what the rules say and what would stand in the way; nothing moves."
    )
    wait_s: float = Field(
        DEFAULT_WAIT_S, ge=0, le=LONGEST_WAIT_S, description="How long to wait for the end, in seconds."
    )
    lease: str = Field(
        "", max_length=200, description="Under this lease only: its `header`, as propose gave it."
    )
    task: str = Field("", max_length=40, description="The thread of the task for which it is done.")

    @model_validator(mode="after")
    def _one(self) -> ActArguments:
        if (self.property is None) == (self.action is None):
            raise ValueError("give either property, to write it, or action, to invoke it")
        return self


class Seen(Short):
    """The reading that shows the effect."""

    property: str
    value: Value = None
    quality: str
    observed_at: str
    age_s: float
    uncertainty: float | None = None
    evidence: str | None = None


class Obstacle(Short):
    reason: str
    says: Untrusted | None = None


class ActAnswer(ShortAnswer):
    """`status`: done; running (it was sent, and has not ended: call again with the same key); would-be (a dry run)."""

    status: str
    execution: str | None = Field(None, description="Its id; explain tells more of it.")
    outcome: str | None = Field(
        None,
        description="confirmed: the effect was seen; acknowledged: accepted, and nothing can be seen, or it was so already.",
    )
    reason: str | None = None
    says: Untrusted | None = None
    seen: Seen | None = None
    replayed: bool | None = Field(
        None, description="An earlier call with this key did it; nothing was done again."
    )
    verdict: str | None = Field(None, description="Of a dry run: permit, needs-approval or deny.")
    findings: list[Finding] | None = None
    accepted: Bounds | None = None
    value: Value = None
    unchanged: bool | None = Field(None, description="Of a dry run: it is so already.")
    obstacle: Obstacle | None = None
    conflict: JsonValue = None


async def act(gateway: Gateway, caller: Caller, wanted: ActArguments) -> ActAnswer:
    door = CommandDoor(gateway)
    command = door.make(
        caller.session,
        plain(gateway, wanted.thing),
        wanted.action or wanted.property or "",
        bare(wanted.value),
        is_action=wanted.action is not None,
        key=wanted.idempotency_key,
        purpose=purpose_of(wanted.purpose),
        traceparent=caller.traceparent,
        asks=True,
        lease=wanted.lease,
        task=wanted.task,
    )
    if wanted.dry_run:
        return _foreseen(door.foreseen(command))
    if (refused := _not_approved(gateway, command)) is not None:
        raise problem_of(refused, _outcome(refused))
    return await _end(gateway, caller, await door.start(command), wanted.wait_s)


async def resume(gateway: Gateway, caller: Caller, execution: str) -> ActAnswer:
    """How the caller's own command ended for which people were asked. Moves nothing."""
    known = gateway.executor.executions.get(execution)
    if known is None or known.command.principal.id != caller.session.principal.id:
        raise not_found()
    return await _end(gateway, caller, known, DEFAULT_WAIT_S)


async def _end(gateway: Gateway, caller: Caller, execution: Execution, wait_s: float) -> ActAnswer:
    """Raises `Problem` where it failed or was refused, `NeedsPerson` as soon as people are asked."""

    def asked() -> Asked | None:
        """The question for which it waits; None also in the moment after it was answered."""
        return gateway.approvals.book.of(execution.command.id) if execution.waits_for else None

    if execution.outcome is None and wait_s:
        await until(
            gateway,
            caller,
            gateway.observers.subscribe(None, kinds=_KINDS),
            lambda: execution.outcome is not None or asked() is not None,
            seconds=wait_s,
            words=f"{execution.command.thing} {execution.command.affordance}: waiting for its effect",
        )
    if execution.outcome is None and (question := asked()) is not None:
        raise needs_person(caller, question)
    shown = Sight(gateway, caller.session.principal).execution(execution)
    outcome = shown.outcome
    if outcome is None:
        return ActAnswer(status="running", execution=execution.command.id)
    if outcome.result not in _DONE:
        raise problem_of(shown, outcome)
    return ActAnswer(
        status="done",
        execution=execution.command.id,
        outcome=outcome.result,
        reason=outcome.reason or None,
        says=foreign_or_none(outcome.detail),
        seen=_seen(outcome, gateway.clock.wall()),
        replayed=outcome.replayed or None,
    )


def _seen(outcome: Outcome, now: float) -> Seen | None:
    reading = outcome.reading
    if reading is None:
        return None
    return Seen(
        property=outcome.property,
        value=marked(reading.value),
        quality=reading.quality,
        observed_at=rfc3339(reading.observed_at),
        age_s=age(reading.observed_at, now),
        uncertainty=reading.uncertainty,
        evidence=outcome.evidence,
    )


def _not_approved(gateway: Gateway, command: Command) -> Execution | None:
    """The same call of before, where people did not say yes to it: it is told so, and not asked again, under this key."""
    execution = gateway.executor.executions.not_approved(command.principal.id, command.key)
    if execution is None:
        return None
    earlier = execution.command
    place = (earlier.thing, earlier.affordance, earlier.is_action)
    fits = place == (command.thing, command.affordance, command.is_action) and same(
        earlier.value, command.value
    )
    return execution if fits else None


def _outcome(execution: Execution) -> Outcome:
    assert execution.outcome is not None
    return execution.outcome


def _foreseen(told: dict[str, Json]) -> ActAnswer:
    listed, obstacle = told.get("findings"), told.get("obstacle")
    return ActAnswer(
        status="would-be",
        verdict=str(told["verdict"]),
        findings=[Finding.model_validate(one) for one in findings(listed)]
        if isinstance(listed, list)
        else None,
        accepted=bounds_of(told.get("accepted")),
        value=marked(told.get("value")),
        unchanged=bool(told.get("unchanged")) or None,
        obstacle=Obstacle(reason=str(obstacle["reason"]), says=foreign_or_none(str(obstacle["detail"])))
        if isinstance(obstacle, dict)
        else None,
        conflict=marked(told.get("conflict")),
    )


ACT: Final = Tool(
    name="act",
    title="Act on a thing",
    description=(
        "Writes one property or invokes one action, and waits for the end: done says only what was seen or accepted. The"
        " rules of the house decide each time; what they refuse is told with the range that they accept, when it would be"
        " allowed, or who holds the thing. Where a person must approve, a person is asked: nothing you say answers for"
        " them, and the same call with the same idempotency_key tells later how it ended. Use dry_run to ask first."
    ),
    arguments=ActArguments,
    answer=ActAnswer,
    run=act,
    read_only=False,
    destructive=True,
    idempotent=True,
    shown_to=uses_anything,
    resume=resume,
)
