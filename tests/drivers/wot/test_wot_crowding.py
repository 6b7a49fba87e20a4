"""Many strangers: who is a Thing here is looked at first, and finds room."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest

from drivers.driver import Withdrawn
from drivers.wot.crowding import one_to_give_up
from drivers.wot.document import MAX_ALL_FORMS, document_of
from drivers.wot.driver import WotDriver, open_driver
from drivers.wot.origins import Origin, Reach
from drivers.wot.reading import describe
from drivers.wot.settings import WotSettings
from drivers.wot.sources import Source
from tests.drivers.contract import wait_for
from tests.drivers.wot_house import until
from tests.drivers.wot_liars import lying, silent
from tests.drivers.wot_peer import LAMP_ID, FakeServices, WotPeer, lamp_td, tools

REACH = Reach(Origin("http", "lamp.local", 80), "http://lamp.local/td")


def a_driver(services: FakeServices) -> WotDriver:
    driver = open_driver(WotSettings(this_machine=True, poll_seconds=0.2), tools(services))
    driver.keep([LAMP_ID])
    return driver


async def test_a_thing_that_comes_back_does_not_wait_for_silent_strangers() -> None:
    services, peer = FakeServices(), WotPeer()
    await peer.start()
    async with lying(silent) as liar, a_driver(services) as driver:
        services.announce(peer.port, "/lamp/td")
        await until(lambda: peer.streams.get("on"))
        for count in range(24):
            services.announce(
                liar.port,
                "/td",
                name=f"e{count}",
                host=f"e{count}.local.",
                addresses=(f"127.0.1.{count}", "127.0.0.1"),
            )
        await until(lambda: liar.asked)
        await peer.stop()
        await until(lambda: driver._house.devices[LAMP_ID].link is None)
        await peer.start()
        began = time.monotonic()
        services.announce(peer.port, "/lamp/td", boot="2")
        await until(lambda: driver._house.devices[LAMP_ID].link)
        assert time.monotonic() - began < 3
    await peer.stop()


async def test_descriptions_that_answer_give_way_to_a_thing_that_moved(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("drivers.wot.driver.MAX_SOURCES", 12)
    services, peer, evil = FakeServices(), WotPeer(), WotPeer(lamp_td(id="urn:evil"))
    await peer.start()
    await evil.start("127.0.0.2")
    async with a_driver(services) as driver:
        services.announce(peer.port, "/lamp/td")
        await until(lambda: peer.streams.get("on"))
        for count in range(20):
            services.announce(
                evil.port, f"/lamp/td?{count}", name=f"e{count}", host="e.local.", addresses=("127.0.0.2",)
            )
        await until(lambda: len(driver._sources) == 12)
        await until(lambda: any(one.device == "urn:evil" for one in driver._sources.values()))
        await peer.stop()
        moved = WotPeer()
        await moved.start("127.0.0.3")
        services.announce(moved.port, "/lamp/td", addresses=("127.0.0.3",))
        await until(lambda: moved.streams.get("on"))
        assert len(driver._sources) <= 12
    await moved.stop()
    await evil.stop()


async def test_what_is_given_up_is_withdrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("drivers.wot.driver.MAX_SOURCES", 2)
    services, peers = FakeServices(), [WotPeer(lamp_td(id=f"urn:{count}")) for count in range(3)]
    async with a_driver(services) as driver:
        for count, peer in enumerate(peers):
            at = f"127.0.0.{5 if count < 2 else 6}"
            await peer.start(at)
            services.announce(
                peer.port, "/lamp/td", name=f"p{count}", host=f"p{count}.local.", addresses=(at,)
            )
            await until(lambda of=f"urn:{count}": driver.recall(of))
        gone = await wait_for(driver.candidates(), lambda item: isinstance(item, Withdrawn))
        assert gone.id == "urn:0"
        assert driver.recall("urn:0") is None
        assert driver.health().counters["descriptions_given_up"] == 1
    for peer in peers:
        await peer.stop()


def source(key: str, *, at: str = "10.0.0.1", **more: Any) -> Source:
    return Source(key, REACH, key, addresses=(at,), **more)


def test_who_has_most_gives_up_first() -> None:
    directory = source("d", at="10.0.0.9", device="urn:d")
    many = [source(f"m{count}", device=f"urn:m{count}", parent=directory) for count in range(4)]
    known = {one.key: one for one in (directory, source("a", at="10.0.0.7", device="urn:a"), *many)}
    kept = {"urn:a"}

    def is_kept(one: Source) -> bool:
        return one.device in kept

    assert one_to_give_up(known, source("new", at="10.0.0.8"), is_kept) == "m0"
    assert one_to_give_up(known, source("more", parent=directory), is_kept) is None
    known["m2"].device, known["m2"].failures = "", 1
    assert one_to_give_up(known, source("more", parent=directory), is_kept) == "m2"
    kept |= {f"urn:m{count}" for count in range(4)}
    known["m2"].device = "urn:m2"
    assert one_to_give_up(known, source("new"), is_kept) is None, "a directory stays with its Things"


async def test_the_loop_turns_while_thousands_of_forms_are_read() -> None:
    forms = [{"href": "http://elsewhere/"}] * 256
    properties = {f"p{count}": {"type": "number", "forms": forms} for count in range(96)}
    document = document_of(lamp_td(properties=properties))
    assert sum(len(one.forms or ()) for one in document.properties.values()) == MAX_ALL_FORMS
    assert any("forms" in line for line in document.problems.all())
    turns = 0
    task = asyncio.create_task(describe("x", document, REACH))
    while not task.done():
        await asyncio.sleep(0)
        turns += 1
    assert turns >= 96
    assert not (await task).points
