"""Peers that lie: bounded, told in a line, and the honest ones beside them are found and kept."""

from __future__ import annotations

import asyncio
import time
import tracemalloc
from typing import Any

import orjson
import pytest

from capabilities.readings import Report
from drivers.driver import Candidate, Uncertain
from drivers.wot.client import AnswerError, Client, Request
from drivers.wot.document import MAX_AFFORDANCES, DescriptionError, document_of, read_document
from drivers.wot.driver import MAX_SOURCES, WotDriver, open_driver
from drivers.wot.origins import Origin, Reach
from drivers.wot.reading import describe
from drivers.wot.settings import WotSettings
from tests.drivers.contract import wait_for
from tests.drivers.wot_house import until
from tests.drivers.wot_liars import HEAD, Answering, dripping, endless, lying, redirecting, saying, silent
from tests.drivers.wot_peer import LAMP_ID, FakeServices, WotPeer, lamp_td, tools

REACH = Reach(Origin("http", "lamp.local", 80), "http://lamp.local/td")


def a_driver(services: FakeServices, **settings: Any) -> WotDriver:
    return open_driver(WotSettings(this_machine=True, **settings), tools(services))


HUGE = {name: {"type": "number", "forms": [{"href": "x"}]} for name in (f"p{i}" for i in range(100_000))}

LIES: dict[str, tuple[Answering, str]] = {
    "endless": (endless, "more than"),
    "fifty megabytes": (saying(b"", HEAD + b"Content-Length: 52428800\r\nX-Rest: "), "52428800 bytes"),
    "no JSON": (saying(b"<html>"), "no JSON"),
    "deep": (saying(b'{"a":' * 10_000 + b"1" + b"}" * 10_000), "no JSON"),
    "rather deep": (saying(b'{"a":' * 100 + b"1" + b"}" * 100), "deeper"),
    "no object": (saying(b"[1,2]"), "no JSON object"),
    "no security": (saying(b'{"title":"x"}'), "secured"),
    "wrong types": (
        saying(b'{"title":1,"security":7,"securityDefinitions":{"a":3},"properties":[]}'),
        "TD 1.1",
    ),
    "a picture": (saying(b"x", HEAD.replace(b"application/td+json", b"image/png")), "no description"),
    "packed": (saying(b"x", HEAD + b"Content-Encoding: gzip\r\n"), "packed"),
    "to loopback": (redirecting("http://127.0.0.1:22/"), "leads to http://127.0.0.1:22"),
    "to metadata": (
        redirecting("http://169.254.169.254/latest/meta-data"),
        "leads to http://169.254.169.254",
    ),
    "to a file": (redirecting("file:///etc/passwd"), "speaks 'file'"),
    "in circles": (redirecting("/td"), "again and again"),
}


@pytest.mark.parametrize("lie", LIES)
async def test_a_lie_is_told_in_a_line_and_the_honest_one_is_found(lie: str) -> None:
    answer, said = LIES[lie]
    services, peer = FakeServices(), WotPeer()
    await peer.start()
    async with lying(answer) as liar, a_driver(services) as driver:
        services.announce(liar.port, "/td", name="Liar", host="liar.local.")
        services.announce(peer.port, "/lamp/td")
        found = await wait_for(driver.candidates(), lambda item: isinstance(item, Candidate))
        assert found.id == LAMP_ID
        await until(lambda: any(said in line for line in driver.health().problems))
        assert set(driver._house.outlet.known) == {LAMP_ID}
        assert len(liar.asked) < 20
    await peer.stop()


@pytest.mark.parametrize("answer", [silent, dripping])
async def test_one_that_keeps_us_waiting_keeps_nobody_else_waiting(answer: Answering) -> None:
    services, peer = FakeServices(), WotPeer()
    await peer.start()
    async with lying(answer) as liar, a_driver(services) as driver:
        for count in range(200):
            services.announce(liar.port, f"/td/{count}", name=f"Liar {count}", host="liar.local.")
        services.announce(peer.port, "/lamp/td", addresses=("127.0.0.2", "127.0.0.1"))
        began = time.monotonic()
        found = await wait_for(driver.candidates(), lambda item: isinstance(item, Candidate))
        assert found.id == LAMP_ID
        assert time.monotonic() - began < 5
        assert liar.most <= 1, "one look at a host at a time"
    await peer.stop()


