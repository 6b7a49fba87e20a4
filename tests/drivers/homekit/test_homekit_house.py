"""The whole way with an accessory of HAP-python.

Found by mDNS, adopted with its code, read, observed, commanded, lost, found again.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.drivers.homekit_bench import PIN, Accessory, AccessoryDriver
from tests.drivers.homekit_house import AnnouncedPeer, a_house


def hall(driver: AccessoryDriver) -> Accessory:
    """A lamp and a lock that takes a moment to turn."""
    made = Accessory(driver, "Hall")
    made.set_info_service("1.0", "Acme", "H1", "ACME-123456")
    made.add_preload_service("Lightbulb", chars=["On", "Brightness"])
    lock: Any = made.add_preload_service("LockMechanism")
    current = lock.get_characteristic("LockCurrentState")

    def turn(value: int) -> None:
        asyncio.get_running_loop().call_soon(current.set_value, value)

    lock.configure_char("LockTargetState", setter_callback=turn)
    return made


@pytest.fixture
async def peer(tmp_path: Path) -> AsyncIterator[AnnouncedPeer]:
    peer = AnnouncedPeer(tmp_path, hall)
    await peer.start()
    yield peer
    await peer.stop()


async def test_from_found_to_found_again(tmp_path: Path, peer: AnnouncedPeer) -> None:
    async with a_house(tmp_path) as house:
        shown = await house.waiting(peer.id)
        assert shown["asks"]["what"] == "pin"
        assert (await house.adopt(peer.id, title="Hall", code="031-45-155"))[0] == 502
        status, made = await house.adopt(peer.id, title="Hall", code=PIN)
        assert status == 201, made
        # read
        await house.shows("hall", "light_on", False)
        await house.shows("hall", "state", "unlocked")
        # observed
        peer.accessory.get_service("Lightbulb").get_characteristic("On").set_value(True)
        await house.shows("hall", "light_on", True)
        # commanded, and confirmed by the accessory
        assert await house.write("hall", "light_brightness", 40) == (204, "confirmed")
        assert peer.accessory.get_service("Lightbulb").get_characteristic("Brightness").value == 40
        assert await house.invoke("hall", "lock") == (204, "confirmed")
        assert house.value("hall", "state") == "locked"
        # lost
        await peer.stop()
        await house.reached("hall", False)
        assert (await house.write("hall", "light_on", False))[0] == 503
        # found again, at another port
        await peer.start()
        await house.reached("hall", True)
        await house.shows("hall", "light_on", False)
        assert await house.write("hall", "light_on", True) == (204, "confirmed")
        assert len(house.gateway.registry) == 1
    # the box itself restarts
    async with a_house(tmp_path) as house:
        await house.reached("hall", True)
        await house.shows("hall", "light_on", True)
        assert await house.write("hall", "light_on", False) == (204, "confirmed")
        assert await house.forget("hall") in (200, 204)
        assert (await house.waiting(peer.id))["asks"]["what"] == "pin"
