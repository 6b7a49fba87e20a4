"""What a hostile network can make the browser keep: packets are handed to it as a socket would."""

from __future__ import annotations

import ipaddress
import os
import socket
import struct
from collections import Counter
from collections.abc import Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from zeroconf import (
    DNSAddress,
    DNSCache,
    DNSNsec,
    DNSPointer,
    DNSRecord,
    DNSService,
    DNSText,
    const,
)

from drivers.discovery.mdns_admission import (
    MOST_ADDRESSES,
    MOST_OF_A_TYPE,
    MOST_SERVERS,
    MOST_TXT_BYTES,
    SETTLED_AFTER_MS,
    Admission,
    Instance,
)
from drivers.discovery.mdns_instances import addresses_of

KIND = "_hap._tcp.local."
NOW = 1_000_000.0


class Desk:
    """An admission with a cache, as a browser has them."""

    def __init__(self) -> None:
        self.cache = DNSCache()
        self.evicted: list[Instance] = []
        self.admission = Admission(self.cache, self._evict)
        self.admission.ask(KIND)

    def _evict(self, instance: Instance) -> None:
        self.evicted.append(instance)
        self.cache.async_remove_records(self.cache.async_entries_with_name(instance.name))

    def hear(
        self, records: Iterable[DNSRecord], source: str = "10.0.0.1", now: float = NOW
    ) -> list[DNSRecord]:
        kept = self.admission.filter(list(records), source, now)
        self.cache.async_add_records(kept)
        return kept

    def hear_of(self, name: str, source: str = "10.0.0.1", now: float = NOW) -> bool:
        return bool(self.hear([pointer(name)], source, now))

    @property
    def names(self) -> set[str]:
        return set(self.admission.instances[KIND])


def full(name: str) -> str:
    return f"{name}.{KIND}"


def pointer(name: str, kind: str = KIND, ttl: int = 4500) -> DNSPointer:
    return DNSPointer(kind, 12, 1, ttl, f"{name}.{kind}", NOW)


def server(name: str, host: str = "host.local.", port: int = 80) -> DNSService:
    return DNSService(full(name), 33, 0x8001, 120, 0, 0, port, host, NOW)


def address(host: str, ip: str) -> DNSAddress:
    return DNSAddress(host, 1, 0x8001, 120, socket.inet_aton(ip), created=NOW)


def test_only_what_is_asked_for_is_kept() -> None:
    desk = Desk()
    records: list[DNSRecord] = [
        address("host.local.", "10.0.0.9"),
        DNSText(full("lamp"), 16, 1, 4500, b"\x03a=b", NOW),
        server("lamp"),
        pointer("lamp"),
        pointer("other", "_printer._tcp.local."),
        address("elsewhere.local.", "10.0.0.8"),
        DNSText("x.local.", 16, 1, 4500, b"", NOW),
    ]
    assert desk.hear(records) == records[:4]


def test_the_addresses_of_a_known_host_may_come_alone() -> None:
    desk = Desk()
    desk.hear([pointer("lamp"), server("lamp")])
    assert desk.hear([address("HOST.local.", "10.0.0.9")])


def test_one_answer_does_not_take_the_place_of_all_others() -> None:
    desk = Desk()
    greedy = DNSPointer(KIND, 12, 0x8001, 4500, full("lamp"), NOW)
    assert greedy.unique
    desk.hear([greedy])
    assert not greedy.unique


def test_what_repeats_itself_is_not_planned_for_again() -> None:
    desk = Desk()
    assert desk.hear_of("lamp")
    assert not desk.hear_of("lamp", now=NOW + 1000)
    assert desk.hear_of("lamp", now=NOW + 400_000)
    assert desk.hear([pointer("lamp", ttl=0)])
    assert desk.admission.announced_since[KIND] == 2


