"""The questions that are open, those that ended lately, and the noes that still hold. Bounded, and over by the clock."""

from __future__ import annotations

from collections import Counter, OrderedDict, deque
from collections.abc import Callable, Iterable, Iterator
from typing import Final, NamedTuple

from gateway.approvals.asked import Asked, End, UseKey
from gateway.clock import Clock
from gateway.notify.timer import Alarm
from gateway.parties import Answer
from gateway.roots import is_full, root_of
from policies.decision import Principal

MOST_OPEN: Final = 3
"""For one principal with all that it let in: a person can keep that many in mind."""

MOST_OPEN_IN_ALL: Final = 64
"""Questions of some 4 kB each; twenty principals are not asked for more at the same time. A share of them is kept for those in
charge of the house (`gateway.roots`).
"""

MOST_AN_HOUR: Final = 30
"""Questions of one principal with all that it let in: who asks every two minutes is not answered any more, only read."""

DENIAL_HOLDS_S: Final = 15 * 60.0
"""For so long the same is not asked again after a first no."""

LONGEST_DENIAL_S: Final = 24 * 3600.0
"""Each further no to the same within a day holds twice as long as the one before, and so long at the most."""

MOST_DENIALS: Final = 256
MOST_RECENT: Final = 64
"""Ended questions that can still be looked at; older ones are in the ledger."""

HOUR_S: Final = 3600.0


class Denial(NamedTuple):
    """Who said no, and until when it holds (seconds since the epoch)."""

    by: str
    until: float
    approval: str
    held_s: float = DENIAL_HOLDS_S


class Book:
    """By id, and by what waits for them."""

    def __init__(self, clock: Clock, expired: Callable[[Asked], None]) -> None:
        self._clock = clock
        self._expired = expired
        self._open: dict[str, Asked] = {}
        self._by_waits: dict[str, Asked] = {}
        self._recent: OrderedDict[str, Asked] = OrderedDict()
        self._denials: OrderedDict[UseKey, Denial] = OrderedDict()
        self._asked: OrderedDict[str, deque[float]] = OrderedDict()  # by root, monotonic
        self._deadlines: dict[str, float] = {}  # monotonic: a clock that is set back prolongs nothing
        self._alarm = Alarm(clock, self.look)

    def __iter__(self) -> Iterator[Asked]:
        return iter(tuple(self._open.values()))

    def __len__(self) -> int:
        return len(self._open)

    def get(self, approval: str) -> Asked | None:
        """One that is open, or ended lately."""
        return self._open.get(approval) or self._recent.get(approval)

    def ended(self) -> Iterator[Asked]:
        """Those that ended lately, the last one first."""
        return iter(tuple(reversed(self._recent.values())))

    def of(self, waits: str) -> Asked | None:
        """The open one for which an execution or plan waits."""
        return self._by_waits.get(waits)

    def crowd(self, root: str) -> list[Asked]:
        """What is being asked for one root."""
        return [one for one in self._open.values() if root_of(one.principal) == root]

    def is_full(self, principal: Principal) -> bool:
        """Whether there is no room for one more question of `principal`."""
        return is_full(MOST_OPEN_IN_ALL, (one.principal for one in self._open.values()), principal)

    def tires(self, root: str) -> float:
        """How many seconds until `root` may be asked for again; 0 where it may now."""
        times = self._asked.get(root)
        if times is None or len(times) < MOST_AN_HOUR:
            return 0.0
        return max(0.0, times[0] + HOUR_S - self._clock.monotonic())

    def denial(self, uses: Iterable[UseKey]) -> Denial | None:
        """The no to one of `uses` that holds longest."""
        now = self._clock.wall()
        held = [found for use in uses if (found := self._denials.get(use)) is not None and found.until > now]
        return max(held, key=lambda one: one.until, default=None)

    def pause(self, uses: Iterable[UseKey]) -> float:
        """How many seconds a further no to `uses` holds: longer each time somebody comes back with the same."""
        now = self._clock.wall()
        before = [
            found.held_s
            for use in uses
            if (found := self._denials.get(use)) is not None and now < found.until + LONGEST_DENIAL_S
        ]
        return min(LONGEST_DENIAL_S, max(before) * 2) if before else DENIAL_HOLDS_S

    def hold(self, uses: Iterable[UseKey], denial: Denial) -> None:
        for use in uses:
            self._denials[use] = denial
            self._denials.move_to_end(use)
        while len(self._denials) > MOST_DENIALS:
            self._denials.popitem(last=False)

    def add(self, asked: Asked) -> None:
        """Counts from now on. It is over at its time, by whichever clock comes first."""
        self._open[asked.id] = self._by_waits[asked.waits] = asked
        self._deadlines[asked.id] = self._clock.monotonic() + (asked.expires_at - self._clock.wall())
        times = self._asked.setdefault(root_of(asked.principal), deque(maxlen=MOST_AN_HOUR))
        times.append(self._clock.monotonic())
        self._asked.move_to_end(root_of(asked.principal))
        if len(self._asked) > MOST_DENIALS:
            self._asked.popitem(last=False)
        self._set_alarm()

    def is_over(self, asked: Asked) -> bool:
        """Whether its time is up."""
        deadline = self._deadlines.get(asked.id, 0.0)
        return self._clock.wall() >= asked.expires_at or self._clock.monotonic() >= deadline

    def settle(self, asked: Asked, end: End, answer: Answer, *, by: str = "", why: str = "") -> None:
        """Ends it, once; whoever waits for it goes on. Takes no await."""
        if not asked.is_open:
            return
        asked.end, asked.by, asked.why, asked.over_at = end, by, why, self._clock.wall()
        self._open.pop(asked.id, None)
        self._by_waits.pop(asked.waits, None)
        self._deadlines.pop(asked.id, None)
        self._recent[asked.id] = asked
        if len(self._recent) > MOST_RECENT:
            self._recent.popitem(last=False)
        if not asked.ended.done():
            asked.ended.set_result(answer)
        self._set_alarm()

    def look(self) -> None:
        """Ends what is over."""
        for asked in self:
            if self.is_over(asked):
                self._expired(asked)
        self._set_alarm()

    def close(self) -> None:
        self._alarm.stop()

    def recent(self) -> Iterator[Asked]:
        """Ended ones, the newest first."""
        return reversed(tuple(self._recent.values()))

    def _set_alarm(self) -> None:
        if not self._deadlines:
            self._alarm.stop()
            return
        wall, monotonic = self._clock.wall(), self._clock.monotonic()
        first = min(self._deadlines.values()) - monotonic
        ends = min(asked.expires_at for asked in self._open.values()) - wall
        self._alarm.set(min(first, ends))


def counted(book: Book) -> Counter[str]:
    """How many are open, by root."""
    return Counter(root_of(one.principal) for one in book)
