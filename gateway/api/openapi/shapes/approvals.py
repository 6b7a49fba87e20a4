"""Questions to people, and what they allowed for a while."""

from __future__ import annotations

from typing import Literal, NotRequired

from typing_extensions import TypedDict

from gateway.api.openapi.operation import AnyJson
from gateway.api.openapi.shapes.decisions import Time


class MissingAnswer(TypedDict):
    """Whose answers are missing. `yours`: the caller's would count."""

    rule: str
    approvals: int
    by: list[str]
    yours: bool


class WaitingQuestion(TypedDict):
    """What waits for the caller: nothing in it answers."""

    execution: NotRequired[str]
    plan: NotRequired[str]
    since: Time
    expires_at: Time
    asked: list[str]
    thing: NotRequired[str]
    affordance: NotRequired[str]


class GivenGrant(TypedDict):
    """What somebody allowed for a while."""

    id: str
    by: str
    principal: dict[str, AnyJson]
    things: list[str]
    affordance: str
    action: bool
    rules: list[str]
    times: int
    used: int
    between: NotRequired[list[float]]
    value: NotRequired[AnyJson]
    given_at: Time
    until: Time


class RuleProposal(TypedDict):
    """A rule that somebody's "always" means, which is not in force."""

    id: str
    text: str
    about: str
    by: str
    at: Time


class Question(TypedDict):
    """What a person is asked. `digest` is SHA-256 over the canonical JSON (RFC 8785) of `shown`."""

    approval: str
    state: Literal["asked", "approved", "denied", "expired", "withdrawn"]
    expires_at: Time
    digest: str
    shown: dict[str, AnyJson]
    missing: list[MissingAnswer]
    by: NotRequired[str | None]
    why: NotRequired[str]
    ended_at: NotRequired[Time]
    advice: NotRequired[str]
    grant: NotRequired[GivenGrant]
    proposal: NotRequired[RuleProposal]


class Questions(TypedDict):
    """`to_answer` and `answered` (with `?answered=`) are for persons."""

    waiting: list[WaitingQuestion]
    to_answer: NotRequired[list[Question]]
    answered: NotRequired[list[Question]]


class PinState(TypedDict):
    """Whether the box has a PIN."""

    set: bool
