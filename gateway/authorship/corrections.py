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

from typing import Final

from capabilities.vocabulary import Json
from gateway.authorship.traces import Trace
from gateway.ledger import Entry
from gateway.state import Slot

KIND: Final = "correction"

MOST_REMEMBERED: Final = 500
"""Actions of software that can still be corrected; the oldest are forgotten first."""


class Corrections:
    """`window_s` 0: nothing is recognised. Only the last action of software on each property can be corrected."""

    def __init__(self, window_s: float) -> None:
        self.deeds: dict[tuple[str, str], Trace] = {}
        self._window_s = window_s

    def did(self, trace: Trace) -> None:
        """A command of software was seen to work."""
        deeds = self.deeds
        for aim in trace[1].aims:
            deeds[aim.slot.topic] = trace
        if len(deeds) > MOST_REMEMBERED:
            del deeds[next(iter(deeds))]

    def undone(self, slot: Slot, value: Json, at: float, by: str = "") -> Entry | None:
        """A person made it `value`, at the device or (`by`) through Hearth: the correction, if it is one."""
        trace = self.deeds.get(slot.topic)
        if trace is None:
            return None
        execution, target, readings, _, _ = trace
        number = next(n for n, aim in enumerate(target.aims) if aim.slot.topic == slot.topic)
        aim, reading = target.aims[number], readings[number]
        if aim.effect.met_by(value, aim.expected):
            return None  # so it was: nothing is taken back
        del self.deeds[slot.topic]
        after_s = at - (execution.ended_at or at)
        before = reading.value if reading is not None else None
        if after_s > self._window_s or not is_back(before, aim.expected, value, aim.effect.tolerance):
            return None
        command = execution.command
        body: dict[str, Json] = {
            "execution": command.id,
            "principal": command.principal.id,
            "capability": target.operation.capability,
            "property": slot.property.name,
            "set": aim.expected,
            "value": value,
            "by": by or "device",
            "after_s": round(after_s, 1),
        }
        return Entry(KIND, at, body, command.id, by, slot.topic[0])

    def forget(self, slot: Slot) -> None:
        self.deeds.pop(slot.topic, None)


def is_back(before: Json, was: Json, now: Json, tolerance: float) -> bool:
    """Whether `now` takes back what made `was` of `before`."""
    numbers = [v for v in (before, was, now) if isinstance(v, int | float) and not isinstance(v, bool)]
    if len(numbers) < 3:
        return True
    first, made, last = numbers
    if abs(made - first) <= tolerance:
        return True
    return (made - first) * (last - made) < 0
