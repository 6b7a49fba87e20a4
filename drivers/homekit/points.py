"""Points: where an affordance is read and written in an accessory."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from capabilities.vocabulary import Json


class Nothing:
    """Out of these values nothing can be said."""


NOTHING = Nothing()

Decode = Callable[[Mapping[int, Json]], "Json | Nothing"]
"""The accessory's last values by instance id → the affordance's value. Raises `ValueError`, with what it should be."""

Encode = Callable[[Json], "tuple[tuple[int, Json], ...]"]
"""A command's value → what is written where. Raises `ValueError`."""


@dataclass(frozen=True, slots=True)
class Point:
    """`reads` are the characteristics that its value is made of; `asked` those that are read after a command, to see what came
    of it. `timed`: the accessory wants a write announced before (`tw`).
    """

    id: str
    device: str
    aid: int
    role: str
    reads: tuple[int, ...] = ()
    decode: Decode | None = None
    encode: Encode | None = None
    unit: str | None = None
    timed: bool = False
    readable: bool = False
    asked: tuple[int, ...] = ()
