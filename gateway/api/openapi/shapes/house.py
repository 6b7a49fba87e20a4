"""The house as a whole: its mode, what is owed, what was waived, the panic switch, and who is told."""

from __future__ import annotations

from typing import NotRequired

from typing_extensions import TypedDict

from gateway.api.openapi.operation import AnyJson
from gateway.api.openapi.shapes.decisions import RoleWord, Time
from gateway.api.openapi.shapes.health import ChannelState
from gateway.api.openapi.shapes.things import Guess


class ModeShown(TypedDict):
    """The mode of the house, and which there are."""

    mode: str
    modes: list[str]
    since: Time | None
    by: str | None


class EndingStep(TypedDict):
    """The command that ends it."""

    name: str
    action: bool
    value: AnyJson


class Duty(TypedDict):
    """What is switched off or put back by itself; what merely rests has no id."""

    id: NotRequired[str]
    duty: str
    rule: str
    thing: str
    property: str
    state: str
    since: Time
    due: Time
    seconds: float
    ends_with: NotRequired[EndingStep]
    own_timer: NotRequired[AnyJson]
    says: str
    used_s: NotRequired[float]
    principal: NotRequired[str]
    execution: NotRequired[str]
    failed_at: NotRequired[Time]
    attempts: NotRequired[int]
    error: NotRequired[str]
    why: NotRequired[str]


class Waiver(TypedDict):
    """A limit that is left out for a while; `thing` null: on all."""

    id: str
    rule: str
    thing: str | None
    by: str
    role: RoleWord
    since: Time
    until: Time
    why: str


class HaltSeen(TypedDict):
    """What was seen of it."""

    property: str
    value: AnyJson


class HaltShown(TypedDict):
    """One operation that should bring something to a stand."""

    thing: str
    title: str
    room: str
    operation: str
    execution: str
    outcome: str
    reason: str
    detail: str
    seen: NotRequired[HaltSeen]


class Cancelled(TypedDict):
    """A command that was ended. `sent`: it was on its way already."""

    execution: str
    thing: str
    operation: str
    principal: str
    sent: bool


class TokenHolder(TypedDict):
    """Somebody whose tokens are dead."""

    principal: str
    role: RoleWord
    acts_for: str


class DeadTokens(TypedDict):
    """The tokens of software. `problem`: they live again after a restart."""

    revoked: int
    holders: list[TokenHolder]
    problem: str


class PanicReport(TypedDict):
    """What the panic switch did: first what was not seen to stand still. Durations in microseconds since the press."""

    panic: str
    at: Time
    by: str
    purpose: str
    not_stopped: list[HaltShown]
    stopped: list[HaltShown]
    cancelled: list[Cancelled]
    tokens: DeadTokens
    recorded: bool
    problem: str
    untouched: str
    next: AnyJson
    tokens_us: int
    stops_us: int | None
    ended_us: int


class ChannelShown(ChannelState):
    """A way by which people are told, and how it does."""

    name: str
    where: str
    to: list[str]
    urgency: str
    escalation: AnyJson
    last_success: Time | None
    last_failure: Time | None
    last_error: str | None


class Trial(TypedDict):
    """What came of a test notice."""

    name: str
    kind: str
    where: str
    delivered: bool
    text: str
    remedy: str | None


class ReplacedThing(TypedDict):
    """A Thing with another device behind it. `left_out`: names that nothing stands behind any more."""

    id: str
    title: str
    kind: str
    note: str
    labels: list[str]
    unconfirmed: list[Guess]
    left_out: list[str]
