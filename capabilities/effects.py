"""What must be seen before an action counts as done."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from capabilities.vocabulary import Json


class _Input:
    """Stands in `Effect.expected` for "the value that was asked for"."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "INPUT"


INPUT: Final = _Input()


@dataclass(frozen=True, slots=True)
class Effect:
    """`property` must show `expected` within `within` seconds; numbers may differ by `tolerance` (in the property's unit).

    A value in `one_of` counts as well: a stopped blind may say `stopped`, or where it stands. One in `failed` says that it
    failed: a bolt that is jammed.
    """

    property: str
    expected: Json | _Input
    within: float
    tolerance: float = 0.0
    one_of: tuple[Json, ...] = ()
    failed: tuple[Json, ...] = ()

    def expects_input(self) -> bool:
        return isinstance(self.expected, _Input)

    def value_for(self, value: Json) -> Json:
        """The value to wait for, when `value` is what was asked."""
        return value if isinstance(self.expected, _Input) else self.expected

    def met_by(self, seen: Json, expected: Json) -> bool:
        """Whether `seen` fits `expected`. A bool never fits a number."""
        return fits(seen, expected, self.tolerance) or any(fits(seen, also, 0.0) for also in self.one_of)


def fits(seen: Json, expected: Json, tolerance: float = 0.0) -> bool:
    """Equal as JSON values: numbers within `tolerance`, objects on the members that `expected` names, colours as they look."""
    if isinstance(expected, bool) or isinstance(seen, bool):
        return seen is expected
    if isinstance(expected, int | float):
        return isinstance(seen, int | float) and abs(seen - expected) <= tolerance
    if isinstance(expected, dict):
        if isinstance(seen, dict) and expected.keys() == {"hue", "saturation"} == seen.keys():
            return _distance(seen, expected) <= tolerance
        return isinstance(seen, dict) and all(
            name in seen and fits(seen[name], value, tolerance) for name, value in expected.items()
        )
    return seen == expected


def _distance(one: dict[str, Json], other: dict[str, Json]) -> float:
    """Between two colours, as points of the disc with the hue (°) around it and the saturation (%) outwards: 359° is beside
    1°, and the hue of what is nearly white hardly counts. Infinite where a member is no number.
    """
    points = []
    for color in (one, other):
        hue, saturation = color["hue"], color["saturation"]
        if not isinstance(hue, int | float) or not isinstance(saturation, int | float):
            return math.inf
        points.append((saturation * math.cos(math.radians(hue)), saturation * math.sin(math.radians(hue))))
    return math.dist(*points)
