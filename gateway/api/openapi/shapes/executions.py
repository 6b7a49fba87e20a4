"""What became of a command."""

from __future__ import annotations

from typing import Literal, NotRequired

from typing_extensions import TypedDict

from gateway.api.openapi.operation import AnyJson
from gateway.api.openapi.shapes.decisions import AcceptedRange, Conflict, Finding, Time


class SeenReading(TypedDict, total=False):
    """The reading that proves it, or that says otherwise."""

    property: str
    value: AnyJson
    observed_at: Time
    at_ms: int
    quality: str
    evidence: str | None


class StatusError(TypedDict):
    """Why it failed; of an execution that only the ledger remembers, in short."""

    type: str
    title: NotRequired[str]
    status: NotRequired[int]
    detail: str
    outcome: NotRequired[str]
    execution: NotRequired[str]
    reason: NotRequired[str]
    findings: NotRequired[list[Finding]]
    accepted: NotRequired[AcceptedRange | None]
    conflict: NotRequired[Conflict]
    seen: NotRequired[AnyJson]


class ExecutionStatus(TypedDict):
    """An ActionStatus (WoT Profile, section 6.3.2), with the outcome in the gateway's own words."""

    status: Literal["pending", "running", "completed", "failed"]
    href: str
    timeRequested: Time
    timeApproved: NotRequired[Time]
    timeEnded: NotRequired[Time]
    execution: str
    thing: str
    affordance: AnyJson
    principal: str
    purpose: str
    input: AnyJson
    waits_for: NotRequired[str]
    expires_at: NotRequired[Time]
    asked: NotRequired[list[str]]
    outcome: NotRequired[AnyJson]
    reason: NotRequired[str]
    detail: NotRequired[str]
    seen: NotRequired[SeenReading | None]
    findings: NotRequired[list[Finding]]
    error: NotRequired[StatusError]
