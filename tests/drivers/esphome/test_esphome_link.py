"""A link that is slow, dead without a word, or started again."""

from __future__ import annotations

import pytest

from capabilities.vocabulary import Json
from drivers.driver import NotSent, Uncertain
from drivers.esphome.wire import connection
from tests.drivers.contract import AT_ONCE_S
from tests.drivers.esphome.around import Around, running, until
from tests.drivers.esphome.node import MAC, PB, Node

POINT = f"{MAC}|action/tell#run"
MUCH: Json = {"words": ["w" * 200] * 256}


def a_node() -> Node:
    node = Node()
    service = PB.ListEntitiesServicesResponse(key=1, name="tell")
    service.args.add(name="words", type=7)
    node.entities = [service]
    return node


async def test_what_a_device_does_not_take_is_not_sent_later() -> None:
    around = Around()
    around.driver.keep([MAC])
    async with running(a_node()) as node, around.driver:
        around.services.announce(node)
        await around.contact(True)
        await until(lambda: node.subscribers == 1)
        (peer,) = node.peers
        peer.transport.pause_reading()
        sent = 0
        with pytest.raises(Uncertain, match="not taken the command"):
            while sent < 1000:  # until all buffers between are full
                await around.driver.invoke(POINT, MUCH, AT_ONCE_S / 10)
                sent += 1
        assert "took nothing" in (await around.contact(False)).reason
        with pytest.raises(NotSent):
            await around.driver.invoke(POINT, MUCH, AT_ONCE_S)
        peer.transport.resume_reading()
        await until(lambda: peer not in node.peers)
        assert node.received.qsize() <= sent + 1
        around.services.announce(node)
        await around.contact(True)


async def test_a_device_that_says_nothing_any_more_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "PING_S", 0.02)
    around = Around()
    around.driver.keep([MAC])
    async with running(a_node()) as node, around.driver:
        around.services.announce(node)
        await around.contact(True)
        await until(lambda: node.pings > 3)
        for peer in node.peers:
            peer.transport.pause_reading()
        assert "has not answered" in (await around.contact(False)).reason


async def test_a_device_that_restarted_without_a_goodbye_is_noticed_by_its_announcement(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(connection, "PROD_S", 0.05)
    around = Around()
    around.driver.keep([MAC])
    async with running(a_node()) as node, around.driver:
        around.services.announce(node)
        await around.contact(True)
        for peer in node.peers:
            peer.transport.pause_reading()  # its old connection leads nowhere
        around.services.announce(node)
        assert "announced itself anew" in (await around.contact(False)).reason
        await around.contact(True)


async def test_a_second_start_is_like_the_first() -> None:
    around = Around()
    around.driver.keep([MAC])
    async with running(a_node()) as node:
        around.services.announce(node)
        for _ in range(2):
            async with around.driver:
                await around.contact(True)
                assert (await around.candidate()).id == MAC
            assert not around.driver.health().connected
            await until(lambda: not node.peers)


async def test_a_goodbye_is_the_reason() -> None:
    around = Around()
    around.driver.keep([MAC])
    async with running(a_node()) as node, around.driver:
        around.services.announce(node)
        await around.contact(True)
        await until(lambda: node.subscribers == 1)
        node.tell(PB.DisconnectRequest())
        assert "goodbye" in (await around.contact(False)).reason
        await around.contact(True)
