"""Bounds on one input: does a value keep them, what do several together accept, and how is that said."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, TypeGuard

from capabilities.vocabulary import Json
from policies.decision import Accepted
from policies.documents import BoundsTable, NeedTable
from policies.fields import Scalar

LONGEST_SHOWN_CHARS: Final = 60
"""How much of an input's text a finding repeats: it came from a stranger and goes to a phone."""

_HIGHEST: Final = sys.float_info.max
_NUMBERS: Final = frozenset({int, float})
_SCALARS: Final = frozenset({bool, int, float, str})
_SHOWN: Final[dict[type, str]] = {type(None): "nothing", dict: "an object", list: "a list"}
_Key = tuple[bool, Scalar]  # 1 equals 1.0, and neither equals true


@dataclass(frozen=True, slots=True)
class Bounds:
    """An input must be a finite number from `low` to `high` (if `ranged`), and one of `options` (if not None)."""

    low: float
    high: float
    ranged: bool
    options: frozenset[_Key] | None

    def admit(self, value: Json) -> bool:
        """Whether `value` keeps these bounds. A value of another type, nan and infinity never do."""
        if self.ranged and (type(value) not in (int, float) or not self.low <= value <= self.high):  # type: ignore[operator]
            return False
        return self.options is None or (type(value) in _SCALARS and _key(value) in self.options)  # type: ignore[arg-type]

    def seen(self, value: Json) -> tuple[str, bool]:
        """What is wrong with a `value` that is not admitted, and whether it is unknown rather than outside."""
        shown = show(value)
        if self.ranged:
            if type(value) is not int and type(value) is not float:
                return f"{shown} is not a number", True
            if not -_HIGHEST <= value <= _HIGHEST:
                return f"{shown} is not in any range", True
            if value < self.low:
                return f"{shown} is below {show(self.low)}", False
            if value > self.high:
                return f"{shown} is above {show(self.high)}", False
        if not self.options:
            return f"{shown} is not accepted", False
        return f"{shown} is not one of {', '.join(map(show, self.listed()))}", False

    def touches(self, low: Json, high: Json) -> bool:
        """Whether what is measured to be from `low` to `high` could keep these bounds. False for what is no number."""
        if isinstance(low, bool | str) or not (
            isinstance(low, int | float) and isinstance(high, int | float)
        ):
            return False
        if self.ranged and (high < self.low or low > self.high):
            return False
        options = [one for one in self.listed() if not isinstance(one, bool | str)]
        return self.options is None or any(not (high < one or low > one) for one in options)

    def listed(self) -> tuple[Scalar, ...]:
        """The options in an order that does not depend on how they were written."""
        return tuple(option for _, option in sorted(self.options or (), key=_by_type))

    @property
    def impossible(self) -> bool:
        return self.low > self.high or (self.options is not None and not self.options)

    def as_data(self) -> dict[str, Json]:
        """`minimum`, `maximum`, `one_of`, as far as they bound anything."""
        data: dict[str, Json] = {}
        if self.ranged and self.low > -_HIGHEST:
            data["minimum"] = self.low
        if self.ranged and self.high < _HIGHEST:
            data["maximum"] = self.high
        if self.options is not None:
            data["one_of"] = list(self.listed())
        return data

    def accepted(self) -> Accepted:
        return Accepted(
            minimum=self.low if self.ranged and self.low > -_HIGHEST else None,
            maximum=self.high if self.ranged and self.high < _HIGHEST else None,
            one_of=None if self.options is None else self.listed(),
        )


NOTHING: Final = Bounds(-_HIGHEST, _HIGHEST, False, frozenset())
"""Bounds that no value keeps."""


def between(low: float, high: float) -> Bounds:
    """A number from `low` to `high`."""
    return Bounds(low, high, True, None)


def bounds_of(table: BoundsTable | NeedTable) -> Bounds | None:
    """What `table` says of a value, whatever the present one is; None if nothing."""
    equal = (table.equals,) if isinstance(table, NeedTable) and table.equals is not None else None
    options = table.one_of if isinstance(table, BoundsTable) else equal
    ranged = table.min is not None or table.max is not None
    if not ranged and options is None:
        return None
    return Bounds(
        low=-_HIGHEST if table.min is None else table.min,
        high=_HIGHEST if table.max is None else table.max,
        ranged=ranged,
        options=None if options is None else frozenset(map(_key, options)),
    )


def bounds_from(accepted: Accepted) -> Bounds:
    """The bounds that `accepted` tells of (its members left out)."""
    options = [option for option in accepted.one_of or () if isinstance(option, bool | int | float | str)]
    return Bounds(
        low=-_HIGHEST if accepted.minimum is None else accepted.minimum,
        high=_HIGHEST if accepted.maximum is None else accepted.maximum,
        ranged=accepted.minimum is not None or accepted.maximum is not None,
        options=None if accepted.one_of is None else frozenset(map(_key, options)),
    )


def intersection(all_bounds: Iterable[Bounds]) -> Bounds | None:
    """What keeps every one of `all_bounds`; None where there is none. Order does not matter."""
    met: Bounds | None = None
    for one in all_bounds:
        met = one if met is None else both(met, one)
    return met


def both(one: Bounds, other: Bounds) -> Bounds:
    """What keeps `one` and `other`."""
    low = one.low if one.low >= other.low else other.low
    high = one.high if one.high <= other.high else other.high
    ranged = one.ranged or other.ranged
    options = one.options if other.options is None else other.options
    if options is None:
        return Bounds(low, high, ranged, None)
    if one.options is not None:
        options &= one.options
    range_only = Bounds(low, high, ranged, None)
    return Bounds(low, high, ranged, frozenset(key for key in options if range_only.admit(key[1])))


def say(name: str, bounds: Bounds) -> str:
    """`target between 16 and 23`: what `name` must be to keep `bounds`."""
    if bounds.impossible:
        return f"no {name} is accepted: the rules leave nothing over"
    if bounds.options is not None:
        listed = [show(option) for option in bounds.listed()]
        return f"{name} {listed[0]}" if len(listed) == 1 else f"{name} one of {', '.join(listed)}"
    low, high = show(bounds.low), show(bounds.high)
    if low == high:
        return f"{name} exactly {low}"
    if bounds.low <= -_HIGHEST:
        return f"{name} at most {high}"
    return f"{name} at least {low}" if bounds.high >= _HIGHEST else f"{name} between {low} and {high}"


def show(value: Json) -> str:
    """A value in a sentence: short, on one line, quoted if it is text."""
    kind = type(value)
    if kind in _NUMBERS:
        return _show_number(value)  # type: ignore[arg-type]
    if isinstance(value, str):
        short = value if len(value) <= LONGEST_SHOWN_CHARS else value[:LONGEST_SHOWN_CHARS] + "…"
        return json.dumps(short, ensure_ascii=not short.isprintable())
    return _SHOWN.get(kind, "something else") if kind is not bool else str(value).lower()


def is_number(value: Json) -> TypeGuard[float]:
    """Whether it is a number that can be reckoned with: no truth value, not nan, not infinite, not beyond any float."""
    return type(value) in _NUMBERS and -_HIGHEST <= value <= _HIGHEST  # type: ignore[operator]


def _show_number(value: float) -> str:
    if not -_HIGHEST <= value <= _HIGHEST:
        return "a number that is not finite"
    return repr(value).removesuffix(".0")


def _key(value: Scalar) -> _Key:
    return (type(value) is bool, value)


def _by_type(key: _Key) -> tuple[str, float, str]:
    value = key[1]
    if isinstance(value, str):
        return ("text", 0, value)
    return ("bool" if key[0] else "number", value, "")
