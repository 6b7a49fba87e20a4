"""The bounded mailbox between a driver and whoever reads it.

While there is room everything queues in order. When it is full, the newest item of a key replaces the one that waits, in its
place; an item without a key, or with a new one, pushes the oldest out. What was lost is counted in `dropped`.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Final, Generic, Self, TypeVar

from capabilities.readings import Contact, Observation, Report

T = TypeVar("T")

OBSERVATIONS_CAPACITY_ITEMS: Final = 8192
"""Four reports of each of 2,000 properties: a burst after a reconnect fits; about 3 MB when full."""

FAIR_SHARE_ITEMS: Final = 256
"""So many items are handed out in a row before other tasks get their turn: some 5 ms of a reader that spends 20 µs each."""


class Mailbox(Generic[T]):
    """One writer side (`put_nowait`, from the loop's thread), one reader at a time (`async for`)."""

    def __init__(self, capacity: int, key: Callable[[T], str | None]) -> None:
        self.dropped = 0
        self._capacity = capacity
        self._key = key
        self._slots: deque[list[T]] = deque()  # one item each; a list so that it can be replaced in its place
        self._newest: dict[str, list[T]] = {}
        self._waiter: asyncio.Future[None] | None = None
        self._pulses: list[asyncio.Future[None]] = []
        self._handed_out = 0
        self._closed = False

    def __len__(self) -> int:
        return len(self._slots)

    def put_nowait(self, item: T) -> None:
        """Never blocks, never raises. After `close` it does nothing."""
        if self._closed:
            return
        key = self._key(item)
        if len(self._slots) >= self._capacity:
            self.dropped += 1
            slot = self._newest.get(key) if key is not None else None
            if slot is not None:
                slot[0] = item
                return
            self._forget_oldest()
        slot = [item]
        if key is not None:
            self._newest[key] = slot
        self._slots.append(slot)
        if self._waiter is not None:
            self._wake()

    def close(self) -> None:
        """The reader gets what still waits, then its iteration ends."""
        self._closed = True
        self._wake()

    def pulse(self) -> asyncio.Future[None]:
        """Done once the reader has come back for more: with nothing left to read, or a fair share behind it."""
        self._pulses = [one for one in self._pulses if not one.done()]
        pulse: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._pulses.append(pulse)
        self._wake()
        return pulse

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> T:
        slots = self._slots
        if self._handed_out >= FAIR_SHARE_ITEMS:
            self._handed_out = 0
            self._beat()
            await asyncio.sleep(0)
        while not slots:
            if self._closed:
                raise StopAsyncIteration
            self._handed_out = 0
            self._beat()
            self._waiter = asyncio.get_running_loop().create_future()
            await self._waiter
        self._handed_out += 1
        return self._take()

    def _take(self) -> T:
        slot = self._slots.popleft()
        item = slot[0]
        key = self._key(item)
        if key is not None and self._newest.get(key) is slot:
            del self._newest[key]
        return item

    def _forget_oldest(self) -> None:
        """A state of contact that nothing newer replaces goes to the end instead: losing it would leave a device in limbo."""
        for _ in range(len(self._slots)):
            slot = self._slots.popleft()
            key = self._key(slot[0])
            newest = key is not None and self._newest.get(key) is slot
            if newest and isinstance(slot[0], Contact):
                self._slots.append(slot)
                continue
            if newest and key is not None:
                del self._newest[key]
            return
        self._slots.popleft()

    def _beat(self) -> None:
        if self._pulses:
            for pulse in self._pulses:
                if not pulse.done():
                    pulse.set_result(None)
            self._pulses.clear()

    def _wake(self) -> None:
        waiter, self._waiter = self._waiter, None
        if waiter is not None and not waiter.done():
            waiter.set_result(None)


def observations() -> Mailbox[Observation]:
    """A mailbox for what a driver sees: newest report of a point and newest contact of a device win; the rest queues."""
    return Mailbox(OBSERVATIONS_CAPACITY_ITEMS, _observation_key)


def _observation_key(item: Observation) -> str | None:
    if type(item) is Report:
        return item.point
    if type(item) is Contact:
        return "\0" + item.device  # no point begins with a NUL
    return None
