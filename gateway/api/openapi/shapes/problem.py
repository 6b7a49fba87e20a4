"""A problem with the members that some of them have besides those of RFC 9457."""

from __future__ import annotations

from typing import NotRequired

from typing_extensions import TypedDict

from gateway.api.openapi.operation import AnyJson
from gateway.api.openapi.shapes.decisions import AcceptedRange, Conflict, Finding


class SeenValue(TypedDict):
    """What was seen instead, and who says so."""

    property: str
    value: AnyJson
    evidence: str | None


class Fate(TypedDict):
    """What became of one of several writes."""

    outcome: str
    execution: NotRequired[str]


class Problem(TypedDict):
    """What went wrong (RFC 9457). `type` is a name that keeps its meaning; `detail` is a sentence for people. A command's has
    `outcome`, `execution`, `reason`, and what the rules found; the others belong to one problem or a few.
    """

    type: str
    title: str
    status: int
    detail: str
    outcome: NotRequired[str]
    execution: NotRequired[str]
    reason: NotRequired[str]
    findings: NotRequired[list[Finding]]
    accepted: NotRequired[AcceptedRange | None]
    conflict: NotRequired[Conflict]
    seen: NotRequired[SeenValue]
    properties: NotRequired[dict[str, Fate]]
    asks: NotRequired[AnyJson]
    known: NotRequired[list[str]]
    gains: NotRequired[list[str]]
    losses: NotRequired[list[str]]
    tries_left: NotRequired[int]
    proposal: NotRequired[AnyJson]
    plan: NotRequired[AnyJson]
    changes: NotRequired[list[AnyJson]]
    mistakes: NotRequired[list[AnyJson]]
    problems: NotRequired[list[AnyJson]]
