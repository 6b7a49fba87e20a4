"""A person takes back what software did: what counts as a correction.

It does, where within `[arbitration] correction` (10 minutes) of an action of software that was seen to work, a person
changes the same property away from what software made it, at the device or by a command through Hearth. Of a number, only
back: somebody who dims further what an agent dimmed agrees with it, and goes on. Of anything else (on and off, a mode, a
colour) every other value counts; where nobody knows what it was before, of a number too.

It does not where the person's own schedule did it, where a newer action of software stood in between (then that one is
corrected), where the same action was corrected already, and where it was the safe state that was asked for: to stop what
moves says nothing about who moved it. That a person had approved the action does not matter: one may have been wrong to
approve.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from capabilities.effects import fits
from capabilities.vocabulary import Json
from gateway.authorship.traces import Trace
from gateway.commands import Outcome, Result
from gateway.ledger import Entry
from gateway.state import Slot

KIND: Final = "correction"

MOST_REMEMBERED: Final = 2_000
"""Actions of software that can still be corrected; the oldest are forgotten first."""


class Deed(NamedTuple):
    """What software made of one property. `at` in seconds since the epoch; `before` None: not known."""

    execution: str
    principal: str
    capability: str
    value: Json
    before: Json
    at: float
    tolerance: float


class Corrections:
    """`window_s` 0: nothing is recognised."""

    def __init__(self, window_s: float) -> None:
        self._window_s = window_s
        self._deeds: dict[tuple[str, str], Deed] = {}

    def did(self, trace: Trace, outcome: Outcome, at: float) -> None:
        """A command of software has ended."""
        if outcome.result is not Result.CONFIRMED or not self._window_s:
            return
        command = trace.execution.command
        for aim, reading in zip(trace.target.aims, trace.before, strict=True):
            self._deeds.pop(aim.slot.topic, None)
            self._deeds[aim.slot.topic] = Deed(
                command.id,
                command.principal.id,
                trace.target.operation.capability,
                aim.expected,
                reading.value if reading is not None else None,
                at,
                aim.effect.tolerance,
            )
        while len(self._deeds) > MOST_REMEMBERED:
            del self._deeds[next(iter(self._deeds))]

    def undone(self, slot: Slot, value: Json, at: float, by: str = "") -> Entry | None:
        """A person made it `value`, at the device or (`by`) through Hearth: the correction, if it is one."""
        deed = self._deeds.get(slot.topic)
        if deed is None:
            return None
        if fits(value, deed.value, deed.tolerance):
            return None  # so it was: nothing is taken back
        del self._deeds[slot.topic]
        if at - deed.at > self._window_s or not is_back(deed.before, deed.value, value, deed.tolerance):
            return None
        body: dict[str, Json] = {
            "execution": deed.execution,
            "principal": deed.principal,
            "capability": deed.capability,
            "property": slot.property.name,
            "set": deed.value,
            "value": value,
            "by": by or "device",
            "after_s": round(at - deed.at, 1),
        }
        return Entry(KIND, at, body, deed.execution, by, slot.topic[0])

    def forget(self, slot: Slot) -> None:
        self._deeds.pop(slot.topic, None)


def is_back(before: Json, was: Json, now: Json, tolerance: float) -> bool:
    """Whether `now` takes back what made `was` of `before`."""
    numbers = [v for v in (before, was, now) if isinstance(v, int | float) and not isinstance(v, bool)]
    if len(numbers) < 3:
        return True
    first, made, last = numbers
    if abs(made - first) <= tolerance:
        return True
    return (made - first) * (last - made) < 0
