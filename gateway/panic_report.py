"""What the panic switch did, as it is told and recorded: first what was not seen to stand still."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from capabilities.vocabulary import Json
from gateway.commands import Execution, Outcome, Reason, Result
from policies.decision import Principal

LISTED: Final = 200
"""Of each list in the ledger's entry (which takes 256 KiB); the rest is counted, and has entries of its own."""

UNTOUCHED: Final = (
    "lights, heat and sound stay as they are; nothing is locked, unlocked, closed, cut or switched off:"
    " panic only stops what moves"
)


@dataclass(frozen=True, slots=True)
class Halt:
    """One operation that should bring something to a stand. `operation` is "" where the device knows no stop."""

    thing: str
    title: str
    room: str
    operation: str
    outcome: Outcome
    execution: str = ""

    @property
    def stands(self) -> bool:
        """Whether it was seen to stand still, after the stop or already before it."""
        result, reason = self.outcome.result, self.outcome.reason
        return result is Result.CONFIRMED or (result is Result.ACKNOWLEDGED and reason is Reason.UNCHANGED)

    def as_json(self) -> dict[str, Json]:
        outcome = self.outcome
        told: dict[str, Json] = {"thing": self.thing, "title": self.title, "room": self.room}
        told |= {"operation": self.operation, "execution": self.execution, "outcome": outcome.result}
        told |= {"reason": outcome.reason, "detail": outcome.detail}
        if outcome.reading is not None:
            told["seen"] = {"property": outcome.property, "value": outcome.reading.value}
        return told


@dataclass(slots=True)
class Report:
    """One press of the switch. Durations are in microseconds since the press; `stops_us` until the last stop was handed to its
    driver, None where there was nothing to stop. `unrecorded` and `unwritten` say why the ledger, and the database of tokens,
    could not take it ("" where they did).
    """

    id: str
    at: float  # seconds since the epoch
    by: Principal
    why: str
    revoked: Sequence[Principal] = ()
    cancelled: Sequence[Execution] = ()
    unsent: frozenset[str] = frozenset()
    halts: list[Halt] = field(default_factory=list)
    tokens_us: int = 0
    stops_us: int | None = None
    ended_us: int = 0
    unrecorded: str = ""
    unwritten: str = ""

    @property
    def moving(self) -> list[Halt]:
        """What was not seen to stand still: somebody must go there."""
        return [halt for halt in self.halts if not halt.stands]

    @property
    def stopped(self) -> list[Halt]:
        return [halt for halt in self.halts if halt.stands]

    def holders(self) -> list[dict[str, Json]]:
        """Whose tokens were revoked, each once."""
        return [
            {"principal": one.id, "role": one.role, "acts_for": one.acts_for}
            for one in dict.fromkeys(self.revoked)
        ]

    def cancellations(self) -> list[dict[str, Json]]:
        return [
            {
                "execution": one.command.id,
                "thing": one.command.thing,
                "operation": one.command.affordance,
                "principal": one.command.principal.id,
                "sent": one.command.id not in self.unsent,
            }
            for one in self.cancelled
        ]

    def event(self, stage: str) -> dict[str, Json]:
        """What an app is told at the `stage` `pressed` or `ended`."""
        told: dict[str, Json] = {"panic": stage, "press": self.id, "principal": self.by.id}
        if stage == "pressed":
            return told | {"tokens": len(self.revoked), "cancelled": len(self.cancelled)}
        return told | {"stopped": len(self.stopped), "not_stopped": len(self.moving)}

    def body(self, stage: str) -> dict[str, Json]:
        """The ledger's entry at the `stage` `pressed` or `ended`."""
        told: dict[str, Json] = {"stage": stage, "role": self.by.role, "tokens": len(self.revoked)}
        told |= {"holders": _some(self.holders()), "cancelled": len(self.cancelled)}
        if stage == "pressed":
            return told | {"commands": _some(self.cancellations()), "tokens_us": self.tokens_us}
        told |= {"moving": len(self.moving), "stopped": len(self.stopped)}
        told |= {"not_stopped": _some(h.as_json() for h in self.moving)}
        told |= {"halts": _some({"execution": h.execution, "thing": h.thing} for h in self.stopped)}
        told |= {"tokens_us": self.tokens_us, "stops_us": self.stops_us, "ended_us": self.ended_us}
        if self.unwritten:
            told["unwritten"] = self.unwritten
        return told


def _some(items: Iterable[dict[str, Json]]) -> list[Json]:
    listed: list[Json] = []
    for item in items:
        if len(listed) == LISTED:
            break
        listed.append(item)
    return listed
