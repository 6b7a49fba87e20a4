"""Keys and passwords: asked for, tried on the device, kept, changed, taken away, and never accepted to be missing."""

from __future__ import annotations

import pytest

from capabilities.readings import Contact, Report
from drivers.driver import Asks, Candidate, NotSent, Pairable, Rejected
from drivers.esphome.secret import Secret, decode
from tests.drivers.contract import PATIENCE_S
from tests.drivers.esphome.around import Around, MemoryVault, running, until
from tests.drivers.esphome.node import KEY, MAC, PB, Node

OTHER_KEY = "c29tZWJvZHkgZWxzZSdzIGtleSwgMzIgYnl0ZXMgISE="


def a_node(key: str = "", password: str = "") -> Node:
    node = Node(key=key, password=password)
    node.entities = [PB.ListEntitiesSwitchResponse(key=7, name="Relay", device_class="outlet")]
    node.states = [PB.SwitchStateResponse(key=7, state=True)]
    return node


def what(candidate: Candidate) -> str:
    assert isinstance(candidate.asks, Asks)
    return candidate.asks.what


async def test_a_key_is_asked_for_and_kept() -> None:
    around = Around()
    assert isinstance(around.driver, Pairable)
    async with running(a_node(KEY)) as node, around.driver:
        around.services.announce(node)
        asking = await around.candidate()
        assert (what(asking), asking.components, asking.title) == ("key", (), "Test node")
        assert node.greetings == 0, "nobody knocks where a key is wanted"
        for wrong, said in (
            ("1234", "44 characters"),
            (KEY[:-2] + "!=", "44 characters"),
            (OTHER_KEY, "does not fit"),
        ):
            with pytest.raises(Rejected, match=said) as refused:
                await around.driver.pair(MAC, wrong, PATIENCE_S)
            assert "api: encryption: key:" in str(refused.value)
            assert wrong not in str(refused.value)
        assert around.vault.kept == {}
        found = await around.driver.pair(MAC, f" {KEY} ", PATIENCE_S)
        assert (found.asks, [one.kind for one in found.components]) == (None, ["outlet"])
        assert decode(around.vault.kept[MAC]) == Secret(KEY)
        assert KEY not in repr(around.driver._house.book.get(MAC))
        assert around.driver.recall(MAC) == found
        around.driver.keep([MAC])
        await around.contact(True)
        await around.observed(lambda item: isinstance(item, Report) and item.reading.value is True)


async def test_a_paired_thing_is_known_after_a_restart() -> None:
    vault = MemoryVault()
    vault.kept[MAC] = Secret(KEY).encode()
    for _ in range(2):
        around = Around(vault=vault)
        around.driver.keep([MAC])
        async with running(a_node(KEY)) as node, around.driver:
            assert "announced" in (await around.contact(False)).reason
            around.services.announce(node)
            await around.contact(True)
            assert (await around.candidate()).asks is None


async def test_a_key_that_was_changed_on_the_device() -> None:
    around = Around()
    around.vault.kept[MAC] = Secret(KEY).encode()
    around.driver.keep([MAC])
    async with running(a_node(KEY)) as node, around.driver:
        around.services.announce(node)
        await around.contact(True)
        node.key = OTHER_KEY
        await node.stop()
        await node.start()
        around.services.announce(node)
        assert "another key" in (await around.contact(False, "another key")).reason
        assert what(await around.candidate(lambda one: one.asks is not None)) == "key"
        with pytest.raises(NotSent, match="another key"):
            await around.driver.write(f"{MAC}|switch/Relay#on", True, PATIENCE_S)
        found = await around.driver.pair(MAC, OTHER_KEY, PATIENCE_S)
        assert found.asks is None
        await around.contact(True)


async def test_a_thing_that_becomes_encrypted() -> None:
    around = Around()
    around.driver.keep([MAC])
    async with running(a_node()) as node, around.driver:
        around.services.announce(node)
        await around.contact(True)
        node.key = KEY
        await node.stop()
        await node.start()
        around.services.announce(node)
        await around.contact(False, "give its key")
        assert what(await around.candidate(lambda one: one.asks is not None)) == "key"
        await around.driver.pair(MAC, KEY, PATIENCE_S)
        await around.contact(True)


