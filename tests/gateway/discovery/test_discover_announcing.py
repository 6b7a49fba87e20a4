"""What the gateway says of itself on the network, and where it says nothing."""

from __future__ import annotations

import pytest

from drivers.discovery.absent import AbsentServices
from drivers.discovery.mdns import MdnsBrowser
from drivers.discovery.seen import Service, ServiceLost
from gateway.discovery.announcing import TYPES, announced, announcement_of
from gateway.discovery.ourselves import Others
from gateway.names import Names
from tests.drivers.mdns_lan import LOOPBACK, Heard, RealClock


def test_what_is_said_is_what_the_standard_wants() -> None:
    said = announcement_of("https://192.168.1.5:8420", "living.room_box.lan")
    assert said is not None
    assert said.types == ("_wot._tcp.local.", "_directory._sub._wot._tcp.local.")
    assert (said.name, said.host, said.port) == ("Hearth on living", "hearth-living", 8420)
    assert said.properties == {"td": "/.well-known/wot", "type": "Directory", "scheme": "https"}
    assert said.addresses == ("192.168.1.5",)


@pytest.mark.parametrize(
    ("address", "where"),
    [
        ("https://box.lan:8420", ()),
        ("https://[fd00::5]:1", ("fd00::5",)),
        ("https://0.0.0.0:8420", ()),
    ],
)
def test_where_it_listens_is_said(address: str, where: tuple[str, ...]) -> None:
    said = announcement_of(address, "")
    assert said is not None
    assert said.addresses == where
    assert said.name == "Hearth on box"


@pytest.mark.parametrize("address", ["http://127.0.0.1:8420", "http://[::1]:8420", "http://localhost:1"])
def test_what_nobody_else_can_reach_is_not_announced(address: str) -> None:
    assert announcement_of(address, "box") is None
    assert announcement_of(address, "box", on_loopback=True) is not None


def test_a_long_name_fits_a_label() -> None:
    said = announcement_of("https://10.0.0.1:1", "b" * 200)
    assert said is not None
    assert max(len(said.name), len(said.host)) <= 63


async def test_it_is_found_by_others_while_it_is_entered() -> None:
    heard = Heard()
    async with (
        MdnsBrowser(RealClock(), (LOOPBACK,)) as browser,
        MdnsBrowser(RealClock(), (LOOPBACK,)) as other,
    ):
        other.watch(TYPES, heard)
        async with announced(browser, "http://127.0.0.1:18420", on_loopback=True):
            for kind in TYPES:
                found = await heard.until(
                    lambda one, kind=kind: isinstance(one, Service) and (one.type, one.port) == (kind, 18420)  # type: ignore[misc]
                )
                assert isinstance(found, Service)
                assert found.properties["type"] == "Directory"


def ids(one: Service | ServiceLost) -> set[str]:
    return {one.properties.get("id", "")} if isinstance(one, Service) else set()


async def test_our_own_comes_back_over_the_network_and_is_told_to_nobody() -> None:
    ours, theirs = Names("0123456789abc"), Names("zzzzzzzzzzzzz")
    whole, others = Heard(), Heard()
    async with (
        MdnsBrowser(RealClock(), (LOOPBACK,)) as browser,
        MdnsBrowser(RealClock(), (LOOPBACK,)) as other,
    ):
        browser.watch(TYPES, whole)
        Others(browser, ours.are_of).watch(TYPES, others)
        async with announced(browser, "http://127.0.0.1:18420", ours.directory, on_loopback=True):
            await whole.until(lambda one: isinstance(one, Service) and one.port == 18420)
            async with announced(other, "http://127.0.0.1:18421", theirs.directory, on_loopback=True):
                await others.until(lambda one: theirs.directory in ids(one))
    assert not [one for one in others.all if ours.directory in ids(one)]


async def test_without_a_browser_nothing_is_announced_and_nothing_fails() -> None:
    async with announced(AbsentServices("not installed"), "https://10.0.0.1:8420"):
        pass
