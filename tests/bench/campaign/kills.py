"""When the power is cut: at a random moment of the activity, of the start, or at the n-th arrival at a named point."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Final

from gateway.failpoints import FURTHER_POINTS, POINTS

ACTIVITY_S: Final = 0.7
"""A kill comes at most so long after the API was ready …"""

BEGINNING_S: Final = 1.2
"""… or after the process was started: some of them before it listens, and while it settles what was open."""

POINT_PATIENCE_S: Final = 1.5
"""A point that is not passed so often in this time: then it is cut at once."""


WAITS: Final = 0.6
"""The share of the kills before which everything from the kill before is settled."""


@dataclass(frozen=True, slots=True)
class Kill:
    """One cut. `after_s` counts from the start of the process (`early`), or from when the API was ready."""

    number: int
    early: bool
    after_s: float
    point: str = ""  # name:count
    waits: bool = True  # only after everything from before was settled

    def __str__(self) -> str:
        if self.point:
            return f"kill {self.number} at {self.point}"
        since = "the start" if self.early else "the API was ready"
        return f"kill {self.number}, {self.after_s * 1000:.0f} ms after {since}"


def kill_of(seed: int, number: int) -> Kill:
    """The same for the same seed and number."""
    dice = random.Random(f"{seed}/kill/{number}")
    sort = dice.random()
    if sort < 0.15:
        return Kill(number, True, dice.uniform(0.0, BEGINNING_S), waits=False)
    if sort < 0.45:
        point = dice.choice((*POINTS, *FURTHER_POINTS))
        return Kill(number, False, POINT_PATIENCE_S, f"{point}:{dice.randint(1, 25)}", dice.random() < WAITS)
    return Kill(number, False, dice.uniform(0.0, ACTIVITY_S), waits=dice.random() < WAITS)
