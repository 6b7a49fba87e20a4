"""What waits for one channel: bounded, the most urgent first, and of what is about the same only the newest."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

from gateway.notify.notice import Notice, Urgency

MOST_WAITING: Final = 64
"""Notices. Nobody reads more after a night without a network; the ledger and the app have all of it."""

REMEMBERED_TAGS: Final = 128
"""What was delivered lately and may still be replaced."""

AGAIN_S: Final = 60.0
"""The same, as urgent as before and not urgent, goes out once in so long: a lamp that an agent switches on and off all the time
makes no phone buzz all the time.
"""

TOO_OLD_S: Final = {Urgency.LOW: 900.0, Urgency.NORMAL: 3600.0, Urgency.HIGH: 24 * 3600.0}
MOST_TRIES: Final = {Urgency.LOW: 4, Urgency.NORMAL: 8, Urgency.HIGH: 300}
"""With pauses of 300 s at the most, the tries of what is urgent last for its whole day."""


@dataclass(slots=True)
class Parcel:
    """A notice on its way, since when (monotonic seconds: the wall clock of a box may be set meanwhile), and how often that was
    tried.
    """

    notice: Notice
    since: float
    tries: int = 0

    def is_late(self, now: float, wall: float) -> bool:
        """Nobody needs it any more. `now` in monotonic seconds, `wall` in seconds since the epoch."""
        notice = self.notice
        return now - self.since > TOO_OLD_S[notice.urgency] or bool(notice.until and wall > notice.until)

    @property
    def is_tried_enough(self) -> bool:
        return self.tries >= MOST_TRIES[self.notice.urgency]


class Queue:
    """Of one channel."""

    __slots__ = ("_delivered", "_waiting")

    def __init__(self) -> None:
        self._waiting: list[Parcel] = []
        self._delivered: OrderedDict[str, tuple[Urgency, float]] = OrderedDict()  # by tag: how urgent, when

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, parcel: Parcel) -> list[Parcel]:
        """Adds one; returns those that it takes the place of, or for which there is no room: the oldest that press least."""
        notice = parcel.notice
        out = self.withdraw(notice.tag) + [one for one in self._waiting if one.notice.id == notice.id]
        self._waiting = [one for one in self._waiting if one not in out]
        self._waiting.append(parcel)
        if len(self._waiting) > MOST_WAITING:
            least = min(self._waiting, key=lambda one: one.notice.urgency)  # the first of them is the oldest
            self._waiting.remove(least)
            out.append(least)
        return out

    def first(self, now: float) -> Parcel | None:
        """The most urgent that may go; the oldest of those. `now`: monotonic seconds."""
        free = (one for one in self._waiting if self._free_at(one.notice) <= now)
        return max(free, key=lambda one: one.notice.urgency, default=None)

    def next_free(self) -> float | None:
        """When (monotonic seconds) one that waits may go; None where nothing waits."""
        return min((self._free_at(one.notice) for one in self._waiting), default=None)

    def holds(self, parcel: Parcel) -> bool:
        return any(one is parcel for one in self._waiting)

    def remove(self, parcel: Parcel) -> None:
        self._waiting = [one for one in self._waiting if one is not parcel]

    def withdraw(self, tag: str) -> list[Parcel]:
        """Takes back what waits with this tag: it is no longer so."""
        out = [one for one in self._waiting if tag and one.notice.tag == tag]
        self._waiting = [one for one in self._waiting if one not in out]
        return out

    def delivered(self, notice: Notice, now: float) -> None:
        """It went out at `now`, monotonic seconds."""
        if notice.tag:
            self._delivered[notice.tag] = notice.urgency, now
            self._delivered.move_to_end(notice.tag)
            if len(self._delivered) > REMEMBERED_TAGS:
                self._delivered.popitem(last=False)

    def was_delivered(self, tag: str) -> bool:
        """Whether something with this tag went out lately: then its end goes out, too."""
        return bool(tag) and tag in self._delivered

    def _free_at(self, notice: Notice) -> float:
        urgency, at = self._delivered.get(notice.tag, (Urgency.HIGH, 0.0))
        return at + AGAIN_S if notice.tag and urgency is notice.urgency is not Urgency.HIGH else float("-inf")
