"""Stays with one Thing: connects, describes, listens, and comes back when it was lost."""

from __future__ import annotations

import asyncio
import logging
from typing import Final

from drivers.driver import Endpoint
from drivers.esphome.answers import Answers
from drivers.esphome.book import Device, endpoint_of
from drivers.esphome.description import DRIVER, described
from drivers.esphome.house import House
from drivers.esphome.pauses import LONGEST_REFUSED_S, Haste, Pauses, waited
from drivers.esphome.reception import Reception
from drivers.esphome.session import Session, reach
from drivers.esphome.wire.errors import Garbled, LinkError
from drivers.esphome.wire.messages import PB

_LOG: Final = logging.getLogger(__name__)

NOT_SEEN: Final = "it has not announced itself in the network yet"


class Keeper:
    def __init__(self, house: House, device: Device, answers: Answers) -> None:
        self._house = house
        self._device = device
        self._answers = answers
        self._pauses = Pauses()
        self._haste = Haste(house.clock.monotonic())
        self._said: tuple[bool, str] | None = None

    async def stay(self) -> None:
        """Until it is cancelled."""
        await self._house.opened.wait()
        if not self._device.where():
            self._say(False, NOT_SEEN)
        try:
            while True:
                self._device.wake.clear()
                try:
                    await self._try()
                except Exception as error:  # whatever a device says, the next try must come
                    _LOG.exception("an ESPHome device could not be understood")
                    self._failed(Garbled(f"what it says makes no sense here ({type(error).__name__})"))
                await self._pause()
        finally:
            if not self._device.is_kept:
                self._house.book.settle(self._device)

    async def _try(self) -> None:
        device = self._device
        where = device.where()
        if not where:
            return
        try:
            async with self._house.slots:
                session = await reach(where, device.place, device.secret, self._house.clock)
        except LinkError as error:
            self._failed(error)
        else:
            await self._live(session)

    def announced(self) -> None:
        """Its announcement changed: it may have restarted, or moved."""
        device = self._device
        if device.connection is None:
            device.wake.set()
        elif self._haste.take(self._house.clock.monotonic()):
            device.connection.prod()

    async def _pause(self) -> None:
        """An announcement ends it, unless too many do."""
        device = self._device
        pause = self._pauses.next(LONGEST_REFUSED_S if device.asks else None)
        if await waited(device.wake, pause) and not self._haste.take(self._house.clock.monotonic()):
            await asyncio.sleep(min(pause, 5.0))

    async def _live(self, session: Session) -> None:
        device, connection, house = self._device, session.connection, self._house
        lost: asyncio.Future[LinkError] = asyncio.get_running_loop().create_future()
        connection.lost = lambda error: None if lost.done() else lost.set_result(error)
        try:
            endpoint = Endpoint(DRIVER, endpoint_of(session.address, session.port))
            device.understood(await described(device.place, endpoint, session.listing))
            device.listed(session.listing, endpoint)
            device.address = (session.address, session.port)
            if device.described is not None:
                reception = Reception(
                    device.described,
                    house.clock,
                    house.observations.put_nowait,
                    self._answers.take,
                    device.heard,
                )
                connection.told = reception.told
            house.book.publish(device)
            connection.send(PB.SubscribeStatesRequest())
            device.connection = connection
            self._pauses.reset()
            self._say(True)
            error = await lost
        except LinkError as failure:
            error = failure
        finally:
            device.connection = None
            await connection.farewell()
            self._answers.lose(device.place)
        house.counters["lost"] += 1
        device.refused(error)
        self._say(False, device.trouble)
        house.book.publish(device)
        house.book.settle(device)

    def _failed(self, error: LinkError) -> None:
        device = self._device
        device.refused(error)
        self._house.counters["unreached"] += 1
        self._say(False, device.trouble)
        self._house.book.publish(device)

    def _say(self, reachable: bool, reason: str = "") -> None:
        if self._said != (reachable, reason):
            self._said = (reachable, reason)
            self._house.contact(self._device, reachable, reason)
