"""Packets of any kind, handed to a guard as its socket would; and the flood that the kernel keeps away."""

from __future__ import annotations

import asyncio
import socket
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from zeroconf import DNSCache, DNSOutgoing, DNSPointer, DNSText

from drivers.discovery import mdns_flood
from drivers.discovery.mdns import MdnsBrowser
from drivers.discovery.mdns_admission import MOST_OF_A_TYPE, Admission
from drivers.discovery.mdns_flood import BURST_PACKETS, Budget
from drivers.discovery.mdns_guard import Guard
from drivers.discovery.mdns_instances import properties_of
from tests.drivers.mdns_lan import LOOPBACK, RealClock, some_type, until


def packet(kind: str, *names: str) -> bytes:
    out = DNSOutgoing(0x8400)
    for name in names:
        out.add_answer_at_time(DNSPointer(kind, 12, 1, 4500, f"{name}.{kind}", 0.0), 0)
        out.add_answer_at_time(DNSText(f"{name}.{kind}", 16, 1, 4500, b"\x03a=b", 0.0), 0)
    return out.packets()[0]


@pytest.fixture
async def guard() -> AsyncIterator[tuple[Guard, MdnsBrowser]]:
    async with MdnsBrowser(RealClock(), (LOOPBACK,)) as browser:
        reader = browser.zeroconf.zeroconf.engine.readers[0]
        found = reader.transport.get_protocol()
        assert isinstance(found, Guard)
        yield found, browser


def test_a_budget_is_used_up_and_fills_again() -> None:
    budget = Budget(0.0)
    assert sum(budget.take(100, 0.0) for _ in range(BURST_PACKETS + 50)) == BURST_PACKETS
    assert sum(budget.take(100, 1.0) for _ in range(5000)) == mdns_flood.PACKETS_PER_S
    assert sum(budget.take(9000, 1000.0) for _ in range(5000)) == mdns_flood.BURST_BYTES // 9000


async def test_a_flood_of_names_leaves_bounded_tables(guard: tuple[Guard, MdnsBrowser]) -> None:
    one, browser = guard
    kind = some_type()
    browser.watch([kind], lambda _: None)
    loop = asyncio.get_running_loop()
    began = loop.time()
    for number in range(6_000):
        names = [f"x{number}-{i}" for i in range(17)]  # 102,000 in all
        one.datagram_received(packet(kind, *names), (f"10.0.0.{number % 5 + 1}", 5353))
        if number % 500 == 0:
            await asyncio.sleep(0)
    cache = browser.zeroconf.zeroconf.cache
    assert len(cache.async_entries_with_name(kind)) <= MOST_OF_A_TYPE
    assert len([name for name in cache.names() if kind in name]) <= MOST_OF_A_TYPE + 1
    counters = browser.health().counters
    let_in = BURST_PACKETS + mdns_flood.PACKETS_PER_S * (loop.time() - began + 1)
    assert counters["dropped_packets"] >= 6_000 - let_in  # a slow machine is flooded more slowly
    assert counters["floods"] >= 1


async def test_a_source_that_floods_is_named(guard: tuple[Guard, MdnsBrowser]) -> None:
    one, browser = guard
    while not one.muted:
        one.datagram_received(b"x" * 20, ("127.0.0.66", 5353))
    assert browser.health().problems == ("127.0.0.66 floods the network with mDNS: it is not listened to",)


async def test_a_source_that_floods_is_dropped_by_the_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("drivers.discovery.mdns_guard.DEAF_S", 0.01)
    heard: list[bytes] = []
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(asyncio.DatagramProtocol, local_addr=(LOOPBACK, 0))
    handle = transport.get_extra_info("socket")
    one = _guard(handle.fileno())
    monkeypatch.setattr(one, "_hear", lambda data, _: heard.append(data))
    transport.set_protocol(one)
    where = handle.getsockname()
    with _from("127.0.0.66") as bad, _from("127.0.0.67") as good:
        while not one.muted:
            one.datagram_received(b"x" * 20, ("127.0.0.66", 5353))
        await until(lambda: one._hearing is None)
        heard.clear()
        async with asyncio.timeout(10):
            while not heard:
                bad.sendto(b"bad" * 10, where)
                good.sendto(b"good" * 10, where)
                await asyncio.sleep(0.01)
        assert set(heard) == {b"good" * 10}
        one._unmute("127.0.0.66")
        async with asyncio.timeout(10):
            while b"bad" * 10 not in heard:
                bad.sendto(b"bad" * 10, where)
                await asyncio.sleep(0.01)
    transport.close()
    one.close()


@contextmanager
def _from(address: str) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as made:
        made.bind((address, 0))
        yield made


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.one_of(
        st.binary(max_size=400),
        st.tuples(st.integers(0, 400), st.binary(min_size=1, max_size=8)).map(lambda t: _mutated(*t)),
    ),
    st.sampled_from([("10.0.0.1", 5353), ("fe80::1%2", 5353, 0, 2), ("::1", 5353, 0, 0)]),
)
def test_no_packet_gets_through_as_an_exception(data: bytes, source: tuple[str | int, ...]) -> None:
    asyncio.run(_handed_over(data, source))


KIND = "_fuzz._tcp.local."
GOOD = packet(KIND, "lamp", "plug")


def _mutated(at: int, what: bytes) -> bytes:
    at %= len(GOOD)
    return GOOD[:at] + what + GOOD[at + len(what) :]


class _Nothing:
    """As much of the library as a guard needs to hand over a packet."""

    def __init__(self) -> None:
        self.cache = DNSCache()
        self.registry = type("Registry", (), {"has_entries": True})()
        self.question_history = type("History", (), {"async_expire": lambda *_: None})()
        self.record_manager = type("Manager", (), {"async_updates_from_response": lambda *_: None})()


def _guard(fileno: int) -> Guard:
    library = _Nothing()
    admission = Admission(library.cache, lambda _: None)
    admission.ask(KIND)
    return Guard(library, asyncio.DatagramProtocol(), admission, fileno, Counter())  # type: ignore[arg-type]


async def _handed_over(data: bytes, source: tuple[str | int, ...]) -> None:
    one = _guard(-1)
    one.datagram_received(data, source)
    one.datagram_received(data, source)
    one.close()


@given(st.binary(max_size=600))
def test_any_text_record_is_read(text: bytes) -> None:
    found = properties_of(text)
    assert len(found) <= 64
    assert all(name == name.lower() for name in found)


def test_text_records_are_read_as_the_standard_says() -> None:
    items = [b"A=1", b"a=2", b"flag", b"empty=", b"=nothing", b"eq=a=b", b"raw=\xff"]
    text = b"".join(bytes([len(one)]) + one for one in items)
    assert properties_of(text) == {"a": "1", "flag": "", "empty": "", "eq": "a=b", "raw": "\ufffd"}
