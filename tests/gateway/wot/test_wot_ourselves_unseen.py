"""Our own announcement: it names our id, and neither wakes a family nor reaches a driver."""

from __future__ import annotations

from drivers.discovery.seen import Service, ServiceLost
from gateway.discovery.announcing import announcement_of
from gateway.discovery.ourselves import Others
from gateway.names import Names
from tests.drivers.wot_peer import FakeServices

OURS, THEIRS = Names("0123456789abc"), Names("zzzzzzzzzzzzz")


def test_the_announcement_names_the_directory() -> None:
    said = announcement_of("https://192.0.2.5:8420", "box", OURS.directory)
    assert said is not None
    assert said.properties["id"] == OURS.directory
    assert len(b"id=" + said.properties["id"].encode()) < 255  # RFC 6763, section 6.1


def test_only_what_has_another_id_is_told() -> None:
    services, told = FakeServices(), list[str]()
    services.announce(1, "/td", name="before", id=OURS.directory)

    def tell(seen: Service | ServiceLost) -> None:
        told.append(f"{seen.name} is lost" if isinstance(seen, ServiceLost) else seen.name)

    stop = Others(services, OURS.are_of).watch(("_wot._tcp.local.",), tell)
    services.announce(1, "/td", name="ours", id=OURS.directory)
    services.announce(1, "/td", name="a Thing of ours", id=OURS.urn("lamp"))
    services.announce(1, "/td", name="theirs", id=THEIRS.directory)
    services.announce(1, "/td", name="a lamp")
    services.lose("a lamp")
    stop()
    services.announce(1, "/td", name="too late")
    assert told == ["theirs", "a lamp", "a lamp is lost"]


def test_a_second_box_with_our_identity_is_told_until_it_is_gone() -> None:
    services = FakeServices()
    here: set[str] = set()
    others = Others(services, OURS.are_of, is_here=here.__contains__)
    stop = others.watch(("_wot._tcp.local.",), lambda seen: None)
    services.announce(1, "/td", name="ours", id=OURS.directory)
    health = others.health()
    assert not health.connected and "another box" in health.detail and "127.0.0.1" in health.detail
    services.lose("ours")
    assert others.health().connected
    here.add("127.0.0.1")
    services.announce(1, "/td", name="ours", id=OURS.directory)
    assert others.health().connected
    stop()
