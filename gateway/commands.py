"""What was asked, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from capabilities.readings import Reading
from capabilities.vocabulary import Evidence, Json
from policies.decision import Decision, Principal


@dataclass(frozen=True, slots=True)
class Command:
    """One request to move something. `id` names its execution; `key` is the caller's idempotency key ("" for none)."""

    id: str
    principal: Principal
    thing: str
    affordance: str
    is_action: bool
    value: Json = None
    key: str = ""
    purpose: str = ""
    evidence: Json = None
    received_at: float = 0.0  # seconds since the epoch
    traceparent: str = ""
    token: str = ""  # the id of the token it came with: a revoked one stops it up to the last moment
    by_house: str = ""  # why the house itself does it (`panic`, `max_on` …): no rule, suspension or disk stands against it
    asks: bool = False  # the caller can wait until a person has been asked
    plan: str = ""  # the plan whose step it is
    step: str = ""
    task: str = ""  # the thread of the task for which it is done
    lease: str = ""  # the lease under which it is asked, as `<id>;fence=<n>`: it must still be good
    scheduled: bool = False  # nobody asked for it just now: its plan was started by the clock

    @property
    def in_person(self) -> bool:
        """Somebody wants it just now. What a schedule does is software's doing, whoever made the schedule."""
        return self.principal.role.is_person and not self.scheduled


class Result(StrEnum):
    """The seven ways a command can end."""

    CONFIRMED = "confirmed"
    ACKNOWLEDGED = "acknowledged"
    UNCONFIRMED = "unconfirmed"
    IN_DOUBT = "in_doubt"
    REJECTED = "rejected"
    NOT_SENT = "not_sent"
    REFUSED = "refused"


class Reason(StrEnum):
    """Why, where a result has several causes; the API's problem type follows from it."""

    NONE = ""
    UNCHANGED = "unchanged"  # acknowledged: the state already fitted
    NOT_OBSERVABLE = "not-observable"  # acknowledged: nothing can be seen
    NOT_SEEN = "not-seen"  # unconfirmed: in time
    ECHO_ONLY = "echo-only"  # unconfirmed: only a bridge said so, and the hazard wants the device's word
    SUPERSEDED = "superseded"  # unconfirmed: a newer command took over
    POLICY = "policy"  # refused: 403
    APPROVAL_REQUIRED = "approval-required"  # refused: 403
    CONFLICT = "conflict"  # refused: 409
    DENIED = "denied"  # refused: 403, a person said no
    UNANSWERED = "unanswered"  # refused: 403, nobody answered in time
    WITHDRAWN = "withdrawn"  # refused: 409, the caller took it back while it waited
    TOO_MANY_QUESTIONS = "too-many-questions"  # refused: 429, people are being asked enough already
    STALE_LEASE = "stale-lease"  # refused: 409, the lease it came under is no longer good
    STATE_UNKNOWN = "state-unknown"  # refused: 409, a relative command without a known state
    SUSPENDED = "suspended"  # refused: 409, the Thing waits for a person
    OBLIGATION = "obligation"  # refused: 409, the use would owe what cannot be kept
    CHANGED_MEANWHILE = "changed-meanwhile"  # refused: 409, rights or rules changed before the send
    LEDGER_UNAVAILABLE = "ledger-unavailable"  # not recorded: not_sent; confirmed if it was toward safety
    DEVICE_UNREACHABLE = "device-unreachable"  # not_sent


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a command. `reading` is the evidence that confirmed it, or that it already fitted."""

    result: Result
    reason: Reason = Reason.NONE
    detail: str = ""  # one sentence for a person
    property: str = ""  # the property that `reading` is of
    reading: Reading | None = None
    evidence: Evidence | None = None
    decision: Decision | None = None
    conflict: Mapping[str, Json] | None = None  # who holds it, what would pass, how to ask for it
    replayed: bool = False  # the stored answer of an earlier request with the same idempotency key


@dataclass(slots=True)
class Execution:
    """One command on its way. `outcome` is None until it has ended; `waits_for` says what it waits for before it is sent:
    `approval`, or "" for nothing.
    """

    command: Command
    requested_at: float
    outcome: Outcome | None = None
    dispatched_at: float | None = None
    ended_at: float | None = None
    waits_for: str = ""
    approvals: tuple[str, ...] = ()  # the approvals and grants under which it is sent
    owes: bool = False  # duties that last were promised for it
    approved_at: float | None = None  # when the people for whom it waited had said yes

    @property
    def free_at(self) -> float:
        """From when on its time counts: how long people think is not the gateway's."""
        return self.requested_at if self.approved_at is None else self.approved_at
