"""What is estimated of one property that is a number, and of one Thing."""

from __future__ import annotations

import math
from typing import Final

from capabilities.vocabulary import Json
from gateway.estimates import noise, rhythm, unusual
from gateway.estimates.hours import Hours, hours_row
from gateway.estimates.possible import Range, has_habits, is_slow, range_of
from gateway.estimates.rows import LAST, Row, beat_row, number_row
from gateway.estimates.unusual import Unusual, What

LARGEST: Final = 1e15
"""Numbers beyond are codes, not measurements."""


class Beat:
    """Of a property that is no number: how often it comes."""

    __slots__ = ("marked", "row", "unusual")

    def __init__(self) -> None:
        self.row: Row = beat_row()
        self.unusual: Unusual | None = None
        self.marked = -math.inf  # when it was marked last, monotonic seconds

    def see(self, value: Json, t: float, hour: int) -> bool:
        """A report at `t` (monotonic seconds) in the hour of the day `hour` (-1: not known). Whether anything is otherwise
        unusual than before.
        """
        rhythm.beat(self.row, t)
        return False

    @property
    def uncertainty(self) -> float | None:
        return None

    @property
    def jitter(self) -> float | None:
        return None


class Track(Beat):
    """Of one that is a number and only measured."""

    __slots__ = ("_slow", "_unit", "_within", "hours")

    def __init__(self, capability: str, unit: str | None, step: float = 0.0) -> None:
        """`step`: in which steps its values are declared to be, 0 if nothing is."""
        super().__init__()
        self.row = number_row(step)
        self._unit = unit
        self._within: Range = range_of(capability, unit)
        self._slow = is_slow(capability, unit)
        self.hours: Hours | None = hours_row() if has_habits(capability, unit) else None

    def see(self, value: Json, t: float, hour: int) -> bool:
        row = self.row
        if type(value) is not float:
            if type(value) is not int or not -LARGEST < value < LARGEST:
                rhythm.beat(row, t)
                return self._found(None)
            value = float(value)
        if not -LARGEST < value < LARGEST:
            rhythm.beat(row, t)
            return self._found(None)
        found = unusual.impossible(value, self._within, self._unit)
        if found is not None:  # nothing is learnt from it
            rhythm.beat(row, t)
            return self._found(found)
        found = unusual.jump(row, value, t - row[LAST], slow=self._slow)
        stuck = unusual.frozen(row, value, t)
        noise.learn(row, value, t)
        noise.remember(row, value)
        rhythm.beat(row, t)
        if hour >= 0 and self.hours is not None:
            found = found or unusual.at_hour(row, self.hours, hour, value)
        if stuck is not None and noise.is_noisy(row):
            found = found or stuck
        return self._found(found)

    def _found(self, found: Unusual | None) -> bool:
        """Whether that is new. What goes on keeps the sentence that it began with."""
        before = self.unusual
        if found is None:
            self.unusual = None
            return before is not None
        if before is not None and before.what is found.what:
            goes_on = found.what in {What.FROZEN, What.HOUR}
            if goes_on or before.reason == found.reason:
                return False
        self.unusual = found
        return True

    @property
    def uncertainty(self) -> float | None:
        """In two digits: it is no better known, and readings differ only where that does."""
        found = noise.uncertainty(self.row)
        return None if found is None else float(f"{found:.2g}")

    @property
    def jitter(self) -> float | None:
        return noise.jitter(self.row)
