"""What rules say: shared by commands, plans, explanations and problems."""

from __future__ import annotations

from typing import Annotated, Literal, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from gateway.api.openapi.operation import AnyJson

VerdictWord = Literal["deny", "needs-approval", "permit"]
RoleWord = Literal["owner", "adult", "child", "guest", "agent", "guest-agent", "service"]
Time = Annotated[str, Field(json_schema_extra={"format": "date-time"})]
"""RFC 3339, in UTC."""


class Remedy(TypedDict):
    """What would be allowed instead. `text` is for people, `data` for programs."""

    text: str
    data: AnyJson


class Finding(TypedDict):
    """One rule's part in a decision. `why` are the rule's own words, `seen` what it looked at."""

    rule: str
    set: str
    verdict: VerdictWord
    why: str
    seen: str
    remedy: NotRequired[Remedy]
    unknown: NotRequired[bool]
    about: NotRequired[list[list[str]]]


class AcceptedRange(TypedDict, total=False):
    """The widest range of inputs that all rules accept."""

    minimum: float
    maximum: float
    one_of: list[AnyJson]
    members: dict[str, AcceptedRange]


class Offer(TypedDict):
    """A value that would pass; null where none would."""

    property: str | None
    value: AnyJson


class Conflict(TypedDict, total=False):
    """Who holds it, as far as the caller may know, until when, and what would pass."""

    kind: str
    thing: str
    until: Time | None
    free_in_s: int
    holder: str
    lease: str
    rank: str
    purpose: str
    property: str | None
    value: AnyJson
    at: Time
    accepted: AnyJson
    counter_proposal: AnyJson
    counter_proposals: list[AnyJson]
    arbitration: AnyJson
    escalated: bool


class Obstacle(TypedDict):
    """What would stand in the way at this moment."""

    reason: str
    detail: str


class Foreseen(TypedDict):
    """What a dry run tells. `value` is the one that would be sent; `rules` the version of the rules."""

    verdict: VerdictWord
    findings: list[Finding]
    accepted: AcceptedRange | None
    affordance: str
    value: AnyJson
    unchanged: bool
    rules: str
    obstacle: NotRequired[Obstacle]
    conflict: NotRequired[Conflict]
