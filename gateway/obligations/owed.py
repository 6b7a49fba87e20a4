"""One thing that is owed, and the states it goes through.

    promised   durable, its command is not sent yet or has not ended; it counts from the dispatch already
    running    its time runs
    due        its time is over, the command that ends it is on its way
    failed     that command was not seen to work: an incident; it is tried again and again
    settled    a person looked at what failed, and took it over: nothing is tried any more until it is seen off

What is kept, void, or was never sent is deleted: the ledger holds what happened.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, NamedTuple

from capabilities.vocabulary import Json
from gateway.observers import Topic
from gateway.storage.obligations import ObligationRow

MAX_ON: Final = "max_on"
RESTORE: Final = "restore"
NOTIFY: Final = "notify"
REST: Final = "rest"
"""Nothing is owed: it is remembered for how long something was on, until it has rested (`gateway.obligations.resting`)."""

PROMISED: Final = "promised"
RUNNING: Final = "running"
DUE: Final = "due"
FAILED: Final = "failed"
SETTLED: Final = "settled"

OWN_TIMER_GRACE_S: Final = 2.0
"""A device that ends by itself is looked at so much later: its clock and ours differ a little."""


class Step(NamedTuple):
    """The command that ends it."""

    name: str
    is_action: bool
    value: Json


class Term(NamedTuple):
    """For how long, and which rule says so."""

    seconds: float
    rule: str


@dataclass(slots=True)
class Owed:
    """`name` is the property in which its end is seen. `pending` are the commands it was promised for that have not ended, by
    execution. `asked` is what a rule about the caller wants, which the state alone does not tell. `made` (restore) is what the
    property must be to be put back: another value means that somebody changed it since. `used` (max_on, rest) is for how many
    seconds it was on before, as far as that still counts.
    """

    id: str
    kind: str
    thing: str
    name: str
    step: Step
    term: Term
    since: float  # seconds since the epoch
    since_mono: float  # the same in monotonic seconds of this run
    state: str = RUNNING
    execution: str = ""  # the command that caused it, where one did
    principal: str = ""
    asked: Term | None = None
    used: float = 0.0
    own_timer: bool = False  # the device was told to end by itself
    made: list[Json] = field(default_factory=list)
    pending: dict[str, Json] = field(default_factory=dict)
    attempts: int = 0
    failed_at: float = 0.0  # seconds since the epoch
    error: str = ""
    why: str = ""  # a person's, in settling it
    told: dict[str, Json] = field(default_factory=dict)  # notify: the command as it is told
    retry_at: float = 0.0  # not before, in monotonic seconds; not stored
    busy: bool = False  # the command that ends it is on its way; not stored

    @property
    def topic(self) -> Topic:
        return self.thing, self.name

    @property
    def due(self) -> float:
        """Seconds since the epoch, as the clock was when it began."""
        return self.since + self.span

    @property
    def span(self) -> float:
        """What was left of its time when it began, in seconds."""
        return self.term.seconds - (self.used if self.kind == MAX_ON else 0.0)

    @property
    def deadline(self) -> float:
        """When the gateway ends it, in monotonic seconds."""
        return self.since_mono + self.span + (OWN_TIMER_GRACE_S if self.own_timer else 0.0)

    @property
    def ticks(self) -> bool:
        """Whether there will be something to do by itself."""
        return self.kind != NOTIFY and self.state != SETTLED

    def begin(self, wall: float, monotonic: float) -> None:
        self.since, self.since_mono, self.state = wall, monotonic, RUNNING

    def on_for(self, monotonic: float) -> float:
        """For how many seconds it was on, with what counts of earlier; what is only promised has not begun."""
        return self.used + (0.0 if self.state == PROMISED else max(0.0, monotonic - self.since_mono))

    def row(self) -> ObligationRow:
        body: dict[str, Json] = {
            "property": self.name,
            "step": [self.step.name, self.step.is_action, self.step.value],
            "term": [self.term.seconds, self.term.rule],
            "execution": self.execution,
            "principal": self.principal,
            "asked": None if self.asked is None else [self.asked.seconds, self.asked.rule],
            "used": self.used,
            "own_timer": self.own_timer,
            "made": self.made,
            "pending": dict(self.pending),
            "attempts": self.attempts,
            "failed_at": self.failed_at,
            "error": self.error,
            "why": self.why,
            "told": dict(self.told),
        }
        return ObligationRow(self.id, self.kind, self.thing, self.state, self.since, body)


def owed_of(row: ObligationRow, *, wall: float, monotonic: float) -> Owed:
    """As it was stored. `wall` and `monotonic` are now; what began in the future began now. Raises what is no such row:
    `ValueError`, `KeyError`, `TypeError`.
    """
    body = row.body
    name, is_action, value = _listed(body["step"])
    elapsed = max(0.0, wall - row.since)
    asked = body["asked"]
    return Owed(
        id=row.id,
        kind=row.kind,
        thing=row.thing,
        name=str(body["property"]),
        step=Step(str(name), bool(is_action), value),
        term=_term(body["term"]),
        since=min(row.since, wall),
        since_mono=monotonic - elapsed,
        state=row.state,
        execution=str(body["execution"]),
        principal=str(body["principal"]),
        asked=None if asked is None else _term(asked),
        used=_number(body.get("used", 0.0)),
        own_timer=bool(body["own_timer"]),
        made=_listed(body["made"]),
        pending=_object(body["pending"]),
        attempts=int(_number(body["attempts"])),
        failed_at=_number(body["failed_at"]),
        error=str(body["error"]),
        why=str(body["why"]),
        told=_object(body["told"]),
        retry_at=monotonic,
    )


def _term(value: Json) -> Term:
    seconds, rule = _listed(value)
    return Term(_number(seconds), str(rule))


def _listed(value: Json) -> list[Json]:
    if not isinstance(value, list):
        raise TypeError(f"{value!r} is no list")
    return value


def _object(value: Json) -> dict[str, Json]:
    if not isinstance(value, dict):
        raise TypeError(f"{value!r} is no object")
    return value


def _number(value: Json) -> float:
    if not isinstance(value, int | float):
        raise TypeError(f"{value!r} is no number")
    return value
