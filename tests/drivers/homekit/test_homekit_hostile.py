"""Accessories that lie: huge databases, wrong types, endless texts, garbage for HTTP, floods. The others go on."""

from __future__ import annotations

import asyncio
import tracemalloc
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import orjson
import pytest

from capabilities.readings import Contact, Observation, Report
from capabilities.vocabulary import Json
from drivers.discovery.seen import Service
from drivers.driver import Candidate, NotSent, Rejected, Uncertain
from drivers.homekit.driver import MAX_HUBS
from drivers.homekit.wire import connection
from tests.drivers.contract import wait_for
from tests.drivers.homekit.conftest import Bench
from tests.drivers.homekit_bench import Accessory, AccessoryDriver, Peer, until


def outlet(driver: AccessoryDriver) -> Accessory:
    made = Accessory(driver, "Outlet")
    made.add_preload_service("Outlet")
    return made


def char(iid: Json, kind: Json = "25", **more: Json) -> Json:
    return {"iid": iid, "type": kind, "perms": ["pr", "pw", "ev"], "format": "bool", "value": False, **more}


def service(iid: int, *chars: Json, kind: Json = "47") -> Json:
    return {"iid": iid, "type": kind, "characteristics": list(chars)}


def lies(peer: Peer, *services: Json, beside: list[Json] | None = None) -> None:
    itself: dict[str, Json] = {"aid": 1, "services": list(services)}
    peer.driver.get_accessories = lambda: {"accessories": [itself, *(beside or [])]}


async def found(bench: Bench, device: str) -> Candidate:
    item = await wait_for(
        bench.driver.candidates(), lambda item: isinstance(item, Candidate) and item.id == device
    )
    assert isinstance(item, Candidate)
    return item


async def contact(bench: Bench, device: str, reachable: bool) -> Contact:
    def wanted(item: Observation) -> bool:
        return isinstance(item, Contact) and (item.device, item.reachable) == (device, reachable)

    item = await wait_for(bench.driver.reports(), wanted)
    assert isinstance(item, Contact)
    return item


async def works(bench: Bench, peer: Peer) -> None:
    """This one is none the worse."""
    point, on = f"{peer.id}|8#on", peer.char("Outlet", "On")
    value = not on.value
    async with asyncio.timeout(2):
        await bench.driver.write(point, value, 2)
    assert on.value is value


async def two(bench: Bench) -> tuple[Peer, Peer]:
    bad, good = await bench.add(outlet), await bench.add(outlet)
    bench.driver.keep({bad.id, good.id})
    return bad, good


async def test_ten_thousand_services(bench: Bench) -> None:
    bad, good = await two(bench)
    lies(bad, *(service(2 * n + 1, char(2 * n + 2)) for n in range(10_000)))
    async with bench.driver:
        seen = await found(bench, bad.id)
        assert len(seen.components) == 100
        assert any("10000 services" in line for line in seen.problems)
        await until(lambda: good.driver.topics)
        await works(bench, good)


async def test_a_thousand_accessories_with_a_hundred_services_each(bench: Bench) -> None:
    bad, good = await two(bench)
    one: list[Json] = [service(2 * n + 1, char(2 * n + 2)) for n in range(20)]
    lies(bad, *one, beside=[{"aid": aid, "services": one} for aid in range(2, 700)])
    async with bench.driver as driver:
        seen = await found(bench, bad.id)
        assert any("more than 150 accessories" in line for line in seen.problems)
        await until(lambda: good.driver.topics)
        await works(bench, good)
        assert driver.recall(f"{bad.id}:150") is not None
        assert driver.recall(f"{bad.id}:151") is None


async def test_a_database_beyond_all_measure_is_not_read(bench: Bench) -> None:
    bad, good = await two(bench)
    lies(bad, service(1, char(2, description="x" * 3_000_000)))
    async with bench.driver as driver:
        assert "larger than" in (await contact(bench, bad.id, False)).reason
        await until(lambda: good.driver.topics)
        await works(bench, good)
        assert any("larger than" in line for line in driver.health().problems)


WRONG: list[Json] = [
    None, 7, "x", [], {}, [[]], service(1), service(3, None, 7, [], {}, char(None), char(True), char(-1), char(2**60)),
    service(5, char(6, None), char(7, 7), char(8, "x" * 1000), char(9, "25", perms="pr"), char(10, "25", perms=[None])),
    service(11, char(12, value=[]), char(13, "8", format="int", minValue="a", maxValue=[], minStep={}, value=""), kind="43"),
    service(15, char(15), char(15), char(16, "1D", format="uint8", value=99), kind="45"),
    service(21, char(22, "23", format="string", value="n" * 5000), kind="4A"),
    service(25, char(26, "35", format="float", minValue=1e300, maxValue=-1e300), kind="4A"),
]  # fmt: skip


