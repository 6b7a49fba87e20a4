"""Who is not encrypted is never taken for one that is; and nobody's announcements cut a connection that is well."""

from __future__ import annotations

import asyncio

import pytest

from drivers.driver import Candidate, NotSent
from drivers.esphome.secret import Secret, decode
from drivers.esphome.wire import connection
from tests.drivers.contract import PATIENCE_S
from tests.drivers.esphome.around import Around, MemoryVault, running, until
from tests.drivers.esphome.node import KEY, MAC, PB, Node


def a_switch(key: str = "") -> Node:
    node = Node(key=key)
    node.entities = [PB.ListEntitiesSwitchResponse(key=7, name="Relay", device_class="outlet")]
    node.states = [PB.SwitchStateResponse(key=7, state=True)]
    return node


def asks(candidate: Candidate) -> str:
    return candidate.asks.what if candidate.asks is not None else ""


@pytest.mark.parametrize("lost", [b"", b"damaged"])
async def test_one_whose_secret_is_lost_asks_and_is_not_replaced_by_a_plain_one(lost: bytes) -> None:
    vault = MemoryVault()
    vault.kept[MAC] = lost
    around = Around(vault=vault)
    around.driver.keep([MAC])
    async with running(a_switch(KEY)) as real, running(a_switch()) as evil, around.driver:
        around.services.announce(evil, name="evil")
        asking = await around.candidate()
        assert (asks(asking), asking.components) == ("key", ())
        assert "cannot be read any more" in (await around.contact(False, "cannot be read")).reason
        around.services.announce(real)
        await until(lambda: around.driver.health().counters["unreached"] > 1)
        assert (real.greetings, evil.greetings) == (0, 0)
        with pytest.raises(NotSent):
            await around.driver.write(f"{MAC}|switch/relay#on", True, PATIENCE_S)
        found = await around.driver.pair(MAC, KEY, PATIENCE_S)
        assert (found.asks, [one.kind for one in found.components]) == (None, ["outlet"])
        assert decode(vault.kept[MAC]) == Secret(KEY)
        await around.contact(True)


async def test_one_whose_secret_is_lost_can_be_forgotten() -> None:
    vault = MemoryVault()
    vault.kept[MAC] = b""
    around = Around(vault=vault)
    around.driver.keep([MAC])
    async with running(a_switch()) as node, around.driver:
        around.services.announce(node)
        await around.candidate(lambda one: one.asks is not None)
        around.driver.keep([])
        await around.driver.unpair(MAC)
        assert (await around.candidate(lambda one: one.asks is None)).components
        assert vault.kept == {}


@pytest.mark.parametrize("first", ["real", "evil"])
async def test_before_it_is_a_thing_a_plain_one_does_not_replace_an_encrypted_one(first: str) -> None:
    around = Around()
    async with running(a_switch(KEY)) as real, running(a_switch()) as evil, around.driver:
        nodes = {"real": real, "evil": evil}
        around.services.announce(nodes.pop(first), name=first)
        await around.candidate()
        around.services.announce(*nodes.values(), name=next(iter(nodes)))
        await around.candidate(lambda one: bool(one.problems) and "somebody else" in one.problems[0])
        await around.driver.search()
        around.services.withdraw("real")
        around.services.announce(evil, name="evil", version="another")
        shown = around.driver.recall(MAC)
        assert shown is not None
        assert (asks(shown), shown.components) == ("key", ())
        around.services.announce(real, name="real")
        assert (await around.driver.pair(MAC, KEY, PATIENCE_S)).components


async def test_an_encrypted_one_that_comes_while_a_plain_one_is_looked_at() -> None:
    around = Around()
    async with running(a_switch(KEY)) as real, running(a_switch()) as evil, around.driver:
        around.services.announce(evil, name="evil")
        await until(lambda: evil.greetings > 0)
        around.services.announce(real)
        await around.candidate(lambda one: asks(one) == "key")
        await until(lambda: not evil.peers)
        shown = around.driver.recall(MAC)
        assert shown is not None
        assert (asks(shown), shown.components) == ("key", ())


async def test_announcements_do_not_cut_a_connection_that_is_well(monkeypatch: pytest.MonkeyPatch) -> None:
    """The second one comes when the first one's question was answered, and before that is looked at."""
    judged: list[connection.Connection] = []
    judge = connection.Connection._judge

    def late(self: connection.Connection) -> None:
        judged.append(self)

    monkeypatch.setattr(connection.Connection, "_judge", late)
    monkeypatch.setattr(connection, "PROD_S", 0.01)
    around = Around()
    async with running(a_switch()) as node, around.driver:
        around.driver.keep([MAC])
        around.services.announce(node)
        await around.contact(True)
        around.services.announce(node, name="evil", version="1")
        await until(lambda: node.pings > 0 and bool(judged))
        around.services.announce(node, name="evil", version="2")
        assert len(judged) == 1
        link = judged[0]
        await until(lambda: link._answered)
        link._ping()  # nor does the keep-alive take back what was answered
        judge(link)
        assert link.error is None
        assert node.greetings == 1


async def test_forgetting_and_pairing_at_once_keeps_the_new_key() -> None:
    around = Around()
    async with running(a_switch(KEY)) as node, around.driver:
        around.services.announce(node)
        await around.candidate()
        await around.driver.pair(MAC, KEY, PATIENCE_S)
        disk, delete = asyncio.Event(), around.vault.delete

        async def slow(device: str) -> None:
            await disk.wait()
            await delete(device)

        around.vault.delete = slow  # type: ignore[method-assign]
        async with asyncio.TaskGroup() as group:
            group.create_task(around.driver.unpair(MAC))
            await asyncio.sleep(0)
            again = group.create_task(around.driver.pair(MAC, KEY, PATIENCE_S))
            await asyncio.sleep(0)
            disk.set()
        assert again.result().components
        assert decode(around.vault.kept[MAC]) == Secret(KEY)
