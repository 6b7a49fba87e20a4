"""One at a time: who pairs, adopts, replaces or lets go of a device has it for itself meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from weakref import WeakValueDictionary

from gateway.inbox import CandidateKey


class Turns:
    def __init__(self) -> None:
        self._locks: WeakValueDictionary[CandidateKey, asyncio.Lock] = WeakValueDictionary()

    @asynccontextmanager
    async def of(self, *devices: CandidateKey) -> AsyncIterator[None]:
        """Waits until nobody else has any of them."""
        async with AsyncExitStack() as stack:
            for device in sorted(set(devices)):  # in one order, so that no two wait for each other
                lock = self._locks.get(device)
                if lock is None:
                    lock = self._locks[device] = asyncio.Lock()
                await stack.enter_async_context(lock)
            yield

    def is_taken(self, device: CandidateKey) -> bool:
        lock = self._locks.get(device)
        return lock is not None and lock.locked()
