"""Values out of states. The firmware counts in single-precision floats and 0…1; here it is tidy numbers and percent."""

from __future__ import annotations

import math
from collections.abc import Iterable
from enum import Enum
from typing import Final

from aioesphomeapi.util import fix_float_single_double_conversion

from capabilities.vocabulary import Json


class Nothing(Enum):
    NO_VALUE = "no value"
    UNKNOWN = "unknown"


NO_VALUE: Final = Nothing.NO_VALUE
"""The state says nothing of it: what was known holds."""

UNKNOWN: Final = Nothing.UNKNOWN
"""The device says that it does not know."""

MAX_TEXT_CHARS: Final = 1024
"""Of a text state. Home Assistant shows 255; the firmware's own buffers are mostly smaller."""


MAX_CHOICE_CHARS: Final = 256
"""Of a preset, an effect, a tone: the limit of the models."""


def number(value: float) -> int | float | Nothing:
    """NaN is how the firmware says that it has no value."""
    if not math.isfinite(value):
        return UNKNOWN
    tidy = float(fix_float_single_double_conversion(value))
    return int(tidy) if tidy.is_integer() and abs(tidy) < 2**53 else tidy


def scaled(value: float, factor: float, offset: float) -> int | float | Nothing:
    """`value * factor + offset`, without the digits that the multiplication invents."""
    if not math.isfinite(value):
        return UNKNOWN
    return number(float(f"{value * factor + offset:.7g}"))


def percent(share: float) -> int | float | Nothing:
    """0…1 → 0…100; what is beyond is not believed."""
    if not math.isfinite(share) or not -0.001 <= share <= 1.001:
        return UNKNOWN
    found = number(min(1.0, max(0.0, share)) * 100)
    return found if isinstance(found, Nothing) else _whole(round(found, 1))


def level(share: float) -> int | Nothing:
    """As `percent`, in whole steps; what is not quite 0 shows as 1, for a dim lamp is not a dark one."""
    found = percent(share)
    if isinstance(found, Nothing):
        return found
    return 0 if found <= 0 else max(1, min(100, round(found)))


def text(value: str) -> str | Nothing:
    return UNKNOWN if len(value) > MAX_TEXT_CHARS else value


def as_float(value: Json) -> float:
    """A number in a command. Raises `ValueError`."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError("should be a number")
    return float(value)


def as_share(value: Json) -> float:
    """A percentage in a command → 0…1. Raises `ValueError`."""
    share = as_float(value) / 100
    if not 0 <= share <= 1:
        raise ValueError("should be a percentage, from 0 to 100")
    return share


def as_bool(value: Json) -> bool:
    if not isinstance(value, bool):
        raise ValueError("should be true or false")
    return value


def as_text(value: Json) -> str:
    if not isinstance(value, str):
        raise ValueError("should be text")
    return value


def choices(told: Iterable[str], limit: int) -> list[str]:
    """What can be chosen: each once, no empty one, none that is longer than a word may be here."""
    return [one for one in dict.fromkeys(told) if 0 < len(one) <= MAX_CHOICE_CHARS][:limit]


def one_of(value: Json, options: list[str] | tuple[str, ...]) -> str:
    if not isinstance(value, str) or value not in options:
        raise ValueError(f"should be one of {', '.join(options)}"[:500])
    return value


def _whole(value: float) -> int | float:
    return int(value) if float(value).is_integer() else value
