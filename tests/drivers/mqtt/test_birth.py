"""Our birth: when it comes, how it looks, and whose word it brings."""

from __future__ import annotations

import asyncio

import orjson

from capabilities.readings import Contact, Report
from capabilities.vocabulary import Evidence, Json
from drivers.mqtt.driver import MqttDriver
from drivers.mqtt.settings import MqttSettings
from gateway.clock import SystemClock
from tests.drivers.contract import wait_for
from tests.drivers.mosquitto import Mosquitto
from tests.drivers.mqtt_peer import Peer, Received

BRIDGED: dict[str, Json] = {
    "name": None,
    "command_topic": "lamp/set",
    "state_topic": "lamp",
    "availability_topic": "bridge/state",
    "device": {"identifiers": ["lamp"], "via_device": "bridge"},
}


def driver_for(port: int, **settings: Json) -> MqttDriver:
    return MqttDriver(MqttSettings.model_validate({"port": port, **settings}), SystemClock())


async def announce(peer: Peer, available: str = "online") -> None:
    await peer.publish("homeassistant/switch/lamp/config", orjson.dumps(BRIDGED), retain=True)
    await peer.publish("bridge/state", available, retain=True)


async def report(driver: MqttDriver) -> Report:
    found = await wait_for(driver.reports(), lambda item: isinstance(item, Report))
    assert isinstance(found, Report)
    return found


async def reachable(driver: MqttDriver) -> None:
    await wait_for(driver.reports(), lambda item: isinstance(item, Contact) and item.reachable)


async def birth(peer: Peer) -> Received:
    while (message := await peer.next()).topic != "homeassistant/status":
        pass
    return message


async def test_a_birth_comes_when_everything_kept_is_listened_to(broker: Mosquitto, peer: Peer) -> None:
    await announce(peer)
    await peer.subscribe("homeassistant/status")
    async with driver_for(broker.port) as driver:
        message = await birth(peer)
        assert (message.payload, message.retained) == (b"online", False)
        await peer.publish("lamp", "ON")  # not kept: who listens too late misses it
        assert (await report(driver)).evidence is Evidence.BRIDGE
    async with Peer(broker.port, "late") as late:
        await late.subscribe("homeassistant/status")
        await late.settle()
        assert late.inbox.empty()


async def test_each_link_has_its_birth(broker: Mosquitto) -> None:
    async with driver_for(broker.port):
        for client in ("first", "second"):
            async with Peer(broker.port, client) as peer:
                await peer.subscribe("homeassistant/status")
                if client == "second":
                    async with Peer(broker.port, "hearth"):  # throws us out
                        pass
                assert (await birth(peer)).payload == b"online"


async def test_no_birth_where_it_is_switched_off(broker: Mosquitto, peer: Peer) -> None:
    await announce(peer)
    await peer.subscribe("homeassistant/status", "hearth/status")
    async with driver_for(broker.port, announce_birth=False) as driver:
        await reachable(driver)
        await peer.publish("lamp", "ON")
        assert (await report(driver)).evidence is Evidence.DEVICE
        await peer.publish("homeassistant/status", "online")  # a Home Assistant beside us
        await peer.publish("lamp", "ON")
        assert (await report(driver)).evidence is Evidence.BRIDGE
    topics = [(await peer.next()).topic for _ in range(3)]
    assert topics == ["hearth/status", "homeassistant/status", "hearth/status"]


async def test_a_bridge_that_is_back_tells_what_it_remembers(broker: Mosquitto, peer: Peer) -> None:
    await announce(peer)
    async with driver_for(broker.port, announce_birth=False) as driver:
        await reachable(driver)
        await peer.publish("bridge/state", "offline")
        await peer.publish("bridge/state", "online")
        await peer.publish("lamp", "ON")
        assert (await report(driver)).evidence is Evidence.BRIDGE


async def test_announcements_without_end_do_not_keep_others_waiting() -> None:
    from drivers.mqtt import birth as module

    cries = asyncio.Event()
    born = module.Birth(busy=lambda: True, cry=cries.set)
    born.link_up()
    born._latest = 0.0  # patience is over
    async with asyncio.timeout(10):
        await cries.wait()
    born.link_up()
    born.cancel()
