"""An id stays with who has it: a device that moved is the same, and one that only says so is left alone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from capabilities.readings import Contact
from drivers.driver import Candidate, NotSent, Withdrawn
from drivers.wot.driver import WotDriver, open_driver
from drivers.wot.settings import WotSettings
from tests.drivers.contract import wait_for
from tests.drivers.wot_house import until
from tests.drivers.wot_peer import LAMP_ID, FakeServices, MemoryVault, WotPeer, lamp_td, tools

ON = f"{LAMP_ID} properties/on"
BASIC = {"securityDefinitions": {"b": {"scheme": "basic"}}, "security": "b"}


@pytest.fixture
async def peer() -> AsyncIterator[WotPeer]:
    peer = WotPeer()
    await peer.start()
    yield peer
    await peer.stop()


@pytest.fixture
async def other() -> AsyncIterator[WotPeer]:
    other = WotPeer()
    await other.start()
    yield other
    await other.stop()


def a_driver(services: FakeServices, vault: MemoryVault | None = None, **settings: Any) -> WotDriver:
    driver = open_driver(WotSettings(this_machine=True, poll_seconds=0.2, **settings), tools(services, vault))
    driver.keep([LAMP_ID])
    return driver


async def reached(driver: WotDriver, reachable: bool) -> None:
    await wait_for(driver.reports(), lambda item: isinstance(item, Contact) and item.reachable is reachable)


async def test_a_device_that_moved_is_the_same(peer: WotPeer, other: WotPeer) -> None:
    services = FakeServices()
    async with a_driver(services) as driver:
        services.announce(peer.port, "/lamp/td")
        await reached(driver, True)
        await peer.stop()
        await reached(driver, False)
        services.announce(other.port, "/lamp/td")
        await reached(driver, True)
        await driver.write(ON, True, 5)
        assert other.commands == [("on", True)]
        found = [item async for item in _now(driver)]
        assert [item.id for item in found if isinstance(item, Candidate)] == [LAMP_ID, LAMP_ID], (
            "only its endpoint changed"
        )


async def test_one_that_is_announced_elsewhere_at_once_moves_before_its_loss_is_seen(
    peer: WotPeer, other: WotPeer
) -> None:
    services = FakeServices()
    async with a_driver(services) as driver:
        services.announce(peer.port, "/lamp/td")
        await reached(driver, True)
        await peer.stop()
        services.announce(other.port, "/lamp/td")
        await until(lambda: _endpoint(driver).endswith(str(other.port)))
        await until(lambda: other.streams.get("on"))
        await driver.write(ON, True, 5)
        assert other.commands == [("on", True)]


async def test_who_claims_the_id_of_one_that_answers_is_left_alone(peer: WotPeer, other: WotPeer) -> None:
    services = FakeServices()
    async with a_driver(services) as driver:
        services.announce(peer.port, "/lamp/td")
        await reached(driver, True)
        services.announce(other.port, "/lamp/td", name="Impostor", host="impostor.local.")
        await until(lambda: any("is left alone" in line for line in driver.health().problems))
        await driver.write(ON, True, 5)
        assert (peer.commands, other.commands) == ([("on", True)], [])
        assert _endpoint(driver).endswith(str(peer.port))


async def test_credentials_do_not_go_to_another_host(other: WotPeer) -> None:
    peer = WotPeer(lamp_td(**BASIC), credentials="anna:secret")
    await peer.start()
    other.description, other.credentials = lamp_td(**BASIC), "eve:listens"
    services, vault = FakeServices(), MemoryVault()
    async with a_driver(services, vault) as driver:
        services.announce(peer.port, "/lamp/td")
        asking = await wait_for(driver.candidates(), lambda item: isinstance(item, Candidate))
        assert isinstance(asking, Candidate)
        assert asking.asks is not None
        assert any("over http" in line for line in asking.problems)
        paired = await driver.pair(LAMP_ID, "anna:secret", 5)
        assert paired.asks is None
        await until(lambda: peer.streams.get("on"))
        await peer.stop()
        services.announce(other.port, "/lamp/td", name="Impostor", host="impostor.local.")
        await wait_for(
            driver.candidates(),
            lambda item: (
                isinstance(item, Candidate)
                and item.asks is not None
                and str(other.port) in item.endpoint.address
            ),
        )
        with pytest.raises(NotSent):
            await driver.write(ON, True, 5)
        assert other.commands == []


async def test_a_configured_thing_that_comes_late_is_found(peer: WotPeer) -> None:
    port = peer.port
    await peer.stop()
    async with a_driver(FakeServices(), things=(f"http://127.0.0.1:{port}/lamp/td",)) as driver:
        await until(lambda: driver.health().problems)
        await peer.start()
        await reached(driver, True)
        assert driver.health().connected


async def test_an_announcement_that_ends_while_the_device_answers_is_no_loss(peer: WotPeer) -> None:
    services = FakeServices()
    async with a_driver(services) as driver:
        services.announce(peer.port, "/lamp/td")
        await reached(driver, True)
        looks = peer.looks
        services.lose()
        await until(lambda: peer.looks > looks)
        await until(lambda: driver._house.devices[LAMP_ID].link)
        await driver.write(ON, True, 5)
        peer.gone = True
        services.lose()
        await driver.search()


async def test_our_own_announcement_is_nobodys(peer: WotPeer) -> None:
    services = FakeServices()
    driver = open_driver(WotSettings(), tools(services))
    async with driver:
        services.announce(peer.port, "/.well-known/wot", name="Hearth on this box", type="Directory")
        assert not driver._sources
        assert driver.health().problems == ()
        assert driver.health().connected
    assert peer.looks == 0


async def test_a_thing_that_nothing_shows_is_told_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("drivers.wot.driver.ABSENT_AFTER_S", 0.01)
    async with a_driver(FakeServices()) as driver:
        await reached(driver, False)


def _endpoint(driver: WotDriver) -> str:
    known = driver.recall(LAMP_ID)
    return known.endpoint.address if known is not None else ""


async def _now(driver: WotDriver) -> AsyncIterator[Candidate | Withdrawn]:
    """What waits, and no more."""
    while len(driver._house.outlet.candidates):
        yield await anext(driver.candidates())