async def test_wrong_types_everywhere(bench: Bench) -> None:
    bad, good = await two(bench)
    lies(bad, *WRONG, service(30, char(31)))
    async with bench.driver as driver:
        seen = await found(bench, bad.id)
        assert "outlet" in {one.kind for one in seen.components}
        assert seen.problems
        assert all(len(line) < 200 for line in seen.problems)
        await until(lambda: good.driver.topics)
        await works(bench, good)
        driver.health()


@pytest.mark.parametrize(
    "document", [b"[]", b"{}", b'{"accessories":7}', b'{"accessories":[]}', b"[" * 50_000, b"\xff\xfe", b"x" * 100_000]
)  # fmt: skip
async def test_a_database_that_is_none(bench: Bench, document: bytes) -> None:
    bad, good = await two(bench)
    bad.driver.get_accessories = lambda: _Raw(document)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            "pyhap.hap_handler.to_hap_json", lambda it: it.text if isinstance(it, _Raw) else orjson.dumps(it)
        )
        async with bench.driver as driver:
            assert (await contact(bench, bad.id, False)).reason
            await until(lambda: good.driver.topics)
            await works(bench, good)
            assert driver.recall(bad.id) is None


class _Raw:
    def __init__(self, text: bytes) -> None:
        self.text = text


GARBAGE = [
    b"\x00" * 100,
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    b"EVENT/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1\r\nx\r\n" * 30_000,
    b"EVENT/1.0 200 OK\r\nContent-Length: 99999999999\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nX: " + b"x" * 20_000,
    b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",
]


@pytest.mark.parametrize("garbage", GARBAGE, ids=range(len(GARBAGE)))
async def test_garbage_ends_the_connection_and_a_new_one_works(bench: Bench, garbage: bytes) -> None:
    bad, good = await two(bench)
    async with bench.driver:
        await contact(bench, bad.id, True)
        (link,) = bad.driver.http_server.connections.values()
        link.write(garbage)
        assert "HomeKit does not know" in (await contact(bench, bad.id, False)).reason
        bad.advertiser.again()
        await contact(bench, bad.id, True)
        await works(bench, bad)
        await works(bench, good)


async def test_what_was_not_sealed_ends_the_connection(bench: Bench) -> None:
    bad, _ = await two(bench)
    async with bench.driver:
        await contact(bench, bad.id, True)
        (link,) = bad.driver.http_server.connections.values()
        link.transport.write(b"\x04\x00" + b"\x00" * 20)
        await contact(bench, bad.id, False)


VALUES: list[Json] = ["x" * 50_000, [], {}, "on", 1e308, None, 2**60]
EVENTS: list[Json] = [{"characteristics": [{"aid": 1, "iid": 9, "value": value}]} for value in VALUES]
EVENTS += [{"characteristics": 7}, {"characteristics": [7, {}, {"aid": "1", "iid": None}]}, [], 7]


