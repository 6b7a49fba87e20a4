"""Devices that fall silent in the middle of something, and what is known then."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from drivers.ble.gatt import describing, kept
from drivers.discovery import bluetooth_links
from drivers.discovery.bluetooth import BleScanner
from drivers.driver import Candidate, NotSent, Uncertain
from tests.drivers.ble_air import Air, Relay
from tests.drivers.ble_bench import PutForward, ble_driver, virtual_radio
from tests.drivers.contract import wait_for

PATIENCE_S = 10.0


@pytest.fixture
async def room() -> AsyncIterator[tuple[Air, BleScanner, PutForward]]:
    clock = PutForward()
    async with virtual_radio(clock) as (air, radio):
        yield air, radio, clock


@pytest.fixture
async def relays(room: Any) -> AsyncIterator[list[Relay]]:
    relays = [Relay(room[0], f"F0:00:00:00:00:{n:02X}") for n in (0x61, 0x62)]
    for relay in relays:
        await relay.start()
    yield relays
    for relay in relays:
        relay.answers.set()
        await relay.vanish()


async def reached(driver: Any, address: str, reachable: bool = True) -> str:
    one = await wait_for(
        driver.reports(),
        lambda one: getattr(one, "device", "") == address and getattr(one, "reachable", None) is reachable,
    )
    return str(one.reason)


async def test_a_device_lost_before_it_answered_leaves_it_open(room: Any, relays: list[Relay]) -> None:
    _, radio, clock = room
    relay = relays[0]
    driver = ble_driver(radio, clock)
    driver.keep({relay.address})
    async with driver:
        await relay.announce()
        await reached(driver, relay.address)
        relay.answers.clear()
        writing = asyncio.create_task(driver.write(f"{relay.address}|1815/2a56:0#on", True, PATIENCE_S))
        async with asyncio.timeout(PATIENCE_S):
            while not relay.asked:  # noqa: ASYNC110 -- what a library has, without telling
                await asyncio.sleep(0.005)
        await relay.vanish()
        with pytest.raises(Uncertain, match="look whether"):
            await writing


async def test_one_that_does_not_answer_does_not_stop_the_others(
    room: Any, relays: list[Relay], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, radio, clock = room
    monkeypatch.setattr(kept, "DESCRIBE_S", 0.3)
    deaf, well = relays
    driver = ble_driver(radio, clock)
    driver.keep({deaf.address, well.address})
    async with driver:
        deaf.answers.clear()
        await deaf.announce()
        assert "does not answer" in await reached(driver, deaf.address, False)
        await well.announce()
        await reached(driver, well.address)
        await driver.write(f"{well.address}|1815/2a56:0#on", True, PATIENCE_S)
        assert well.state is True
        deaf.answers.set()
        await reached(driver, deaf.address)


async def test_a_stranger_that_does_not_answer_is_left(
    room: Any, relays: list[Relay], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, radio, clock = room
    monkeypatch.setattr(describing, "LOOK_S", 0.2)
    deaf, well = relays
    driver = ble_driver(radio, clock)
    driver._linking._describing._gap_s = 0.01
    async with driver:
        deaf.answers.clear()
        await deaf.announce()
        async with asyncio.timeout(PATIENCE_S):
            while not deaf.asked:  # noqa: ASYNC110 -- what a library has, without telling
                await asyncio.sleep(0.005)
        await well.announce()
        found = await wait_for(driver.candidates(), lambda one: isinstance(one, Candidate))
        assert found.id == well.address
        deaf.answers.set()
        await driver.search()
        found = await wait_for(
            driver.candidates(), lambda one: isinstance(one, Candidate) and one.id != well.address
        )
        assert found.id == deaf.address


async def test_whoever_does_not_wait_any_more_leaves_no_connection(room: Any, relays: list[Relay]) -> None:
    air, radio, _ = room
    relay = relays[0]
    connected = asyncio.Event()
    waiting = asyncio.create_task(_hold(radio, relay.address, connected))
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    await relay.announce()
    holding = asyncio.create_task(_hold(radio, relay.address, connected))
    async with asyncio.timeout(PATIENCE_S):
        await connected.wait()
    holding.cancel()
    await asyncio.gather(holding, return_exceptions=True)
    async with asyncio.timeout(PATIENCE_S):
        while relay.device.connections or air.central.connections:  # noqa: ASYNC110
            await asyncio.sleep(0.005)
    assert radio._links._slots._value == 3
    assert not radio._links._awaited


async def _hold(radio: BleScanner, address: str, connected: asyncio.Event) -> None:
    async with radio.connected(address, deadline=PATIENCE_S):
        connected.set()
        await asyncio.Event().wait()


async def test_handles_of_a_crowd_are_forgotten(room: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    _, radio, _ = room
    monkeypatch.setattr(bluetooth_links, "MAX_HANDLES", 8)
    for n in range(100):
        radio._links.heard(f"f0:00:00:00:00:{n:02x}", None)
    assert len(radio._links._handles) == 8


async def test_too_many_commands_are_refused_at_once(room: Any, relays: list[Relay]) -> None:
    _, radio, clock = room
    relay = relays[0]
    driver = ble_driver(radio, clock)
    driver.keep({relay.address})
    async with driver:
        await relay.announce()
        await reached(driver, relay.address)
        relay.answers.clear()
        point = f"{relay.address}|1815/2a56:0#on"
        writes = [asyncio.create_task(driver.write(point, True, 0.3)) for _ in range(kept.MAX_COMMANDS + 4)]
        answers = await asyncio.gather(*writes, return_exceptions=True)
        assert {type(one) for one in answers} == {NotSent, Uncertain}
        assert sum(isinstance(one, Uncertain) for one in answers) == 1, "the others never went out"
        relay.answers.set()
        assert await relay.commands.get() is True
        await driver.write(point, False, PATIENCE_S)
        assert await relay.commands.get() is False
        assert relay.arrived == 2
