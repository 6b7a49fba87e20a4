"""What a holder accepts of a property: a range of numbers, some values, or nothing from anybody else."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from capabilities.effects import fits
from capabilities.vocabulary import Json
from policies.decision import Accepted

MOST_VALUES: Final = 32
LONGEST_VALUE: Final = 100
"""Values in a list, and characters of a text among them."""

_ROUNDING: Final = 1e-6
"""A number that was converted between units is still the same number."""


class BadRange(ValueError):
    """It says nothing that could be accepted; the text says what would be right."""


@dataclass(frozen=True, slots=True)
class Range:
    """`one_of` alone, or `minimum` and `maximum`, one of which may be missing. Without any of them it is exclusive:
    whatever somebody else asks for is not accepted.
    """

    minimum: float | None = None
    maximum: float | None = None
    one_of: tuple[Json, ...] | None = None

    @property
    def is_exclusive(self) -> bool:
        return self.minimum is None and self.maximum is None and self.one_of is None

    def bounds_of_input(self) -> Accepted | None:
        """As bounds on an input; None for an exclusive one."""
        return None if self.is_exclusive else Accepted(self.minimum, self.maximum, self.one_of)

    def accepts(self, value: Json) -> bool:
        """Whether somebody else may ask for `value`."""
        if self.one_of is not None:
            return any(fits(value, one, _ROUNDING) for one in self.one_of)
        if self.is_exclusive or isinstance(value, bool) or not isinstance(value, int | float):
            return False
        low, high = self.bounds
        return low - _ROUNDING <= value <= high + _ROUNDING

    @property
    def bounds(self) -> tuple[float, float]:
        low = -math.inf if self.minimum is None else self.minimum
        return low, math.inf if self.maximum is None else self.maximum

    def meet(self, other: Range) -> Range | None:
        """What both accept; None for nothing."""
        if self.is_exclusive or other.is_exclusive:
            return None
        if self.one_of is not None or other.one_of is not None:
            mine, theirs = (self, other) if self.one_of is not None else (other, self)
            values = tuple(value for value in mine.one_of or () if theirs.accepts(value))
            return Range(one_of=values) if values else None
        low, high = max(self.bounds[0], other.bounds[0]), min(self.bounds[1], other.bounds[1])
        if low > high:
            return None
        return Range(None if low == -math.inf else low, None if high == math.inf else high)

    def nearest(self, wish: Json) -> Json:
        """The accepted value that is nearest to `wish`; None where that cannot be told."""
        if self.accepts(wish):
            return wish
        number = isinstance(wish, int | float) and not isinstance(wish, bool)
        if self.one_of is not None:
            values = [v for v in self.one_of if isinstance(v, int | float) and not isinstance(v, bool)]
            if number and values:
                return min(values, key=lambda value: abs(value - wish))  # type: ignore[operator]
            return self.one_of[0] if len(self.one_of) == 1 else None
        if not number or self.is_exclusive:
            return None
        low, high = self.bounds
        return min(max(wish, low), high)  # type: ignore[type-var]

    def shown(self) -> Json:
        """As JSON: `null` for an exclusive one."""
        if self.one_of is not None:
            return {"one_of": list(self.one_of)}
        known = {"minimum": self.minimum, "maximum": self.maximum}
        return {name: value for name, value in known.items() if value is not None} or None

    def say(self) -> str:
        """In words, after "accepts"."""
        if self.one_of is not None:
            return " or ".join(_word(one) for one in self.one_of)
        if self.is_exclusive:
            return "nothing else"
        if self.minimum is None:
            return f"{_word(self.maximum)} at most"
        if self.maximum is None:
            return f"{_word(self.minimum)} at least"
        if self.minimum == self.maximum:
            return f"{_word(self.minimum)} alone"
        return f"{_word(self.minimum)} to {_word(self.maximum)}"


EXCLUSIVE: Final = Range()


def read(data: Json) -> Range:
    """A range as a request or the database has it. Raises `BadRange`."""
    if data is None:
        return EXCLUSIVE
    if not isinstance(data, dict) or not data or not data.keys() <= {"minimum", "maximum", "one_of"}:
        raise BadRange(
            'accepts is {"minimum": 19, "maximum": 21}, {"one_of": [true]}, or null for nothing else'
        )
    if "one_of" in data:
        if len(data) > 1:
            raise BadRange("accepts has either one_of, or minimum and maximum")
        return Range(one_of=_values(data["one_of"]))
    low, high = _number(data, "minimum"), _number(data, "maximum")
    if low is not None and high is not None and low > high:
        raise BadRange(f"accepts nothing: its minimum {_word(low)} is above its maximum {_word(high)}")
    if low is None and high is None:
        raise BadRange(
            "accepts names neither a minimum nor a maximum; write null where nothing else is accepted"
        )
    return Range(low, high)


def all_of(ranges: Iterable[Range]) -> Range | None:
    """What all of them accept; None for nothing. Of no ranges: anything."""
    common: Range | None = Range(-math.inf, math.inf)
    first = True
    for one in ranges:
        common = one if first else common.meet(one) if common is not None else None
        first = False
        if common is None or common.is_exclusive:
            return None
    return common


def _values(listed: Json) -> tuple[Json, ...]:
    if not isinstance(listed, list) or not 1 <= len(listed) <= MOST_VALUES:
        raise BadRange(f"one_of lists 1 to {MOST_VALUES} values")
    for one in listed:
        plain = isinstance(one, bool | int | float) or (isinstance(one, str) and len(one) <= LONGEST_VALUE)
        if not plain or (isinstance(one, float) and not math.isfinite(one)):
            raise BadRange(
                f"one_of has true, false, numbers, and texts of at most {LONGEST_VALUE} characters"
            )
    return tuple(listed)


def _number(data: dict[str, Json], name: str) -> float | None:
    value = data.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise BadRange(f"{name} is a number")
    return value


def _word(value: Json) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return f"{value:g}" if isinstance(value, int | float) else str(value)
