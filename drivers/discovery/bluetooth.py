"""The one BLE scanner: it hears for all drivers, connects for them, and gets a stuck adapter going again.

habluetooth, which Home Assistant has for that, manages many remote scanners and needs CAP_NET_ADMIN for its repairs; here one
adapter is looked after, through BlueZ alone.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from itertools import islice
from types import TracebackType
from typing import Any, Final, Protocol, Self

from bleak import BleakScanner
from bleak.args.bluez import BlueZScannerArgs
from bleak.backends.client import BaseBleakClient
from bleak.backends.device import BLEDevice
from bleak.backends.scanner import AdvertisementData, BaseBleakScanner

from drivers.discovery.bluetooth_links import Links
from drivers.discovery.bluetooth_marks import Marks
from drivers.discovery.bluetooth_power import BlueZPower, Power
from drivers.discovery.bluetooth_troubles import trouble
from drivers.discovery.bluetooth_watchdog import Step, Watchdog
from drivers.discovery.declared import Declared
from drivers.discovery.seen import Advertisement
from drivers.discovery.tools import Clock, Stop
from drivers.driver import DriverHealth

_LOG = logging.getLogger(__name__)

CONNECTIONS: Final = 3
"""At a time: the cheapest adapters hold five, and others want some of them."""

CHECK_S: Final = 10.0
"""How often the adapter is looked at."""

IDLE_LOOKS: Final = 3
"""So many looks in a row at an adapter that does not scan, and hears nothing: BlueZ itself rests for some seconds at times."""

START_S: Final = 20.0
"""BlueZ starts a scan within a second; one that takes longer hangs."""

STOP_S: Final = 5.0
"""An adapter that does not stop is left as it is: the gateway must come to its end."""

MAX_RETRY_S: Final = 300.0
"""The longest pause before an adapter that is not there is looked for again: somebody may just have plugged it in."""

MAX_SEEN: Final = 4096
"""Devices that bleak remembers of one scan, some 2 kB each. BlueZ forgets who is silent; a flood of random addresses may be
faster, and then the scan is begun anew.
"""

MAX_NAME_CHARS: Final = 248
"""Core Specification, volume 3, part C, 12.1: a device's name has up to 248 bytes."""

MAX_UUIDS: Final = 64
"""Services, service data and manufacturers that are passed on of one advertisement, each."""


class Backend(Protocol):
    """Another Bluetooth stack than the platform's own: what `bleak` takes as `backend`."""

    @property
    def scanner(self) -> type[BaseBleakScanner]: ...

    @property
    def client(self) -> type[BaseBleakClient]: ...


