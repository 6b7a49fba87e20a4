"""Devices that come, go and move; that are looked at once and no more; and those that somebody wrote down."""

from __future__ import annotations

import asyncio

from capabilities.readings import Report
from drivers.discovery.seen import Service
from drivers.esphome.book import MAX_DEVICES
from drivers.esphome.secret import Secret
from drivers.esphome.survey import LOOK_AGAIN_S, UNKNOWN_AGAIN_S
from tests.drivers.contract import PATIENCE_S, looked_at
from tests.drivers.esphome.around import TYPE, Around, running, until
from tests.drivers.esphome.node import KEY, MAC, PB, Node

OTHER_MAC = "02:00:5e:00:53:02"


def a_node(mac: str = MAC, *, key: str = "", name: str = "Relay") -> Node:
    node = Node(mac, key=key)
    node.entities = [PB.ListEntitiesSwitchResponse(key=7, name=name, device_class="outlet")]
    return node


async def test_what_is_found_is_described_by_one_short_connection() -> None:
    around = Around()
    async with running(a_node()) as node, around.driver:
        around.services.announce(node)
        found = await around.candidate()
        assert (found.id, found.title, found.model, found.room) == (MAC, "Test node", "esp32", "Hall")
        assert found.identities == {f"mac:{MAC}"}
        assert found.endpoint.address == f"127.0.0.1:{node.port}"
        await until(lambda: not node.peers)
        for _ in range(50):  # it announces itself anew, and is no Thing
            around.services.announce(node, version="2026.10.1")
        await asyncio.sleep(0)
        assert (node.greetings, around.driver.health().counters["looks"]) == (1, 1)
        await around.driver.search()
        await until(lambda: node.greetings == 2)


async def test_one_that_goes_is_withdrawn_and_comes_back() -> None:
    around = Around()
    async with running(a_node()) as node, around.driver:
        around.services.announce(node)
        found = await around.candidate()
        around.services.withdraw()
        assert (await around.withdrawn()).id == MAC
        assert around.driver.recall(MAC) is None
        around.services.announce(node)
        assert await around.candidate() == found
        assert node.greetings == 1


async def test_a_thing_is_followed_to_its_new_address() -> None:
    around = Around()
    around.driver.keep([MAC])
    async with running(a_node()) as node, around.driver:
        around.services.announce(node)
        await around.contact(True)
        first = await around.candidate()
        await node.stop()
        await around.contact(False)
        await node.start()
        around.services.announce(node, address="127.0.0.1")
        await around.contact(True)
        moved = await around.candidate(lambda one: one.endpoint != first.endpoint)
        assert (moved.id, moved.fingerprint) == (first.id, first.fingerprint)


async def test_one_that_announces_itself_anew_is_asked_whether_it_is_there() -> None:
    around = Around()
    around.driver.keep([MAC])
    async with running(a_node()) as node, around.driver:
        around.services.announce(node)
        await around.contact(True)
        before = node.pings
        around.services.announce(node)
        await until(lambda: node.pings == before + 1)
        assert node.subscribers == 1


async def test_another_device_at_its_address_is_not_it() -> None:
    around = Around()
    around.driver.keep([MAC])
    async with running(a_node(OTHER_MAC)) as node, around.driver:
        told = {"mac": MAC.replace(":", "")}
        around.services.say(Service(TYPE, "liar", "liar.local.", node.port, ("127.0.0.1",), told))
        assert OTHER_MAC in (await around.contact(False, "another device")).reason
        assert all(not peer.is_subscribed for peer in node.peers)


async def test_of_two_that_claim_one_address_the_one_with_the_key_is_found() -> None:
    around = Around()
    around.vault.kept[MAC] = Secret(KEY).encode()
    around.driver.keep([MAC])
    async with running(a_node(key=KEY)) as real, running(a_node()) as liar, around.driver:
        around.services.announce(real)
        around.services.announce(liar, name="liar")
        await around.contact(True)
        await until(lambda: real.subscribers == 1)
        assert liar.subscribers == 0


async def test_changes_of_commands_change_the_fingerprint_and_nothing_else_does() -> None:
    around = Around()
    around.driver.keep([MAC])
    async with running(a_node()) as node, around.driver:
        prints = []
        for change in (
            lambda: None,
            lambda: node.info.MergeFrom(PB.DeviceInfoResponse(friendly_name="Another name")),
            lambda: node.entities.append(
                PB.ListEntitiesSensorResponse(key=8, name="Air", device_class="temperature")
            ),
            lambda: node.entities.__setitem__(
                0, PB.ListEntitiesSwitchResponse(key=9, name="Relay", device_class="outlet")
            ),
        ):
            change()
            await node.stop()
            await node.start()
            around.services.announce(node)
            await around.contact(True)
            candidate = around.driver.recall(MAC)
            assert candidate is not None
            prints.append(candidate.fingerprint)
        assert prints[0] == prints[1]
        assert len(set(prints)) == 3


