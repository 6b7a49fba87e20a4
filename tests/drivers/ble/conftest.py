"""A driver that hears what a test whispers, with its parsers loaded."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest

from capabilities.readings import Contact, Observation, Occurrence, Report
from drivers.ble.decoders.table import ROWS
from drivers.ble.driver import SETTLE_S, BleDriver
from drivers.discovery.seen import Advertisement
from drivers.driver import Candidate, Withdrawn
from tests.drivers.ble_bench import SENSOR, MemoryVault, PutForward, Whisper, ble_driver, heard


@dataclass
class Bench:
    driver: BleDriver
    radio: Whisper
    clock: PutForward
    vault: MemoryVault

    def say(self, raw: bytes, **how: Any) -> None:
        self.radio.say(heard(raw, at=self.clock.wall(), **how))

    def say_all(self, *frames: bytes, pause: float = 6.0, **how: Any) -> None:
        """One after the other, slowly enough for a stranger to be looked at."""
        for raw in frames:
            self.clock.ahead += pause
            self.say(raw, **how)

    async def seen(self) -> list[Observation]:
        """What was reported since."""
        return await _taken(self.driver.reports())

    async def found(self) -> list[Candidate | Withdrawn]:
        return await _taken(self.driver.candidates())

    async def values(self) -> dict[str, Any]:
        """What was reported since, by the name of its point."""
        return {
            one.point.partition("|")[2]: one.reading.value
            for one in await self.seen()
            if isinstance(one, Report)
        }

    async def events(self) -> list[Any]:
        return [one.data for one in await self.seen() if isinstance(one, Occurrence)]

    async def contacts(self) -> list[bool]:
        return [one.reachable for one in await self.seen() if isinstance(one, Contact)]


async def _taken(source: Any) -> list[Any]:
    found = []
    while len(source):
        found.append(await anext(source))
    return found


Open = Callable[..., Awaitable[Bench]]


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    """The sensor is a Thing."""
    clock, vault, radio = PutForward(), MemoryVault(), Whisper()
    driver = ble_driver(radio, clock, vault)
    driver.keep({SENSOR})
    async with driver:
        await parsers_loaded(driver)
        clock.ahead += SETTLE_S
        yield Bench(driver, radio, clock, vault)


async def parsers_loaded(driver: BleDriver) -> None:
    async with asyncio.timeout(10):
        for row in ROWS:
            await driver._parsers.ready(row)


__all__ = ["Advertisement", "Bench"]
