"""Our commands of the last while, by Thing: what can explain a change of it. What they explain says `explaining`.

A command opens a window, from before its bytes go out until its effect must have been seen, and `SETTLING_S` more; where the
device itself has confirmed the effect, only for those. A write of what is so already opens none. A group's command opens one
at every member, for what it does to that one. What was not confirmed may come late: then exactly what was asked for is
explained, once, for some minutes more. A device's own timer that we set explains the change at its end. A button or scene
that we press moves nobody knows what: all that its driver reaches is explained for a while.

What is explained only loosely (side effects, scenes) has a `Share`: whoever sends without end hides nobody's hand by it.

This is on the way of every command: what can be worked out later is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

from capabilities.readings import Reading
from capabilities.vocabulary import Evidence, Json
from gateway.adopted import Adopted
from gateway.authorship.shares import Shares
from gateway.commands import Execution, Outcome, Reason, Result
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

MOST_AT_ONCE: Final = 16
"""Commands of one Thing whose windows are open: a slider sends ten a second, and only the newest matter."""

MOST_LATE: Final = 4
"""Values of one property that may still come late: what was superseded on its way may come before the newest."""

MOST_REMEMBERED: Final = 2_000
"""Late effects and timers of this run that may still come: what is over is dropped when there are so many."""

_SLOWEST_S: Final = SEND_DEADLINE_S + ANSWER_TO_QUESTION_S + SETTLING_S
_SCENES: Final = frozenset({"button", "other", "setting"})

Trace: TypeAlias = tuple[Execution, Target, tuple[Reading | None, ...], float, float]
"""One command that went out: its execution, what it was to do, what its aims showed before, until when it explains, and when it
was sent (monotonic seconds). A bare tuple: making one of a class takes five times as long.
"""


class Traces:
    """By Thing. All times are monotonic seconds. `until` is when the last window of a Thing closes."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self.until: dict[str, float] = {}
        self.shares = Shares(monotonic)
        self._monotonic = monotonic
        self._recent: dict[str, list[Trace]] = {}
        self._late: dict[tuple[str, str], tuple[float, tuple[Trace, ...]]] = {}
        self._timers: dict[tuple[str, str], tuple[float, float]] = {}
        self._anywhere: dict[str, float] = {}
        self._anything: dict[str, float] = {}

    # ---------------------------------------------------------------- what our commands do

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
        trace = (execution, target, before, until, now)
        if prior <= now:
            self._recent[thing] = [trace]
        else:
            recent = self._recent.setdefault(thing, [])
            recent.append(trace)
            if len(recent) > MOST_AT_ONCE:
                del recent[0]
        self.until[thing] = until if until > prior else prior

    def ended(self, execution: Execution, outcome: Outcome) -> Trace | None:
        """The trace of the command; None where a later one took its place."""
        thing = execution.command.thing
        recent = self._recent.get(thing)
        if not recent:
            return None
        if (trace := recent[-1])[0] is execution:
            number = len(recent) - 1
        else:
            number = next((n for n, one in enumerate(recent) if one[0] is execution), -1)
            if number < 0:
                return None
            trace = recent[number]
        until = self._window(trace, outcome)
        if until is None:  # it was so already
            del recent[number]
        else:
            recent[number] = (*trace[:3], until, trace[4])
            self.shares.spend(thing, trace[4], until)
        if len(recent) == 1 and until is not None:
            self.until[thing] = until
        else:
            self.until[thing] = max((one[3] for one in recent), default=0.0)
        target = trace[1]
        if target.off_after_s is not None:
            place = (thing, target.operation.component)
            self._timers[place] = (trace[4] + target.off_after_s, self._monotonic())
        return trace if number == len(recent) - (until is not None) else None

    def ended_at(self, member: str, execution: Execution) -> None:
        """A group's command has ended: what its members do late is still its doing, as long as the effect may take."""
        recent = self._recent.get(member)
        if not recent:
            return
        for number, trace in enumerate(recent):
            if trace[0] is execution:
                transition_s = trace[1].transition_s if type(trace[1].value) is dict else 0.0
                until = min(trace[3], trace[4] + _longest(trace[1]) + SETTLING_S + transition_s)
                recent[number] = (*trace[:3], until, trace[4])
                self.shares.spend(member, trace[4], until)
        self.until[member] = max(one[3] for one in recent)

    def anything(self, thing: str, until: float) -> None:
        """Whatever it does until then is nobody's: nobody knows what is still on its way to it."""
        self._anything[thing] = max(until, self._anything.get(thing, 0.0))

    def pressed(self, driver: str) -> None:
        """Something was moved, and nobody knows what."""
        now = self._monotonic()
        if self.shares.spend(f"driver {driver}", now, now + UNSEEN_EFFECT_S):
            self._anywhere[driver] = now + UNSEEN_EFFECT_S

    # ---------------------------------------------------------------- what is asked of them

    def open(self, thing: str, now: float) -> Sequence[Trace]:
        """The commands whose windows are open, the newest first."""
        if now >= self.until.get(thing, 0.0):
            return ()
        return [trace for trace in reversed(self._recent.get(thing, ())) if now < trace[3]]

    def newest(self, thing: str) -> Trace | None:
        recent = self._recent.get(thing)
        return recent[-1] if recent else None

    def explains_anyhow(self, adopted: Adopted, slot: Slot, value: Json, now: float) -> bool:
        """Whether the change is our doing, whatever windows are open."""
        if now < self._anywhere.get(adopted.driver, 0.0) or now < self._anything.get(adopted.id, 0.0):
            return True
        if (late := self._late.get(slot.topic)) is not None and self._came_late(late, slot, value, now):
            return True
        timer = self._timers.get((adopted.id, slot.property.component))
        return timer is not None and abs(now - timer[0]) <= TIMER_SLACK_S + 0.02 * (timer[0] - timer[1])

    # ---------------------------------------------------------------- inside

    def _window(self, trace: Trace, outcome: Outcome) -> float | None:
        """Until when the command explains, now that it has ended; None where it changed nothing."""
        target, now = trace[1], self._monotonic()
        if outcome.result is Result.CONFIRMED:
            if self._late:
                for aim in target.aims:
                    self._late.pop(aim.slot.topic, None)
            if outcome.evidence is Evidence.DEVICE and not target.rivals:  # a motor may say so and still run
                return now + SETTLING_S + (target.transition_s if type(target.value) is dict else 0.0)
        elif outcome.reason is Reason.UNCHANGED and not sets_mode(target):
            return None
        until = trace[4] + _longest(target) + SETTLING_S
        if outcome.result is Result.UNCONFIRMED or outcome.result is Result.IN_DOUBT:
            self._unsure(trace, now)
        return until + (target.transition_s if type(target.value) is dict else 0.0)

    def _came_late(self, late: tuple[float, tuple[Trace, ...]], slot: Slot, value: Json, now: float) -> bool:
        until, traces = late
        for number, trace in enumerate(traces):
            aim = aim_at(trace, slot)
            if now < until and aim is not None and aim.effect.met_by(value, aim.expected):
                rest = traces[number + 1 :]  # what was sent before it comes no more
                if rest:
                    self._late[slot.topic] = (until, rest)
                else:
                    del self._late[slot.topic]
                reopened = (*trace[:3], now + SETTLING_S, trace[4])
                # In the order of sending: what was asked since is the newest, and stays so.
                opened = (*self.open(slot.topic[0], now), reopened)
                self._recent[slot.topic[0]] = sorted(opened, key=lambda one: one[4])
                self.until[slot.topic[0]] = max(now + SETTLING_S, self.until.get(slot.topic[0], 0.0))
                return True
        return False

    def _unsure(self, trace: Trace, now: float) -> None:
        for aim in trace[1].aims:
            _, known = self._late.get(aim.slot.topic, (0.0, ()))
            others = [one for one in known if one[4] != trace[4]]
            traces = sorted((*others, trace), key=lambda one: one[4])[-MOST_LATE:]
            self._late[aim.slot.topic] = (now + LATE_S, tuple(traces))
        if len(self._late) + len(self._timers) > MOST_REMEMBERED:
            self._prune(now)

    def _prune(self, now: float) -> None:
        self._late = {topic: late for topic, late in self._late.items() if late[0] > now}
        self._timers = {
            place: timer for place, timer in self._timers.items() if timer[0] > now - TIMER_SLACK_S
        }
        while len(self._late) > MOST_REMEMBERED // 2:
            del self._late[next(iter(self._late))]
        while len(self._timers) > MOST_REMEMBERED // 2:
            del self._timers[next(iter(self._timers))]


def aim_at(trace: Trace, slot: Slot) -> Aim | None:
    """What the command was to make of this property; None where it was about others."""
    return next((aim for aim in trace[1].aims if aim.slot.topic == slot.topic), None)


def sets_mode(target: Target) -> bool:
    """Whether it names a mode, a preset or the like: set again it may move other values back."""
    return any(isinstance(aim.expected, str) for aim in target.aims)


def is_scene(target: Target) -> bool:
    """Whether it moves what nobody has described."""
    return not target.aims and target.operation.capability.partition(".")[0] in _SCENES


def _longest(target: Target) -> float:
    return max((aim.effect.within for aim in target.aims), default=UNSEEN_EFFECT_S)
