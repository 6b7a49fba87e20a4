"""Asks for what an announcement left out: where an instance is, and what it says of itself. Few at a time, and not for ever."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from zeroconf import Zeroconf
from zeroconf.asyncio import AsyncServiceInfo

from drivers.discovery.mdns_admission import Key
from drivers.discovery.mdns_instances import base_of

_log: Final = logging.getLogger(__name__)

AT_ONCE: Final = 16
"""Each sends two or three small questions in its three seconds."""

ANSWER_MS: Final = 3000.0

TRIES: Final = 3
AGAIN_AFTER_S: Final = 20.0
"""Times the number of tries: a device that has just started answers later. Then only when it is heard of again."""


class Resolver:
    """`settled` is called with a key each time an answer came, or none did."""

    def __init__(self, zeroconf: Callable[[], Zeroconf | None], settled: Callable[[Key], bool]) -> None:
        self._zeroconf = zeroconf
        self._settled = settled
        self._waiting: dict[Key, str] = {}
        self._tries: dict[Key, int] = {}
        self._timers: dict[Key, asyncio.TimerHandle] = {}
        self._running: set[asyncio.Task[None]] = set()
        self._asking: set[Key] = set()

    @property
    def unanswered(self) -> int:
        return sum(tries >= TRIES for tries in self._tries.values())

    def ask(self, key: Key, name: str) -> None:
        """Soon; not where it is being asked already, or was asked in vain too often."""
        if key in self._waiting or key in self._asking or key in self._timers:
            return
        if self._tries.get(key, 0) >= TRIES:
            return
        self._waiting[key] = name
        if len(self._running) < AT_ONCE:
            task = asyncio.get_running_loop().create_task(self._work(), name="mdns questions")
            self._running.add(task)
            task.add_done_callback(self._running.discard)

    def tried(self, key: Key) -> bool:
        return key in self._tries

    def forget(self, key: Key) -> None:
        self._waiting.pop(key, None)
        self._tries.pop(key, None)
        timer = self._timers.pop(key, None)
        if timer is not None:
            timer.cancel()

    async def close(self) -> None:
        for key in list(self._timers):
            self.forget(key)
        self._waiting.clear()
        self._tries.clear()
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)

    async def _work(self) -> None:
        while self._waiting:
            key = next(iter(self._waiting))
            name = self._waiting.pop(key)
            zeroconf = self._zeroconf()
            if zeroconf is None:
                continue
            self._asking.add(key)
            self._tries[key] = self._tries.get(key, 0) + 1
            try:
                with suppress(Exception):  # a name that cannot be asked for has no answer
                    await AsyncServiceInfo(base_of(key[0]), name).async_request(zeroconf, ANSWER_MS)
            finally:
                self._asking.discard(key)
            if not self._settled(key):
                self._again(key, name)

    def _again(self, key: Key, name: str) -> None:
        tries = self._tries.get(key, TRIES)
        if tries >= TRIES or key in self._timers:
            return

        def now() -> None:
            self._timers.pop(key, None)
            self.ask(key, name)

        self._timers[key] = asyncio.get_running_loop().call_later(AGAIN_AFTER_S * tries, now)
