"""Looks at devices that are no Things, once each and no more than that: what their description needs."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from typing import Final

from drivers.driver import Endpoint
from drivers.esphome.book import Device, endpoint_of
from drivers.esphome.description import DRIVER, described
from drivers.esphome.house import House
from drivers.esphome.pauses import Haste, waited
from drivers.esphome.session import Session, reach
from drivers.esphome.sightings import Sighting
from drivers.esphome.wire.errors import LinkError, NeedsKey, NotEncrypted

_LOG: Final = logging.getLogger(__name__)

LOOKERS: Final = 4
"""Looks at once: a hundred new devices are described within some seconds."""

MAX_FOUND_COMPONENTS: Final = 20_000
"""Of all that was found and is no Thing, some 30 MB: two hundred devices have a tenth of that."""

TRIES: Final = 4
"""For one device, until it announces something else."""

LOOK_AGAIN_S: Final = 600.0
"""So long nothing that a device announces makes anybody look again."""

UNKNOWN_AGAIN_S: Final = 60.0
"""The same for one that was not there when it was looked at."""

LOOKS_BURST: Final = 256
LOOK_BACK_S: Final = 2.0
"""Looks altogether, whatever is announced: 256 at once, and one more each 2 s."""

TRY_AGAIN_S: Final = 5.0
"""After the first try in vain; doubling."""


@dataclass(slots=True)
class _Looked:
    """When it was last looked at, what it announced then, and how often in vain."""

    at: float
    version: str
    tries: int = 0


class Survey:
    def __init__(self, house: House) -> None:
        self._house = house
        self._waiting: dict[str, float] = {}  # place → not before
        self._looked: dict[str, _Looked] = {}
        self._haste = Haste(house.clock.monotonic(), LOOKS_BURST, LOOK_BACK_S)
        self._stirred = asyncio.Event()

    def start(self) -> None:
        for number in range(LOOKERS):
            self._house.start(self._work(), f"looker {number}")

    def seen(self, device: Device, sighting: Sighting) -> None:
        """It announced itself, or something new of itself."""
        if device.is_kept:
            return
        if device.is_doubtful():
            device.refused(_doubt(device))
            self._house.book.publish(device)
            return
        before = self._looked.get(device.place)
        now = self._house.clock.monotonic()
        if before is None:
            self.look(device)
            return
        since = now - before.at
        is_unknown = device.described is None and device.asks is None
        if (is_unknown and since >= UNKNOWN_AGAIN_S) or (
            before.version != sighting.version and since >= LOOK_AGAIN_S
        ):
            self.look(device)

    def look(self, device: Device) -> None:
        """As soon as there is time."""
        self._looked.pop(device.place, None)
        self._waiting.setdefault(device.place, 0.0)
        self._stirred.set()

    def forget(self, device: Device) -> None:
        self._waiting.pop(device.place, None)
        self._looked.pop(device.place, None)

    async def _work(self) -> None:
        await self._house.opened.wait()
        while True:
            now = self._house.clock.monotonic()
            device, pause = self._next(now)
            if device is None or not self._haste.take(now):
                self._stirred.clear()
                await waited(self._stirred, LOOK_BACK_S if device is not None else pause)
                continue
            del self._waiting[device.place]
            try:
                await self._look(device)
            except Exception:  # whatever a device says, the others have their turn
                _LOG.exception("an ESPHome device could not be understood")

    def _next(self, now: float) -> tuple[Device | None, float]:
        """Whose turn it is, or how long until there is one."""
        for place in tuple(self._waiting):
            device = self._house.book.get(place)
            if device is None or device.is_kept or not device.where():
                del self._waiting[place]
            elif self._waiting[place] <= now:
                return device, 0.0
        return None, min((due - now for due in self._waiting.values()), default=3600.0)

    async def _look(self, device: Device) -> None:
        house, sighting = self._house, device.sighting
        done = self._looked.setdefault(device.place, _Looked(0.0, ""))
        done.at, done.version = house.clock.monotonic(), sighting.version if sighting else ""
        house.counters["looks"] += 1
        try:
            async with house.slots:
                session = await reach(device.where(), device.place, device.secret, house.clock)
        except LinkError as error:
            device.refused(error)
            done.tries += 1
            if device.asks is None and done.tries < TRIES:
                self._waiting[device.place] = done.at + TRY_AGAIN_S * 2**done.tries
        else:
            if device.is_doubtful():  # its own announcement came meanwhile
                await session.connection.farewell()
                device.refused(_doubt(device))
                house.book.publish(device)
                return
            await take_in(device, session)
            if house.book.found_components() > MAX_FOUND_COMPONENTS:
                device.described, device.trouble = (
                    None,
                    "there is no room for what it lists: too much was found already",
                )
        if not device.is_kept:
            house.book.publish(device)


def _doubt(device: Device) -> LinkError:
    """It is encrypted; or it is said to be, and said not to be."""
    if all(one.is_encrypted for one in device.sightings.values()):
        return NeedsKey("it is encrypted")
    return NotEncrypted("it is announced with encryption, and without")


async def take_in(device: Device, session: Session) -> None:
    """What it lists, and goodbye."""
    try:
        endpoint = Endpoint(DRIVER, endpoint_of(session.address, session.port))
        device.understood(await described(device.place, endpoint, session.listing))
        device.listed(session.listing, endpoint)
        device.address = (session.address, session.port)
    finally:
        await session.connection.farewell()
