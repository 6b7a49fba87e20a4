"""Things of which their driver says nothing: they do not answer where they were, their broker cannot be reached, or their
announcement was withdrawn while the gateway was down. Nobody tells it so, and nobody would answer a command.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Final

from capabilities.readings import Contact
from drivers.driver import Driver, Locating, Recalling
from gateway.adopted import Adopted
from gateway.context import Gateway
from gateway.foreign import LONGEST_PROBLEM, one_line

log = logging.getLogger(__name__)

ANNOUNCED_WITHIN_S: Final = 60.0
"""After its driver is connected, what is there has been announced: bridges with hundreds of devices take some seconds."""

LOOK_EVERY_S: Final = 5.0

NOT_ANNOUNCED: Final = "nothing announces it any more (since the gateway's start)"


@asynccontextmanager
async def watched(gateway: Gateway, driver: Driver) -> AsyncIterator[None]:
    """Inside it what is absent is looked for; it keeps nobody waiting."""
    task = asyncio.create_task(Absence(gateway, driver).watch(), name=f"absence {driver.name}")
    try:
        yield
    finally:
        task.cancel()
        for error in await asyncio.gather(task, return_exceptions=True):
            if isinstance(error, Exception):
                log.error("what %s announces no more is not known", driver.name, exc_info=error)


class Absence:
    """Watches over one run of a driver, until it has been connected for `ANNOUNCED_WITHIN_S` without a break."""

    def __init__(self, gateway: Gateway, driver: Driver) -> None:
        self._gateway = gateway
        self._driver = driver
        self._connected_at: float | None = None

    async def watch(self, pause: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        """Returns when it has looked for the last time."""
        while not self.is_over():
            await pause(LOOK_EVERY_S)
            self.ask()
        if isinstance(self._driver, Recalling):
            self.look(self._driver)

    def ask(self) -> None:
        """What the driver knows of those that it has not told of."""
        ingest, health, at = self._gateway.ingest, self._driver.health(), self._gateway.clock.wall()
        link = "" if health.connected else one_line(health.detail, LONGEST_PROBLEM)
        for adopted in self._things():
            if ingest.is_told_of(adopted):
                continue
            why = self._why(adopted.device) or link
            if not why:
                ingest.awaited(adopted)
            elif adopted.reach.reason != why:
                ingest.unheard(adopted, why, at)

    def is_over(self) -> bool:
        """Whether what is there has had its time. To be asked often: it also notes since when the driver is connected."""
        now = self._gateway.clock.monotonic()
        if not self._driver.health().connected:
            self._connected_at = None
            return False
        if self._connected_at is None:
            self._connected_at = now
        return now - self._connected_at >= ANNOUNCED_WITHIN_S

    def look(self, recalling: Recalling) -> None:
        """What is not announced cannot be reached."""
        name, at = self._driver.name, self._gateway.clock.wall()
        for adopted in self._things():
            if adopted.reach.reachable is False and self._gateway.ingest.is_told_of(adopted):
                continue  # its driver knows better
            if recalling.recall(adopted.device) is None:
                reason = self._why(adopted.device) or NOT_ANNOUNCED
                lost = Contact(adopted.device, reachable=False, at=at, reason=reason)
                self._gateway.ingest.contact(name, lost)

    def _things(self) -> list[Adopted]:
        return [adopted for adopted in self._gateway.registry if adopted.driver == self._driver.name]

    def _why(self, device: str) -> str:
        driver: object = self._driver
        return one_line(driver.why_unseen(device), LONGEST_PROBLEM) if isinstance(driver, Locating) else ""


def announced(gateway: Gateway, driver: str, device: str) -> None:
    """A device of which nothing was announced is: whether it can be reached its driver tells, now or before."""
    adopted = gateway.registry.by_device(driver, device)
    if adopted is not None and adopted.reach.reason == NOT_ANNOUNCED:
        gateway.ingest.contact(driver, Contact(device, reachable=True, at=gateway.clock.wall()))
