"""Until when what a Thing reports is our own doing.

A command may change every property of its Thing (a lamp that is switched on tells its brightness, too), and a group's
command every member. From before the bytes go out until its effect must have been seen, and for a while after, everything
that the Thing reports is explained by it; where the device itself has confirmed the effect, only for that while. What was
not confirmed may come late: then only exactly what was asked for is explained, for some minutes more. A device's own timer
that we set explains the change at its end. A button or scene that we press moves nobody knows what: all that its driver
reaches is explained for a while.

This is on the way of every command: what can be worked out later is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final, TypeAlias

from capabilities.readings import Reading
from capabilities.vocabulary import Evidence, Json
from gateway.adopted import Adopted
from gateway.commands import Execution, Outcome, Result
from gateway.normalise import Aim, Target
from gateway.sending import SEND_DEADLINE_S
from gateway.state import Slot
from gateway.watching import ANSWER_TO_QUESTION_S

SETTLING_S: Final = 3.0
"""After an effect: bridges repeat states, lamps fade, motors run out."""

UNSEEN_EFFECT_S: Final = 10.0
"""For a command whose effect nobody knows."""

LATE_S: Final = 600.0
"""A device that sleeps takes its commands when it wakes."""

TIMER_SLACK_S: Final = 15.0

MOST_REMEMBERED: Final = 2_000
"""Late effects and timers of this run that may still come: what is over is dropped when there are so many."""

_SLOWEST_S: Final = SEND_DEADLINE_S + ANSWER_TO_QUESTION_S + SETTLING_S
_SCENES: Final = frozenset({"button", "other", "setting"})

Trace: TypeAlias = tuple[Execution, Target, tuple[Reading | None, ...], float, float]
"""One command that went out: its execution, what it was to do, what its aims showed before, until when the Thing was explained
without it, and when it was sent (monotonic seconds). A bare tuple: making one of a class takes five times as long.
"""


class Traces:
    """By Thing. All times are monotonic seconds."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self.until: dict[str, float] = {}
        self._monotonic = monotonic
        self._last: dict[str, Trace] = {}
        self._late: dict[tuple[str, str], tuple[float, Aim]] = {}
        self._timers: dict[str, tuple[float, float]] = {}
        self._anywhere: dict[str, float] = {}

    def sent(self, execution: Execution, adopted: Adopted, target: Target) -> None:
        """From here on what changes is this command's doing."""
        thing, now, aims = adopted.thing.id, self._monotonic(), target.aims
        prior = self.until.get(thing, 0.0)
        if len(aims) == 1:
            aim = aims[0]
            before: tuple[Reading | None, ...] = (aim.slot.reading,)
            until = now + _SLOWEST_S + aim.effect.within
        else:
            before = tuple([aim.slot.reading for aim in aims])
            until = now + _SLOWEST_S + _longest(target)
        if type(target.value) is dict:
            until += target.transition_s
        self._last[thing] = (execution, target, before, prior, now)
        self.until[thing] = until if until > prior else prior

    def spread(self, things: Iterable[str], until: float) -> None:
        """A group's command: its members are explained, too."""
        for thing in things:
            self.until[thing] = max(until, self.until.get(thing, 0.0))

    def ended(self, execution: Execution, outcome: Outcome) -> Trace | None:
        """The trace of the command; None where a later one took its place."""
        thing = execution.command.thing
        trace = self._last.get(thing)
        if trace is None or trace[0] is not execution:
            return None
        _, target, _, prior, sent_at = trace
        now = self._monotonic()
        if outcome.result is Result.CONFIRMED and outcome.evidence is Evidence.DEVICE:
            until = now + SETTLING_S
        else:
            until = sent_at + _longest(target) + SETTLING_S
            self._unsure(target, outcome, thing, now)
        if type(target.value) is dict:
            until += target.transition_s
        self.until[thing] = until if until > prior else prior
        if target.off_after_s is not None:
            self._timers[thing] = (sent_at + target.off_after_s, now)
        return trace

    def pressed(self, driver: str) -> None:
        """Something was moved, and nobody knows what."""
        self._anywhere[driver] = self._monotonic() + UNSEEN_EFFECT_S

    def explains(self, adopted: Adopted, slot: Slot, value: Json, now: float) -> bool:
        """Whether the change is our doing, besides what `until` says of the Thing."""
        if now < self._anywhere.get(adopted.driver, 0.0):
            return True
        if (late := self._late.get(slot.topic)) is not None and now < late[0]:
            aim = late[1]
            if aim.effect.met_by(value, aim.expected):
                return True
        timer = self._timers.get(adopted.id)
        return timer is not None and abs(now - timer[0]) <= TIMER_SLACK_S + 0.02 * (timer[0] - timer[1])

    def _unsure(self, target: Target, outcome: Outcome, thing: str, now: float) -> None:
        if outcome.result is Result.UNCONFIRMED or outcome.result is Result.IN_DOUBT:
            for aim in target.aims:
                self._late[aim.slot.topic] = (now + LATE_S, aim)
        if len(self._late) + len(self._timers) > MOST_REMEMBERED:
            self._prune(now)

    def _prune(self, now: float) -> None:
        self._late = {topic: late for topic, late in self._late.items() if late[0] > now}
        self._timers = {
            thing: timer for thing, timer in self._timers.items() if timer[0] > now - TIMER_SLACK_S
        }
        while len(self._late) > MOST_REMEMBERED // 2:
            del self._late[next(iter(self._late))]
        while len(self._timers) > MOST_REMEMBERED // 2:
            del self._timers[next(iter(self._timers))]


def is_scene(target: Target) -> bool:
    """Whether it moves what nobody has described."""
    return not target.aims and target.operation.capability.partition(".")[0] in _SCENES


def _longest(target: Target) -> float:
    return max((aim.effect.within for aim in target.aims), default=UNSEEN_EFFECT_S)
