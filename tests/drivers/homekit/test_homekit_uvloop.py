"""The loop that the gateway itself runs on, where there is one: its transports are others."""

from __future__ import annotations

from pathlib import Path

import pytest

from capabilities.readings import Contact
from tests.drivers.contract import PATIENCE_S, wait_for
from tests.drivers.homekit.conftest import Bench
from tests.drivers.homekit_bench import Accessory, AccessoryDriver


def test_under_uvloop(tmp_path: Path) -> None:
    uvloop = pytest.importorskip("uvloop", reason="uvloop is not installed")
    uvloop.run(story(tmp_path))


def outlet(driver: AccessoryDriver) -> Accessory:
    accessory = Accessory(driver, "Outlet")
    accessory.add_preload_service("Outlet")
    return accessory


async def story(folder: Path) -> None:
    bench = Bench(folder)
    try:
        peer = await bench.add(outlet)
        bench.driver.keep({peer.id})
        async with bench.driver as driver:
            assert await wait_for(driver.reports(), lambda one: isinstance(one, Contact) and one.reachable)
            await driver.write(f"{peer.id}|8#on", True, PATIENCE_S)
            assert peer.char("Outlet", "On").value
    finally:
        await bench.close()
