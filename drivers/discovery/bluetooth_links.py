"""Connections through the one adapter: few at a time, begun one after the other, each tried again until its deadline.

bleak-retry-connector does the same for Home Assistant's world; what of it matters for one adapter is here: a fresh handle for
each attempt, and a pause that grows.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, Final

from bleak import BleakClient
from bleak.exc import BleakDeviceNotFoundError

from drivers.driver import NotSent

if TYPE_CHECKING:
    from bleak.args.bluez import BlueZClientArgs
    from bleak.backends.client import BaseBleakClient
    from bleak.backends.device import BLEDevice

_LOG = logging.getLogger(__name__)

MAX_HANDLES: Final = 1024
"""Devices whose handle is kept, some 1 kB each. Whoever's was pushed out is connected to when it is next heard."""

ATTEMPT_S: Final = 20.0
"""BlueZ itself gives up after some 25 s; a device that is near takes less than 2 s."""

PAUSE_S: Final = 0.3
"""After the first failed attempt, and more after each further one: an adapter needs a moment."""

DISCONNECT_S: Final = 5.0
"""A device that does not let go is left: BlueZ ends the connection by itself."""

_BUSY: Final = ("InProgress", "in progress", "abort-by-local", "Busy")
"""What adapters say that cannot connect while they scan."""

Quiet = Callable[[], AbstractAsyncContextManager[None]]
"""While it lasts nothing is scanned for."""


class Links:
    """The connections, and the handles of who was heard of late."""

    def __init__(self, limit: int, client: type[BaseBleakClient] | None, adapter: str, quiet: Quiet) -> None:
        self.active = 0
        self.failures = 0
        self._limit = limit
        self._client = client
        self._bluez: BlueZClientArgs = {"adapter": adapter} if adapter else {}
        self._quiet = quiet
        self._slots = asyncio.Semaphore(limit)
        self._connecting = asyncio.Lock()  # a controller takes one order to connect at a time
        self._handles: OrderedDict[str, BLEDevice] = OrderedDict()
        self._awaited: dict[str, set[asyncio.Future[BLEDevice]]] = {}

    def heard(self, address: str, device: BLEDevice) -> None:
        self._handles[address] = device
        self._handles.move_to_end(address)
        if len(self._handles) > MAX_HANDLES:
            self._handles.popitem(last=False)
        if self._awaited and (waiting := self._awaited.pop(address, None)):
            for one in waiting:
                if not one.done():
                    one.set_result(device)

    def forget(self) -> None:
        """The adapter was opened anew: the handles are another one's."""
        self._handles.clear()

    @contextlib.asynccontextmanager
    async def connected(
        self, address: str, deadline: float, lost: Callable[[], None] | None
    ) -> AsyncIterator[BleakClient]:
        """As `Radio.connected`."""
        ends = asyncio.get_running_loop().time() + deadline
        try:
            async with asyncio.timeout_at(ends):
                await self._slots.acquire()
        except TimeoutError:
            raise NotSent(
                f"all {self._limit} Bluetooth connections are in use: try again in a minute"
            ) from None
        self.active += 1
        closing = False

        def ended(_: BleakClient) -> None:
            if not closing and lost is not None:
                lost()

        try:
            client = await self._connect(address.lower(), ends, ended)
            try:
                yield client
            finally:
                closing = True
                await _let_go(client)
        finally:
            self.active -= 1
            self._slots.release()

    async def _connect(self, address: str, ends: float, ended: Callable[[BleakClient], None]) -> BleakClient:
        loop, said, failed = asyncio.get_running_loop(), "", 0
        try:
            async with asyncio.timeout_at(ends):
                while True:
                    device = await self._handle(address)
                    async with self._connecting:
                        client = BleakClient(
                            device,
                            ended,
                            timeout=max(0.1, ends - loop.time()),
                            bluez=self._bluez,
                            backend=self._client,
                        )
                        try:
                            await self._attempt(client, quietly=any(word in said for word in _BUSY))
                        except Exception as error:
                            said = _why(error)
                            if isinstance(error, BleakDeviceNotFoundError):
                                self._handles.pop(address, None)
                        else:
                            return client
                    failed += 1
                    self.failures += 1
                    await asyncio.sleep(PAUSE_S * failed)
        except TimeoutError:
            why = f"it could not be connected to ({said})" if said else "it was not heard"
            raise NotSent(f"{address} is out of reach: {why}; bring it nearer, or switch it on") from None

    async def _attempt(self, client: BleakClient, *, quietly: bool) -> None:
        try:
            async with asyncio.timeout(ATTEMPT_S):
                if quietly:
                    async with self._quiet():
                        await client.connect()
                else:
                    await client.connect()
        except BaseException:
            await _let_go(client)
            raise

    async def _handle(self, address: str) -> BLEDevice:
        if (device := self._handles.get(address)) is not None:
            return device
        heard: asyncio.Future[BLEDevice] = asyncio.get_running_loop().create_future()
        waiting = self._awaited.setdefault(address, set())
        waiting.add(heard)
        try:
            return await heard
        finally:
            waiting.discard(heard)
            if not waiting and self._awaited.get(address) is waiting:
                del self._awaited[address]


async def _let_go(client: BleakClient) -> None:
    try:
        async with asyncio.timeout(DISCONNECT_S):
            await client.disconnect()
    except Exception as error:
        _LOG.debug("%s was not disconnected in order: %r", client.address, error)


def _why(error: BaseException) -> str:
    said = " ".join(str(part) for part in error.args) or type(error).__name__
    return " ".join(said.split())[:120]
