"""Which Things were met on a serial line: remembered over restarts, so that nobody on the network can take their place while a
cable is unplugged.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Coroutine
from typing import Final

from drivers.discovery.tools import Vault

_MARK: Final = b"line"


class Lines:
    """`tasks` are writes that are under way."""

    def __init__(self, vault: Vault) -> None:
        self.tasks: set[asyncio.Task[None]] = set()
        self._vault = vault
        self._kept: set[str] = set()
        self._trouble = ""

    @property
    def problems(self) -> list[str]:
        return [self._trouble] if self._trouble else []

    async def load(self) -> Collection[str]:
        try:
            self._kept = set(await self._vault.load())
        except OSError as error:
            self._failed(error)
        return self._kept

    def met(self, device: str) -> None:
        """It is a Thing, and reached over a line."""
        if device not in self._kept:
            self._kept.add(device)
            self._do(self._vault.put(device, _MARK))

    def keep(self, devices: Collection[str]) -> None:
        """What is no Thing any more is forgotten. Before the driver is entered nothing is known yet."""
        for device in self._kept - set(devices):
            self._kept.discard(device)
            self._do(self._vault.delete(device))

    def _do(self, work: Coroutine[object, object, None]) -> None:
        async def done() -> None:
            try:
                await work
                self._trouble = ""
            except OSError as error:
                self._failed(error)

        task = asyncio.get_running_loop().create_task(done(), name="coap: remembers a line")
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    def _failed(self, error: OSError) -> None:
        why = error.strerror or error
        self._trouble = f"Which devices are on serial lines cannot be remembered ({why}): look at the disk"
