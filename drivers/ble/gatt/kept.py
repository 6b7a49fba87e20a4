"""One device that is a Thing: held connected, or, where connections are few, visited now and then.

connecting → described → subscribed → read → held until it is lost. A connection is tried only after the device was heard
again: an order to connect to somebody who is not there blocks the adapter for everybody.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from typing import Final, Protocol

from bleak import BleakClient
from bleak.backends.characteristic import BleakGATTCharacteristic

from capabilities.readings import Reading, Report
from capabilities.vocabulary import Json, Quality
from drivers.ble.gatt import outputs
from drivers.ble.gatt.description import Description, GattChannel, describe, located
from drivers.ble.gatt.refusals import is_no, wants_pairing, why
from drivers.discovery.tools import Clock, Radio
from drivers.driver import NotSent, Rejected, Uncertain

_LOG = logging.getLogger(__name__)

CONNECT_S: Final = 45.0
"""Two attempts, and some waiting for others."""

DESCRIBE_S: Final = 30.0
"""A device with many services takes some seconds."""

POLL_S: Final = 300.0
"""How often what does not notify is read: a battery or a temperature changes no faster, and each read costs the device some."""

FIRST_RETRY_S: Final = 0.5
MAX_RETRY_S: Final = 120.0
"""Between attempts, doubled each time, with jitter."""

MAX_COMMANDS: Final = 8
"""Of one device that wait for their answer: ATT has one question at a time."""

SHORT_S: Final = 10.0
"""A connection that ended sooner counts as one that could not be made: the next attempt waits longer."""

UNHEARD_S: Final = 3 * POLL_S
"""A device that is visited and was not heard for so long is out of reach."""

MISSED_VISITS: Final = 2
"""Visits in a row that failed until a device counts as unreachable."""


ENDED: Final = "the connection ended; it is made again when the device is heard"

Deed = Callable[[BleakClient, asyncio.Event], Awaitable[None]]
"""What is done with a connected device; it sets the event before the first byte that does something goes out."""


class Teller(Protocol):
    """Who hears what comes of it."""

    def described(self, address: str, description: Description) -> None: ...

    def report(self, report: Report) -> None: ...

    def contact(self, address: str, reachable: bool, reason: str) -> None: ...

    def overheard(self, address: str, at: str, raw: bytes) -> None:
        """What was read of a characteristic, or notified."""


class Holds:
    """How many devices may be held connected at a time."""

    def __init__(self, limit: int) -> None:
        self._free = limit

    def take(self) -> bool:
        if self._free <= 0:
            return False
        self._free -= 1
        return True

    def give_back(self) -> None:
        self._free += 1


class Kept:
    """`run` is a task; the rest is called from the loop."""

    def __init__(self, address: str, radio: Radio, clock: Clock, teller: Teller, holds: Holds) -> None:
        self.address = address
        self.reason = "it has not been heard yet"
        self._radio, self._clock, self._teller, self._holds = radio, clock, teller, holds
        self._description: Description | None = None
        self._readings: dict[str, Reading] = {}
        self._client: BleakClient | None = None
        self._visited = False  # without a held connection: commands connect by themselves
        self._was_up = False
        self._heard = asyncio.Event()
        self._stir = asyncio.Event()  # the connection is lost, or something should be read now
        self._lost = False
        self._commands = asyncio.Lock()
        self._waiting: set[asyncio.Task[None]] = set()

    def heard(self) -> None:
        self._heard.set()

    @property
    def reachable(self) -> bool:
        return self._client is not None or self._visited

    def values(self) -> list[Report]:
        """What it said last; stale while it is out of reach."""
        at = self._clock.wall()
        if self.reachable:
            return [Report(point, reading) for point, reading in self._readings.items()]
        return [
            Report(point, Reading(one.value, one.unit, one.observed_at, at, Quality.STALE))
            for point, one in self._readings.items()
        ]

    def knows(self, point: str) -> bool:
        return self._description is not None and point in self._description.channels

    async def run(self) -> None:
        failed = 0
        while True:
            await self._until_heard()
            held, began = self._holds.take(), self._clock.monotonic()
            try:
                await self._session(hold=held)
                failed = 0
            except (Exception, asyncio.CancelledError) as error:
                if being_cancelled():
                    raise  # else a library cancelled what it waited for itself, as the connection ended
                reason = str(error) if isinstance(error, NotSent) else why(error, self.address)
                reason = ENDED if self._lost else reason
                lasted = self._clock.monotonic() - began
                failed = 0 if self._was_up and lasted > SHORT_S else failed + 1
                if held or failed >= MISSED_VISITS or not self._visited:
                    self._out_of_reach(reason)
            finally:
                self._client, self._was_up = None, False
                if held:
                    self._holds.give_back()
                await self._end_commands()
            self._heard.clear()
            self._stir.clear()
            if not held and not failed:
                await self._rest(POLL_S)
            else:
                await self._rest(min(MAX_RETRY_S, FIRST_RETRY_S * 2.0 ** min(max(0, failed - 1), 10)))

    async def _until_heard(self) -> None:
        try:
            async with asyncio.timeout(UNHEARD_S if self._visited else None):
                await self._heard.wait()
        except TimeoutError:
            self._out_of_reach(f"{self.address} has not been heard for {UNHEARD_S / 60:.0f} minutes")
            await self._heard.wait()

    async def _rest(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds * random.uniform(0.8, 1.2)):  # noqa: S311 -- no secret
                await self._stir.wait()
        self._stir.clear()

    def _out_of_reach(self, reason: str) -> None:
        self.reason, self._client, self._visited = reason, None, False
        _LOG.debug("%s: %s", self.address, reason)
        self._teller.contact(self.address, False, reason)

    async def _session(self, *, hold: bool) -> None:
        """Returns when a visit is over. Raises when the connection could not be made, or ended."""
        self._lost = False
        async with self._radio.connected(self.address, deadline=CONNECT_S, lost=self._gone) as client:
            async with asyncio.timeout(DESCRIBE_S):
                description = await describe(client, self.address)
            places = {key: one for key, _, one in located(client)}
            self._description = description
            self._client, self._visited, self._was_up = client, not hold, True
            self._teller.described(self.address, description)
            async with asyncio.timeout(DESCRIBE_S):
                if hold:
                    await self._subscribe(
                        client, places, description
                    )  # first: what changes meanwhile is told
                await self._read_all(client, places, description)
            self._teller.contact(self.address, True, "")
            while hold:
                await self._rest(POLL_S)
                if self._lost or not client.is_connected:
                    raise NotSent(
                        f"{self.address}: the connection ended; it is made again when the device is heard"
                    )
                async with asyncio.timeout(DESCRIBE_S):
                    await self._read_all(client, places, description)
            await self._settled()
            self._client = None

    def _gone(self) -> None:
        """At once, and not when the connection was cleared away: a command that comes now is not sent."""
        self._lost = True
        self._stir.set()
        if self._client is not None and not self._visited:
            self._out_of_reach(ENDED)

    async def _settled(self) -> None:
        if self._waiting:
            await asyncio.wait(set(self._waiting), timeout=DESCRIBE_S)

    async def _subscribe(
        self, client: BleakClient, places: dict[str, BleakGATTCharacteristic], description: Description
    ) -> None:
        for at in dict.fromkeys(one.at for one in description.channels.values() if one.notifies):
            try:
                await client.start_notify(places[at], partial(self._notified, description, at))
            except Exception as error:
                if not is_no(error):
                    raise
                self._problem(description, at, error)

    def _notified(self, description: Description, at: str, _: object, raw: bytearray) -> None:
        self._take(description, at, bytes(raw))

    async def _read_all(
        self, client: BleakClient, places: dict[str, BleakGATTCharacteristic], description: Description
    ) -> None:
        for at in dict.fromkeys(one.at for one in description.channels.values() if one.readable):
            try:
                self._take(description, at, bytes(await client.read_gatt_char(places[at])))
            except Exception as error:
                if not is_no(error):
                    raise
                self._problem(description, at, error)

    def _problem(self, description: Description, at: str, error: BaseException) -> None:
        line = (
            why(error, self.address)
            if wants_pairing(error)
            else f"{at} cannot be read: {why(error, self.address)}"
        )
        if line not in description.problems:
            description.problem(line)
            self._teller.described(self.address, description)

    def _take(self, description: Description, at: str, raw: bytes) -> None:
        self._teller.overheard(self.address, at, raw)
        for report in description.reports(at, raw, self._clock.wall()):
            self._readings[report.point] = report.reading
            self._teller.report(report)

    async def read(self, point: str, deadline: float) -> None:
        channel = self._channel(point)
        if not channel.readable:
            raise Rejected(f"{point} cannot be asked for: the device tells it by itself")
        await self._do(partial(self._ask, channel), deadline, f"reading {point}")

    async def write(self, point: str, value: Json, deadline: float) -> None:
        channel = self._channel(point)
        if not channel.writable:
            raise NotSent(f"{point} cannot be written: it is only told")
        if not isinstance(value, bool):
            raise NotSent(f"{point} takes true or false")
        await self._do(partial(self._put, channel, value), deadline, f"writing {point}")

    def _channel(self, point: str) -> GattChannel:
        channel = self._description.channels.get(point) if self._description is not None else None
        if channel is None:
            raise NotSent(f"{point} is not known")
        return channel

    async def _do(self, deed: Deed, deadline: float, what: str) -> None:
        """A question that was sent is waited for even when nobody listens any more: ATT has no second one before its answer."""
        if not self.reachable:
            raise NotSent(f"{self.address} is out of reach: {self.reason}")
        if len(self._waiting) >= MAX_COMMANDS:
            raise NotSent(f"{self.address} is busy with {MAX_COMMANDS} commands: try again in a moment")
        sent = asyncio.Event()
        task = asyncio.create_task(self._in_turn(deed, sent, deadline), name=f"ble {what}")
        self._waiting.add(task)
        task.add_done_callback(self._done)
        try:
            async with asyncio.timeout(deadline):
                await asyncio.shield(task)
        except TimeoutError:
            if not sent.is_set():
                task.cancel()
                raise NotSent(f"{what} had to wait too long for its turn") from None
            raise Uncertain(f"{self.address} did not answer in time: look whether it was done") from None
        except asyncio.CancelledError:
            if not sent.is_set() or task.cancelled():
                task.cancel()
            if task.cancelled() and not being_cancelled():
                raise _ended(sent, self.address) from None
            raise

    def _done(self, task: asyncio.Task[None]) -> None:
        self._waiting.discard(task)
        if not task.cancelled():
            task.exception()  # looked at, also where nobody waits any more

    async def _in_turn(self, deed: Deed, sent: asyncio.Event, deadline: float) -> None:
        try:
            async with self._commands, self._connection(deadline) as client:
                await deed(client, sent)
        except (NotSent, Rejected):
            raise
        except Exception as error:
            if is_no(error):
                raise Rejected(why(error, self.address)) from error
            if sent.is_set():
                raise Uncertain(f"{why(error, self.address)}; look whether it was done") from error
            raise NotSent(why(error, self.address)) from error

    @contextlib.asynccontextmanager
    async def _connection(self, deadline: float) -> AsyncIterator[BleakClient]:
        if self._client is not None:
            yield self._client
            return
        async with self._radio.connected(self.address, deadline=deadline) as client:
            yield client

    async def _put(self, channel: GattChannel, value: bool, client: BleakClient, sent: asyncio.Event) -> None:
        place = _place(client, channel)
        states = [outputs.UNKNOWN] * channel.signals
        if channel.signals > 1:
            if not channel.readable:
                raise NotSent(f"{channel.point}: the other outputs cannot be read, and would be changed too")
            states = outputs.signals(bytes(await client.read_gatt_char(place)), channel.signals)
            if any(one == outputs.UNKNOWN for i, one in enumerate(states) if i != channel.signal):
                raise NotSent(
                    f"{channel.point}: the device does not know its other outputs, which would be changed too"
                )
        states[channel.signal] = outputs.ACTIVE if value else outputs.INACTIVE
        sent.set()
        await client.write_gatt_char(place, outputs.packed(states), response=channel.acknowledged)
        if channel.readable and self._description is not None:
            if client is self._client:
                self._stir.set()  # read again at once: what it shows is the device's own word
            else:
                self._take(self._description, channel.at, bytes(await client.read_gatt_char(place)))

    async def _ask(self, channel: GattChannel, client: BleakClient, sent: asyncio.Event) -> None:
        sent.set()
        raw = bytes(await client.read_gatt_char(_place(client, channel)))
        if self._description is not None:
            self._take(self._description, channel.at, raw)

    async def _end_commands(self) -> None:
        waiting = list(self._waiting)
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)


def _place(client: BleakClient, channel: GattChannel) -> BleakGATTCharacteristic:
    for key, _, characteristic in located(client):
        if key == channel.at:
            return characteristic
    raise NotSent(f"{channel.point}: the device does not have it any more")


def being_cancelled() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def _ended(sent: asyncio.Event, address: str) -> NotSent | Uncertain:
    if sent.is_set():
        return Uncertain(f"{address} was lost before it answered: look whether it was done")
    return NotSent(f"{address} was lost before the command went out")
