"""What a running series becomes before anybody may read it: windows, and states that held. Pure; time is an argument.

Nothing is told of a window before its end, nor of one that was not followed from its beginning.
"""

from __future__ import annotations

import math
from collections import deque
from typing import Final, NamedTuple

KEPT_WINDOWS: Final = 24
"""Of one series: a quarter of a day in quarter hours. Longer pasts are for a history."""


class Window(NamedTuple):
    """What a property was like in one window: times in seconds since the epoch, the mean weighted by time. `known` is the part
    of the window (0 to 1) of which something is known; without any, the values are 0.
    """

    begin: float
    end: float
    mean: float
    low: float
    high: float
    reports: int
    known: float


class Aggregator:
    """Takes in a step function of time: each value holds until the next. None: not known."""

    __slots__ = (
        *("_area", "_at", "_begin", "_high", "_known", "_low"),
        *("_reports", "_value", "_whole", "length", "windows"),
    )

    def __init__(self, length: int, now: float) -> None:
        """`length` in seconds; it is followed from `now` on."""
        self.length = length
        self.windows: deque[Window] = deque(maxlen=KEPT_WINDOWS)
        self._at = now
        self._value: float | None = None
        self._low = self._high = 0.0
        self._begin = math.floor(now / length) * length
        self._whole = now == self._begin
        self._start_over()

    @property
    def value(self) -> float | None:
        return self._value

    @property
    def covers_since(self) -> float:
        """When the first whole window began, or will begin."""
        if self.windows:
            return self.windows[0].begin
        return self._begin if self._whole else self._begin + self.length

    def put(self, at: float, value: float | None, *, report: bool = True) -> None:
        """From `at` on it is `value`; not before what was put last. `report`: the device said so."""
        self.advance(at)
        self._value = value
        if value is not None:
            self._low, self._high = min(self._low, value), max(self._high, value)
            self._reports += report

    def advance(self, now: float) -> None:
        """Ends the windows that are over."""
        oldest = math.floor(now / self.length) * self.length - KEPT_WINDOWS * self.length
        if self._begin < oldest:  # a clock that was put right, or a long sleep: nobody knows what was
            self._begin, self._at, self._whole = oldest, oldest, False
            self._start_over()
        while now >= self._begin + self.length:
            self._integrate(self._begin + self.length)
            self._close()
        self._integrate(now)

    def _integrate(self, until: float) -> None:
        span = until - self._at
        if span <= 0:
            return
        if self._value is not None:
            self._area += self._value * span
            self._known += span
        self._at = until

    def _close(self) -> None:
        end = self._begin + self.length
        if self._whole:
            mean = self._area / self._known if self._known else 0.0
            low, high = (self._low, self._high) if self._known else (0.0, 0.0)
            self.windows.append(
                Window(self._begin, end, mean, low, high, self._reports, self._known / self.length)
            )
        self._begin, self._whole = end, True
        self._start_over()

    def _start_over(self) -> None:
        self._area = self._known = 0.0
        self._reports = 0
        self._low, self._high = math.inf, -math.inf
        if self._value is not None:
            self._low = self._high = self._value


class Held:
    """Takes in a state, and tells it only once it held through a whole slot of `length` seconds. What comes and goes within a
    slot never shows.
    """

    __slots__ = ("_begin", "_steady", "length", "since", "state", "told", "told_at")

    def __init__(self, length: int, now: float) -> None:
        self.length = length
        self.state: bool | None = None
        self.told: bool | None = None
        self.since: float | None = None  # the beginning of the slot since which `told` is told
        self.told_at: float | None = None  # the end of the last slot that was looked at
        self._begin = math.floor(now / length) * length
        self._steady = now == self._begin

    def put(self, at: float, state: bool | None) -> None:
        """From `at` on it is `state`; None: not known."""
        self.advance(at)
        if state is not self.state:
            self.state = state
            self._steady = at <= self._begin

    def advance(self, now: float) -> None:
        """Ends the slots that are over."""
        behind = math.floor((now - self._begin) / self.length)
        if behind <= 0:
            return
        self._look(self._begin)
        if behind > 1:  # those after it had no change in them
            self._steady = True
            self._look(self._begin + self.length)
        self._begin += behind * self.length
        self.told_at, self._steady = self._begin, True

    def _look(self, begin: float) -> None:
        if self._steady and self.state is not self.told:
            self.told = self.state
            self.since = begin if self.state is not None else None
