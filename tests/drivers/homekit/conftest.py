"""What tests of HomeKit share."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from drivers.homekit.driver import HomeKitDriver
from drivers.homekit.settings import HomeKitSettings
from tests.drivers.homekit_bench import Accessory, AccessoryDriver, Peer, Services, Vault, tools

Build = Callable[[AccessoryDriver], Accessory]


class Driver(HomeKitDriver):
    """Has ended when the other side, which is in this process too, has ended."""

    peers: list[Peer]

    async def __aexit__(self, *error: Any) -> None:
        await super().__aexit__(*error)
        for peer in self.peers:
            await peer.settle()


class Bench:
    """A driver that is not entered yet, and accessories that are started when they are added."""

    def __init__(self, folder: Path) -> None:
        self.services, self.vault = Services(), Vault()
        self.driver = Driver(HomeKitSettings(), tools(self.services, self.vault))
        self.peers: list[Peer] = []
        self.driver.peers = self.peers
        self._folder = folder

    async def add(self, build: Build, *, paired: bool = True) -> Peer:
        peer = Peer(self.services, self._folder, build, f"02:00:00:00:00:{len(self.peers) + 1:02X}")
        self.peers.append(peer)
        await peer.start(self.vault if paired else None)
        return peer

    async def close(self) -> None:
        for peer in self.peers:
            await peer.stop()


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    bench = Bench(tmp_path)
    yield bench
    await bench.close()
