"""All devices that were heard, as few as must be remembered."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Final

from drivers.ble.bounds import FORGET_S, MAX_DEVICES, NEW_BURST, NEW_PER_S, Allowance
from drivers.ble.device import Device

MAX_THINGS: Final = 2048
"""Devices that are Things, which are never pushed out: more than one adapter can hear."""

TOLD_FOR_S: Final = 60.0
"""So long after somebody was turned away it is said."""


class Devices:
    """By address. `things` are those that are kept, whether they were heard or not."""

    def __init__(self) -> None:
        self.turned_away = 0
        self.left_out = 0  # Things that there is no room for
        self._turned_away_at = float("-inf")
        self.things: frozenset[str] = frozenset()
        self._all: dict[str, Device] = {}
        self._strangers = Allowance(NEW_PER_S, NEW_BURST)

    def __len__(self) -> int:
        return len(self._all)

    def __iter__(self) -> Iterator[Device]:
        return iter(list(self._all.values()))

    def get(self, address: str) -> Device | None:
        return self._all.get(address)

    def keep(self, things: Collection[str]) -> None:
        """Who is one already stays so; of new ones the first."""
        before = [address for address in things if address in self.things]
        fresh = [address for address in things if address not in self.things]
        self.left_out = len(things) - MAX_THINGS
        self.things = frozenset([*before, *fresh][:MAX_THINGS])
        for address in self.things:
            if address not in self._all:
                self._all[address] = Device(address, float("-inf"), is_thing=True)
        for device in self._all.values():
            device.is_thing = device.address in self.things

    def heard(self, address: str, now: float) -> Device | None:
        """The device; None where there is no room for one more, or too many came at once."""
        device = self._all.get(address)
        if device is None:
            if len(self._all) - len(self.things) >= MAX_DEVICES or not self._strangers.take(now):
                self.turned_away += 1
                self._turned_away_at = now
                return None
            device = self._all[address] = Device(address, now)
        device.heard_at = now
        return device

    def problems(self, now: float) -> list[str]:
        found = []
        if self.left_out > 0:
            found.append(
                f"{self.left_out} Things are not listened to: there is room for {MAX_THINGS}. Forget some."
            )
        if now - self._turned_away_at > TOLD_FOR_S:
            return found
        return [
            *found,
            f"More Bluetooth devices are heard than are looked at ({MAX_DEVICES}, and {NEW_PER_S:.0f} new ones a second): "
            "somebody near may be sending made-up addresses. Things are not affected; a new device may be found late.",
        ]

    def forget(self, address: str) -> None:
        if address not in self.things:
            self._all.pop(address, None)

    def silent(self, now: float) -> list[Device]:
        """Strangers that have not been heard for long: sooner where others wait for their places."""
        full = len(self._all) - len(self.things) >= MAX_DEVICES
        patience = FORGET_S if full else 2 * FORGET_S
        return [one for one in self._all.values() if not one.is_thing and now - one.heard_at > patience]