async def test_values_of_the_wrong_type_are_none(bench: Bench) -> None:
    bad, good = await two(bench)
    async with bench.driver as driver:
        await contact(bench, bad.id, True)
        (link,) = bad.driver.http_server.connections.values()
        for event in EVENTS:
            body = orjson.dumps(event)
            link.write(b"EVENT/1.0 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
        await bad.tell(bad.char("Outlet", "On"), True)
        seen: list[Json] = []

        def wanted(item: Observation) -> bool:
            if isinstance(item, Report) and item.point == f"{bad.id}|8#on":
                seen.append(item.reading.value)
            return bool(seen) and seen[-1] is True

        await wait_for(driver.reports(), wanted)
        assert all(type(value) is bool for value in seen)
        assert driver.health().counters["unreadable"] > 0
        await works(bench, good)


async def test_a_flood_of_events_is_slowed_down_at_its_source(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "EVENTS_PER_S", 5.0)
    bad, good = await two(bench)
    async with bench.driver as driver:
        await contact(bench, bad.id, True)
        await until(lambda: good.driver.topics)
        (link,) = bad.driver.http_server.connections.values()
        body = orjson.dumps({"characteristics": [{"aid": 1, "iid": 9, "value": True}]})
        event = b"EVENT/1.0 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
        tracemalloc.start()
        try:
            for _ in range(20):
                link.write(event * 1000)
                await asyncio.sleep(0)
            await until(lambda: any("more than it may" in line for line in driver.health().problems))
            kept, _ = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert kept < 16_000_000, "most of it waits in the other's buffers"
        await works(bench, good)
        assert driver.health().counters["events"] < 10_000


async def test_more_announcements_than_a_house_has(bench: Bench) -> None:
    _, good = await two(bench)
    async with bench.driver as driver:
        await until(lambda: good.driver.topics)
        for n in range(MAX_HUBS + 300):
            ident = f"0a:00:00:00:{n >> 8:02x}:{n & 255:02x}"
            bench.services.tell(
                Service("_hap._tcp.local.", f"Lie {n}", "h", 9, ("127.0.0.1",), {"id": ident, "sf": "1", "md": "x" * 9000})
            )  # fmt: skip
        assert any(f"more than {MAX_HUBS}" in line for line in driver.health().problems)
        await works(bench, good)


@asynccontextmanager
async def stranger(bench: Bench, answer: Callable[[bytes], bytes | None]) -> AsyncIterator[str]:
    """An unpaired accessory of our own making: `answer` to each request; None: it hangs up."""
    open_: list[asyncio.StreamWriter] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        open_.append(writer)
        while data := await reader.read(65536):
            said = answer(data)
            if said is None:
                break
            writer.write(said)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    ident = "0b:00:00:00:00:01"
    port = server.sockets[0].getsockname()[1]
    bench.services.tell(
        Service("_hap._tcp.local.", "Liar", "h", port, ("127.0.0.1",), {"id": ident, "sf": "1"})
    )
    try:
        yield ident
    finally:
        for writer in open_:
            writer.close()
        server.close()
        await server.wait_closed()


def tlv(body: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)


def _long(kind: int, value: bytes) -> bytes:
    parts = [value[at : at + 255] for at in range(0, len(value), 255)]
    return b"".join(bytes([kind, len(part)]) + part for part in parts)


ANSWERS: list[tuple[Callable[[bytes], bytes | None], type[Exception]]] = [
    (lambda _: None, Uncertain),
    (lambda _: b"\x00" * 5000, Uncertain),
    (lambda _: tlv(b"\x06\x01\x02\x07\x01\x06"), Rejected),
    (lambda _: tlv(b"\x06\x01\x02\x07\x01\x03"), Rejected),
    (lambda _: tlv(b"\x06\x01\x02\x07\x00"), Rejected),
    (lambda _: tlv(b"\x06\x01\x02\x02\x10" + b"s" * 16), Rejected),
    (lambda _: tlv(b"\x06\x01\x02\x02\x10" + b"s" * 16 + _long(3, b"\x00" * 384)), Rejected),
    (lambda _: tlv(b"\x06\x01\x02\x02\x10" + b"s" * 16 + _long(3, b"\x07" * 5000)), Rejected),
    (lambda _: tlv(b"\x06\x01\x02\x02\x10" + b"s" * 16 + _long(3, b"\x07" * 384)), Rejected),
    (lambda _: tlv(b"\x06\xff"), Rejected),
    (lambda _: tlv(b"x" * 100_000), Uncertain),
    (lambda _: b"HTTP/1.1 500 Oops\r\n\r\n", Uncertain),
]


@pytest.mark.parametrize(("answer", "refusal"), ANSWERS, ids=range(len(ANSWERS)))
async def test_pairing_with_a_liar_ends_with_a_sentence(
    bench: Bench, answer: Callable[[bytes], bytes | None], refusal: type[Exception]
) -> None:
    async with stranger(bench, answer) as ident, bench.driver as driver:
        with pytest.raises(refusal, match=r"\w{4,}") as refused:
            await driver.pair(ident, "031-45-154", 5)
        assert "031" not in str(refused.value)
        assert not bench.vault.kept


async def test_pairing_with_one_that_says_nothing_keeps_its_deadline(bench: Bench) -> None:
    async with stranger(bench, lambda _: b"") as ident, bench.driver as driver:
        async with asyncio.timeout(2):
            with pytest.raises(Uncertain):
                await driver.pair(ident, "031-45-154", 0.1)
            with pytest.raises(NotSent, match="already"):
                await driver.pair(ident, "031-45-154", 0.1)


async def test_strangers_are_not_connected_to(bench: Bench) -> None:
    visits: list[bytes] = []

    def count(data: bytes) -> Any:
        visits.append(data)

    async with stranger(bench, count) as ident, bench.driver as driver:
        await until(lambda: driver.recall(ident) is not None)
        _, good = await two(bench)
        await found(bench, good.id)
        assert not visits


async def test_an_instance_that_says_another_id_each_time_is_one_accessory(bench: Bench) -> None:
    async with bench.driver as driver:
        for n in range(2 * MAX_HUBS):
            ident = f"0a:00:00:00:{n >> 8:02x}:{n & 255:02x}"
            bench.services.tell(
                Service("_hap._tcp.local.", "Liar", "h", 9, ("127.0.0.1",), {"id": ident, "sf": "1"})
            )
        _, good = await two(bench)
        await found(bench, good.id)
        assert driver.recall("0a:00:00:00:00:00") is None
        assert not any("more than" in line for line in driver.health().problems)


async def test_a_config_number_that_changes_all_the_time_is_followed_at_leisure(bench: Bench) -> None:
    bad, good = await two(bench)
    async with bench.driver as driver:
        await contact(bench, bad.id, True)
        reads = 0
        real = bad.driver.get_accessories

        def counted() -> Any:
            nonlocal reads
            reads += 1
            return real()

        bad.driver.get_accessories = counted
        said = bad.advertiser.said
        assert said is not None
        for n in range(5, 200):
            bench.services.tell(replace(said, properties={**said.properties, "c#": str(n)}))
            await asyncio.sleep(0)
        await works(bench, bad)
        await works(bench, good)
        assert reads <= 3
        assert driver.health().connected