async def test_an_answer_ends_at_its_deadline() -> None:
    async with lying(dripping) as liar:
        origin = Origin("http", "127.0.0.1", liar.port)
        client = Client(Reach(origin, f"{origin}/"), None, this_machine=True)
        with pytest.raises(Uncertain, match=r"no answer within 0\.2 s"):
            await client.read(Request("GET", f"{origin}/"), 0.2)
        await client.close()


async def test_an_endless_answer_costs_no_memory() -> None:
    async with lying(endless) as liar:
        origin = Origin("http", "127.0.0.1", liar.port)
        client = Client(Reach(origin, f"{origin}/"), None, this_machine=True)
        tracemalloc.start()
        try:
            with pytest.raises(AnswerError, match="more than"):
                await client.read(Request("GET", f"{origin}/"), 10)
            assert tracemalloc.get_traced_memory()[1] < 4_000_000
        finally:
            tracemalloc.stop()
        await client.close()


async def test_many_affordances_are_read_in_part() -> None:
    description = lamp_td(properties=dict(list(HUGE.items())[:5_000]))
    document = document_of(description)
    described = await describe("x", document, REACH)
    assert len(described.points) <= MAX_AFFORDANCES
    assert any("5000 properties" in line for line in described.problems)
    with pytest.raises(DescriptionError, match="at most"):
        read_document(orjson.dumps({**description, "properties": HUGE}))


async def test_more_announcements_than_anybody_has_leave_room_for_an_honest_one() -> None:
    services, peer = FakeServices(), WotPeer()
    await peer.start()
    async with a_driver(services) as driver:
        for count in range(MAX_SOURCES + 50):
            services.announce(
                9, "/td", name=f"Nobody {count}", host=f"nobody{count}.local.", addresses=("127.0.0.9",)
            )
        assert len(driver._sources) <= MAX_SOURCES
        await until(lambda: any(one.failures for one in driver._sources.values()))
        services.announce(peer.port, "/lamp/td")
        found = await wait_for(driver.candidates(), lambda item: isinstance(item, Candidate))
        assert found.id == LAMP_ID
        assert driver.health().counters["descriptions_not_looked_at"] == 50
        assert len(driver.health().problems) <= 40
    await peer.stop()


async def test_a_flood_of_events_is_read_slowly_and_the_last_state_is_told() -> None:
    services, peer = FakeServices(), WotPeer()
    await peer.start()
    driver = a_driver(services)
    driver.keep([LAMP_ID])
    async with driver:
        services.announce(peer.port, "/lamp/td")
        await peer.streaming("on")

        async def flood() -> None:
            for _ in range(50):
                await peer.streams["on"][0].write(b"event: on\ndata: false\n\n" * 400)
            await peer.set("on", True)

        task = asyncio.create_task(flood())
        await wait_for(driver.reports(), lambda item: isinstance(item, Report) and item.reading.value is True)
        await task
        assert driver.health().counters["throttled"] > 0
        assert any("more than 100 values a second" in one for one in driver.health().problems)
        assert driver.health().counters["dropped"] == 0
    await peer.stop()


@pytest.mark.parametrize(
    "events",
    [
        b"data: " + b"x" * 100_000 + b"\n\n",
        b"event: on\ndata: {not json\n\n",
        b"\xff\xfe\x00\n\n" * 100,
        b"data: [" * 2000 + b"\n\n",
    ],
)
async def test_events_that_are_none_harm_nothing(events: bytes) -> None:
    services, peer = FakeServices(), WotPeer()
    await peer.start()
    driver = a_driver(services, poll_seconds=0.1)
    driver.keep([LAMP_ID])
    async with driver:
        services.announce(peer.port, "/lamp/td")
        await peer.streaming("on")
        await peer.streams["on"][0].write(events)
        peer.values["on"] = True
        if not events.startswith(b"data: x"):
            await peer.set("on", True)
        await wait_for(driver.reports(), lambda item: isinstance(item, Report) and item.reading.value is True)
    await peer.stop()


async def test_values_of_the_wrong_type_are_told_as_they_are_and_judged_above() -> None:
    services, peer = FakeServices(), WotPeer()
    await peer.start()
    peer.values["on"] = {"on": [1, 2, 3]}
    driver = a_driver(services)
    driver.keep([LAMP_ID])
    async with driver:
        services.announce(peer.port, "/lamp/td")
        await wait_for(driver.reports(), lambda item: isinstance(item, Report) and item.point.endswith("/on"))
    await peer.stop()
