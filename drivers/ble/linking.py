"""The connected half: the Things that are held or visited, and the strangers that are described."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from typing import Protocol

from capabilities.readings import Report
from drivers.ble.device import Device
from drivers.ble.gatt.describing import Describing
from drivers.ble.gatt.description import Description
from drivers.ble.gatt.kept import Holds, Kept
from drivers.ble.settings import BleSettings
from drivers.discovery.tools import Tools
from drivers.driver import NotSent


class Listener(Protocol):
    """The driver."""

    def described(self, address: str, description: Description) -> None: ...

    def report(self, report: Report) -> None: ...

    def contact(self, address: str, reachable: bool, reason: str) -> None: ...

    def overheard(self, address: str, at: str, raw: bytes) -> None: ...


class Linking:
    """Of the adapter's connections one stays free for strangers, visits and commands."""

    def __init__(self, settings: BleSettings, tools: Tools, listener: Listener) -> None:
        self._on, self._tools, self._listener = settings.gatt, tools, listener
        self._holds = Holds(settings.connections - 1)
        self._describing = Describing(tools.radio, tools.clock, listener)
        self._task: asyncio.Task[None] | None = None
        self._links: dict[str, tuple[Kept, asyncio.Task[None]]] = {}
        self._things: frozenset[str] = frozenset()
        self._ending: set[asyncio.Task[None]] = set()

    @property
    def described(self) -> int:
        return self._describing.attempts

    def start(self, things: Collection[str]) -> None:
        self._things = frozenset(things)
        self._task = asyncio.create_task(self._describing.run(), name="ble describing")

    async def close(self) -> None:
        tasks = [task for _, task in self._links.values()] + list(self._ending)
        if self._task is not None:
            tasks.append(self._task)
        self._task = None
        self._links.clear()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def keep(self, things: Collection[str]) -> None:
        self._things = frozenset(things)
        for address in self._links.keys() - self._things:
            _, task = self._links.pop(address)
            task.cancel()
            self._ending.add(task)
            task.add_done_callback(self._ending.discard)

    def heard(self, device: Device) -> None:
        """One that has services which are understood; it does not advertise while it is connected."""
        if not self._on or self._task is None:
            return
        if device.address not in self._things:
            device.link = None
            if device.gatt is None:
                self._describing.wanted(device.address)
            return
        if device.address not in self._links or self._links[device.address][1].done():
            link = Kept(device.address, self._tools.radio, self._tools.clock, self._listener, self._holds)
            task = asyncio.create_task(link.run(), name=f"ble {device.address}")
            self._links[device.address] = (link, task)
            device.link = link
        self._links[device.address][0].heard()

    def forgive(self) -> None:
        self._describing.forgive()

    def of(self, device: Device, point: str) -> Kept:
        """Who carries out what is asked of `point`. Raises `NotSent`."""
        if device.link is None:
            raise NotSent(f"{point} cannot be written: the sensor only tells")
        return device.link
