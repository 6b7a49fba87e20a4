"""A plan as the gateway keeps it: what was prepared, and how far it is."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Literal, NamedTuple, TypeAlias

from capabilities.vocabulary import Json
from gateway.plans.moments import Moment
from gateway.plans.schedule import Times
from policies.decision import Principal

Mode: TypeAlias = Literal["compensate", "stop", "continue"]

KEY_MARK: Final = "¶"
"""The first letter of every step's idempotency key: no caller's key has it (they are ASCII), so none is taken for another."""

UNDO: Final = "/undo"
"""What is added to a step's id where it is undone."""


CANCELLING: Final = "cancelling"
STOPPING: Final = "stopping"
"""How a plan is shown of which nothing further begins, while what is under way comes to its end: somebody cancelled it; a step
failed, or everything was stopped.
"""


class Phase(StrEnum):
    """Where a plan is. What is paused stays in its phase."""

    PREPARED = "prepared"
    AWAITING = "awaiting-approval"
    SCHEDULED = "scheduled"
    RUNNING = "running"
    COMPENSATING = "compensating"
    ENDED = "ended"


class End(StrEnum):
    """How a plan, or one run of it, ended."""

    DONE = "done"  # every step
    PARTLY = "partly-done"  # some failed, and were to be left so
    UNDONE = "undone"  # one failed; all that was done was undone
    FAILED = "failed"  # one failed; not all was, or could be, undone
    CANCELLED = "cancelled"
    STOPPED = "stopped"  # panic, or its owner's token is dead
    REFUSED = "refused"  # nobody approved it, or it was decided otherwise before it began
    MISSED = "missed"  # its time was over while the gateway was down


class At(StrEnum):
    """Where a step is."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    SKIPPED = "skipped"


class Undo(StrEnum):
    """Where the undoing of a step is."""

    NONE = ""
    RUNNING = "undoing"
    UNDONE = "undone"
    NEEDLESS = "nothing-to-undo"
    STOOD_BACK = "stood-back"  # somebody has changed it since
    IMPOSSIBLE = "cannot-be-undone"
    UNWANTED = "not-to-be-undone"
    FAILED = "not-undone"


class Call(NamedTuple):
    """One operation with its input."""

    thing: str
    affordance: str
    is_action: bool
    value: Json = None

    def to_json(self) -> list[Json]:
        return [self.thing, self.affordance, self.is_action, self.value]


class Change(NamedTuple):
    """What a step makes of a property, as far as it can be foreseen. `before` None: not known."""

    property: str
    before: Json
    after: Json
    within_s: float


@dataclass(frozen=True, slots=True)
class OnFailure:
    """`retries` more attempts with `pause_s` between them; then `mode`."""

    mode: Mode
    retries: int = 0
    pause_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Step:
    """One step, absolute: `call` is sent, `asked` is what its author wrote. `undo` is `restore`, `none`, or what undoes it.

    `not_before` and `deadline` None: none of its own. `reversible` is False where its model says that it cannot be undone for
    good. The rest is as it was foreseen at prepare.
    """

    id: str
    asked: Call
    call: Call
    after: tuple[str, ...]
    on_failure: OnFailure
    undo: Literal["restore", "none"] | Call
    not_before: Moment | None = None
    deadline: Moment | None = None
    insists: bool = False
    asks: bool = False
    title: str = ""
    repeatable: bool = False
    irreversible: str = ""
    changes: tuple[Change, ...] = ()
    verdict: str = ""
    decision: Json = None
    obstacle: Json = None

    @property
    def may_ask(self) -> bool:
        """Whether people may have to be asked when its turn comes: each time, or where their yes to the plan counts no more."""
        return self.asks or self.verdict == "needs-approval"


@dataclass(slots=True)
class Progress:
    """How far a step is in this run. `captured` are the values of its properties before it was sent first; `order` tells in
    which order steps ended (from 1).
    """

    at: At = At.WAITING
    execution: str = ""
    attempt: int = 0
    result: str = ""
    reason: str = ""
    detail: str = ""
    captured: dict[str, Json] = field(default_factory=dict)
    began: float = 0.0  # seconds since the epoch
    ended: float = 0.0
    order: int = 0
    undo: Undo = Undo.NONE
    undo_execution: str = ""
    undo_detail: str = ""


class Stop(NamedTuple):
    """Why nothing further of a plan is begun. `undo`: what was done is undone."""

    end: End
    why: str
    by: str = ""
    undo: bool = False


@dataclass(slots=True)
class Plan:
    """One plan. Times in seconds since the epoch; 0 for none. `version` grows with every change that can be seen."""

    id: str
    principal: Principal
    token: str
    title: str
    purpose: str
    evidence: Json
    task: str
    steps: tuple[Step, ...]
    mode: Mode
    deadline: Moment | None
    times: Times | None
    digest: str
    rules: str
    prepared_at: float
    document: Json = None
    phase: Phase = Phase.PREPARED
    paused_by: str = ""
    paused_at: float = 0.0
    paused_by_person: bool = False
    committed_at: float = 0.0
    key: str = ""
    next_at: float = 0.0
    run: int = 0
    missed: int = 0
    began: float = 0.0
    ended_at: float = 0.0
    end: End | None = None
    stop: Stop | None = None
    approval: str = ""
    approved_by: tuple[str, ...] = ()
    resumed_at: float = 0.0
    holds: tuple[str, ...] = ()
    progress: dict[str, Progress] = field(default_factory=dict)
    reports: list[Json] = field(default_factory=list)
    version: int = 0

    @property
    def state(self) -> str:
        """As it is shown."""
        if self.phase is Phase.ENDED and self.end is not None:
            return str(self.end)
        if self.stop is not None and self.phase is not Phase.COMPENSATING:  # what is under way still ends
            return CANCELLING if self.stop.end is End.CANCELLED else STOPPING
        return "paused" if self.paused_by else str(self.phase)

    @property
    def to(self) -> tuple[str, ...]:
        """Who is told of it: whose it is, for whom that one acts, and the adults of the house."""
        return tuple(
            dict.fromkeys(filter(None, (self.principal.id, self.principal.acts_for, "owner", "adult")))
        )

    @property
    def stands_until(self) -> float | None:
        """When the present run must be over."""
        return self.deadline.at(self.began) if self.deadline is not None else None

    def fresh_run(self, at: float) -> None:
        """Every step waits again."""
        self.run += 1
        self.began, self.end, self.stop = at, None, None
        self.progress = {step.id: Progress() for step in self.steps}
