"""How often one device may change its announcement: each change costs a description, a write to the disk."""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

CHANGES_AT_ONCE: Final = 10
"""A device that announces its entities one after the other, over a slow link, takes a few."""

CHANGE_EVERY_S: Final = 10.0
"""From there on. What comes in between waits, and only the newest of it counts."""

KNOWN_DEVICES: Final = 5000


class ChangeBudget:
    """A bucket for each device, refilled with time. `now` is monotonic seconds."""

    def __init__(self) -> None:
        self._spent: OrderedDict[str, tuple[float, float]] = OrderedDict()  # device -> changes, as of when
        self.held_back = 0

    def take(self, device: str, now: float) -> bool:
        """Whether a change of `device` may go on now; it counts if so."""
        spent, at = self._spent.get(device, (0.0, now))
        spent = max(0.0, spent - (now - at) / CHANGE_EVERY_S)
        may = spent + 1 <= CHANGES_AT_ONCE
        self._spent[device] = (spent + may, now)
        self._spent.move_to_end(device)
        if len(self._spent) > KNOWN_DEVICES:
            self._spent.popitem(last=False)
        self.held_back += not may
        return may
