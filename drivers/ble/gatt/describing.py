"""Devices that are no Things yet, described by one short connection each: a few, slowly, and none again and again."""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from typing import Final, Protocol

from drivers.ble.gatt.description import Description, describe, located
from drivers.ble.gatt.kept import being_cancelled
from drivers.ble.gatt.refusals import is_no, wants_pairing, why
from drivers.discovery.tools import Clock, Radio
from drivers.driver import NotSent

_LOG = logging.getLogger(__name__)

MAX_WAITING: Final = 64
"""Devices that wait to be described. More are taken up when they are heard again."""

CONNECT_S: Final = 15.0
"""For a stranger: others wait behind it."""

LOOK_S: Final = 15.0
"""So long a stranger may take to say what it is; it has the one connection that is not held."""

GAP_S: Final = 2.0
"""Between two strangers: the adapter is there for the Things."""

AGAIN_S: Final = 600.0
MAX_AGAIN_S: Final = 6 * 3600.0
"""After an attempt in vain, doubled each time."""

MAX_TRIED: Final = 1024
"""Devices whose last attempt is remembered; the oldest is forgotten."""


class Listener(Protocol):
    def described(self, address: str, description: Description) -> None: ...


class Describing:
    """`run` is a task. `gap_s` as `GAP_S`."""

    def __init__(self, radio: Radio, clock: Clock, listener: Listener, *, gap_s: float = GAP_S) -> None:
        self.attempts = 0
        self._radio, self._clock, self._listener, self._gap_s = radio, clock, listener, gap_s
        self._waiting: OrderedDict[str, None] = OrderedDict()
        self._tried: OrderedDict[str, tuple[float, float]] = (
            OrderedDict()
        )  # when it may be tried again, and the pause
        self._stir = asyncio.Event()

    def wanted(self, address: str) -> None:
        """The device was heard, and is not known."""
        if address in self._waiting or len(self._waiting) >= MAX_WAITING:
            return
        tried = self._tried.get(address)
        if tried is None or self._clock.monotonic() >= tried[0]:
            self._waiting[address] = None
            self._stir.set()

    def forgive(self) -> None:
        """A person is looking: those that were tried in vain may be tried again."""
        self._tried.clear()

    async def run(self) -> None:
        while True:
            while not self._waiting:
                self._stir.clear()
                await self._stir.wait()
            address, _ = self._waiting.popitem(last=False)
            self._remember(address)
            try:
                description = await self._describe(address)
            except (Exception, asyncio.CancelledError) as error:
                if being_cancelled():
                    raise
                _LOG.debug("%s could not be described: %s", address, why(error, address))
            else:
                self._listener.described(address, description)
            await asyncio.sleep(self._gap_s)

    def _remember(self, address: str) -> None:
        pause = min(MAX_AGAIN_S, self._tried[address][1] * 2) if address in self._tried else AGAIN_S
        self._tried[address] = (self._clock.monotonic() + pause, pause)
        self._tried.move_to_end(address)
        if len(self._tried) > MAX_TRIED:
            self._tried.popitem(last=False)

    async def _describe(self, address: str) -> Description:
        """With what can be known of it only by reading: whether it wants to be paired first."""
        self.attempts += 1
        async with self._radio.connected(address, deadline=CONNECT_S) as client, asyncio.timeout(LOOK_S):
            description = await describe(client, address)
            places = {key: one for key, _, one in located(client)}
            for at in dict.fromkeys(one.at for one in description.channels.values() if one.readable):
                try:
                    await client.read_gatt_char(places[at])
                except Exception as error:
                    if not is_no(error):
                        raise NotSent(why(error, address)) from error
                    description.problem(
                        why(error, address) if wants_pairing(error) else f"{at} cannot be read"
                    )
            return description
