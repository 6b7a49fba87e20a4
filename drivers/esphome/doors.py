"""Devices at addresses that somebody wrote down (`hosts`): who is there, told as if it had announced itself."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from drivers.esphome.book import endpoint_of
from drivers.esphome.house import House
from drivers.esphome.pauses import Pauses
from drivers.esphome.session import Session, look
from drivers.esphome.sightings import Sighting
from drivers.esphome.wire.errors import LinkError

FIRST_PAUSE_S: Final = 2.0
LONGEST_PAUSE_S: Final = 300.0
"""Between tries at an address where nobody answers."""

LOOK_AGAIN_S: Final = 300.0
"""Whether it is still the same device, while that is not connected: addresses are given to others."""


class Door:
    """One address. `trouble` is a line for a person while nobody answers there."""

    def __init__(self, house: House, address: str, port: int, seen: Callable[[Sighting], None]) -> None:
        self.line = endpoint_of(address, port)
        self.trouble = ""
        self._house = house
        self._where = (address, port)
        self._seen = seen
        self._place = ""

    async def watch(self) -> None:
        """Until it is cancelled."""
        await self._house.opened.wait()
        pauses = Pauses(FIRST_PAUSE_S, LONGEST_PAUSE_S)
        while True:
            if self._is_connected():
                await asyncio.sleep(LOOK_AGAIN_S)
                continue
            try:
                async with self._house.slots:
                    found = await look(*self._where, self._house.clock)
            except LinkError as error:
                self.trouble = f"{self.line} (in hosts): {error}"
                await asyncio.sleep(pauses.next())
                continue
            self.trouble = ""
            pauses.reset()
            await self._tell(found)
            await asyncio.sleep(LOOK_AGAIN_S)

    def _is_connected(self) -> bool:
        device = self._house.book.get(self._place)
        return device is not None and device.connection is not None

    async def _tell(self, found: Session | str) -> None:
        address, port = self._where
        if isinstance(found, Session):
            await found.connection.farewell()
            place, is_encrypted = found.place, False
        else:
            place, is_encrypted = found, True
        if self._place and place != self._place:
            for device in self._house.book.lose(self.line):
                self._house.book.settle(device)
        self._place = place
        self._seen(Sighting(self.line, place, (address,), port, is_encrypted, place))