class BleScanner:
    """A `Radio`, as an async context manager. Entering it returns at once, whether there is an adapter or not."""

    def __init__(
        self,
        clock: Clock,
        *,
        adapter: str = "",
        backend: Backend | None = None,
        connections: int = CONNECTIONS,
        power: Power | None = None,
        check_s: float = CHECK_S,
    ) -> None:
        self._clock = clock
        self._adapter = adapter
        self._backend = backend
        self._power: Power | None = BlueZPower() if power is None and backend is None else power
        self._check_s = check_s
        self._marks = Marks()
        self._links = Links(connections, backend.client if backend else None, adapter, self._quiet)
        self._watchdog = Watchdog()
        self._scanner: BleakScanner | None = None  # while it scans
        self._turn = asyncio.Lock()  # starting and stopping, one after the other
        self._pauses = 0
        self._task: asyncio.Task[None] | None = None
        self._trouble = ""
        self._idle_looks = 0
        self._heard_before = 0
        self._counters = {"heard": 0, "restarts": 0, "reopened": 0, "power_cycles": 0, "failed_starts": 0}

    async def __aenter__(self) -> Self:
        self._trouble = "the Bluetooth adapter is being opened"
        self._task = asyncio.create_task(self._run(), name="bluetooth scanner")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        self._links.forget()

    def watch(self, declared: Declared, told: Callable[[Advertisement], None]) -> Stop:
        """As `Radio.watch`."""
        return self._marks.add(declared, told)

    def connected(
        self, address: str, *, deadline: float, lost: Callable[[], None] | None = None
    ) -> AbstractAsyncContextManager[Any]:
        """As `Radio.connected`."""
        return self._links.connected(address, deadline, lost)

    def health(self) -> DriverHealth:
        """`connected`: it scans, and nothing is wrong that anybody knows of."""
        scanning = self._scanner is not None or self._pauses > 0
        problems = (self._trouble,) if self._trouble else ()
        name = f" on {self._adapter}" if self._adapter else ""
        detail = f"scanning{name}, {self._links.active} connections" if not problems else problems[0]
        counters = {
            **self._counters, "failed_connections": self._links.failures, "failed_watchers": self._marks.failures
        }  # fmt: skip
        return DriverHealth(scanning and not problems, detail, counters, problems)

    async def _run(self) -> None:
        failed = 0
        while True:
            try:
                await self._scan()
                failed = 0
            except Exception as error:
                self._counters["failed_starts"] += 1
                said = trouble(error, self._adapter)
                if said != self._trouble:
                    _LOG.warning("%s", said)
                self._trouble = said
                pause = min(MAX_RETRY_S, min(2.0, self._check_s) * 2.0**failed)
                failed = min(failed + 1, 10)
                await asyncio.sleep(pause * random.uniform(0.8, 1.2))  # noqa: S311 -- no secret

    async def _scan(self) -> None:
        """Opens the adapter, and scans until it must be opened anew. Raises what the library raises."""
        bluez: BlueZScannerArgs = {"adapter": self._adapter} if self._adapter else {}
        kind = self._backend.scanner if self._backend else None
        scanner = BleakScanner(self._on_advertisement, bluez=bluez, backend=kind)
        try:
            await self._start(scanner)
            await self._look_after(scanner)
        finally:
            await self._stop(scanner)

    async def _look_after(self, scanner: BleakScanner) -> None:
        while True:
            await asyncio.sleep(self._check_s)
            if self._pauses:
                continue
            step = self._watchdog.look(self._clock.monotonic(), may_cycle=self._links.active == 0)
            if step is Step.NOTHING:
                step = await self._own_look(scanner)
            if step is Step.NOTHING:
                continue
            _LOG.info("the Bluetooth adapter may be stuck: %s", step.value)
            if step is not Step.RESTART or not await self._restarted(scanner):
                if step is Step.POWER_CYCLE:
                    await self._cycle(scanner)
                self._counters["reopened"] += 1
                self._links.forget()
                return
            if self._watchdog.suspicious:
                self._trouble = "nothing is heard any more: the Bluetooth adapter is being started again"

    async def _own_look(self, scanner: BleakScanner) -> Step:
        """What can be seen without waiting for silence."""
        if self._scanner is None:
            return Step.REOPEN  # it did not start again after a pause
        if len(scanner.discovered_devices) > MAX_SEEN:
            return Step.RESTART
        if self._power is None:
            return Step.NOTHING
        state = await self._power.state(self._adapter)
        idle = state is not None and not (state.powered and state.discovering) and not self._pauses
        heard = self._counters["heard"]
        self._idle_looks = self._idle_looks + 1 if idle and heard == self._heard_before else 0
        self._heard_before = heard
        if self._idle_looks < IDLE_LOOKS:
            return Step.NOTHING
        self._idle_looks = 0
        return Step.REOPEN  # BlueZ was restarted, or somebody switched the adapter off

    async def _restarted(self, scanner: BleakScanner) -> bool:
        self._counters["restarts"] += 1
        try:
            await self._stop(scanner)
            await self._start(scanner)
        except Exception as error:
            _LOG.info("the scan could not be restarted: %s", trouble(error, self._adapter))
            return False
        return True

    async def _cycle(self, scanner: BleakScanner) -> None:
        if self._power is None:
            return
        await self._stop(scanner)
        if await self._power.cycle(self._adapter):
            self._counters["power_cycles"] += 1
        else:
            self._trouble = (
                "nothing is heard any more, and the Bluetooth adapter cannot be switched off and on from here: unplug it"
                " for a moment"
            )

    async def _start(self, scanner: BleakScanner) -> None:
        async with self._turn, asyncio.timeout(START_S):
            await scanner.start()
            self._scanner = scanner
            self._watchdog.started(self._clock.monotonic())
            if not self._watchdog.suspicious:
                self._trouble = ""

    async def _stop(self, scanner: BleakScanner) -> None:
        """Never raises: an adapter that is gone cannot be told to stop."""
        async with self._turn:
            self._scanner = None
            try:
                async with asyncio.timeout(STOP_S):
                    await scanner.stop()
            except Exception as error:
                _LOG.debug("the scan was not stopped in order: %r", error)

    @contextlib.asynccontextmanager
    async def _quiet(self) -> AsyncIterator[None]:
        """For adapters that cannot connect while they scan."""
        scanner = self._scanner
        self._pauses += 1
        try:
            if scanner is not None:
                await self._stop(scanner)
            yield
        finally:
            self._pauses -= 1
            if scanner is not None and not self._pauses:
                with contextlib.suppress(Exception):  # then the watchdog's next look opens the adapter anew
                    await self._start(scanner)

    def _on_advertisement(self, device: BLEDevice, data: AdvertisementData) -> None:
        self._counters["heard"] += 1
        address = device.address.lower()
        self._links.heard(address, device)
        self._watchdog.heard(self._clock.monotonic())
        if self._trouble:
            self._trouble = ""
        if watches := self._marks.wanted(data):
            self._marks.tell(watches, _seen(address, device, data, self._clock.wall()))


def _seen(address: str, device: BLEDevice, data: AdvertisementData, at: float) -> Advertisement:
    name = (data.local_name or device.name or "")[:MAX_NAME_CHARS]
    return Advertisement(
        address,
        ""
        if name.lower().replace("-", ":") == address
        else name,  # BlueZ calls a nameless device by its address
        data.rssi,
        at,
        tuple(uuid.lower() for uuid in data.service_uuids[:MAX_UUIDS]),
        {uuid.lower(): value for uuid, value in islice(data.service_data.items(), MAX_UUIDS)},
        dict(islice(data.manufacturer_data.items(), MAX_UUIDS)),
        device,
    )
