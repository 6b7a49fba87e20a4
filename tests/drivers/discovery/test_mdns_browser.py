"""The browser against another instance of zeroconf on the loopback interface."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator

import pytest
from zeroconf.asyncio import AsyncServiceInfo

from drivers.discovery.announcement import Announcement
from drivers.discovery.interfaces import choose
from drivers.discovery.mdns import MdnsBrowser
from drivers.discovery.seen import Service, ServiceLost
from drivers.driver import NotSent
from tests.drivers.mdns_lan import LOOPBACK, Heard, Peer, RealClock, a_peer, some_type, until


@pytest.fixture
async def peer() -> AsyncIterator[Peer]:
    async with a_peer() as made:
        yield made


@pytest.fixture
async def browser() -> AsyncIterator[MdnsBrowser]:
    async with MdnsBrowser(RealClock(), (LOOPBACK,), grace=0.2, every=0.1) as made:
        yield made


async def test_what_is_announced_is_told_and_again_when_it_changes_and_when_it_says_goodbye(
    peer: Peer, browser: MdnsBrowser
) -> None:
    kind, heard = some_type(), Heard()
    browser.watch([kind], heard)
    info = await peer.say(
        kind, "Desk lamp", 6053, {"MAC": "aa", "flag": None}, addresses=(LOOPBACK, "fd00::7")
    )
    found = await heard.until(lambda one: isinstance(one, Service))
    assert isinstance(found, Service)
    assert (found.type, found.name, found.port) == (kind, "Desk lamp", 6053)
    assert found.addresses == (LOOPBACK, "fd00::7")
    assert dict(found.properties) == {"mac": "aa", "flag": ""}

    info.port = 6054
    await (await peer.zeroconf.async_update_service(info))
    await heard.until(lambda one: isinstance(one, Service) and one.port == 6054)

    await (await peer.zeroconf.async_unregister_service(info))
    await heard.until(lambda one: one == ServiceLost(kind, "Desk lamp"))
    assert len(heard.all) == 3


async def test_a_device_at_another_address_is_told_with_that_alone(peer: Peer, browser: MdnsBrowser) -> None:
    kind, heard = some_type(), Heard()
    browser.watch([kind], heard)
    info = await peer.say(kind, "mover", addresses=("127.0.0.2",))
    await heard.until(lambda one: isinstance(one, Service))
    await asyncio.sleep(0)
    async with asyncio.timeout(10):
        while not (isinstance(heard.last, Service) and heard.last.addresses == ("127.0.0.3",)):
            info.addresses = ["127.0.0.3"]
            await (await peer.zeroconf.async_update_service(info))
    assert heard.services()[0].addresses == ("127.0.0.2",)


async def test_what_is_known_is_told_to_a_new_watcher_at_once(peer: Peer, browser: MdnsBrowser) -> None:
    kind, first, second = some_type(), Heard(), Heard()
    stop = browser.watch([kind], first)
    await peer.say(kind, "lamp")
    await first.until(lambda one: isinstance(one, Service))
    stop_second = browser.watch([kind], second)
    assert second.all == first.all
    stop_second()
    stop()
    stop()
    assert browser.health().detail == "0 services of 0 types, on lo"
    third = Heard()
    browser.watch([kind], third)  # begun anew: asked for anew
    await third.until(lambda one: isinstance(one, Service))


async def test_a_subtype_is_told_as_such(peer: Peer, browser: MdnsBrowser) -> None:
    kind, heard = some_type(), Heard()
    sub = f"_directory._sub.{kind}"
    browser.watch([sub], heard)
    await peer.say(sub, "", 8080, {"td": "/td"}, full_name=f"Directory of things.{kind}")
    found = await heard.until(lambda one: isinstance(one, Service))
    assert isinstance(found, Service)
    assert (found.type, found.name, found.port) == (sub, "Directory of things", 8080)


async def test_a_watcher_that_fails_harms_nobody(
    peer: Peer, browser: MdnsBrowser, caplog: pytest.LogCaptureFixture
) -> None:
    kind, heard = some_type(), Heard()

    def fails(_: Service | ServiceLost) -> None:
        raise RuntimeError("not mine")

    browser.watch([kind], fails)
    browser.watch([kind], heard)
    with caplog.at_level(logging.ERROR):
        await peer.say(kind, "lamp")
        await heard.until(lambda one: isinstance(one, Service))
    assert "could not take" in caplog.text


async def test_a_goodbye_in_anothers_name_loses_nothing(peer: Peer) -> None:
    """Whoever is there says so when it is asked, within the grace."""
    kind, heard = some_type(), Heard()
    async with MdnsBrowser(RealClock(), (LOOPBACK,), grace=3.0) as browser:
        browser.watch([kind], heard)
        info = await peer.say(kind, "lamp")
        await heard.until(lambda one: isinstance(one, Service))
        forged = AsyncServiceInfo(kind, info.name, port=80, server=info.server, parsed_addresses=[LOOPBACK])
        out = peer.zeroconf.zeroconf.generate_service_broadcast(forged, 0)
        cache = browser.zeroconf.zeroconf.cache
        peer.zeroconf.zeroconf.async_send(out)
        await until(lambda: cache.current_entry_with_name_and_alias(kind, info.name) is None)
        await until(lambda: cache.current_entry_with_name_and_alias(kind, info.name) is not None)
        assert not any(isinstance(one, ServiceLost) for one in heard.all)


async def test_our_own_announcement_is_there_while_it_is_entered(browser: MdnsBrowser) -> None:
    kind, heard = some_type(), Heard()
    sub = f"_directory._sub.{kind}"
    async with MdnsBrowser(RealClock(), (LOOPBACK,), grace=0.1) as other:
        other.watch([kind, sub], heard)
        said = Announcement(
            (kind, sub), "Hearth on box", "hearth-box", 8420, {"td": "/t", "type": "Directory"}
        )
        async with browser.announce(said):
            for wanted in (kind, sub):
                await until(lambda wanted=wanted: wanted in {one.type for one in heard.all})  # type: ignore[misc]
                found = next(one for one in heard.all if one.type == wanted)
                assert isinstance(found, Service)
                assert (found.name, found.port, found.host) == ("Hearth on box", 8420, "hearth-box.local.")
                assert dict(found.properties) == {"td": "/t", "type": "Directory"}
        await heard.until(lambda one: one == ServiceLost(kind, "Hearth on box"))
        await heard.until(lambda one: one == ServiceLost(sub, "Hearth on box"))


async def test_an_interface_that_is_not_there_is_waited_for(
    monkeypatch: pytest.MonkeyPatch, peer: Peer
) -> None:
    kind, heard = some_type(), Heard()
    there = False

    def chosen(wanted: tuple[str, ...]) -> object:
        return choose(("lo",) if there else wanted)

    monkeypatch.setattr("drivers.discovery.mdns.choose", chosen)
    async with MdnsBrowser(RealClock(), ("eth7",), every=0.05) as browser:
        browser.watch([kind], heard)
        assert browser.health().problems == ("there is no interface eth7: it is waited for",)
        same = browser.zeroconf
        await peer.say(kind, "lamp")
        there = True
        await heard.until(lambda one: isinstance(one, Service))
        assert browser.zeroconf is same  # who holds it goes on
        assert browser.health().problems == ()


async def test_without_a_network_it_says_so_and_tries_again(
    monkeypatch: pytest.MonkeyPatch, peer: Peer
) -> None:
    kind, heard = some_type(), Heard()
    broken = True

    def chosen(wanted: tuple[str, ...]) -> object:
        if broken:
            monkeypatch.setattr("drivers.discovery.mdns.AsyncZeroconf", _no_network)
        else:
            monkeypatch.undo()
        return choose(wanted)

    monkeypatch.setattr("drivers.discovery.mdns.choose", chosen)
    async with MdnsBrowser(RealClock(), (LOOPBACK,), every=0.05) as browser:
        browser.watch([kind], heard)
        assert not browser.health().connected
        assert browser.health().problems == ("mDNS cannot listen (Network is down); it is tried again",)
        with pytest.raises(NotSent, match="Network is down"):
            _ = browser.zeroconf
        broken = False
        await peer.say(kind, "lamp")
        await heard.until(lambda one: isinstance(one, Service))


def _no_network(**_: object) -> object:
    raise OSError(100, "Network is down")


async def test_it_can_be_entered_again(peer: Peer) -> None:
    kind, heard = some_type(), Heard()
    browser = MdnsBrowser(RealClock(), (LOOPBACK,))
    browser.watch([kind], heard)
    await peer.say(kind, "lamp")
    for number in (1, 2):
        async with browser:
            await until(lambda number=number: len(heard.services()) >= number)  # type: ignore[misc]
