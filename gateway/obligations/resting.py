"""A time that short breaks do not stretch: how long something was on counts on until it has rested.

"At most 2 h" would mean nothing if software could switch a heater off for half a second every hour and a half. What software
switches on again before it has rested goes on with the time it had: off for a tenth of its time, and for a minute at least (for
its whole time, where that is shorter). A tenth is long enough to cool down and be noticed, and short enough for software that
heats in turns; while it is off, nothing is added. Where nothing of its time is left, software is refused until it has rested.

It counts who switches it on: what a person switches on, at the device or in an app, begins anew. What comes on without a
command of its own just after software was at it (the brightness of a lamp, a group, a scene) is software's doing.
"""

from __future__ import annotations

from typing import Final

from gateway.clock import Clock
from gateway.executions import Executions
from gateway.house import House
from gateway.ids import new_id
from gateway.obligations.book import Book
from gateway.obligations.owed import MAX_ON, PROMISED, REST, SETTLED, Owed, Step, Term
from gateway.observers import Topic
from gateway.registry import Registry

SHARE: Final = 0.1
SHORTEST_S: Final = 60.0

LEAST_LEFT_S: Final = 1.0
"""Less is not worth a start."""

STILL_ITS_DOING_S: Final = 10.0
"""What comes on so soon after a command of software was sent is taken for its effect."""


def rest_of(seconds: float) -> float:
    """How long what may be on for `seconds` rests until its time begins anew."""
    return min(seconds, max(SHORTEST_S, SHARE * seconds))


class Resting:
    """At most one on a property, kept in the book: it outlasts a restart."""

    def __init__(self, book: Book, clock: Clock, registry: Registry, house: House) -> None:
        self._book = book
        self._clock = clock
        self._registry = registry
        self._house = house
        self.executions: Executions | None = None
        self.any = False
        """Whether something may be resting; while not, nobody need look."""

    def begins(self, owed: Owed) -> None:
        """What `owed` was about is off."""
        wall, now = self._clock.wall(), self._clock.monotonic()
        if owed.kind != MAX_ON or owed.state == PROMISED:
            return  # that has not begun: an earlier rest goes on
        rest = self._book.find(REST, owed.topic)
        if rest is None:
            nothing, none = Step("", False, None), Term(0.0, owed.term.rule)
            rest = Owed(new_id(wall), REST, owed.thing, owed.name, nothing, none, wall, now)
            self._book.add(rest)
        rest.used, rest.term = owed.on_for(now), Term(rest_of(owed.term.seconds), owed.term.rule)
        rest.asked = owed.term  # the time that it had
        rest.begin(wall, now)
        self.any = True
        self._book.change(rest)

    def at(self, topic: Topic) -> Owed | None:
        """The rest that is not over, while it is off."""
        rest = self._book.find(REST, topic)
        if rest is None or rest.deadline <= self._clock.monotonic():
            return None
        owed = self._book.find(MAX_ON, topic)
        return rest if owed is None or owed.state == SETTLED else None

    def used(self, topic: Topic) -> float:
        """How long it was on, where that still counts for software that switches it on."""
        rest = self.at(topic)
        return rest.used if rest is not None else 0.0

    def used_by_software(self, topic: Topic) -> float:
        """The same for what was found on: 0 unless software was at it just now."""
        used = self.used(topic)
        return used if used and self._was_software(topic[0]) else 0.0

    def is_spent(self, topic: Topic, seconds: float) -> bool:
        """Whether nothing is left for software of the `seconds` that it may be on."""
        rest = self.at(topic)
        return rest is not None and seconds - rest.used < LEAST_LEFT_S

    def over_at(self, rest: Owed) -> float:
        """Seconds since the epoch."""
        return self._clock.wall() + rest.deadline - self._clock.monotonic()

    # ---------------------------------------------------------------- inside

    def _was_software(self, thing: str) -> bool:
        since = self._clock.wall() - STILL_ITS_DOING_S
        for one in self.executions.recent() if self.executions is not None else ():
            if one.dispatched_at is None or one.dispatched_at < since or one.command.in_person:
                continue
            if self._may_move(one.command.thing, one.command.affordance, one.command.is_action, thing):
                return True
        return False

    def _may_move(self, commanded: str, affordance: str, is_action: bool, thing: str) -> bool:
        """Its own command, its group's, or an action of its bridge of which nobody knows what it moves."""
        if commanded == thing:
            return True
        by, of = self._registry.get(commanded), self._registry.get(thing)
        if by is None or of is None or by.driver != of.driver:
            return False
        if by.members:
            found = (self._house.by_device(by.driver, member) for member in by.members)
            return any(member is of for member in found)
        operation = by.thing.operation(affordance, is_action=is_action)
        return operation is not None and is_action and operation.effect is None and not operation.parts
