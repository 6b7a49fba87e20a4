"""What the tests of Bluetooth share: a clock that can be put forward, a vault in memory, a driver on the virtual radio."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, cast

from drivers.ble.driver import BleDriver, open_driver
from drivers.ble.settings import BleSettings
from drivers.discovery.bluetooth import BleScanner
from drivers.discovery.declared import Declared
from drivers.discovery.seen import Advertisement
from drivers.discovery.tools import Stop, Tools
from tests.drivers.ble_air import Air
from tests.drivers.ble_backend import backend

BTHOME = "0000fcd2-0000-1000-8000-00805f9b34fb"
MIBEACON = "0000fe95-0000-1000-8000-00805f9b34fb"
SENSOR = "a4:c1:38:00:00:01"


class PutForward:
    """The system's time, and what was put forward."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def wall(self) -> float:
        return time.time() + self.ahead

    def monotonic(self) -> float:
        return time.monotonic() + self.ahead


@dataclass
class MemoryVault:
    kept: dict[str, bytes] = field(default_factory=dict)
    broken: bool = False

    async def load(self) -> Mapping[str, bytes]:
        self._check()
        return dict(self.kept)

    async def put(self, device: str, secret: bytes) -> None:
        self._check()
        self.kept[device] = secret

    async def delete(self, device: str) -> None:
        self._check()
        self.kept.pop(device, None)

    def _check(self) -> None:
        if self.broken:
            raise OSError(5, "the disk is gone")


class Whisper:
    """A radio without air: what a test says is heard at once."""

    def __init__(self) -> None:
        self._told: list[Callable[[Advertisement], None]] = []

    def watch(self, _: Declared, told: Callable[[Advertisement], None]) -> Stop:
        self._told.append(told)
        return lambda: self._told.remove(told) if told in self._told else None

    def say(self, advertisement: Advertisement) -> None:
        for told in self._told:
            told(advertisement)

    def connected(self, address: str, **_: object) -> Any:
        raise AssertionError(f"nobody connects to {address} here")


@dataclass
class Handle:
    """As bleak's devices tell their address type."""

    details: dict[str, Any]


def heard(
    raw: bytes, *, address: str = SENSOR, name: str = "", rssi: int = -60, uuid: str = BTHOME, at: float = 0.0,
    kind: str = "public",
) -> Advertisement:  # fmt: skip
    return Advertisement(
        address, name, rssi, at or time.time(), (), {uuid: raw}, {}, Handle({"props": {"AddressType": kind}})
    )


def tools(radio: Any, clock: PutForward, vault: MemoryVault) -> Tools:
    nothing: Any = None
    return Tools(clock, nothing, cast(Any, radio), nothing, vault)


def ble_driver(radio: Any, clock: PutForward, vault: MemoryVault | None = None, **settings: Any) -> BleDriver:
    return open_driver(BleSettings.model_validate(settings), tools(radio, clock, vault or MemoryVault()))


@asynccontextmanager
async def virtual_radio(clock: PutForward) -> AsyncIterator[tuple[Air, BleScanner]]:
    async with Air() as air, BleScanner(clock, backend=backend(air), check_s=0.05) as radio:
        yield air, radio