async def test_a_device_at_an_address_that_was_written_down() -> None:
    async with running(a_node()) as node:
        around = Around(f"127.0.0.1:{node.port}")
        around.driver.keep([MAC])
        async with around.driver:
            await around.contact(True)
            assert (await around.candidate()).endpoint.address == f"127.0.0.1:{node.port}"


async def test_an_encrypted_one_at_such_an_address_says_who_it_is() -> None:
    async with running(a_node(key=KEY)) as node:
        around = Around(f"127.0.0.1:{node.port}")
        async with around.driver:
            asking = await around.candidate()
            assert asking.asks is not None
            assert (asking.id, asking.asks.what) == (MAC, "key")
            assert (await around.driver.pair(MAC, KEY, PATIENCE_S)).components


async def test_nobody_at_such_an_address_is_told_in_health() -> None:
    async with running(a_node()) as node:
        port = node.port
    around = Around(f"127.0.0.1:{port}")
    async with around.driver:
        await until(
            lambda: any(f"127.0.0.1:{port} (in hosts)" in line for line in around.driver.health().problems)
        )


async def test_states_that_are_not_known_are_told_as_such() -> None:
    around = Around()
    around.driver.keep([MAC])
    node = a_node()
    node.entities = [
        PB.ListEntitiesSensorResponse(key=8, name="Air", device_class="temperature", unit_of_measurement="°C")
    ]
    node.states = [PB.SensorStateResponse(key=8, state=float("nan"))]
    async with running(node), around.driver:
        around.services.announce(node)
        unknown = await around.observed(lambda item: isinstance(item, Report))
        assert isinstance(unknown, Report)
        assert (unknown.reading.value, unknown.reading.quality.value, unknown.reading.unit) == (
            None,
            "bad",
            "°C",
        )
        node.tell(PB.SensorStateResponse(key=8, state=21.299999))
        known = await around.observed(lambda item: isinstance(item, Report))
        assert isinstance(known, Report)
        assert (known.reading.value, known.reading.quality.value, known.evidence.value) == (
            21.3,
            "good",
            "device",
        )


async def test_a_flood_of_announcements_has_an_end() -> None:
    around = Around()
    around.driver.keep([MAC])
    async with running(a_node()) as node, around.driver:
        for number in range(MAX_DEVICES + 200):
            told = {"mac": f"0200{number:08x}", "friendly_name": "x" * 5000, "api_encryption": "yes"}
            around.services.say(
                Service(TYPE, f"liar {number}", "x.local.", node.port, ("127.0.0.1",) * 50, told)
            )
        health = around.driver.health()
        assert health.counters["refused"] > 200 - 2
        assert len(list(around.driver._house.book)) == MAX_DEVICES
        await looked_at(around.driver)
        around.services.announce(node)  # the Thing has its place all the same
        await around.contact(True)


class HandClock:
    """Moved by hand."""

    def __init__(self) -> None:
        self.now = 1000.0

    def wall(self) -> float:
        return self.now

    def monotonic(self) -> float:
        return self.now


async def test_looks_are_rationed_by_time() -> None:
    clock = HandClock()
    around = Around(clock=clock)
    async with running(a_node()) as node, around.driver:
        around.services.announce(node)
        await around.candidate()
        for later, version, looks in (
            (UNKNOWN_AGAIN_S, "b", 1),
            (LOOK_AGAIN_S, "2026.10.0", 1),
            (LOOK_AGAIN_S, "c", 2),
        ):
            clock.now += later
            around.services.announce(node, version=version)
            await until(lambda looks=looks: node.greetings == looks)  # type: ignore[misc]
            assert around.driver.health().counters["looks"] == looks


async def test_one_that_was_not_there_is_looked_at_again_when_it_is() -> None:
    clock = HandClock()
    around = Around(clock=clock)
    async with running(a_node()) as node, around.driver:
        await node.stop()
        around.services.announce(node)
        await until(lambda: any(MAC in line for line in around.driver.health().problems))
        await node.start()
        clock.now += UNKNOWN_AGAIN_S
        around.services.announce(node)
        assert (await around.candidate()).components