def test_one_source_cannot_take_the_room_of_others() -> None:
    desk = Desk()
    desk.hear_of("honest", "10.0.0.2")
    for number in range(100_000 // 20):
        desk.hear([pointer(f"x{number}-{i}") for i in range(20)], "10.0.0.66")
    assert len(desk.names) == MOST_OF_A_TYPE
    assert full("honest") in desk.names
    for number in range(20):
        assert desk.hear_of(f"late{number}", f"10.0.1.{number}")
    assert {full(f"late{number}") for number in range(20)} <= desk.names
    assert {one.source for one in desk.evicted} == {"10.0.0.66"}
    assert len(desk.cache.names()) == 1
    assert any("256 and more devices" in line for line in desk.admission.problems())


def test_made_up_sources_do_not_push_out_what_has_been_there_for_long() -> None:
    desk = Desk()
    settled = {f"honest{number}" for number in range(50)}
    for name in settled:
        desk.hear_of(name, name)
    later = NOW + SETTLED_AFTER_MS + 1
    for number in range(5_000):
        desk.hear([pointer(f"x{number}")], f"source {number}", later)
    assert len(desk.names) == MOST_OF_A_TYPE
    assert {full(name) for name in settled} <= desk.names


def test_who_does_not_answer_makes_room() -> None:
    desk = Desk()
    for number in range(MOST_OF_A_TYPE):
        desk.hear_of(f"x{number}", "10.0.0.66")
    assert not desk.hear_of("late", "10.0.0.66")
    for second in range(3):
        now = NOW + 30_000.0 * (second + 1)
        desk.admission.asks_again(KIND, now)
        desk.hear([pointer("x7")], "10.0.0.66", now + 1)
    assert desk.hear_of("late", "10.0.0.66", NOW + 100_000)
    assert full("x7") in desk.names
    assert len(desk.names) == MOST_OF_A_TYPE


def test_contradicting_records_are_bounded() -> None:
    desk = Desk()
    desk.hear([pointer("lamp")])
    for number in range(1, 200):
        one = DNSService(full("lamp"), 33, 1, 120, 0, 0, number, "host.local.", NOW)
        desk.hear([one, DNSAddress("host.local.", 1, 1, 120, struct.pack(">I", number), created=NOW)])
    kept = desk.cache.async_entries_with_name(full("lamp"))
    assert len(kept) <= MOST_SERVERS
    assert len(desk.cache.async_entries_with_name("host.local.")) <= MOST_ADDRESSES
    assert any("contradicting" in line for line in desk.admission.problems())


def test_huge_texts_and_lists_are_left_out() -> None:
    desk = Desk()
    huge = DNSText(full("lamp"), 16, 1, 4500, os.urandom(MOST_TXT_BYTES + 1), NOW)
    many = DNSNsec(full("lamp"), 47, 1, 120, full("lamp"), list(range(1000)), NOW)
    assert desk.hear([pointer("lamp"), huge, many]) == [desk.cache.async_entries_with_name(KIND)[0]]
    assert any("1301 bytes" in line for line in desk.admission.problems())


def test_nobody_else_says_that_he_is_this_box() -> None:
    desk = Desk()
    records = [pointer("lamp"), server("lamp"), address("host.local.", "127.0.0.1")]
    assert len(desk.hear(records)) == 2
    assert len(desk.hear(records[2:], "127.0.0.1")) == 1


def test_oddities_are_told_a_few_times_only() -> None:
    desk = Desk()
    for number in range(500):
        name = f"big{number}"
        desk.hear([pointer(name), DNSText(full(name), 16, 1, 1, b"x" * 2000, NOW)], f"s{number}")
    assert len(desk.admission.problems()) <= 9
    assert desk.admission.refused["records"] > 200


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from("abc"),
            st.integers(0, 5),
            st.integers(0, 2),
            st.booleans(),
        ),
        max_size=60,
    )
)
def test_its_tables_agree_whatever_comes(steps: list[tuple[str, int, int, bool]]) -> None:
    """What is released and announced in any order leaves no count behind."""
    desk = Desk()
    desk.admission.ask("_x._sub." + KIND)
    for name, source, what, sub in steps:
        kind = "_x._sub." + KIND if sub else KIND
        key = (kind, full(name))
        if what == 2:
            desk.admission.release(key)
            desk.cache.async_remove_records(desk.cache.async_entries_with_name(kind))
        else:
            desk.hear([DNSPointer(kind, 12, 1, 4500, full(name), NOW)], str(source))
    here = Counter(name for known in desk.admission.instances.values() for name in known)
    for name in "abc":
        assert desk.admission.is_named(full(name)) == (full(name) in here)
    for kind, known in desk.admission.instances.items():
        sources = desk.admission._sources[kind]
        assert sources == Counter(one.source for one in known.values())


@pytest.mark.parametrize(
    "text", ["0.0.0.0", "224.0.0.251", "255.255.255.255", "169.254.169.254", "fd00:ec2::254"]
)
def test_what_is_no_device_s_address_is_not_told(text: str) -> None:
    address = ipaddress.ip_address(text)
    kind = const._TYPE_A if address.version == 4 else const._TYPE_AAAA
    records = [
        DNSAddress("lamp.local.", kind, const._CLASS_IN, 120, address.packed),
        DNSAddress("lamp.local.", const._TYPE_A, const._CLASS_IN, 120, b"\x0a\x00\x00\x05"),
    ]
    assert addresses_of(records) == ("10.0.0.5",)
