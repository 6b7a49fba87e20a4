"""Who says that he is somebody: gets no secret that was not brought for him, and nothing for long."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from capabilities.readings import Contact
from drivers.driver import Candidate, NotSent
from drivers.wot.driver import WotDriver, open_driver
from drivers.wot.keyring import Kept, Keyring
from drivers.wot.link import Terms
from drivers.wot.origins import Origin, Reach
from drivers.wot.settings import WotSettings
from drivers.wot.sources import Source
from gateway.clock import SystemClock
from tests.drivers.contract import wait_for
from tests.drivers.wot_house import until
from tests.drivers.wot_peer import LAMP_ID, FakeServices, MemoryVault, WotPeer, lamp_td, tools
from tests.drivers.wot_tls import certified

ON = f"{LAMP_ID} properties/on"
BASIC = {"securityDefinitions": {"b": {"scheme": "basic"}}, "security": "b"}
CODE = "anna:secret"
EVIL = "127.0.0.2"


def a_driver(services: FakeServices, vault: MemoryVault | None = None, **settings: Any) -> WotDriver:
    return open_driver(WotSettings(this_machine=True, poll_seconds=0.2, **settings), tools(services, vault))


@asynccontextmanager
async def served(description: dict[str, Any], host: str = "127.0.0.1", **more: Any) -> AsyncIterator[WotPeer]:
    tls = more.pop("tls", None)
    peer = WotPeer(description, **more)
    await peer.start(host, tls)
    try:
        yield peer
    finally:
        await peer.stop()


async def paired(driver: WotDriver) -> str:
    """The id of what asks first, once it is a Thing."""
    asking = await wait_for(driver.candidates(), lambda item: isinstance(item, Candidate))
    assert isinstance(asking, Candidate)
    assert asking.asks is not None
    await driver.pair(asking.id, CODE, 5)
    driver.keep([asking.id])
    return asking.id


async def reached(driver: WotDriver, reachable: bool) -> None:
    await wait_for(driver.reports(), lambda item: isinstance(item, Contact) and item.reachable is reachable)


async def test_a_secret_for_https_never_goes_to_http_under_the_same_name(tmp_path: Path) -> None:
    tls, ca = certified(tmp_path, "lamp.local")
    services = FakeServices()
    secret: dict[str, Any] = {"credentials": CODE, "locked": True}
    async with (
        served(lamp_td(**BASIC), tls=tls, **secret) as real,
        served(lamp_td(**BASIC), EVIL, credentials="x:y", locked=True) as evil,
        a_driver(services, ca=ca) as driver,
    ):
        services.announce(real.port, "/lamp/td", scheme="https")
        device = await paired(driver)
        await reached(driver, True)
        services.announce(evil.port, "/lamp/td", addresses=(EVIL,), scheme="http")
        await until(lambda: evil.refused)
        await until(lambda: any("is left alone" in line for line in driver.health().problems))
        assert evil.brought == []
        await until(lambda: driver._house.devices[device].link)
        await driver.write(f"{device} properties/on", True, 5)
        assert real.commands == [("on", True)]


async def test_a_secret_does_not_go_to_who_says_the_id_while_its_device_is_away(tmp_path: Path) -> None:
    tls, ca = certified(tmp_path, "lamp.local")
    services = FakeServices()
    async with (
        served(lamp_td(**BASIC), tls=tls, credentials=CODE) as real,
        served(lamp_td(**BASIC), EVIL, credentials="x:y") as evil,
        a_driver(services, ca=ca) as driver,
    ):
        services.announce(real.port, "/lamp/td", scheme="https")
        assert await paired(driver) == LAMP_ID
        await reached(driver, True)
        await real.stop()
        services.announce(evil.port, "/lamp/td", name="Other", addresses=(EVIL,), scheme="http")
        await until(lambda: _asks_at(driver, evil.port))
        assert any("https://lamp.local" in line for line in _known(driver).problems)
        assert evil.brought == []


async def test_a_secret_for_https_follows_its_host_to_another_port(tmp_path: Path) -> None:
    tls, ca = certified(tmp_path, "lamp.local")
    services, vault = FakeServices(), MemoryVault()
    async with (
        served(lamp_td(**BASIC), tls=tls, credentials=CODE) as real,
        served(lamp_td(**BASIC), EVIL, tls=tls, credentials=CODE) as moved,
    ):
        async with a_driver(services, vault, ca=ca) as driver:
            services.announce(real.port, "/lamp/td", scheme="https")
            await paired(driver)
            await reached(driver, True)
            await real.stop()
            services.announce(moved.port, "/lamp/td", addresses=(EVIL,), scheme="https")
            await until(lambda: moved.streams.get("on"))
        driver = a_driver(services, vault, ca=ca)
        driver.keep([LAMP_ID])
        async with driver:
            await until(lambda: moved.streams.get("on"))
            await driver.unpair(LAMP_ID)
            assert vault.kept == {}


@pytest.mark.parametrize("at", [EVIL, "127.0.0.1"])
async def test_over_http_a_secret_stays_at_its_address_and_port(at: str) -> None:
    services = FakeServices()
    async with (
        served(lamp_td(**BASIC), credentials=CODE) as real,
        served(lamp_td(**BASIC), at, credentials=CODE) as other,
        a_driver(services) as driver,
    ):
        services.announce(real.port, "/lamp/td")
        await paired(driver)
        await reached(driver, True)
        await real.stop()
        services.announce(other.port, "/lamp/td", addresses=(at,))
        await until(lambda: _asks_at(driver, other.port))
        assert other.brought == []


async def test_of_the_addresses_that_are_announced_only_the_known_ones_get_a_secret() -> None:
    services = FakeServices()
    async with served(lamp_td(**BASIC), credentials=CODE) as real, a_driver(services) as driver:
        evil = WotPeer(lamp_td(**BASIC), credentials="x:y")
        evil.port = real.port
        await evil.start(EVIL)
        services.announce(real.port, "/lamp/td")
        await paired(driver)
        await reached(driver, True)
        await real.stop()
        services.announce(real.port, "/lamp/td", addresses=(EVIL, "127.0.0.1"))
        await until(lambda: evil.looks)
        await reached(driver, False)
        await until(lambda: any(one.addresses == ("127.0.0.1",) for one in driver._sources.values()))
        await real.start()
        services.announce(real.port, "/lamp/td", addresses=(EVIL, "127.0.0.1"))
        await reached(driver, True)
        assert evil.brought == []
        await evil.stop()


async def test_who_took_the_id_of_one_with_credentials_asks_and_gives_it_back() -> None:
    """An impostor that wants no credentials is no way around them."""
    services = FakeServices()
    async with (
        served(lamp_td(**BASIC), credentials=CODE) as real,
        served(lamp_td(), EVIL) as evil,
        a_driver(services) as driver,
    ):
        services.announce(real.port, "/lamp/td")
        await paired(driver)
        await reached(driver, True)
        await real.stop()
        await reached(driver, False)
        services.announce(evil.port, "/lamp/td", name="Evil", host="evil.local.", addresses=(EVIL,))
        await until(lambda: _asks_at(driver, evil.port))
        with pytest.raises(NotSent):
            await driver.write(ON, True, 5)
        await real.start()
        services.announce(real.port, "/lamp/td")
        await reached(driver, True)
        await driver.write(ON, True, 5)
        assert (real.commands, evil.commands) == ([("on", True)], [])


async def test_who_took_an_id_gives_way_when_it_comes_home() -> None:
    services = FakeServices()
    driver = a_driver(services)
    driver.keep([LAMP_ID])
    async with served(lamp_td()) as real, served(lamp_td(), EVIL) as evil, driver:
        services.announce(real.port, "/lamp/td")
        await reached(driver, True)
        await real.stop()
        await reached(driver, False)
        services.announce(evil.port, "/lamp/td", name="Evil", host="evil.local.", addresses=(EVIL,))
        await reached(driver, True)
        await real.start()
        services.announce(real.port, "/lamp/td")
        await until(lambda: real.streams.get("on"))
        await until(lambda: driver._house.devices[LAMP_ID].link)
        await driver.write(ON, True, 5)
        assert (real.commands, evil.commands) == ([("on", True)], [])
        await until(lambda: any("is left alone" in line for line in driver.health().problems))


async def test_one_that_comes_back_under_another_name_can_be_commanded_when_the_old_link_is_gone() -> None:
    services = FakeServices()
    driver = a_driver(services)
    driver.keep([LAMP_ID])
    async with served(lamp_td()) as old, served(lamp_td(), EVIL) as new, driver:
        services.announce(old.port, "/lamp/td")
        await reached(driver, True)
        former = driver._house.devices[LAMP_ID].link
        await old.stop()
        services.announce(new.port, "/lamp/td", name="Lamp (2)", host="lamp-2.local.", addresses=(EVIL,))
        await until(lambda: new.streams.get("on"))
        await until(lambda: any(one.failures for one in driver._sources.values()))  # the old one has ended
        assert driver._house.devices[LAMP_ID].link not in (None, former)
        await driver.write(ON, True, 5)
        assert new.commands == [("on", True)]


def _sources() -> Iterator[tuple[str, str, int, tuple[str, ...] | None]]:
    addresses = (None, ("10.0.0.1",), ("10.0.0.2",), ("10.0.0.1", "10.0.0.2"))
    return itertools.product(("http", "https"), ("a.local", "b.local"), (80, 81), addresses)


def test_a_secret_goes_where_it_was_brought_and_nowhere_else() -> None:
    for scheme, host, port, addresses in _sources():
        kept = Kept(Origin(scheme, host, port), "basic", CODE, addresses)
        for to, at, through, where in _sources():
            home = Origin(to, at, through)
            source = Source("k", Reach(home, f"{home}/td"), "f", addresses=where)
            fits = kept.fits(source)
            assert not fits or (to, at) == (scheme, host)
            if to == "https":
                assert fits is ((to, at) == (scheme, host))
            elif fits:
                assert through == port
                assert (where is None) is (addresses is None)
                assert set(kept.narrowed(where) or ()) <= set(addresses or ())
                assert kept.narrowed(where) != ()


async def test_a_secret_comes_back_from_the_vault_bound_as_it_was() -> None:
    vault = MemoryVault()
    ring = Keyring(vault)
    kept = Kept(Origin("http", "a.local", 81), "basic", CODE, ("10.0.0.1",))
    await ring.put("x", kept)
    again = Keyring(vault)
    await again.load()
    assert again.of("x") == kept
    vault.kept["y"] = b'{"host":"a.local","scheme":"basic","secret":"s"}'
    await again.load()
    lost = again.of("y")
    assert lost is not None
    assert lost.is_lost
    assert "pair it again" in again.problem


@pytest.mark.parametrize("lost", [b"", b"damaged"])
async def test_one_whose_credentials_are_lost_asks_and_is_not_replaced_by_one_without(lost: bytes) -> None:
    services, vault = FakeServices(), MemoryVault()
    vault.kept[LAMP_ID] = lost
    driver = a_driver(services, vault)
    driver.keep([LAMP_ID])
    async with served(lamp_td(), EVIL) as evil, driver:
        services.announce(evil.port, "/lamp/td", addresses=(EVIL,))
        asking = await wait_for(driver.candidates(), lambda item: isinstance(item, Candidate))
        assert isinstance(asking, Candidate)
        assert (asking.id, asking.asks is not None) == (LAMP_ID, True)
        with pytest.raises(NotSent):
            await driver.write(ON, True, 1.0)
        assert "cannot be read" in driver.health().problems[0]


async def test_nobody_is_looked_at_while_the_vault_is_closed() -> None:
    class Closed(MemoryVault):
        async def load(self) -> Mapping[str, bytes]:
            raise OSError(5, "the disk is gone")

    services = FakeServices()
    driver = a_driver(services, Closed())
    async with served(lamp_td()) as peer:
        services.announce(peer.port, "/lamp/td")
        with pytest.raises(OSError, match="disk"):  # its supervisor tries again
            await driver.__aenter__()
        assert peer.looks == 0


def test_no_secret_is_shown() -> None:
    assert CODE not in repr(Terms(SystemClock(), CODE, 1.0))
    assert CODE not in repr(Kept(Origin("http", "a.local", 80), "basic", CODE))


def _known(driver: WotDriver) -> Candidate:
    known = driver.recall(LAMP_ID)
    assert known is not None
    return known


def _asks_at(driver: WotDriver, port: int) -> bool:
    known = driver.recall(LAMP_ID)
    return known is not None and known.asks is not None and known.endpoint.address.endswith(f":{port}")