@pytest.mark.parametrize("is_kept", [True, False])
async def test_what_was_encrypted_is_not_accepted_without(is_kept: bool) -> None:
    around = Around()
    around.vault.kept[MAC] = Secret(KEY).encode()
    if is_kept:
        around.driver.keep([MAC])
    async with running(a_node()) as node, around.driver:  # it has no key any more, or is somebody else
        around.services.announce(node)
        asking = await around.candidate()
        assert what(asking) == "key"
        assert "without encryption" in asking.problems[0]
        assert asking.components == ()
        with pytest.raises(Rejected, match="without encryption"):
            await around.driver.pair(MAC, OTHER_KEY, PATIENCE_S)
        assert decode(around.vault.kept[MAC]) == Secret(KEY)
        assert all(not peer.is_subscribed for peer in node.peers)
        if is_kept:
            assert "pretending" in (await around.contact(False, "without")).reason
        # A person who has done so on purpose forgets the Thing.
        around.driver.keep([])
        await around.driver.unpair(MAC)
        assert around.vault.kept == {}
        assert (await around.candidate(lambda one: one.asks is None)).components


async def test_a_password_is_asked_for() -> None:
    around = Around()
    async with running(a_node(password="open sesame")) as node, around.driver:
        around.services.announce(node)
        assert what(await around.candidate()) == "password"
        with pytest.raises(Rejected, match="does not fit"):
            await around.driver.pair(MAC, "guessed", PATIENCE_S)
        assert (await around.driver.pair(MAC, "open sesame", PATIENCE_S)).components
        assert decode(around.vault.kept[MAC]) == Secret("", "open sesame")


async def test_a_key_and_then_a_password() -> None:
    around = Around()
    async with running(a_node(KEY, "open sesame")) as node, around.driver:
        around.services.announce(node)
        assert what(await around.candidate()) == "key"
        with pytest.raises(Rejected, match="password too"):
            await around.driver.pair(MAC, KEY, PATIENCE_S)
        assert what(await around.candidate()) == "password"
        assert (await around.driver.pair(MAC, "open sesame", PATIENCE_S)).components
        assert decode(around.vault.kept[MAC]) == Secret(KEY, "open sesame")


async def test_a_device_that_nobody_knows_or_reaches() -> None:
    around = Around()
    async with running(a_node(KEY)) as node, around.driver:
        with pytest.raises(NotSent, match="found first"):
            await around.driver.pair(MAC, KEY, PATIENCE_S)
        around.services.announce(node)
        await node.stop()
        with pytest.raises(NotSent, match="cannot be reached"):
            await around.driver.pair(MAC, KEY, PATIENCE_S)


async def test_a_secret_that_cannot_be_kept_pairs_nothing() -> None:
    around = Around()
    async with running(a_node(KEY)) as node, around.driver:
        around.services.announce(node)
        around.vault.trouble = OSError("the disk is full")
        with pytest.raises(NotSent, match="disk is full"):
            await around.driver.pair(MAC, KEY, PATIENCE_S)
        assert what(await around.candidate()) == "key"
        with pytest.raises(NotSent, match="disk is full"):
            await around.driver.unpair(MAC)


async def test_nobody_is_trusted_while_the_keys_cannot_be_read() -> None:
    around = Around()
    around.vault.trouble = OSError("permission denied")
    around.driver.keep([MAC])
    async with running(a_node()) as node, around.driver:
        around.services.announce(node)
        with pytest.raises(NotSent, match="permission denied"):
            await around.driver.pair(MAC, KEY, PATIENCE_S)
        assert any("permission denied" in line for line in around.driver.health().problems)
        assert node.greetings == 0


async def test_a_device_that_is_forgotten_is_asked_for_its_key_again() -> None:
    around = Around()
    around.vault.kept[MAC] = Secret(KEY).encode()
    around.driver.keep([MAC])
    async with running(a_node(KEY)) as node, around.driver:
        around.services.announce(node)
        await around.contact(True)
        await around.driver.unpair(MAC)
        around.driver.keep([])
        assert what(await around.candidate(lambda one: one.asks is not None)) == "key"
        assert around.vault.kept == {}
        await until(lambda: not node.peers)


async def test_a_secret_that_somebody_else_wrote_is_left_out() -> None:
    around = Around()
    around.vault.kept |= {MAC: b"\x00garbage", "02:00:5e:00:53:02": b'{"key":"short","password":""}'}
    async with around.driver:
        assert around.driver.health().counters["unreadable_secrets"] == 2


def test_a_contact_names_no_secret() -> None:
    assert KEY not in repr(Secret(KEY, "open sesame"))
    assert "sesame" not in repr(Secret(KEY, "open sesame"))
    assert Contact("x", False, 0.0).reason == ""
