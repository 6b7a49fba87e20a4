"""What a hub shows of itself in the inbox: as it is announced, each only when it changed."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace
from typing import Final

from drivers.driver import Candidate, Withdrawn
from drivers.homekit.advert import Advert
from drivers.homekit.describe import NAME, endpoint
from drivers.homekit.pin import ASKS

ELSEWHERE: Final = (
    "it is paired with somebody else: remove it there first (in Apple's Home app, say), or reset the accessory;"
    " then it can be paired here"
)


class Shown:
    def __init__(self, emit: Callable[[Candidate | Withdrawn], None]) -> None:
        self._emit = emit
        self._shown: dict[str, Candidate] = {}

    def get(self, device: str) -> Candidate | None:
        return self._shown.get(device)

    def stranger(self, hub: str, advert: Advert, left: str = "") -> None:
        """One that we have no keys to, or none that it takes. `left`: it was ours, in words."""
        self.show(
            Candidate(
                NAME, hub, endpoint(advert), advert.name, (), "", model=advert.model,
                asks=None if advert.is_paired else ASKS, problems=(left or ELSEWHERE,) if advert.is_paired else (),
            ),
            advert,
        )  # fmt: skip

    def show(self, candidate: Candidate, advert: Advert) -> None:
        candidate = replace(candidate, endpoint=endpoint(advert))
        if self._shown.get(candidate.id) != candidate:
            self._shown[candidate.id] = candidate
            self._emit(candidate)

    def only(self, devices: Collection[str], reason: str) -> None:
        """All others are withdrawn."""
        for device in self._shown.keys() - set(devices):
            del self._shown[device]
            self._emit(Withdrawn(NAME, device, reason))
