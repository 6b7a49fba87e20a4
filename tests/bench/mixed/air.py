"""A Bluetooth stack under bleak without a radio: it hears what it is told."""

from __future__ import annotations

import asyncio
import random
import time
from functools import partial
from typing import Any, Final

from bleak.backends.scanner import AdvertisementData, BaseBleakScanner

from drivers.discovery import bluetooth

BTHOME: Final = "0000fcd2-0000-1000-8000-00805f9b34fb"
SAYS_EVERY_S: Final = 2.5
MEASURES_EVERY: Final = 4
"""A sensor's advertisements between two measurements: the others repeat."""


class Air(BaseBleakScanner):
    """Devices that advertise, without a radio."""

    now: Air | None = None

    def __init__(self, callback: Any, uuids: Any, mode: Any, **_: Any) -> None:
        super().__init__(callback, uuids)

    async def start(self) -> None:
        self.seen_devices = {}
        Air.now = self

    async def stop(self) -> None:
        Air.now = None

    def say(self, address: str, data: bytes, name: str = "") -> None:
        said = AdvertisementData(name or None, {}, {BTHOME: data}, [], None, -60, ())
        device = self.create_or_update_device(address, address, name or None, {}, said)
        self.call_detection_callbacks(device, said)


class Backend:
    scanner = Air
    client: Any = None


async def sensors(count: int) -> None:
    for turn in range(1_000_000):
        for number in range(count):
            warmth = (2000 + turn // MEASURES_EVERY % 500).to_bytes(2, "little")
            packet = turn // MEASURES_EVERY % 256
            if Air.now is not None:
                Air.now.say(
                    f"A4:C1:38:00:00:{number:02X}", bytes([0x40, 0x00, packet, 0x01, 90, 0x02]) + warmth
                )
            await asyncio.sleep(SAYS_EVERY_S / count if turn else 0)


async def flood(rate: int, seconds: float) -> None:
    """From addresses that nobody has, in portions of 10 ms."""
    until, chance = time.monotonic() + seconds, random.Random(5)
    due = time.monotonic()
    while time.monotonic() < until:
        if (air := Air.now) is not None:
            for _ in range(rate // 100):
                address = ":".join(f"{byte:02X}" for byte in chance.randbytes(6))
                air.say(address, bytes([0x40, 0x01, 90, 0x02]) + chance.randbytes(2), "x" * 20)
        due += 0.01
        await asyncio.sleep(max(0.0, due - time.monotonic()))


def install() -> None:
    """For every scanner that is made from now on."""
    bluetooth.BleScanner = partial(bluetooth.BleScanner, backend=Backend())  # type: ignore[misc, assignment]
