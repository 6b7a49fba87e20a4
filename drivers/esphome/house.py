"""What all parts of the driver share while it runs."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Coroutine
from typing import Final

from capabilities.readings import Contact, Observation
from drivers.discovery.tools import Clock
from drivers.esphome.book import Book, Device
from drivers.mailbox import Mailbox, observations
from drivers.recording.taps import Taps

CONNECTS_AT_ONCE: Final = 8
"""Connections being made: a house that comes back after a power cut need not do so in one second."""


class House:
    def __init__(self, clock: Clock, taps: Taps) -> None:
        self.clock = clock
        self.book = Book(taps)
        self.observations: Mailbox[Observation] = observations()
        self.counters: Counter[str] = Counter()
        self.slots = asyncio.Semaphore(CONNECTS_AT_ONCE)
        self.opened = asyncio.Event()  # the vault could be read: before that nobody knows whom to trust
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, work: Coroutine[None, None, None], name: str) -> asyncio.Task[None]:
        task = asyncio.create_task(work, name=f"esphome: {name}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def stop(self) -> None:
        """Ends everything that was started."""
        while self._tasks:
            tasks = tuple(self._tasks)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def contact(self, device: Device, reachable: bool, reason: str = "") -> None:
        self.observations.put_nowait(Contact(device.place, reachable, self.clock.wall(), reason))
