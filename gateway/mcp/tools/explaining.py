"""`explain`: why a Thing is as it is, or what became of a command and why it was refused."""

from __future__ import annotations

from typing import Final

from pydantic import Field, JsonValue, model_validator

from capabilities.vocabulary import Json
from gateway.api.executions import looked_at
from gateway.api.why import explained
from gateway.context import Gateway
from gateway.mcp.tool import Arguments, Caller, Tool
from gateway.mcp.tools.marking import LONGEST_SENTENCE, Untrusted, foreign_or_none, marked
from gateway.mcp.tools.refusing import findings
from gateway.mcp.tools.shapes import (
    Bounds,
    Finding,
    Reading,
    Short,
    ShortAnswer,
    Value,
    bounds_of,
    reading_of,
    seen_thing,
)


class ExplainArguments(Arguments):
    thing: str = Field("", max_length=200, description="Why this Thing is as it is; or give execution.")
    property: str = Field(
        "", max_length=200, description="This property of it; left out: what was moved last."
    )
    execution: str = Field("", max_length=80, description="What became of this command, and why.")

    @model_validator(mode="after")
    def _one(self) -> ExplainArguments:
        if bool(self.thing) == bool(self.execution):
            raise ValueError("give either thing, or execution")
        return self


class Command(Short):
    """A command as the ledger has it. Whose it was, and what for, is told to those who may read that entry."""

    at: str | None = None
    execution: str | None = None
    uri: str | None = Field(None, description="Its entries in the ledger.")
    thing: str | None = None
    affordance: str
    value: Value = None
    principal: str | None = None
    purpose: Untrusted | None = None
    status: str | None = Field(None, description="pending, running, completed or failed.")
    outcome: str | None = None
    reason: str | None = None
    says: Untrusted | None = None
    seen: JsonValue = None
    findings: list[Finding] | None = None
    accepted: Bounds | None = None
    conflict: JsonValue = None
    approved_by: JsonValue = None
    waits_for: str | None = None
    asked: list[str] | None = None
    expires_at: str | None = None
    ended_at: str | None = None


class ExplainAnswer(ShortAnswer):
    cause: str | None = Field(
        None, description="command, unconfirmed (not seen to work), device (changed there), or unknown."
    )
    reading: Reading | None = None
    command: Command | None = Field(
        None, description="The last that may have moved it, or the one you asked for."
    )
    before: Command | None = Field(
        None, description="The last that was seen to work, before an unconfirmed one."
    )
    explanation: Untrusted | None = Field(None, description="The same in a sentence; it quotes purposes.")
    takeover: JsonValue = Field(
        None, description="A person changed it at the device: who stands back, until when."
    )
    owed: JsonValue = Field(None, description="What the house will do by itself.")


async def explain(gateway: Gateway, caller: Caller, wanted: ExplainArguments) -> ExplainAnswer:
    principal = caller.session.principal
    if wanted.execution:
        return ExplainAnswer(command=_looked_at(await looked_at(gateway, principal, wanted.execution)))
    adopted = seen_thing(gateway, principal, wanted.thing)
    told = await explained(gateway, adopted, principal, wanted.property)
    slot = adopted.slots.get(str(told["property"]))
    command, before = told["command"], told["before"]
    return ExplainAnswer(
        cause=str(told["cause"]),
        reading=reading_of(slot, gateway.clock.wall()) if slot is not None else None,
        command=command_of(command) if isinstance(command, dict) else None,
        before=command_of(before) if isinstance(before, dict) else None,
        explanation=foreign_or_none(str(told["explanation"]), LONGEST_SENTENCE),
        takeover=marked(told.get("takeover")),
        owed=marked(told.get("owed")) or None,
    )


def command_of(told: dict[str, Json]) -> Command:
    """From a command as `/things/{id}/why` shows it."""
    execution = told.get("execution")
    return Command(
        at=str(told["at"]),
        execution=str(execution) if execution else None,
        uri=f"/ledger?execution={execution}" if execution else None,
        affordance=str(told["affordance"]),
        value=marked(told.get("value")),
        principal=str(told["principal"]) if told.get("principal") else None,
        purpose=foreign_or_none(str(told.get("purpose") or "")),
        outcome=str(told["outcome"]) if told.get("outcome") else None,
        reason=str(told["reason"]) if told.get("reason") else None,
        says=foreign_or_none(str(told.get("detail") or "")),
        seen=marked(told.get("seen")),
        approved_by=marked(told.get("approved_by")) or None,
    )


def _looked_at(told: dict[str, Json]) -> Command:
    """From the status of an execution, with the reasons of a refusal."""
    error = told.get("error")
    failed = error if isinstance(error, dict) else {}
    listed = told.get("findings") or failed.get("findings")
    asked = told.get("asked")
    made = command_of({**told, "at": told["timeRequested"], "value": told.get("input")})
    more: dict[str, object] = {
        "thing": str(told["thing"]),
        "status": str(told["status"]),
        "findings": [Finding.model_validate(one) for one in findings(listed)]
        if isinstance(listed, list)
        else None,
        "accepted": bounds_of(failed.get("accepted")),
        "conflict": marked(failed.get("conflict")),
        "waits_for": told.get("waits_for"),
        "asked": [str(one) for one in asked] if isinstance(asked, list) else None,
        "expires_at": told.get("expires_at"),
        "ended_at": told.get("timeEnded"),
    }
    return made.model_copy(update=more)


EXPLAIN: Final = Tool(
    name="explain",
    title="Explain a state or a refusal",
    description=(
        "Tells why a thing is as it is (the last command behind it, or that it was changed at the device), or, by its"
        " execution id, what became of a command: which rules refused it, what they would accept, who held it, whom it"
        " waits for. Purposes and sentences stand in {untrusted: …}."
    ),
    arguments=ExplainArguments,
    answer=ExplainAnswer,
    run=explain,
)
