"""What is known of one device, however it was learned, and the candidate that it is."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Final

from drivers.ble.advertised import Advertised
from drivers.ble.bounds import Allowance, clean
from drivers.ble.gatt.description import Description
from drivers.ble.gatt.kept import Kept
from drivers.driver import Asks, Candidate, Endpoint

NAME: Final = "ble"

RENAMED_S: Final = 60.0
"""A device that calls itself otherwise with each advertisement is announced no more often."""

_MIN_SERIAL: Final = 8
"""Shorter serial numbers are those of a series ("0001")."""


@dataclass(slots=True)
class Device:
    address: str
    heard_at: float  # monotonic
    name: str = ""
    named_at: float = float("-inf")
    is_thing: bool = False
    reachable: bool | None = None
    stale: bool = False
    looked_at: float = float("-inf")
    allowance: Allowance | None = None
    advertised: Advertised | None = None
    gatt: Description | None = None
    link: Kept | None = None
    announced: Candidate | None = None

    def rename(self, name: str, now: float) -> bool:
        """Takes its name, and says whether it is another one: no more often than each `RENAMED_S`."""
        if not name or name == self.name or now - self.named_at < RENAMED_S:
            return False
        self.name, self.named_at = name, now
        return True

    def candidate(self, now: float) -> Candidate | None:
        """None: nothing of it is understood."""
        if self.advertised is not None:
            return self._advertised(self.advertised, now)
        return self._gatt(self.gatt) if self.gatt is not None and self.gatt.channels else None

    def _advertised(self, told: Advertised, now: float) -> Candidate | None:
        asks = None
        if told.locked(now):
            asks = Asks("key", told.row.hint, "231d39c1d7cc1ab1aee224cd096db932")
        components = told.components()
        if not components and asks is None:
            return None
        return Candidate(
            NAME, self.address, Endpoint(NAME, self.address), clean(self.name or told.title) or "Bluetooth sensor",
            components, _fingerprint(self.address, told.row.name), clean(told.manufacturer), clean(told.model),
            frozenset({f"mac:{self.address}"}), problems=told.problems(), asks=asks,
        )  # fmt: skip

    def _gatt(self, told: Description) -> Candidate:
        identities = {f"mac:{self.address}"}
        if len(told.serial) >= _MIN_SERIAL:
            identities.add(f"serial:{told.serial.lower()}")
        return Candidate(
            NAME, self.address, Endpoint(NAME, self.address), clean(self.name) or told.model or "Bluetooth device",
            told.components, _fingerprint(self.address, told.fingerprint), told.manufacturer, told.model,
            frozenset(identities), problems=tuple(told.problems),
        )  # fmt: skip


def _fingerprint(*parts: str) -> str:
    """Of what only tells its values there is nothing that could be commanded: its components may grow."""
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]
